package screen

import (
	"fyne.io/fyne/v2"

	"marque/app/flow"
)

// auditView draws flow.Audit.
type auditView struct {
	shell *Shell
	model *flow.Audit
}

func newAuditView(s *Shell) *auditView { return &auditView{shell: s, model: s.console.Audit} }

func (v *auditView) focus() fyne.Focusable { return nil }

func (v *auditView) bindings() []binding { return nil }

func (v *auditView) draw(narrow bool) fyne.CanvasObject {
	return page(narrow, line(0, title("audit")), nil, nothing("register", say("audit"), ""))
}
