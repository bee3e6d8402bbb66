package screen

import (
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/storage"

	"marque/app/flow"
)

func extensionFilter(extensions []string) storage.FileFilter {
	all := extensions
	for _, e := range extensions {
		all = append(all, strings.ToUpper(e))
	}
	return storage.NewExtensionFileFilter(all)
}

// scanBox is where codes and files come in on a depot's screens.
type scanBox struct {
	field  *Field
	window fyne.Window
	clock  func() time.Time
	taken  time.Time // when the last code was

	code   func(code string)
	files  func(paths ...string)
	choose *KeyButton
}

func newScanBox(w fyne.Window, clock func() time.Time, extension string, code func(string), files func(...string)) *scanBox {
	b := &scanBox{field: newSearchField("scan"), window: w, clock: clock, code: code, files: files}
	b.field.paste = func() { files(flow.Clipboard) }
	b.choose = NewKeyButton("", "picture", "Ctrl+O", func() {
		openFile(w, []string{".png", ".jpg", ".jpeg", extension}, func(path string) { files(path) })
	})
	return b
}

// settled reports whether an Enter can be a person's.
func (b *scanBox) settled() bool { return b.clock().Sub(b.taken) >= settle }

// enter takes what was typed: the path of a file, or a code.
func (b *scanBox) enter() {
	typed := strings.TrimSpace(b.field.Text)
	b.field.SetText("")
	switch {
	case typed == "":
	case filepath.IsAbs(typed):
		b.files(typed)
	default:
		b.scanned(typed)
	}
}

// scanned takes a code. One that names a file is no reason to read it.
func (b *scanBox) scanned(code string) {
	if filepath.IsAbs(code) {
		b.field.SetText(code)
		return
	}
	b.taken = b.clock()
	b.code(code)
}

// draw shows the box with its heading.
func (b *scanBox) draw(heading, hint string) fyne.CanvasObject {
	b.field.SetPlaceHolder(say("enrol.code.hint"))
	b.choose.SetLabel(say("depot.choose"))
	return container.New(layout.NewCustomPaddedVBoxLayout(6),
		layout.NewSpacer(),
		container.NewCenter(icon("scan", 56, colourControl)), space(6),
		container.NewCenter(text(heading, sizeSub, colourText, bold)),
		container.NewCenter(text(hint, sizeRow, colourText2, plain)), space(6),
		container.NewCenter(sized(b.field, 360, buttonHigh)), space(4),
		container.NewCenter(b.choose),
		layout.NewSpacer())
}
