package screen

import (
	"fyne.io/fyne/v2"

	"marque/app/flow"
)

// publishView draws flow.Publish.
type publishView struct {
	shell *Shell
	model *flow.Publish
}

func newPublishView(s *Shell) *publishView { return &publishView{shell: s, model: s.console.Publish} }

func (v *publishView) focus() fyne.Focusable { return nil }

func (v *publishView) bindings() []binding { return nil }

func (v *publishView) draw(narrow bool) fyne.CanvasObject {
	return page(narrow, line(0, title("publish")), nil, nothing("publish", say("publish"), ""))
}
