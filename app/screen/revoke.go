package screen

import (
	"fyne.io/fyne/v2"

	"marque/app/flow"
)

// revokeView draws flow.Revoke.
type revokeView struct {
	shell *Shell
	model *flow.Revoke
}

func newRevokeView(s *Shell) *revokeView { return &revokeView{shell: s, model: s.console.Revoke} }

func (v *revokeView) focus() fyne.Focusable { return nil }

func (v *revokeView) bindings() []binding { return nil }

func (v *revokeView) draw(narrow bool) fyne.CanvasObject {
	return page(narrow, line(0, title("revoke")), nil, nothing("ban", say("revoke"), ""))
}
