package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// lockView draws flow.Unlock: what realm this is on the left, how to open it on the right.
type lockView struct {
	model      *flow.Unlock
	status     *flow.Status
	passphrase *Field
	unlock     *KeyButton
}

func newLockView(m *flow.Unlock, s *flow.Status) *lockView {
	v := &lockView{model: m, status: s, passphrase: NewSecretField()}
	v.unlock = NewKeyButton("", "unlock", "Enter", v.open).Primary()
	v.passphrase.OnChanged = func(string) { v.unlock.Enable(v.ready()) }
	return v
}

func (v *lockView) ready() bool { return !v.model.Busy && v.passphrase.Text != "" }

func (v *lockView) open() {
	if v.ready() {
		v.model.Open(v.passphrase.Take())
	}
}

func (v *lockView) focus() fyne.Focusable { return v.passphrase }

func (v *lockView) bindings() []binding {
	return []binding{{"Enter", say("lock.unlock"), v.open}}
}

func (v *lockView) draw(bool) fyne.CanvasObject {
	v.passphrase.SetWrong(v.model.Problem != nil)
	v.unlock.SetLabel(say("lock.unlock"))
	if v.model.Busy {
		v.unlock.SetLabel(say("lock.busy"))
	}
	v.unlock.Enable(v.ready())
	divider := canvas.NewRectangle(colour(colourLine))
	divider.SetMinSize(fyne.NewSize(1, 1))
	halves := container.New(&halvesLayout{left: 443}, padded(v.realm(), 36, 28, 36, 36), divider, padded(v.vault(), 36, 28, 36, 36))
	return container.NewCenter(sized(frame(halves), 920, 470))
}

// realm says whose authority this is.
func (v *lockView) realm() fyne.CanvasObject {
	s := v.status
	content := column(0,
		line(0, icon("logo", 46, colourAccent)), space(12),
		text(s.Now.Realm, sizeRealm, colourText, bold),
		text(say("lock.what"), sizeBody, colourText2, plain), space(14),
		paragraph(say("lock.rules"), sizeRow, colourText2, plain), space(14),
	)
	if !s.Known {
		return content
	}
	facts := column(5,
		fact(say("fact.list"), say("fact.list.value", "List", number(int(s.Now.List.Sequence)), "Age", listAge(s))),
		fact(say("fact.identities"), say("fact.identities.value", "Count", int(s.Now.Identities))),
		fact(say("fact.vault"), say("vault."+s.Now.Grade)),
	)
	content.Objects = append(content.Objects,
		text(say("lock.words"), sizeLabel, colourText2, plain), space(6),
		WordList(s.Words(), sizeBody, 4), space(16), rule(), space(14), facts,
	)
	return content
}

// vault asks for the passphrase.
func (v *lockView) vault() fyne.CanvasObject {
	content := column(0,
		line(0, title("lock.unlock")), space(18),
		text(say("lock.passphrase"), sizeLabel, colourText2, plain), space(4),
		v.passphrase, space(10),
	)
	if p := v.model.Problem; p != nil {
		content.Add(problemBanner(p))
		content.Add(space(12))
	}
	content.Add(space(6))
	content.Add(line(0, v.unlock, layout.NewSpacer()))
	return container.NewBorder(content, paragraph(say("lock.note"), sizeLabel, colourText3, plain), nil, nil)
}

// halvesLayout puts three objects side by side: the first with a given width, a line, and the rest.
type halvesLayout struct{ left float32 }

func (l *halvesLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[2].MinSize()
	return fyne.NewSize(l.left+1+b.Width, max(a.Height, b.Height))
}

func (l *halvesLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	for i, width := range []float32{l.left, 1, size.Width - l.left - 1} {
		objects[i].Move(fyne.NewPos(x, 0))
		objects[i].Resize(fyne.NewSize(width, size.Height))
		x += width
	}
}
