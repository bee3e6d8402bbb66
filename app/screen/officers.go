package screen

import (
	"fyne.io/fyne/v2"

	"marque/app/flow"
)

// officersView draws flow.Officers.
type officersView struct {
	shell *Shell
	model *flow.Officers
}

func newOfficersView(s *Shell) *officersView {
	return &officersView{shell: s, model: s.console.Officers}
}

func (v *officersView) focus() fyne.Focusable { return nil }

func (v *officersView) bindings() []binding { return nil }

func (v *officersView) draw(narrow bool) fyne.CanvasObject {
	return page(narrow, line(0, title("officers")), nil, nothing("people", say("officers"), ""))
}
