package screen

import (
	"fyne.io/fyne/v2"

	"marque/app/flow"
)

// backupView draws flow.Backup.
type backupView struct {
	shell *Shell
	model *flow.Backup
}

func newBackupView(s *Shell) *backupView { return &backupView{shell: s, model: s.console.Backup} }

func (v *backupView) focus() fyne.Focusable { return nil }

func (v *backupView) bindings() []binding { return nil }

func (v *backupView) draw(narrow bool) fyne.CanvasObject {
	return page(narrow, line(0, title("backup")), nil, nothing("lifebuoy", say("backup"), ""))
}
