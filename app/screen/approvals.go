package screen

import (
	"fyne.io/fyne/v2"

	"marque/app/flow"
)

// approvalsView draws flow.Approvals.
type approvalsView struct {
	shell *Shell
	model *flow.Approvals
}

func newApprovalsView(s *Shell) *approvalsView {
	return &approvalsView{shell: s, model: s.console.Approvals}
}

func (v *approvalsView) focus() fyne.Focusable { return nil }

func (v *approvalsView) bindings() []binding { return nil }

func (v *approvalsView) draw(narrow bool) fyne.CanvasObject {
	return page(narrow, line(0, title("approvals")), nil, nothing("stamp", say("approvals"), ""))
}
