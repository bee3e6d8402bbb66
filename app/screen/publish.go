package screen

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// publishView draws flow.Publish: where lists go and the one in force on the left; on the right what is to be done now, and how lists grew.
type publishView struct {
	shell *Shell
	model *flow.Publish

	primary, other, leave *KeyButton
	folder, history       *KeyButton
	qr, undo              *KeyButton
	past                  *RowList
	codes                 *QRView
	at                    publishPage
}

// publishPage is which of its pages the screen shows.
type publishPage int

const (
	publishMain publishPage = iota
	publishHistory
	publishCodes
)

func newPublishView(s *Shell) *publishView {
	v := &publishView{shell: s, model: s.console.Publish}
	v.primary = NewKeyButton("", "usb", "Enter", v.enter).Primary()
	v.other = NewKeyButton("", "", "F6", v.decideOtherwise)
	v.leave = NewKeyButton("", "", "Esc", v.escape)
	v.folder = NewKeyButton("", "folder", "Ctrl+O", v.chooseFolder)
	v.undo = NewKeyButton("", "undo", "BackSpace", v.takeBack)
	v.history = NewKeyButton("", "history", "F7", func() { v.turn(publishHistory) })
	v.qr = NewKeyButton("", "scan", "F8", func() { v.turn(publishCodes) })
	v.codes = NewQRView(v.model.Codes, nil)
	v.past = newPastLists(v)
	s.console.OnChange(func() {
		if v.at == publishCodes && (s.console.Place != flow.PlacePublish || !s.console.Unlocked()) { // nobody looks at them
			v.at = publishMain
			v.model.Codes.Stop()
		}
	})
	return v
}

func (v *publishView) focus() fyne.Focusable {
	if v.at == publishHistory {
		return v.past.list
	}
	return nil
}

// enter does what the primary button says, unless it is a scanner's.
func (v *publishView) enter() {
	m := v.model
	if v.shell.intake.busy() {
		return
	}
	switch m.Step {
	case flow.PublishWritten:
		m.Done()
	case flow.PublishPulled:
		m.Write()
	case flow.PublishResting:
		if m.Due() {
			m.Sign()
		} else {
			m.Write()
		}
	case flow.PublishSigning, flow.PublishWriting:
	}
}

// decideOtherwise does what the second button says.
func (v *publishView) decideOtherwise() {
	switch {
	case v.model.Step != flow.PublishResting, v.shell.intake.busy():
	case v.model.Due():
		v.model.Write()
	default:
		v.model.Sign()
	}
}

func (v *publishView) escape() {
	if v.at != publishMain {
		v.turn(v.at)
		return
	}
	v.model.Leave()
}

// turn opens a page, or goes back from it.
func (v *publishView) turn(to publishPage) {
	if v.at == publishCodes {
		v.model.Codes.Stop()
	}
	if v.at == to {
		to = publishMain
	}
	if v.at = to; to == publishCodes {
		v.model.ShowCodes()
	}
	v.shell.Draw()
}

// takeBack leads to where revocations are taken back that no list has yet.
func (v *publishView) takeBack() {
	if v.undoes() {
		v.model.TakeBack(-1)
	}
}

// undoes reports whether there is anything to be taken back.
func (v *publishView) undoes() bool {
	return v.model.Step == flow.PublishResting && v.model.CanSign() && len(v.model.Changes()) > 0
}

func (v *publishView) chooseFolder() {
	if !v.model.Busy() {
		openFolder(v.shell.window, v.model.SetFolder)
	}
}

func (v *publishView) bindings() []binding {
	history, codes := func() { v.turn(publishHistory) }, func() { v.turn(publishCodes) }
	switch v.at {
	case publishHistory:
		return []binding{{"Esc", say("publish.back"), v.escape}, {"F7", "", history}, {"F8", "", codes}, {"UpDown", say("publish.move"), nil}}
	case publishCodes:
		return append(v.codes.bindings(), binding{"Esc", say("publish.back"), v.escape}, binding{"F8", "", codes}, binding{"F7", "", history})
	case publishMain:
	}
	m := v.model
	_, hint := v.verb()
	b := []binding{{"Enter", hint, v.enter}}
	if _, hint := v.second(); hint != "" {
		b = append(b, binding{"F6", hint, v.decideOtherwise})
	}
	if v.undoes() {
		b = append(b, binding{"BackSpace", say("publish.undo"), v.takeBack})
	}
	if len(m.Destinations) > 1 {
		b = append(b, binding{"Space", say("publish.hint.choose"), func() { m.Move(1) }})
	}
	b = append(b,
		binding{"Down", "", func() { m.Move(1) }}, binding{"Up", "", func() { m.Move(-1) }},
		binding{"Ctrl+O", "", v.chooseFolder}, binding{"F7", "", history}, binding{"F8", "", codes})
	if leaving := v.leaving(); leaving != "" {
		b = append(b, binding{"Esc", leaving, v.escape})
	}
	return b
}

func (v *publishView) draw(narrow bool) fyne.CanvasObject {
	v.history.SetLabel(say("publish.history"))
	v.qr.SetLabel(say("publish.qr"))
	v.qr.Enable(!v.model.Busy())
	head := line(gap, title("publish"), text(v.about(), sizeRow, colourText2, plain), layout.NewSpacer(), v.qr, v.history)
	switch v.at {
	case publishHistory:
		return page(narrow, v.backHead(say("publish.history"), say("publish.history.about", "Count", len(v.model.History))), nil, v.drawHistory(narrow))
	case publishCodes:
		return page(narrow, v.backHead(say("publish.codes", "List", v.newest()), ""), nil, v.drawCodes(narrow))
	case publishMain:
	}
	width := placesWidth
	if narrow {
		width = placesWidthSmall
	}
	places, right := column(gap, v.places(narrow), v.list()), flush{top: v.now()}
	short := v.model.Short()
	if short > 0 {
		right.top = column(gap-4, Banner("warning", toneWarning, say("publish.short", "List", v.newest(), "Count", short), say("publish.short.why")), right.top)
	}
	if !narrow {
		if earlier := v.earlier(); earlier != nil {
			places.Add(earlier)
		}
		if plots := v.plots(); plots != nil && v.model.Problem == nil && short == 0 { // which needs the room
			right.middle = padded(atMost(plots, plotsHigh), gap, 0, 0, 0)
		}
	}
	body := container.NewBorder(nil, nil, padded(sized(places, width, 0), 0, 0, 0, gap-4), nil, right.container())
	return page(narrow, head, nil, body)
}

// about is the line beside the title.
func (v *publishView) about() string {
	s := v.shell.console.Status
	if !s.Known {
		return ""
	}
	return say("publish.about", "List", number(int(s.Now.List.Sequence)), "Date", v.day(s.Now.List.Issued))
}

func (v *publishView) zone() *time.Location { return v.shell.console.Status.Time().Location() }

func (v *publishView) day(t time.Time) string { return date(t.In(v.zone())) }

// list is the card about the newest list.
func (v *publishView) list() fyne.CanvasObject {
	s := v.shell.console.Status
	l := &s.Now.List
	size := ""
	if n := v.model.Size(); n > 0 {
		size = octets(n)
	}
	what := say("publish.full.what", "Count", int(l.Count))
	if l.Padding > 0 {
		what = say("publish.full.padded", "Revoked", number(int(l.Count)-l.Padding), "Padding", number(l.Padding))
	}
	rows := column(0, listFact(say("publish.full"), what, size, true))
	for i, c := range v.model.ListChanges() {
		rows.Add(listChange(l.Sequence, &c, i == 0))
	}
	for _, row := range []fyne.CanvasObject{
		listFact(say("publish.valid"), say("publish.valid.until", "From", v.day(l.Issued), "To", v.day(l.NextUpdate)), days(l.NextUpdate.Sub(l.Issued)), false),
		listFact(say("publish.refused"), say("publish.refused.from", "Date", v.day(l.HardExpiry)), days(l.HardExpiry.Sub(l.Issued)), false),
		listFact(say("publish.changes"), say("publish.changes.what"), number(s.Now.Unpublished), false),
	} {
		rows.Add(row)
	}
	if n := s.Now.Depots; n > 0 {
		rows.Add(listFact(say("depots"), say("publish.depots", "Count", n-s.Now.Behind), say("publish.depots.of", "Count", n), false))
	}
	return frame(column(0, cardHead(say("publish.list", "List", number(int(l.Sequence))), listPill(s)), padded(rows, 5, 5, 14, 14)))
}

// listChange is the line about a change to a list: from the one before it, or from any since an earlier one.
func listChange(to uint32, c *flow.ListChange, step bool) fyne.CanvasObject {
	label, value := say("publish.step"), say("publish.step.what", "From", number(int(c.From)), "List", number(int(to)))
	if !step {
		label = say("publish.catchup")
		value = say("publish.catchup.what", "From", number(int(c.From)), "Before", number(int(to)-1), "List", number(int(to)))
	}
	return listFact(label, value, octets(len(c.Statement)), false)
}

// listFact is a line of the card: what, which, how much.
func listFact(label, value, amount string, first bool) fyne.CanvasObject {
	row := container.NewBorder(nil, nil, sized(text(label, sizeRow, colourText, plain), 96, 0), text(amount, sizeRow, colourText, plain),
		text(value, sizeRow, colourText2, plain))
	edge := rule()
	if first {
		edge = space(1)
	}
	return flush{top: edge, middle: sized(middle(row), 0, 28)}.container()
}

// days is a time in whole days, or in hours when it is short.
func days(d time.Duration) string {
	if d < 48*time.Hour {
		return say("publish.hours", "Count", int(d.Hours()))
	}
	return say("publish.days", "Count", int(d.Hours()/24))
}

// listPill says how good the newest list is.
func listPill(s *flow.Status) fyne.CanvasObject {
	switch s.ListState() {
	case flow.ListEnding:
		return Pill("warning", say("publish.state.ending"), toneWarning)
	case flow.ListStale:
		return Pill("alert", say("publish.state.stale"), toneDanger)
	case flow.ListRefused:
		return Pill("alert", say("publish.state.refused"), toneDanger)
	case flow.ListGood:
	}
	return Pill("check", say("publish.state.good"), toneOK)
}
