package screen

import (
	"encoding/hex"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// approvalsView draws flow.Approvals: the queue on the left, and what is to be decided, word by word, beside it.
type approvalsView struct {
	shell *Shell
	model *flow.Approvals

	second                         *secondPanel
	reason                         *Field
	approve, refuse, final, giveUp *KeyButton
	shown                          [32]byte // digest of what was drawn last
}

func newApprovalsView(s *Shell) *approvalsView {
	m := s.console.Approvals
	v := &approvalsView{shell: s, model: m, reason: NewField("")}
	v.second = newSecondPanel(m.Second, v.enable, s.Draw)
	v.reason.OnChanged = func(string) { v.enable() }
	v.approve = NewKeyButton("", "stamp", "Enter", v.enter).Primary()
	v.refuse = NewKeyButton("", "ban", "F6", func() { m.AskWhy(true) })
	v.final = NewKeyButton("", "ban", "Enter", v.enter).Danger()
	v.giveUp = NewKeyButton("", "previous", "Esc", v.escape)
	return v
}

func (v *approvalsView) focus() fyne.Focusable {
	switch {
	case !v.model.Open():
		return nil
	case v.model.Refusing:
		return v.reason
	case v.second.needed() && v.model.Selected().Content() != nil:
		return v.second.secret
	}
	return nil
}

func (v *approvalsView) bindings() []binding {
	m := v.model
	b := []binding{}
	switch {
	case m.Refusing:
		b = append(b, binding{"Enter", say("approvals.refusenow"), v.enter}, binding{"Esc", say("approvals.keep"), v.escape})
	case m.Open():
		b = append(b, binding{"Enter", say("approvals.approve"), v.enter}, binding{"F6", say("approvals.refuse.hint"), func() { m.AskWhy(true) }})
		b = append(b, v.second.bindings()...)
	}
	if len(m.All) > 1 {
		b = append(b, binding{"UpDown", say("approvals.move"), nil}, binding{"Up", "", func() { m.Step(-1) }}, binding{"Down", "", func() { m.Step(1) }})
	}
	return append(b, binding{"Ctrl+R", "", m.Refresh})
}

// enter does what the primary button says.
func (v *approvalsView) enter() {
	switch {
	case !v.model.Open():
	case v.model.Refusing:
		v.model.Refuse(strings.TrimSpace(v.reason.Text))
	case v.second.filled():
		v.model.Approve(v.second.take())
	}
}

func (v *approvalsView) escape() { v.model.AskWhy(false) }

// enable follows what is typed.
func (v *approvalsView) enable() {
	v.approve.Enable(v.model.Open() && v.second.filled())
	v.final.Enable(v.model.Open() && strings.TrimSpace(v.reason.Text) != "")
}

func (v *approvalsView) draw(narrow bool) fyne.CanvasObject {
	m := v.model
	head := line(gap, title("approvals"), text(say("approvals.about"), sizeRow, colourText2, plain))
	p := m.Selected()
	if p == nil {
		return page(narrow, head, nil, Card(v.empty()))
	}
	if p.Digest != v.shown || !m.Refusing {
		v.reason.SetText("")
	}
	if p.Digest != v.shown {
		v.second.clear()
	}
	v.shown = p.Digest
	v.approve.SetLabel(say("approvals.approve"))
	v.refuse.SetLabel(say("approvals.refuse"))
	v.refuse.Enable(m.Open())
	v.final.SetLabel(say("approvals.refusenow"))
	v.giveUp.SetLabel(say("approvals.keep"))
	v.reason.SetPlaceHolder("")
	v.enable()
	width := float32(queueWidth)
	if narrow {
		width = queueWidthSmall
	}
	queue := padded(sized(frame(container.NewVScroll(v.queue(width))), width, 0), 0, 0, 0, gap-4)
	return page(narrow, head, nil, container.NewBorder(nil, nil, queue, nil, v.payload(p, narrow)))
}

// queueWidth is how wide the queue is.
const (
	queueWidth      = 310
	queueWidthSmall = 286
)

func (v *approvalsView) empty() fyne.CanvasObject {
	if p := v.model.Problem; p != nil {
		return column(0, problemBanner(p))
	}
	if !v.model.Second.Exists() {
		return nothing("stamp", say("approvals.alone"), say("approvals.alone.why"))
	}
	return nothing("stamp", say("approvals.none"), say("approvals.none.why"))
}

// queue lists the proposals, under what they wait for.
func (v *approvalsView) queue(width float32) fyne.CanvasObject {
	m := v.model
	list := column(0)
	group := flow.Group(-1)
	for i := range m.All {
		p := &m.All[i]
		if g := m.Group(p); g != group {
			group = g
			list.Add(padded(text(say("approvals.group."+string(rune('0'+int(g)))), sizeLabel, colourText2, bold), 10, 6, 13, 10))
			list.Add(rule())
		}
		list.Add(v.line(p, i == m.Index(), width, func() { m.Select(i) }))
		list.Add(rule())
	}
	return list
}

// line is a proposal in the queue.
func (v *approvalsView) line(p *flow.Proposal, selected bool, width float32, tapped func()) fyne.CanvasObject {
	const left = 13 + 32 + 10
	at := v.time(p)
	room := width - left - 22 - fyne.MeasureText(at, sizes[sizeLabel], plain).Width
	sign, t := signOfProposal(p)
	badge := container.NewStack(box(t.soft, "", 6), container.NewCenter(icon(sign, 18, t.text)))
	words := column(1, text(shorten(v.name(p), room, sizes[sizeBody], bold), sizeBody, colourText, bold),
		text(shorten(v.waits(p), room, sizes[sizeLabel], plain), sizeLabel, colourText2, plain))
	row := container.NewBorder(nil, nil, padded(middle(sized(badge, 32, 32)), 0, 0, 10, 6), padded(middle(text(at, sizeLabel, colourText2, plain)), 0, 0, 0, 8), middle(words))
	ground, bar := canvas.NewRectangle(colour(colourSurface)), canvas.NewRectangle(colour(colourSurface))
	if selected {
		ground.FillColor, bar.FillColor = colour(colourAccentSoft), colour(colourAccent)
	}
	bar.SetMinSize(fyne.NewSize(3, 1))
	return newTouchArea(container.NewStack(ground, container.NewBorder(nil, nil, bar, nil, sized(row, 0, 53))), tapped, nil)
}

// name is what a proposal is about.
func (v *approvalsView) name(p *flow.Proposal) string {
	if c := p.Content(); c != nil {
		return sayText(c.Title)
	}
	return say("approvals.unreadable")
}

// waits says what a proposal waits for, or what came of it.
func (v *approvalsView) waits(p *flow.Proposal) string {
	switch p.State {
	case flow.ProposalOpen:
		if v.model.Group(p) == flow.WaitsForOthers {
			return say("approvals.missing", "Count", p.Missing)
		}
		return p.Requester
	case flow.ProposalRefused:
		return p.Refused
	case flow.ProposalExpired:
		return say("approvals.expired")
	case flow.ProposalDecided:
	}
	return strings.Join(p.Approved, ", ")
}

// time is when it was asked for: the time of day today, the day before.
func (v *approvalsView) time(p *flow.Proposal) string {
	now := v.shell.console.Status.Time()
	t := p.Time.In(now.Location())
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return say("approvals.day", "Day", t.Day(), "Month", say("month."+strconv.Itoa(int(t.Month()))))
}

func signOfProposal(p *flow.Proposal) (string, tone) {
	switch p.State {
	case flow.ProposalDecided:
		return "check", toneOK
	case flow.ProposalRefused:
		return "ban", toneQuiet
	case flow.ProposalExpired:
		return "clock", toneQuiet
	case flow.ProposalOpen:
	}
	switch p.Kind() {
	case flow.ProposesRevoking:
		return "ban", toneDanger
	case flow.ProposesDepot:
		return "depot", toneAccent
	case flow.ProposesTime:
		return "clock", toneWarning
	case flow.ProposesOther:
	}
	return "stamp", toneAccent
}

// payload is the card of the selected proposal.
func (v *approvalsView) payload(p *flow.Proposal, narrow bool) fyne.CanvasObject {
	m, c := v.model, p.Content()
	if c == nil {
		return headedCard(say("approvals.unreadable"), nil, Banner("alert", toneDanger, say("approvals.unreadable"), say("approvals.unreadable.why")))
	}
	facts := column(8)
	for _, f := range c.Facts {
		facts.Add(v.fact(f))
	}
	facts.Add(fact(say("approvals.fact.by"), say("approvals.asked", "Name", p.Requester, "When", moment(p.Time.In(v.shell.console.Status.Time().Location())))))
	facts.Add(v.approved(p))
	if p.Refused != "" {
		facts.Add(factObject(say("approvals.fact.refused"), paragraph(p.Refused, sizeRow, colourText, plain)))
	}
	if len(c.Addresses) > 0 {
		facts.Add(rule())
		facts.Add(text(say("approvals.all", "Count", len(c.Addresses)), sizeLabel, colourText2, plain))
		facts.Add(addressGrid(c.Addresses, narrow))
	}
	digest := hex.EncodeToString(p.Digest[:])
	proof := column(5, rule(), text(say("approvals.digest", "Name", p.Requester), sizeLabel, colourText2, plain),
		WordList(p.Words(), sizeSub, wordColumns))
	if !narrow || v.model.Problem == nil && !v.model.Refusing && v.model.Done.IsZero() { // the words are what is compared
		proof.Add(paragraph("SHA-256 "+spacedHex(digest), sizeCap, colourText2, mono))
	}
	below := column(10, proof)
	if v.model.Problem != nil {
		below.Add(problemBanner(v.model.Problem))
	}
	if !v.model.Done.IsZero() {
		below.Add(Banner("done", toneOK, sayText(v.model.Done), ""))
	}
	below.Add(rule())
	below.Add(v.decide(p, narrow))
	body := container.NewBorder(nil, padded(below, 10, 0, 0, 0), nil, nil, container.NewVScroll(facts))
	right := line(8, v.pill(p))
	if narrow && m.Open() && !m.Refusing && v.second.needed() {
		right.Add(middle(v.refuse)) // else the passphrase has no room
	}
	return headedCard(sayText(c.Title), right, body)
}

// wordColumns is in how many columns words stand.
const wordColumns = 4

// spacedHex parts a digest into groups of four.
func spacedHex(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 4 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s[i : i+4])
	}
	return b.String()
}

func (v *approvalsView) fact(f flow.Fact) fyne.CanvasObject {
	switch {
	case f.Words != nil:
		return factObject(say(f.Label), WordList(*f.Words, sizeRow, wordColumns))
	case f.Label == "":
		return paragraph(f.Text, sizeRow, colourText, plain)
	}
	return fact(say(f.Label), sayText(f.Value))
}

func (v *approvalsView) approved(p *flow.Proposal) fyne.CanvasObject {
	names := strings.Join(p.Approved, ", ")
	if names == "" {
		names = say("approvals.nobody")
	}
	if p.State == flow.ProposalOpen {
		names = say("approvals.needs", "Names", names, "Count", p.Missing)
	}
	return fact(say("approvals.fact.needs"), names)
}

func (v *approvalsView) pill(p *flow.Proposal) fyne.CanvasObject {
	switch {
	case p.State == flow.ProposalDecided:
		return Pill("check", say("approvals.decided"), toneOK)
	case p.State == flow.ProposalRefused:
		return Pill("ban", say("approvals.refusedpill"), toneQuiet)
	case p.State == flow.ProposalExpired:
		return Pill("clock", say("approvals.expired"), toneQuiet)
	case v.model.Group(p) == flow.WaitsForOthers:
		return Pill("clock", say("approvals.waits.others"), toneQuiet)
	}
	return Pill("stamp", say("approvals.waits"), toneAccent)
}

// decide is the bar at the bottom: the passphrase and two buttons, or a reason.
func (v *approvalsView) decide(p *flow.Proposal, narrow bool) fyne.CanvasObject {
	m := v.model
	switch {
	case m.Busy:
		return line(8, icon("clock", 18, colourText2), text(say("approvals.busy"), sizeRow, colourText2, plain))
	case p.State != flow.ProposalOpen:
		return text(say("approvals.over"), sizeRow, colourText2, plain)
	case m.Refusing:
		field := column(4, text(say("approvals.why"), sizeLabel, colourText2, plain), v.reason)
		return container.NewBorder(nil, nil, padded(column(0, space(20), v.giveUp), 0, 0, 0, 4), padded(column(0, space(20), v.final), 0, 0, 4, 0), field)
	case !v.second.needed():
		return line(gap, text(say("approvals.nobodyleft"), sizeRow, colourText2, plain), layout.NewSpacer(), v.refuse)
	}
	why := say("approvals.together", "Names", strings.Join(m.Signers(), ", "))
	row := line(8, v.approve)
	if !narrow {
		row.Add(middle(v.refuse))
	}
	buttons := column(0, space(20), row)
	return container.NewBorder(nil, nil, nil, padded(buttons, 0, 0, 4, 0), v.second.draw(why, m.Busy))
}

// addressGrid lists all addresses of a proposal: nothing of it may be out of sight for good, so that it stands in a scroller.
func addressGrid(addresses []string, narrow bool) fyne.CanvasObject {
	columns := 2
	if narrow {
		columns = 1
	}
	grid := container.New(layout.NewGridLayoutWithColumns(columns))
	for _, address := range addresses {
		grid.Add(text(shortenPath(address, addressWidth, sizes[sizeLabel], mono), sizeLabel, colourText, mono))
	}
	return grid
}

// addressWidth is the room for an address.
const addressWidth = 300
