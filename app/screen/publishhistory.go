package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// earlierShown is how many earlier lists stand beside the newest, earlierRoom for how many there is room with what leads to it, as lines.
const (
	earlierShown = 5
	earlierRoom  = 6
)

func newPastLists(v *publishView) *RowList {
	l := NewRowList([]listColumn{
		{title: say("publish.column.list"), width: 60, right: true},
		{title: say("publish.column.issued"), width: 136},
		{title: say("publish.column.until"), width: 100},
		{title: say("publish.column.revoked"), width: 90, right: true},
		{title: say("publish.column.size"), width: 80, right: true},
		{title: say("publish.column.held"), right: true},
	}, func() int { return len(v.model.History) }, v.pastCells, nil)
	return l
}

func (v *publishView) pastCells(row int) []cell {
	l := &v.model.History[row]
	return []cell{
		{text: number(int(l.Sequence))},
		{text: moment(l.Issued.In(v.zone()))},
		{text: v.day(l.NextUpdate)},
		{text: number(l.Revoked)},
		{text: octets(l.Size)},
		{text: v.held(l)},
	}
}

// held is which share of the fleet holds a list.
func (v *publishView) held(l *flow.PastList) string {
	if v.model.Fleet == 0 {
		return ""
	}
	tenths := (1000*l.Held + v.model.Fleet/2) / v.model.Fleet
	return say("publish.percent", "Whole", tenths/10, "Tenth", tenths%10)
}

// backHead is the title row of a page that one comes back from.
func (v *publishView) backHead(title, about string) fyne.CanvasObject {
	v.leave.SetLabel(say("publish.back"))
	return line(gap, text(title, sizeTitle, colourText, bold), text(about, sizeRow, colourText2, plain), layout.NewSpacer(), v.leave)
}

// drawHistory is the screen of all lists.
func (v *publishView) drawHistory(narrow bool) fyne.CanvasObject {
	v.past.empty = nil
	if len(v.model.History) == 0 {
		v.past.empty = nothing("history", say("publish.history.none"), say("publish.history.none.why"))
	}
	v.past.Refresh()
	plots := v.plots()
	if narrow || plots == nil {
		return v.past
	}
	return container.NewBorder(nil, nil, nil, padded(sized(plots, 318, 0), 0, 0, gap-4, 0), v.past)
}

// earlier are the last lists before the newest; nil when there are none.
func (v *publishView) earlier() fyne.CanvasObject {
	all := v.model.History
	if len(all) < 2 {
		return nil
	}
	room := earlierRoom - len(v.model.ListChanges())
	if len(v.model.Destinations) > placesSmall {
		room -= 2
	}
	most := min(room, earlierShown)
	rows := column(0)
	for i := range all[1:min(len(all), most+1)] {
		rows.Add(v.earlierLine(&all[i+1], i == 0))
	}
	return frame(column(0, cardHead(say("publish.earlier"), text(say("publish.earlier.what"), sizeRow, colourText2, plain)), padded(rows, 5, 5, 14, 14)))
}

func (v *publishView) earlierLine(l *flow.PastList, first bool) fyne.CanvasObject {
	row := container.NewBorder(nil, nil,
		line(0, sized(text(number(int(l.Sequence)), sizeRow, colourText, plain), 44, 0), text(moment(l.Issued.In(v.zone())), sizeRow, colourText2, plain)),
		line(0, text(octets(l.Size), sizeRow, colourText2, plain), sized(rightText(v.held(l)), 72, 0)))
	edge := rule()
	if first {
		edge = space(1)
	}
	return flush{top: edge, middle: sized(middle(row), 0, 28)}.container()
}

func rightText(s string) fyne.CanvasObject {
	t := text(s, sizeRow, colourText2, plain)
	t.Alignment = fyne.TextAlignTrailing
	return t
}

// plots show how size and count grew; nil when there is nothing to show.
func (v *publishView) plots() fyne.CanvasObject {
	all := v.model.History
	if len(all) == 0 {
		return nil
	}
	sizes, counts := make([]Bar, len(all)), make([]Bar, len(all))
	for i := range all {
		l, at := &all[i], len(all)-1-i
		sizes[at], counts[at] = Bar{int(l.Sequence), l.Size}, Bar{int(l.Sequence), l.Revoked}
	}
	content := container.New(layout.NewGridLayoutWithRows(2),
		NewBarPlot(say("publish.plot.size"), sizes, octetsShort, colourAccent),
		NewBarPlot(say("publish.plot.revoked"), counts, number, colourText2))
	return frame(flush{top: cardHead(say("publish.plots", "Count", len(all)), nil), middle: padded(content, 10, 12, 14, 14)}.container())
}

// plotsHigh is how high the card of the plots gets.
const plotsHigh float32 = 390

// atMost gives an object as much height as there is, up to a limit.
func atMost(o fyne.CanvasObject, height float32) fyne.CanvasObject {
	return container.New(atMostLayout{height}, o)
}

type atMostLayout struct{ height float32 }

func (atMostLayout) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

func (l atMostLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	place(objects[0], 0, 0, size.Width, min(size.Height, l.height))
}

// octetsShort is a size along an axis.
func octetsShort(n int) string {
	switch {
	case n == 0:
		return number(n)
	case n%1000 == 0:
		return say("publish.kilobytes", "Whole", number(n/1000))
	}
	return octets(n)
}
