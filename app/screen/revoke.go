package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// revokeView draws flow.Revoke: who, why and since when on the left, what that does on the right, and what commits it below, framed as
// what it is.
type revokeView struct {
	shell *Shell
	model *flow.Revoke

	search, since, count *Field
	second               *secondPanel

	scan, leave, back, again *KeyButton
	revoke, undo, ask, next  *KeyButton
	adding                   bool // the field to look for one more has the focus
	asked                    fyne.Focusable
	counted                  *fyne.Container // the tick beside the number
}

func newRevokeView(s *Shell) *revokeView {
	v := &revokeView{shell: s, model: s.console.Revoke, search: newSearchField("search"), since: NewField(""), count: NewField("")}
	m := v.model
	v.second = newSecondPanel(m.Second, v.enable, s.Draw)
	v.since.OnChanged = func(t string) { m.Since = t; v.enable() }
	v.count.OnChanged = func(t string) { m.Typed = t; v.enable() }
	v.scan = NewKeyButton("", "scan", "F2", v.add)
	v.leave = NewKeyButton("", "", "Esc", v.escape)
	v.back = NewKeyButton("", "undo", "F6", v.other)
	v.again = NewKeyButton("", "ban", "", func() { m.Leave(); v.add() })
	v.revoke = NewKeyButton("", "ban", "Ctrl+Enter", v.commit).Danger()
	v.undo = NewKeyButton("", "undo", "Ctrl+Enter", v.commit).Primary()
	v.ask = NewKeyButton("", "stamp", "F6", v.other)
	v.next = NewKeyButton("", "publish", "Enter", v.enter).Primary()
	v.counted = container.NewStack()
	return v
}

// focus is where the next thing is typed.
func (v *revokeView) focus() fyne.Focusable {
	m := v.model
	needed, _ := m.Counts()
	switch {
	case v.adding, m.Step == flow.RevokeEmpty:
		v.asked = v.search
	case m.Step == flow.RevokeBusy, m.Step == flow.RevokeDone:
		v.asked = nil
	case m.Second.Wrong:
		v.asked = v.second.secret
	case needed:
		v.asked = v.count
	default:
		v.asked = nil
	}
	return v.asked
}

// box, scanned and refused implement scanTaker. The beginning of a scan is taken out of the field that it came into.
func (v *revokeView) box() *Field {
	switch f, _ := v.shell.window.Canvas().Focused().(*Field); f {
	case v.count, v.since:
		return f
	}
	return v.search
}

// A share card goes where cards belong: here it would be looked for, and shown as what was not found.
func (v *revokeView) scanned(code string) {
	switch flow.SortOf(code) {
	case flow.SortCard, flow.SortOutgoing:
		v.shell.console.Scan(code)
	case flow.SortUnknown, flow.SortRequest, flow.SortReceipt, flow.SortAddress, flow.SortDepot, flow.SortBatch, flow.SortReceipts:
		v.model.Add(code)
	}
}

func (v *revokeView) refused(why error) {
	v.model.Refuse(why)
}

func (v *revokeView) add() {
	if v.model.Step == flow.RevokeBusy {
		return
	}
	v.adding = true
	v.shell.Draw()
	v.shell.window.Canvas().Focus(v.search)
}

// enter adds what was typed, or goes on to what comes next.
func (v *revokeView) enter() {
	m := v.model
	switch {
	case v.shell.intake.busy():
	case m.Step == flow.RevokeDone:
		m.Follow()
	case v.search.Text != "":
		typed := v.search.Text
		v.search.SetText("")
		m.Add(typed)
	case v.adding && m.Step != flow.RevokeEmpty:
		v.adding = false
		v.shell.Draw()
	}
}

func (v *revokeView) commit() {
	if v.shell.intake.busy() || !v.model.CanCommit(v.second.filled()) {
		return
	}
	v.adding = false
	if needed, _ := v.model.Needs(); !needed {
		v.second.clear()
	}
	v.model.Commit(v.second.take())
}

// other is the other decision: to ask those who are not here, or to take back what no list has.
func (v *revokeView) other() {
	switch m := v.model; m.Step {
	case flow.RevokeEmpty:
		m.Back()
	case flow.RevokeChosen, flow.RevokeUndo:
		if m.CanAsk() {
			v.second.clear()
			m.Ask()
		}
	case flow.RevokeBusy, flow.RevokeDone:
	}
}

func (v *revokeView) escape() {
	m := v.model
	switch {
	case v.search.Text != "":
		v.search.SetText("")
	case v.adding && m.Step == flow.RevokeChosen:
		v.adding = false
		v.shell.Draw()
	default:
		v.adding = false
		v.second.clear()
		m.Leave()
	}
}

func (v *revokeView) bindings() []binding {
	m := v.model
	b := []binding{{"Enter", "", v.enter}, {"F2", "", v.add}}
	switch m.Step {
	case flow.RevokeEmpty:
		b = append(b, binding{"Enter", say("revoke.hint.find"), v.enter})
		if len(m.Undoable) > 0 {
			b = append(b, binding{"F6", say("revoke.hint.back"), v.other})
		}
	case flow.RevokeChosen:
		b = append(b,
			binding{"UpDown", say("revoke.hint.reason"), nil},
			binding{"Up", "", func() { m.MoveReason(-1) }}, binding{"Down", "", func() { m.MoveReason(1) }},
			binding{"Ctrl+Enter", say("revoke"), v.commit}, binding{"F7", say("revoke.hint.date"), v.date})
		if m.CanAsk() {
			b = append(b, binding{"F6", say("revoke.hint.ask"), v.other})
		}
		b = append(append(b, v.second.bindings()...), binding{"Esc", say("revoke.hint.leave"), v.escape})
	case flow.RevokeUndo:
		hint := "revoke.hint.back"
		if m.Releasing {
			hint = "revoke.hint.release"
		}
		b = append(b, binding{"Ctrl+Enter", say(hint), v.commit}, binding{"Esc", say("revoke.hint.leave"), v.escape})
		if m.CanAsk() {
			b = append(b, binding{"F6", say("revoke.hint.ask"), v.other})
		}
		b = append(b, v.second.bindings()...)
	case flow.RevokeDone:
		b = []binding{{"Enter", say(v.nextKey()), v.enter}, {"Esc", say("revoke.hint.again"), v.escape}, {"F2", "", v.add}}
	case flow.RevokeBusy:
	}
	return b
}

// date asks for a date, or takes that back.
func (v *revokeView) date() {
	v.model.SetFromDate(!v.model.FromDate)
	if v.model.FromDate {
		v.shell.window.Canvas().Focus(v.since)
	}
}

func (v *revokeView) nextKey() string {
	if r := v.model.Result; r != nil && r.Waits {
		return "revoke.next.approvals"
	}
	return "revoke.next.publish"
}

// enable says what can be pressed, as somebody types.
func (v *revokeView) enable() {
	m := v.model
	v.revoke.Enable(m.CanCommit(v.second.filled()))
	v.undo.Enable(m.CanCommit(v.second.filled()))
	v.ask.Enable(m.CanAsk())
	needed, right := m.Counts()
	v.count.SetWrong(needed && !right && len(m.Typed) >= len(number(len(m.Items))))
	v.counted.Objects = nil
	if needed && right {
		v.counted.Objects = []fyne.CanvasObject{icon("done", 20, colourOK)}
	}
	v.counted.Refresh()
	_, ok := m.Effective()
	v.since.SetWrong(m.FromDate && !ok && len(m.Since) >= len("2006-01-02"))
}

// fill puts what the view-model holds into the fields.
func (v *revokeView) fill() {
	m := v.model
	for f, want := range map[*Field]string{v.since: m.Since, v.count: m.Typed} {
		if f.Text != want {
			f.SetText(want)
		}
	}
	v.search.SetPlaceHolder(say("revoke.search"))
	v.scan.SetLabel(say("revoke.add"))
	v.scan.Enable(m.Step != flow.RevokeBusy)
	v.leave.SetLabel(say("revoke.leave"))
	v.leave.Enable(m.Step != flow.RevokeBusy)
	v.again.SetLabel(say("revoke.again"))
	v.enable()
}

func (v *revokeView) draw(narrow bool) fyne.CanvasObject {
	v.fill()
	m := v.model
	head := line(gap, title("revoke"), text(v.about(), sizeRow, colourText2, plain), layout.NewSpacer())
	var left, right, bar fyne.CanvasObject
	switch {
	case m.Step == flow.RevokeEmpty:
		left, right = v.who(narrow), v.unpublished(narrow)
	case m.Step == flow.RevokeDone:
		return page(narrow, head, nil, v.done())
	case v.undoing():
		head.Add(middle(v.leave))
		left, right, bar = v.whose(narrow), v.whatBack(), v.bar(narrow)
	default:
		head.Add(middle(v.leave))
		head.Add(middle(v.scan))
		left, right, bar = v.chosen(narrow), v.what(narrow), v.bar(narrow)
	}
	halves := container.New(&evenLayout{gap: gap}, left, right)
	var content fyne.CanvasObject = halves
	if p := m.Problem; p != nil {
		content = container.NewBorder(padded(problemBanner(p), 0, gap-4, 0, 0), nil, nil, nil, halves)
	}
	return page(narrow, head, bar, content)
}

func (v *revokeView) undoing() bool {
	return v.model.Step == flow.RevokeUndo || v.model.Undoing()
}

// about is the line beside the title.
func (v *revokeView) about() string {
	m := v.model
	if m.Step == flow.RevokeChosen && len(m.Items) > 1 {
		return say("revoke.chosen", "Count", len(m.Items))
	}
	return ""
}

// evenLayout puts two objects side by side, as wide as each other.
type evenLayout struct{ gap float32 }

func (l *evenLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(2*max(a.Width, b.Width)+l.gap, max(a.Height, b.Height))
}

func (l *evenLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	half := (size.Width - l.gap) / 2
	place(objects[0], 0, 0, half, size.Height)
	place(objects[1], half+l.gap, 0, half, size.Height)
}
