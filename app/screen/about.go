package screen

import (
	"fyne.io/fyne/v2"

	"marque/app/flow"
)

// aboutView draws flow.About.
type aboutView struct {
	shell *Shell
	model *flow.About
}

func newAboutView(s *Shell) *aboutView { return &aboutView{shell: s, model: s.console.About} }

func (v *aboutView) focus() fyne.Focusable { return nil }

func (v *aboutView) bindings() []binding { return nil }

func (v *aboutView) draw(narrow bool) fyne.CanvasObject {
	return page(narrow, line(0, title("about")), nil, nothing("info", say("about"), ""))
}
