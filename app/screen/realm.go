package screen

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// realmView draws flow.Realm: what the realm is on the left, its policy and the clock on the right.
type realmView struct {
	shell *Shell
	model *flow.Realm

	terms                       [4]*Field // by flow.Term
	change, confirm, statements *KeyButton
	second                      *secondPanel
}

func newRealmView(s *Shell) *realmView {
	m := s.console.Realm
	v := &realmView{shell: s, model: m}
	for t := range v.terms {
		v.terms[t] = NewField("")
		v.terms[t].OnChanged = func(text string) { m.Type(flow.Term(t), text) }
	}
	v.change = NewKeyButton("", "check", "Ctrl+Enter", v.enter).Primary()
	v.confirm = NewKeyButton("", "clock", "F5", v.right)
	v.statements = NewKeyButton("", "folder", "Ctrl+S", v.export)
	v.second = newSecondPanel(m.Second, func() {}, s.Draw)
	whenLocked(s.console, v.second.clear)
	return v
}

// enter changes the policy, together with the second officer, if they typed their passphrase.
func (v *realmView) enter() {
	if v.model.Obstacle().IsZero() {
		v.model.Change(v.second.take())
	}
}

// right confirms the clock.
func (v *realmView) right() {
	if v.model.Rules != nil && !v.model.Busy {
		v.model.Confirm(v.second.take())
	}
}

func (v *realmView) export() {
	if v.model.Rules != nil && !v.model.Busy {
		chooseFolder(v.shell.window, v.model.Export)
	}
}

func (v *realmView) focus() fyne.Focusable {
	if v.model.Rules == nil {
		return nil
	}
	return v.terms[0]
}

func (v *realmView) bindings() []binding {
	if v.model.Rules == nil {
		return nil
	}
	b := []binding{
		{"Ctrl+Enter", say("realm.change"), v.enter},
		{"F5", say("realm.confirm"), v.right},
		{"Ctrl+S", say("realm.export"), v.export},
		{"Esc", "", v.clear},
	}
	if v.model.NeedsSecond() {
		b = append(b, unnamed(v.second.bindings())...)
	}
	return b
}

// clear takes back what was typed.
func (v *realmView) clear() {
	empty(v.terms[:]...)
	v.second.clear()
}

func (v *realmView) draw(narrow bool) fyne.CanvasObject {
	m := v.model
	v.label()
	if m.Rules == nil {
		content := nothing("bank", say("realm.reading"), "")
		if m.Problem != nil {
			content = column(0, problemBanner(m.Problem))
		}
		return page(narrow, titled("realm", ""), nil, Card(content))
	}
	top := column(gap)
	if b := v.banner(); b != nil {
		top.Add(padded(b, 0, gap-4, 0, 0))
	}
	high := float32(0)
	left := v.realm(narrow)
	right := container.NewBorder(nil, padded(v.clock(), gap-4, 0, 0, 0), nil, nil, v.policy(narrow))
	columns := container.NewBorder(nil, nil, padded(sized(left, v.leftWide(narrow), high), 0, 0, 0, gap-4), nil, right)
	return page(narrow, titled("realm", m.Rules.Core.Realm, v.statements), v.bar(), container.NewBorder(top, nil, nil, nil, columns))
}

func (v *realmView) leftWide(narrow bool) float32 {
	if narrow {
		return 400
	}
	return 470
}

// bar commits. Where two decide, it asks for the second one.
func (v *realmView) bar() fyne.CanvasObject {
	why := sayText(v.model.Obstacle())
	if !v.model.NeedsSecond() {
		return commitBar(nil, why, v.change)
	}
	right := container.NewBorder(text(why, sizeLabel, colourText2, plain), nil, nil, nil, line(0, layout.NewSpacer(), v.change))
	panel := sized(v.second.draw(say("realm.second"), v.model.Busy), 430, 0)
	return container.NewBorder(nil, nil, panel, nil, padded(right, 0, 0, gap, 0))
}

func (v *realmView) banner() fyne.CanvasObject {
	switch m := v.model; {
	case m.Problem != nil:
		return problemBanner(m.Problem)
	case m.Policy == flow.Carried:
		return done(say("realm.changed", "Number", number(int(m.Rules.Policy.Sequence))), say("realm.changed.why"))
	case m.Policy == flow.Waits:
		return waits(say("realm.waits"), say("realm.waits.why"))
	case m.Clock == flow.Carried:
		return done(say("realm.confirmed"), say("realm.confirmed.why"))
	case m.Clock == flow.Waits:
		return waits(say("realm.clock.waits"), say("realm.waits.why"))
	case m.Exported != "":
		return done(say("realm.exported"), fromHome(m.Exported))
	}
	return nil
}

// label puts the present texts everywhere, and the fields in step with the view-model.
func (v *realmView) label() {
	m := v.model
	v.change.SetLabel(say("realm.change"))
	v.change.Enable(m.Obstacle().IsZero())
	v.confirm.SetLabel(say("realm.confirm"))
	v.confirm.Enable(m.Rules != nil && !m.Busy)
	v.statements.SetLabel(say("realm.export"))
	v.statements.Enable(m.Rules != nil && !m.Busy)
	for t, f := range v.terms {
		if f.Text != m.Typed[t] {
			f.SetText(m.Typed[t])
		}
		f.SetWrong(m.Wrong(flow.Term(t)))
		f.SetPlaceHolder(say("realm.keep"))
	}
}

// realm says what the realm is, and what fixes it for ever.
func (v *realmView) realm(narrow bool) fyne.CanvasObject {
	core := v.model.Rules.Core
	local := v.shell.console.Status.Time().Location()
	next := say("realm.next.none")
	if len(core.Next) > 0 {
		next = say("realm.next.yes")
	}
	facts := column(6,
		fact(say("realm.fact.domains"), strings.Join(core.SPIDs, ", ")),
		fact(say("realm.fact.began"), moment(core.Epoch0.In(local))),
		fact(say("realm.fact.generation"), number(int(core.Generation))),
		fact(say("realm.fact.period"), span(core.EpochLength)),
		fact(say("realm.fact.suite"), say("realm.suite")),
		fact(say("realm.fact.next"), next))
	hash := core.Hash()
	size := sizeSub
	if narrow {
		size = sizeBody
	}
	content := column(0,
		text(say("lock.words"), sizeLabel, colourText2, plain), space(6), WordList(v.model.Words(), size, 4),
		space(14), rule(), space(12), facts)
	if v.model.Rules.Trusted.Sequence > 0 {
		content.Objects = append(content.Objects, v.trusted()...)
	}
	if !narrow {
		content.Objects = append(content.Objects, space(14), rule(), space(12),
			text(say("realm.fact.core"), sizeLabel, colourText2, plain), space(4), hexBlock(hash[:]), space(10),
			text(say("realm.fact.key"), sizeLabel, colourText2, plain), space(4), hexBlock(core.StatementKey[:]), space(12),
			paragraph(say("realm.fixed"), sizeRow, colourText2, plain))
	}
	return headedCard(say("realm.is"), nil, container.NewVScroll(content))
}

// policy is what can be changed.
func (v *realmView) policy(narrow bool) fyne.CanvasObject {
	m := v.model
	between := float32(10)
	if narrow {
		between = 6
	}
	rows := column(between)
	wanted := m.Wanted()
	for t, now := range m.Terms() {
		words := column(0,
			text(say("realm.term."+number(t)), sizeBody, colourText, plain),
			text(say("realm.term."+number(t)+".why"), sizeLabel, colourText2, plain))
		ink, value := colourText, span(now)
		if wanted[t] != 0 {
			ink, value = colourAccent, span(now)+" → "+span(wanted[t])
		}
		field := sized(v.terms[t], 130, 0)
		rows.Add(container.NewBorder(nil, nil, nil, line(12, text(value, sizeBody, ink, bold), field), words))
	}
	if !narrow {
		rows.Add(rule())
	}
	rows.Add(v.padding(narrow))
	pill := Pill("", say("realm.policy.number", "Number", number(int(m.Rules.Policy.Sequence))), toneQuiet)
	return headedCard(say("realm.policy"), pill, column(0, rows))
}

// padding says how lists hide how many are revoked. It is changed by a command, which a narrow window names where there is none yet.
func (v *realmView) padding(narrow bool) fyne.CanvasObject {
	s := &v.shell.console.Status.Now
	value, why := say("realm.padding.off"), say("realm.padding.why")
	if s.Padding.On() {
		value = say("realm.padding.on", "Step", number(int(s.Padding.Step)))
		why = say("realm.padding.reserve", "Share", number(int(s.Padding.Share)), "Reserve", number(s.Reserve))
	}
	words := column(0, text(say("realm.padding"), sizeBody, colourText, plain))
	if !narrow || s.Padding.On() {
		words.Add(text(why, sizeLabel, colourText2, plain))
	}
	if !narrow || !s.Padding.On() {
		words.Add(text(say("realm.padding.command"), sizeLabel, colourText2, plain))
	}
	return container.NewBorder(nil, nil, nil, text(value, sizeBody, colourText, bold), words)
}

// trusted names the other realms. They are decided about by a command.
func (v *realmView) trusted() []fyne.CanvasObject {
	names := v.model.Trusted()
	until := v.model.Rules.Trusted.HardExpiry.In(v.shell.console.Status.Time().Location())
	who, why := say("realm.trusted.nobody"), say("realm.trusted.arrives")
	if len(names) > 0 {
		who, why = strings.Join(names, ", "), say("realm.trusted.until", "Moment", moment(until))
	}
	return []fyne.CanvasObject{
		space(14), rule(), space(12), text(say("realm.trusted"), sizeLabel, colourText2, plain), space(4), paragraph(who, sizeBody, colourText, plain), space(4),
		paragraph(why, sizeLabel, colourText2, plain), paragraph(say("realm.trusted.command"), sizeLabel, colourText2, plain),
	}
}

// clock asks somebody to compare the clock of this computer with another one.
func (v *realmView) clock() fyne.CanvasObject {
	at := v.shell.console.Status.Time()
	words := column(2,
		text(say("realm.clock", "Moment", moment(at)), sizeBody, colourText, bold),
		paragraph(say("realm.clock.why"), sizeRow, colourText2, plain))
	return Card(container.NewBorder(nil, nil, nil, padded(middle(v.confirm), 0, 0, 12, 0), words))
}
