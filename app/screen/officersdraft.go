package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// draftPanel draws the draft of who is an officer from now on: the selected person, somebody new, and how many unlock.
type draftPanel struct {
	model *flow.Officers

	name                      *Field
	appoint, fresh, dismiss   *KeyButton
	less, more, discard, goOn *KeyButton
}

func newDraftPanel(m *flow.Officers) *draftPanel {
	p := &draftPanel{model: m, name: NewField("")}
	p.appoint = NewKeyButton("", "person", "Enter", p.enter)
	p.fresh = NewKeyButton("", "key", "F7", m.Renew)
	p.dismiss = NewKeyButton("", "ban", "Delete", m.Dismiss)
	p.less = NewKeyButton("−", "", "", func() { m.SetNeeded(m.Needed - 1) })
	p.more = NewKeyButton("+", "", "", func() { m.SetNeeded(m.Needed + 1) })
	p.discard = NewKeyButton("", "", "Esc", m.Leave)
	p.goOn = NewKeyButton("", "check", "Ctrl+Enter", m.Seal).Primary()
	return p
}

// enter appoints who was named.
func (p *draftPanel) enter() {
	if p.name.Text != "" && p.model.Appoint(p.name.Text) {
		p.name.SetText("")
	}
}

func (p *draftPanel) bindings() []binding {
	m := p.model
	return []binding{
		{"UpDown", say("officers.move"), nil},
		{"Left", "", func() { m.Turn(-1) }},
		{"Right", "", func() { m.Turn(1) }},
		{"LeftRight", say("officers.column.role"), nil},
		{"Delete", "", m.Dismiss},
		{"F7", "", m.Renew},
		{"Ctrl+Enter", say("officers.goon"), m.Seal},
		{"Enter", "", p.enter},
		{"Esc", say("officers.discard"), m.Leave},
	}
}

// verb is what becomes of the selected person by dismissing.
func (p *draftPanel) verb() string {
	if one := p.model.Person(); one != nil && one.Fate == flow.Dismissed {
		return say("officers.stay")
	}
	return say("officers.remove")
}

func (p *draftPanel) bar() fyne.CanvasObject {
	m := p.model
	p.discard.SetLabel(say("officers.discard"))
	why := sayText(m.Obstacle())
	p.goOn.SetLabel(say("officers.goon"))
	p.goOn.Enable(why == "")
	if why == "" {
		why = say("officers.changes", "Count", len(m.Changes()))
	}
	return commitBar(p.discard, why, p.goOn)
}

func (p *draftPanel) cells(row int) []cell {
	one := p.model.People[row]
	state := cell{text: say("officers.stays")}
	switch {
	case one.Fate == flow.Appointed:
		state = cell{text: say("officers.appointed"), icon: "person-check", tone: toneOK}
	case one.Fate == flow.Dismissed:
		state = cell{text: say("officers.dismissed"), icon: "ban", tone: toneDanger}
	case one.Fate == flow.Anew:
		state = cell{text: say("officers.renewed"), icon: "key", tone: toneAccent}
	case one.Role != one.Was:
		state = cell{text: say("officers.other"), icon: "person", tone: toneAccent}
	}
	return []cell{{text: one.Name}, {text: say(roleKey(one.Role))}, state}
}

// draw is the right side.
func (p *draftPanel) draw() fyne.CanvasObject {
	m := p.model
	content := column(8)
	if one := m.Person(); one != nil {
		content.Objects = append(content.Objects, text(shorten(one.Name, sideNarrow-50, sizes[sizeSub], bold), sizeSub, colourText, bold))
		content.Add(p.roles(one))
		p.fresh.SetLabel(say("officers.fresh"))
		p.fresh.Enable(one.Fate == flow.Stays || one.Fate == flow.Anew)
		p.dismiss.SetLabel(p.verb())
		content.Add(line(8, p.dismiss, p.fresh))
		content.Add(rule())
	}
	p.appoint.SetLabel(say("officers.appointing"))
	content.Add(asking(say("officers.name"), p.name))
	content.Add(line(0, p.appoint, layout.NewSpacer()))
	content.Add(rule())
	p.less.Enable(m.Needed > 1)
	p.more.Enable(m.Needed < m.Security())
	content.Add(container.NewBorder(nil, nil, nil, line(8, p.less, p.more),
		middle(text(say("officers.together", "Needed", m.Needed, "Total", m.Security()), sizeBody, colourText, plain))))
	return content
}

// roles offers the roles of a person.
func (p *draftPanel) roles(one *flow.Person) fyne.CanvasObject {
	rows := column(0)
	for _, role := range []flow.Role{flow.SecurityOfficer, flow.DepotOperator, flow.BothRoles, flow.Auditor} {
		rows.Add(option(say(roleKey(role)), one.Role == role, func() { p.model.SetRole(role) }))
	}
	return rows
}

// sealPanel asks for what a change of officers takes: passphrases of those who are new, the PIN, and the approval key.
type sealPanel struct {
	shell *Shell
	model *flow.Officers

	pin, newPIN, newPINAgain, key *Field
	passphrases                   []*Field // two for each newcomer
	file, back, commit            *KeyButton
	second                        *secondPanel
}

func newSealPanel(s *Shell, m *flow.Officers) *sealPanel {
	p := &sealPanel{shell: s, model: m, pin: NewSecretField(), newPIN: NewSecretField(), newPINAgain: NewSecretField(), key: NewField("")}
	p.file = NewKeyButton("", "folder", "Ctrl+O", p.chooseKey)
	p.back = NewKeyButton("", "", "Esc", m.Back)
	p.commit = NewKeyButton("", "people", "Ctrl+Enter", p.enter).Primary()
	p.second = newSecondPanel(m.Second, func() {}, s.Draw)
	return p
}

// prepare makes the fields that the draft needs, or clears all of them.
func (p *sealPanel) prepare(begins bool) {
	p.clear()
	p.passphrases = nil
	if !begins {
		return
	}
	for range p.model.Newcomers() {
		p.passphrases = append(p.passphrases, NewSecretField(), NewSecretField())
	}
}

// clear empties all secrets.
func (p *sealPanel) clear() {
	empty(append(p.passphrases, p.pin, p.newPIN, p.newPINAgain)...)
	p.second.clear()
}

// first is the field that comes first.
func (p *sealPanel) first() fyne.Focusable {
	if len(p.passphrases) > 0 {
		return p.passphrases[0]
	}
	return p.pin
}

func (p *sealPanel) chooseKey() {
	if !p.model.Busy {
		chooseFile(p.shell.window, p.key.SetText)
	}
}

func (p *sealPanel) bindings() []binding {
	b := []binding{
		{"Enter", say("officers.next"), func() { advance(p.shell.window, p.required()...) }},
		{"Ctrl+Enter", say("officers.commit"), p.enter},
		{"Ctrl+O", say("officers.file"), p.chooseKey},
		{"Esc", say("officers.back"), p.model.Back},
	}
	if p.model.NeedsSecond() {
		b = append(b, unnamed(p.second.bindings())...)
	}
	return b
}

// required are the fields that must be filled, in their order.
func (p *sealPanel) required() []*Field {
	all := append(append([]*Field{}, p.passphrases...), p.pin, p.key)
	if p.model.NeedsSecond() {
		all = append(all, p.second.secret)
	}
	if p.newPIN.Text != "" {
		all = append(all, p.newPINAgain)
	}
	return all
}

// enter appoints them, once everything is filled.
func (p *sealPanel) enter() {
	if p.model.Busy || !advance(p.shell.window, p.required()...) {
		return
	}
	s := flow.SealSecrets{PIN: p.pin.Take(), NewPIN: flow.Fresh{First: p.newPIN.Take(), Again: p.newPINAgain.Take()}, KeyFile: p.key.Text}
	if p.model.NeedsSecond() {
		s.Second = p.second.take()
	}
	for i := 0; i < len(p.passphrases); i += 2 {
		s.Passphrases = append(s.Passphrases, flow.Fresh{First: p.passphrases[i].Take(), Again: p.passphrases[i+1].Take()})
	}
	p.shell.window.Canvas().Focus(p.first())
	p.model.Commit(s)
}

func (p *sealPanel) bar() fyne.CanvasObject {
	m := p.model
	p.back.SetLabel(say("officers.back"))
	p.back.Enable(!m.Busy)
	p.commit.SetLabel(say("officers.commit"))
	why := ""
	if m.Busy {
		why = say("officers.sealing")
	}
	p.commit.Enable(!m.Busy)
	return commitBar(p.back, why, p.commit)
}

func (p *sealPanel) draw(narrow bool) fyne.CanvasObject {
	m := p.model
	changes := column(6)
	for _, t := range m.Changes() {
		changes.Add(mark("check", colourOK, sayText(t)))
	}
	changes.Add(space(4))
	changes.Add(mark("key", colourAccent, say("officers.seal.anew")))
	changes.Add(mark("person", colourAccent, say("officers.seal.off")))
	p.file.SetLabel(say("officers.file"))
	p.file.Enable(!m.Busy)
	p.key.SetPlaceHolder(say("officers.key.hint"))
	p.pin.SetWrong(m.Wrong)
	form := column(10)
	if m.Problem != nil {
		form.Add(problemBanner(m.Problem))
	}
	for i, name := range m.Newcomers() {
		form.Add(pair(asking(say("officers.passphrase.new", "Name", shorten(name, 150, sizes[sizeLabel], plain)), p.passphrases[2*i]),
			asking(say("officers.again"), p.passphrases[2*i+1])))
	}
	form.Add(asking(say("lock.pin"), p.pin))
	form.Add(asking(say("officers.key.file"), container.NewBorder(nil, nil, nil, padded(p.file, 0, 0, 4, 0), p.key)))
	if m.NeedsSecond() {
		form.Add(p.second.draw(say("officers.second"), m.Busy))
	}
	form.Add(pair(asking(say("officers.newpin"), p.newPIN), asking(say("officers.again"), p.newPINAgain)))
	left := headedCard(say("officers.seal.changes"), nil, container.NewVScroll(padded(changes, 0, 0, 0, scrollRoom)))
	right := headedCard(say("officers.seal.secrets"), nil, container.NewVScroll(padded(form, 3, 3, 3, scrollRoom)))
	width := sideWide
	if narrow {
		width = 300
	}
	return container.NewBorder(nil, nil, padded(sized(left, width, 0), 0, 0, 0, gap-4), nil, right)
}

// pair puts two things beside each other.
func pair(a, b fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewGridLayoutWithColumns(2), padded(a, 0, 0, 0, 3), padded(b, 0, 0, 3, 0))
}
