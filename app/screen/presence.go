package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// presencePane draws flow.Attendance: who is signed on, a passphrase for who comes, and a way out for who goes.
type presencePane struct {
	shell  *Shell
	model  *flow.Attendance
	secret *Field
	enter  *KeyButton
	leave  *KeyButton
	asked  string // whose passphrase stands in the field
}

func newPresencePane(s *Shell) *presencePane {
	p := &presencePane{shell: s, model: s.console.Attendance, secret: NewSecretField()}
	p.enter = NewKeyButton("", "person-check", "Enter", p.come).Primary()
	p.leave = NewKeyButton("", "person", "F6", p.model.Leave)
	p.secret.OnChanged = func(string) { p.enter.Enable(p.ready()) }
	return p
}

func (p *presencePane) ready() bool { return p.model.CanEnter() && p.secret.Text != "" }

func (p *presencePane) come() {
	if p.ready() {
		p.model.Enter(p.secret.Take())
	}
}

func (p *presencePane) focus() fyne.Focusable {
	p.model.Begin()
	return p.secret
}

func (p *presencePane) bindings() []binding {
	move := func(by int) func() { return func() { p.model.Move(by) } }
	return []binding{
		{"Enter", "", p.come}, {"F6", "", p.model.Leave}, {"F3", "", move(1)}, {"Up", "", move(-1)}, {"Down", "", move(1)},
	}
}

const (
	presenceWide float32 = 480
	presenceRows int     = 6
)

func (p *presencePane) draw(size fyne.Size) fyne.CanvasObject {
	m := p.model
	chosen := m.Chosen()
	if chosen == nil {
		return p.shell.paneHead(say("presence"))
	}
	if chosen.Name != p.asked {
		p.asked = chosen.Name
		p.secret.SetText("")
	}
	p.secret.SetWrong(m.Wrong && p.secret.Text == "")
	rows := column(0)
	all := m.Officers()
	most := min(presenceRows, int((size.Height-330)/officerHigh))
	first := max(0, min(m.At-most/2, len(all)-most))
	for i := first; i < min(len(all), first+most); i++ {
		rows.Add(p.officer(i, all[i], i == first))
	}
	p.enter.SetLabel(say("lock.signon"))
	if m.Busy {
		p.enter.SetLabel(say("lock.busy"))
	}
	p.enter.Enable(p.ready())
	p.leave.SetLabel(say("presence.leave"))
	p.leave.Enable(m.CanLeave())
	label := say("lock.officer", "Name", shorten(chosen.Name, 260, sizes[sizeLabel], plain))
	if m.Here(*chosen) {
		label = say("presence.here", "Name", shorten(chosen.Name, 200, sizes[sizeLabel], plain))
		p.secret.Disable()
	} else {
		p.secret.Enable()
	}
	content := column(8, p.shell.paneHead(say("presence")), sized(rows, presenceWide, 0), space(2), text(label, sizeLabel, colourText2, plain), p.secret)
	if m.Problem != nil {
		content.Add(problemBanner(m.Problem))
	}
	content.Add(padded(line(8, p.enter, layout.NewSpacer(), p.leave), 6, 0, 0, 0))
	return content
}

func (p *presencePane) officer(i int, o flow.Officer, first bool) fyne.CanvasObject {
	m := p.model
	name, ink := "person", colourText2
	state := space(0)
	switch {
	case m.Here(o):
		name, ink = "person-check", colourOK
		state = Pill("check", say("lock.state.present"), toneOK)
	case m.Elsewhere(o):
		state = text(say("presence.elsewhere"), sizeRow, colourText2, plain)
	}
	if i == m.At {
		ink = colourAccent
	}
	names := column(0,
		text(shorten(o.Name, presenceWide-150, sizes[sizeBody], bold), sizeBody, colourText, bold),
		text(say(roleKey(o.Role)), sizeLabel, colourText2, plain))
	ground := box(colourSurface, "", radius)
	if i == m.At {
		ground = box(colourAccentSoft, "", radius)
	}
	row := padded(line(10, icon(name, 20, ink), names, layout.NewSpacer(), state), 0, 0, 8, 8)
	edge := rule()
	if first || i == m.At || i == m.At+1 {
		edge = space(1)
	}
	return newTouchArea(sized(flush{top: edge, middle: container.NewStack(ground, row)}.container(), 0, officerHigh), func() { m.Choose(i) }, nil)
}
