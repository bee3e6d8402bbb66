package screen

import (
	"fyne.io/fyne/v2"

	"marque/app/flow"
)

// realmView draws flow.Realm.
type realmView struct {
	shell *Shell
	model *flow.Realm
}

func newRealmView(s *Shell) *realmView { return &realmView{shell: s, model: s.console.Realm} }

func (v *realmView) focus() fyne.Focusable { return nil }

func (v *realmView) bindings() []binding { return nil }

func (v *realmView) draw(narrow bool) fyne.CanvasObject {
	return page(narrow, line(0, title("realm")), nil, nothing("bank", say("realm"), ""))
}
