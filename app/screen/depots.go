package screen

import (
	"fyne.io/fyne/v2"

	"marque/app/flow"
)

// depotsView draws flow.Depots.
type depotsView struct {
	shell *Shell
	model *flow.Depots
}

func newDepotsView(s *Shell) *depotsView { return &depotsView{shell: s, model: s.console.Depots} }

func (v *depotsView) focus() fyne.Focusable { return nil }

func (v *depotsView) bindings() []binding { return nil }

func (v *depotsView) draw(narrow bool) fyne.CanvasObject {
	return page(narrow, line(0, title("depots")), nil, nothing("depot", say("depots"), ""))
}
