package screen

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// depotsView draws flow.Depots: the depots, and on the right the selected one, the card of one that asks to be registered, or why one is
// revoked.
type depotsView struct {
	shell *Shell
	model *flow.Depots
	list  *RowList
	code  *Field // not shown: hand scanners type at any time

	read, revoke, register, confirm, leave *KeyButton
	second                                 *secondPanel
	taken                                  time.Time // when the last code was
}

func newDepotsView(s *Shell) *depotsView {
	m := s.console.Depots
	v := &depotsView{shell: s, model: m, code: NewField("")}
	v.read = NewKeyButton("", "folder", "Ctrl+O", v.choose)
	v.revoke = NewKeyButton("", "ban", "Delete", m.Revoke)
	v.register = NewKeyButton("", "check", "Enter", v.enter).Primary()
	v.confirm = NewKeyButton("", "ban", "Ctrl+Enter", v.enterRevoke).Danger()
	v.leave = NewKeyButton("", "", "Esc", m.Leave)
	v.second = newSecondPanel(m.Second, func() {}, s.Draw)
	whenLocked(s.console, v.second.clear)
	v.list = NewRowList(v.columns(), func() int { return len(m.All) }, v.cells, m.Select)
	return v
}

func (v *depotsView) columns() []listColumn {
	return []listColumn{
		{title: say("column.name")},
		{title: say("column.state"), width: 110},
		{title: say("depots.column.registered"), width: 94},
		{title: say("depots.column.newest"), width: 94},
		{title: say("depots.column.list"), width: 56, right: true},
	}
}

func (v *depotsView) box() *Field { return v.code }

func (v *depotsView) scanned(code string) {
	v.taken = v.shell.console.Status.Time()
	v.second.clear() // it was typed for what was on the card
	v.model.Scan(code)
}

func (v *depotsView) refused(why error) { v.model.Refuse(why) }

func (v *depotsView) choose() {
	if v.model.Ready() {
		chooseFile(v.shell.window, v.model.Choose)
	}
}

// settled reports that no scan was just read, whose own Enter confirms nothing.
func (v *depotsView) settled() bool { return v.shell.console.Status.Time().Sub(v.taken) >= settle }

func (v *depotsView) enter() {
	if v.settled() {
		v.model.Register(v.second.take())
	}
}

func (v *depotsView) enterRevoke() {
	if v.settled() {
		v.model.Confirm()
	}
}

func (v *depotsView) focus() fyne.Focusable {
	if v.model.Step == flow.DepotsShown {
		return v.list.Focus()
	}
	return nil
}

func (v *depotsView) bindings() []binding {
	m := v.model
	turn := func(by int) func() { return func() { m.Turn(by) } }
	move := func(by int) func() { return func() { v.list.Step(by) } }
	switch m.Step {
	case flow.DepotsReview:
		b := []binding{{"Enter", say("depots.register"), v.enter}, {"Esc", say("depots.leave"), m.Leave}}
		if m.NeedsSecond() {
			b = append(b, v.second.bindings()...)
		}
		return b
	case flow.DepotsRevoke:
		return []binding{
			{"UpDown", say("depots.reason"), nil},
			{"Up", "", turn(-1)},
			{"Down", "", turn(1)},
			{"Ctrl+Enter", say("depots.revoke"), v.enterRevoke},
			{"Esc", say("depots.leave"), m.Leave},
		}
	case flow.DepotsReading, flow.DepotsBusy:
		return nil
	case flow.DepotsShown:
	}
	b := []binding{
		{"Ctrl+O", say("depots.read"), v.choose},
		{"UpDown", say("depots.move"), nil},
		{"Up", "", move(-1)},
		{"Down", "", move(1)},
		{"Prior", "", move(-10)},
		{"Next", "", move(10)},
	}
	if one := m.Chosen(); one != nil && one.Revoked == nil {
		b = append(b, binding{"Delete", say("depots.revoke"), m.Revoke})
	}
	return b
}

func (v *depotsView) draw(narrow bool) fyne.CanvasObject {
	v.label()
	m := v.model
	about := say("depots.about")
	if m.Step == flow.DepotsReading || m.Step == flow.DepotsBusy {
		about = say("depots.busy")
	}
	top := column(0)
	if b := v.banner(); b != nil {
		top.Add(padded(b, 0, gap-4, 0, 0))
	}
	width := sideWide
	if narrow {
		width = sideNarrow
	}
	var side fyne.CanvasObject
	switch {
	case m.Card != nil:
		side = Card(container.NewVScroll(padded(v.card(), 3, 3, 3, scrollRoom)))
	case m.Step == flow.DepotsRevoke && m.Chosen() != nil:
		side = container.NewStack(box(colourSurface, colourDanger, cardRadius),
			padded(container.NewVScroll(padded(v.reasons(width-60), 3, 3, 3, scrollRoom)), 14, 14, 16, 16))
	case !narrow:
		side = v.details(width)
	}
	if side != nil {
		side = padded(sized(side, width, 0), 0, 0, gap-4, 0)
	}
	return page(narrow, titled("depots", about, v.revoke, v.read), nil, container.NewBorder(top, nil, nil, side, v.list))
}

// label puts the present texts everywhere, and the list in step with the view-model.
func (v *depotsView) label() {
	m := v.model
	one := m.Chosen()
	v.read.SetLabel(say("depots.read"))
	v.read.Enable(m.Ready())
	v.revoke.SetLabel(say("depots.revoke"))
	v.revoke.Enable(m.Step == flow.DepotsShown && one != nil && one.Revoked == nil)
	v.register.SetLabel(say("depots.register"))
	v.register.Enable(m.Step == flow.DepotsReview)
	v.confirm.SetLabel(say("depots.revoke"))
	v.confirm.Enable(m.CanConfirm())
	v.leave.SetLabel(say("depots.leave"))
	v.leave.Enable(m.Step == flow.DepotsReview || m.Step == flow.DepotsRevoke)
	v.list.empty = nil
	if m.Loaded && len(m.All) == 0 {
		v.list.empty = nothing("depot", say("depots.none"), say("depots.none.why"))
	}
	v.list.SetColumns(v.columns())
	v.list.Mark(m.Selected)
	v.list.Refresh()
}

func (v *depotsView) banner() fyne.CanvasObject {
	switch m := v.model; {
	case m.Problem != nil:
		return problemBanner(m.Problem)
	case m.Waiting:
		return waits(say("depots.waits"), say("realm.waits.why"))
	case !m.Done.IsZero():
		return done(sayText(m.Done), "")
	case m.Handed != nil:
		return v.handed(m.Handed)
	}
	return nil
}

// handed says what became of receipts.
func (v *depotsView) handed(h *flow.Handed) fyne.CanvasObject {
	what := say("depots.receipts", "Count", h.Taken)
	if h.Depot != "" {
		what = say("depots.receipts.of", "Count", h.Taken, "Depot", h.Depot)
	}
	why := ""
	if h.Again > 0 {
		why = say("depots.receipts.again", "Count", h.Again)
	}
	if h.List > 0 {
		why = strings.TrimSpace(why + " " + say("depots.receipts.list", "List", number(int(h.List))))
	}
	if len(h.Refused) == 0 {
		if h.Odd > 0 {
			return Banner("warning", toneWarning, what, say("depots.receipts.odd", "Count", h.Odd))
		}
		return done(what, why)
	}
	if why != "" {
		why += " "
	}
	return Banner("warning", toneWarning, what, why+say("depots.receipts.refused", "Count", len(h.Refused), "Reason", sayText(flow.Why(h.Refused[0]))))
}

func (v *depotsView) local(t time.Time) string {
	return date(t.In(v.shell.console.Status.Time().Location()))
}

func depotState(d *flow.Registered) (word, icon string, t tone) {
	switch flow.DepotState(d) {
	case flow.DepotRevoked:
		return say("depots.state.revoked"), "ban", toneDanger
	case flow.DepotLapsed:
		return say("depots.state.lapsed"), "clock", toneWarning
	case flow.DepotActive:
	}
	return say("depots.state.active"), "check", toneOK
}

func (v *depotsView) cells(row int) []cell {
	d := &v.model.All[row]
	word, name, t := depotState(d)
	newest := say("depots.never")
	if d.Sequence > 0 {
		newest = v.local(d.Taken)
	}
	return []cell{{text: d.Name}, {text: word, icon: name, tone: t}, {text: v.local(d.Registered)}, {text: newest}, v.listCell(d)}
}

// listCell is the newest list that a depot said it has.
func (v *depotsView) listCell(d *flow.Registered) cell {
	if d.List.Sequence == 0 {
		return cell{text: "–"}
	}
	c := cell{text: number(int(d.List.Sequence))}
	if d.Behind(v.shell.console.Status.Now.List.Sequence) {
		c.tone = toneWarning
	}
	return c
}

// listSaid is that list in words.
func (v *depotsView) listSaid(d *flow.Registered) string {
	switch newest := v.shell.console.Status.Now.List.Sequence; {
	case d.List.Sequence == 0:
		return say("depots.list.unknown")
	case d.Behind(newest):
		return say("depots.list.behind", "List", number(int(d.List.Sequence)), "Newest", number(int(newest)), "Date", v.local(d.Told))
	}
	return say("depots.list.newest", "List", number(int(d.List.Sequence)), "Date", v.local(d.Told))
}

// details is the selected depot.
func (v *depotsView) details(width float32) fyne.CanvasObject {
	d := v.model.Chosen()
	if d == nil {
		return Card(nothing("depot", say("depots.select"), say("depots.select.why")))
	}
	word, name, t := depotState(d)
	pill := Pill(name, word, t)
	facts := column(6, fact(say("depots.column.registered"), v.local(d.Registered)))
	if d.Sequence > 0 {
		facts.Add(fact(say("depots.column.newest"), say("depots.newest", "Number", number(int(d.Sequence)), "Date", v.local(d.Taken))))
	} else {
		facts.Add(fact(say("depots.column.newest"), say("depots.never")))
	}
	facts.Add(fact(say("depots.column.list"), v.listSaid(d)))
	if d.Revoked != nil {
		facts.Add(fact(say("depots.state.revoked"), v.local(d.Revoked.At)))
		facts.Add(fact(say("depots.reason"), say("reason."+d.Revoked.Reason.String())))
	}
	note := say("depots.note.active")
	switch flow.DepotState(d) {
	case flow.DepotLapsed:
		note = say("depots.note.lapsed")
	case flow.DepotRevoked:
		note = say("depots.note.revoked")
	case flow.DepotActive:
	}
	room := width - 34 - 52 - 8 - pill.MinSize().Width
	return Card(column(0,
		container.NewBorder(nil, nil, padded(depotBadge(), 0, 0, 0, 8), middle(pill),
			middle(text(shorten(d.Name, room, sizes[sizeSub], bold), sizeSub, colourText, bold))),
		space(14), facts, space(12), rule(), space(12),
		text(say("depots.words"), sizeLabel, colourText2, plain), space(6), WordList(v.model.Words(d), sizeBody, 2), space(12), rule(), space(12),
		text(say("depots.key"), sizeLabel, colourText2, plain), space(4), hexBlock(d.Key[:]), space(12),
		paragraph(note, sizeRow, colourText2, plain)))
}

func depotBadge() fyne.CanvasObject {
	return sized(container.NewStack(box(colourAccentSoft, "", radius), container.NewCenter(icon("depot", 26, colourAccent))), 44, 44)
}

// card is a depot that asks to be registered.
func (v *depotsView) card() fyne.CanvasObject {
	c := v.model.Card
	content := column(0,
		line(12, depotBadge(), column(1, text(shorten(c.Name, sideNarrow-110, sizes[sizeTitle], bold), sizeTitle, colourText, bold),
			text(say("depots.asks", "Date", v.local(c.Time)), sizeRow, colourText2, plain))),
		space(14), rule(), space(10),
		paragraph(say("depots.compare"), sizeRow, colourText2, plain), space(6), WordList(c.Words, sizeSub, 2), space(12))
	if !c.Known.IsZero() {
		content.Add(padded(Banner("warning", toneWarning, sayText(c.Known), ""), 0, 12, 0, 0))
	}
	if v.model.NeedsSecond() {
		content.Add(padded(v.second.draw(say("realm.second"), false), 0, 12, 0, 0))
	}
	content.Add(column(8, v.register, v.leave))
	return content
}

// reasons asks why the selected depot is revoked.
func (v *depotsView) reasons(room float32) fyne.CanvasObject {
	m := v.model
	d := m.Chosen()
	rows := column(0)
	for _, r := range flow.DepotReasons {
		rows.Add(option(say("reason."+r.String()), m.Reason == r, func() { m.SetReason(r) }))
	}
	return column(0,
		text(shorten(say("depots.revoke.of", "Name", d.Name), room, sizes[sizeSub], bold), sizeSub, colourText, bold), space(6),
		paragraph(say("depots.revoke.note"), sizeRow, colourText2, plain), space(8),
		text(say("depots.reason"), sizeLabel, colourText2, plain), rows, space(12),
		line(8, v.leave, layout.NewSpacer(), v.confirm))
}
