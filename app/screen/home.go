package screen

import (
	"fyne.io/fyne/v2"

	"marque/app/flow"
)

// homeView draws flow.Home.
type homeView struct {
	shell *Shell
	model *flow.Home
}

func newHomeView(s *Shell) *homeView { return &homeView{shell: s, model: s.console.Home} }

func (v *homeView) focus() fyne.Focusable { return nil }

func (v *homeView) bindings() []binding { return nil }

func (v *homeView) draw(narrow bool) fyne.CanvasObject {
	return page(narrow, line(0, title("home")), nil, nothing("home", say("home"), ""))
}
