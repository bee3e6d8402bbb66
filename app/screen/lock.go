package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// lockView draws flow.Unlock: what realm this is on the left, who is there and what to type on the right.
type lockView struct {
	model         *flow.Unlock
	status        *flow.Status
	secret        *Field
	unlock, other *KeyButton
	asked         asked // what stands in secret
}

// asked is what a secret is typed for: another one begins with an empty field.
type asked struct {
	asks    flow.Asks
	officer int
}

func newLockView(m *flow.Unlock, s *flow.Status) *lockView {
	v := &lockView{model: m, status: s, secret: NewSecretField()}
	v.unlock = NewKeyButton("", "unlock", "Enter", v.enter).Primary()
	v.other = NewKeyButton("", "person", "F3", func() { m.Other(1) })
	v.secret.OnChanged = func(string) { v.unlock.Enable(v.ready()) }
	return v
}

func (v *lockView) ready() bool {
	return !v.model.Busy && v.secret.Text != "" && (v.model.Asks() != flow.AsksOfficer || v.model.Chosen >= 0)
}

func (v *lockView) enter() {
	if v.ready() {
		v.model.Enter(v.secret.Take())
	}
}

func (v *lockView) focus() fyne.Focusable { return v.secret }

func (v *lockView) bindings() []binding {
	if v.model.Asks() == flow.AsksPassphrase {
		return []binding{{"Enter", say("lock.unlock"), v.enter}}
	}
	other := func(by int) func() { return func() { v.model.Other(by) } }
	b := []binding{
		{"Enter", v.verb(), v.enter},
		{"UpDown", say("lock.choose"), nil},
		{"Up", "", other(-1)},
		{"Down", "", other(1)},
		{"F3", "", other(1)},
	}
	if v.model.CanSignOff() {
		b = append(b, binding{"Esc", say("lock.signoff"), v.model.SignOff})
	}
	return b
}

// verb is what Enter does.
func (v *lockView) verb() string {
	if v.model.Asks() == flow.AsksOfficer {
		return say("lock.signon")
	}
	return say("lock.unlock")
}

func (v *lockView) draw(narrow bool) fyne.CanvasObject {
	if now := (asked{v.model.Asks(), v.model.Chosen}); now != v.asked {
		v.asked = now
		v.secret.SetText("")
	}
	v.secret.SetWrong(v.model.Wrong)
	v.unlock.SetLabel(v.verb())
	if v.model.Busy {
		v.unlock.SetLabel(say("lock.busy"))
	}
	v.unlock.Enable(v.ready())
	v.other.SetLabel(say("lock.other"))
	v.other.Enable(!v.model.Busy)
	divider := canvas.NewRectangle(colour(colourLine))
	divider.SetMinSize(fyne.NewSize(1, 1))
	edge := float32(36)
	if narrow {
		edge = 24
	}
	halves := container.New(&halvesLayout{left: 443},
		padded(v.realm(), edge, 24, 36, 36), divider, padded(v.vault(narrow), edge, 24, 36, 36))
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
		fact(say("fact.vault"), vaultKind(s)),
	)
	for _, f := range chipFacts(s) {
		facts.Add(f)
	}
	content.Objects = append(content.Objects,
		text(say("lock.words"), sizeLabel, colourText2, plain), space(6),
		WordList(s.Words(), sizeBody, 4), space(16), rule(), space(14), facts,
	)
	return content
}

// vault asks for what opens it.
func (v *lockView) vault(narrow bool) fyne.CanvasObject {
	head := line(0, title("lock.unlock"), layout.NewSpacer())
	content := column(0, head)
	label, note := say("lock.passphrase"), say("lock.note")
	switch officers := v.model.Officers(); v.model.Asks() {
	case flow.AsksPassphrase:
		content.Add(space(18))
	case flow.AsksOfficer:
		label, note = say("lock.nobody"), say("lock.note.officers")
		if i := v.model.Chosen; i >= 0 && i < len(officers) {
			label = say("lock.officer", "Name", officers[i].Name)
		}
	case flow.AsksPIN:
		label, note = say("lock.pin"), say("lock.note.pin")
	}
	if len(v.model.Officers()) > 0 {
		if !v.model.OpenElsewhere() {
			head.Add(middle(v.count()))
		}
		content.Objects = append(content.Objects, space(10), v.officers(narrow), space(14))
	}
	content.Objects = append(content.Objects, text(label, sizeLabel, colourText2, plain), space(4), v.secret, space(10))
	if b := v.banner(); b != nil {
		content.Add(b)
		content.Add(space(10))
	}
	content.Add(space(6))
	buttons := line(0, v.unlock, layout.NewSpacer())
	if len(v.model.Officers()) > 1 {
		buttons.Add(middle(v.other))
	}
	content.Add(buttons)
	return container.NewBorder(content, padded(paragraph(note, sizeLabel, colourText3, plain), 8, 0, 0, 0), nil, nil)
}

// banner says what went wrong, or what stands against unlocking, or why it was locked; nil when there is nothing to say.
func (v *lockView) banner() fyne.CanvasObject {
	warn := func(p *flow.Problem) fyne.CanvasObject {
		return Banner("warning", toneWarning, sayText(p.What), sayText(p.Why)+" "+sayText(p.Next))
	}
	switch m := v.model; {
	case m.Problem != nil:
		return problemBanner(m.Problem)
	case m.Obstacle() != nil:
		return warn(m.Obstacle())
	case m.Notice != nil:
		return warn(m.Notice)
	case m.OpenElsewhere():
		return Banner("unlock", toneAccent, say("lock.open"), say("lock.open.why"))
	}
	return nil
}

// count says how many officers are present.
func (v *lockView) count() fyne.CanvasObject {
	present, needed := v.model.Count()
	words := say("lock.present", "Present", present, "Needed", needed)
	if present >= needed {
		return Pill("check", words, toneOK)
	}
	return Pill("", words, toneAccent)
}

// Rows of officers, and how many are shown before the list scrolls.
const (
	officerHigh       float32 = 44
	officersScrollBar float32 = 10
	officersWide      int     = 5
	officersNarrow    int     = 3
)

// officers lists who may sign on, with the one who is asked for in sight.
func (v *lockView) officers(narrow bool) fyne.CanvasObject {
	most := officersWide
	if narrow {
		most = officersNarrow
	}
	all := v.model.Officers()
	rows := column(0)
	for i, o := range all {
		rows.Add(v.officer(i, o))
	}
	if len(all) <= most {
		return rows
	}
	scroll := container.NewVScroll(padded(rows, 0, 0, 0, officersScrollBar))
	scroll.SetMinSize(fyne.NewSize(0, officerHigh*float32(most)))
	first := min(max(v.model.Chosen-most/2, 0), len(all)-most)
	scroll.Offset = fyne.NewPos(0, officerHigh*float32(first))
	return scroll
}

func (v *lockView) officer(i int, o flow.Officer) fyne.CanvasObject {
	present, needed := v.model.Count()
	name, ink := "person", colourText2
	var state fyne.CanvasObject
	switch {
	case v.model.Present(o):
		name, ink = "person-check", colourOK
		state = Pill("check", say("lock.state.present"), toneOK)
	case i == v.model.Chosen:
		ink = colourAccent
		state = text(say("lock.state.asked"), sizeRow, colourAccent, bold)
	case v.model.OpenElsewhere(): // it takes nobody in particular
		state = space(0)
	case present >= needed || !o.Role.Unlocks():
		state = text(say("lock.state.extra"), sizeRow, colourText3, plain)
	default:
		state = text(say("lock.state.missing"), sizeRow, colourText2, plain)
	}
	const beside = 190 // of icon and state
	names := column(0,
		text(shorten(o.Name, lockRight-beside, sizes[sizeBody], bold), sizeBody, colourText, bold),
		text(say(roleKey(o.Role)), sizeLabel, colourText2, plain))
	row := line(10, icon(name, 20, ink), names, layout.NewSpacer(), state)
	edge := rule()
	if i == 0 {
		edge = space(1)
	}
	return newTouchArea(sized(flush{top: edge, middle: row}.container(), 0, officerHigh), func() { v.model.Choose(i) }, nil)
}

// lockRight is the width inside the right half.
const lockRight = 920 - 443 - 1 - 2 - 2*36

func roleKey(r flow.Role) string { return "role." + number(int(r)) }

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
