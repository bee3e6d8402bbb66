package screen

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"

	"marque/app/flow"
)

// What the screens about officers, realm, depots and the program have in common.

// titled is the title row of a screen: its name, what there is to say about it, and buttons on the right.
func titled(key, about string, buttons ...fyne.CanvasObject) fyne.CanvasObject {
	right := line(gap)
	for _, b := range buttons {
		right.Add(middle(b))
	}
	return container.NewBorder(nil, nil, line(gap, title(key), padded(text(about, sizeRow, colourText2, plain), 4, 0, 0, 0)), right)
}

// asking is a field below what it asks for.
func asking(label string, f fyne.CanvasObject) fyne.CanvasObject {
	return column(4, text(label, sizeLabel, colourText2, plain), f)
}

// option is one of several choices, of which one holds.
func option(label string, on bool, tapped func()) fyne.CanvasObject {
	outer, inner, ink, hole := canvas.NewCircle(colour(colourControl)), canvas.NewCircle(colour(colourSurface)), colourText2, float32(14)
	if on {
		outer.FillColor, ink, hole = colour(colourAccent), colourText, 7
	}
	mark := container.NewStack(outer, container.NewCenter(sized(inner, hole, hole)))
	return newTouchArea(sized(line(8, container.NewGridWrap(fyne.NewSquareSize(18), mark), text(label, sizeBody, ink, plain)), 0, 28), tapped, nil)
}

// done says that something was done, with what comes next.
func done(what, why string) fyne.CanvasObject { return Banner("done", toneOK, what, why) }

// waits says that something waits for more officers.
func waits(what, why string) fyne.CanvasObject { return Banner("stamp", toneAccent, what, why) }

// advance goes on from one field to the next that is empty. It reports whether none is: the last Enter then does what was asked for.
func advance(w fyne.Window, fields ...*Field) bool {
	for _, f := range fields {
		if f.Text == "" {
			w.Canvas().Focus(f)
			return false
		}
	}
	return true
}

// empty clears fields, of secrets above all.
func empty(fields ...*Field) {
	for _, f := range fields {
		f.SetText("")
	}
}

// unnamed are keys whose buttons are in sight: the line at the bottom has no room for all.
func unnamed(bindings []binding) []binding {
	for i := range bindings {
		bindings[i].text = ""
	}
	return bindings
}

// whenLocked has secrets cleared that somebody typed and left, as soon as the screens are closed: the next one may be somebody else.
func whenLocked(c *flow.Console, forget func()) {
	c.OnChange(func() {
		if !c.Unlocked() {
			forget()
		}
	})
}

// chooseFile asks for a file and gives its path.
func chooseFile(w fyne.Window, chosen func(path string)) {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if err != nil || f == nil {
			return // the dialog shows its errors itself
		}
		path := f.URI().Path()
		if f.Close() == nil {
			chosen(path)
		}
	}, w)
	d.Resize(w.Canvas().Size().Subtract(fyne.NewSize(160, 120)))
	d.Show()
}

// chooseFolder asks for a folder and gives its path.
func chooseFolder(w fyne.Window, chosen func(path string)) {
	d := dialog.NewFolderOpen(func(f fyne.ListableURI, err error) {
		if err == nil && f != nil {
			chosen(f.Path())
		}
	}, w)
	d.Resize(w.Canvas().Size().Subtract(fyne.NewSize(160, 120)))
	d.Show()
}

// span is a time in the largest unit that it is whole in.
func span(d time.Duration) string {
	n, unit := flow.Span(d)
	return say("span."+unit, "Count", n)
}

// hexBlock is octets in groups of eight characters, to be compared: four groups a line.
func hexBlock(b []byte) fyne.CanvasObject {
	const digits = "0123456789abcdef"
	rows, row := column(1), strings.Builder{}
	for i, v := range b {
		row.WriteByte(digits[v>>4])
		row.WriteByte(digits[v&15])
		switch {
		case i%16 == 15 || i == len(b)-1:
			rows.Add(text(row.String(), sizeRow, colourText2, mono))
			row.Reset()
		case i%4 == 3:
			row.WriteByte(' ')
		}
	}
	return rows
}

// mark is an icon before a line of text.
func mark(name string, ink fyne.ThemeColorName, words string) fyne.CanvasObject {
	return flush{
		left:   column(0, padded(icon(name, 16, ink), 1, 0, 0, 8)),
		middle: paragraph(words, sizeRow, colourText, plain),
	}.container()
}
