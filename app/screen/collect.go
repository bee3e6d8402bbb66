package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// collectView draws flow.Collect: the scan box or the request card on the left, all that was collected on the right.
type collectView struct {
	depot         *flow.Depot
	model         *flow.Collect
	scan          *scanBox
	keep, discard *KeyButton
	remove        *KeyButton
	list          *RowList
}

func newCollectView(d *flow.Depot, w fyne.Window) *collectView {
	v := &collectView{depot: d, model: d.Collect}
	v.scan = newScanBox(w, d.Time, ".mqr", d.Collect.Scan, d.Collect.Choose)
	v.keep = NewKeyButton("", "check", "Enter", v.enter).Primary()
	v.discard = NewKeyButton("", "", "Esc", v.leave)
	v.list = NewRowList([]listColumn{
		{title: say("column.name")},
		{title: say("depot.column.compared"), width: 150},
		{title: say("column.state"), width: 122},
	}, func() int { return len(d.Items) }, v.cells, d.Collect.Select)
	v.remove = NewKeyButton("", "", "F6", d.Collect.Remove)
	return v
}

func (v *collectView) box() *Field           { return v.scan.field }
func (v *collectView) scanned(code string)   { v.scan.scanned(code) }
func (v *collectView) refused(why error)     { v.model.Refuse(why) }
func (v *collectView) dropped(path []string) { v.model.Choose(path...) }

func (v *collectView) waiting() bool { return v.model.Step == flow.CollectWaiting }

func (v *collectView) typed(rune) *Field {
	if v.waiting() {
		return v.scan.field
	}
	return nil
}

func (v *collectView) focus() fyne.Focusable {
	if v.waiting() {
		return v.scan.field
	}
	return nil
}

func (v *collectView) enter() {
	switch {
	case !v.scan.settled():
	case v.waiting():
		v.scan.enter()
	case v.model.Known():
		v.model.Discard()
	default:
		v.model.Keep()
	}
}

func (v *collectView) leave() {
	v.scan.field.SetText("")
	v.model.Discard()
}

func (v *collectView) bindings() []binding {
	choose := binding{"Ctrl+O", say("depot.choose"), v.scan.choose.tapped}
	if v.waiting() {
		b := []binding{{"Enter", say("enrol.read"), v.enter}, choose, {"Esc", say("enrol.clear"), v.leave}}
		if len(v.depot.Items) > 0 {
			b = append(b, binding{"UpDown", say("home.move"), nil}, binding{"Up", "", func() { v.list.Step(-1) }}, binding{"Down", "", func() { v.list.Step(1) }})
		}
		if v.model.CanRemove() {
			b = append(b, binding{"F6", say("depot.remove"), v.model.Remove})
		}
		return b
	}
	b := []binding{{"Esc", say("enrol.discard"), v.leave}, choose}
	if v.model.CanKeep() {
		b = append([]binding{{"Enter", say("depot.keep"), v.enter}}, b...)
	}
	return b
}

func (v *collectView) draw(narrow bool) fyne.CanvasObject {
	v.keep.SetLabel(say("depot.keep"))
	v.keep.Enable(v.model.CanKeep())
	v.discard.SetLabel(say("enrol.discard"))
	v.list.empty = nil
	if len(v.depot.Items) == 0 {
		v.list.empty = nothing("paper", say("depot.none"), say("depot.none.why"))
	}
	v.list.Mark(v.model.Chosen)
	v.list.Refresh()
	unsigned, _, _, _ := v.depot.Count()
	head := line(24, title("depot.collect"), layout.NewSpacer(), Pill("paper", say("depot.unsigned", "Count", unsigned), toneAccent))
	if n := v.model.Waiting(); n > 0 {
		head.Add(middle(Pill("picture", say("enrol.waiting", "Count", n), toneAccent)))
	}
	width := float32(430)
	if narrow {
		width = 400
	}
	body := container.NewBorder(nil, nil, padded(sized(v.left(width-32), width, 0), 0, 0, 0, gap-4), nil, v.list)
	return page(narrow, head, v.bar(), body)
}

func (v *collectView) bar() fyne.CanvasObject {
	v.remove.SetLabel(say("depot.remove"))
	switch {
	case v.model.CanRemove():
		return commitBar(nil, say("depot.remove.why"), v.remove)
	case v.model.Item == nil:
		return nil
	case v.model.Known():
		return commitBar(v.discard, say("depot.known.bar"), v.keep)
	}
	return commitBar(v.discard, say("enrol.compare.first"), v.keep)
}

func (v *collectView) left(width float32) fyne.CanvasObject {
	m := v.model
	var content fyne.CanvasObject
	switch {
	case m.Item != nil:
		content = headedCard(say("enrol.request"), v.pill(), container.NewVScroll(v.card(width)))
	case m.Step == flow.CollectReading:
		content = Card(nothing("paper", say("enrol.reading"), ""))
	case m.Series != nil:
		content = Card(seriesPicture(m.Series, v.scan.field))
	default:
		content = Card(v.scan.draw(say("depot.drop"), say("depot.drop.or")))
	}
	above := column(gap)
	if m.Problem != nil {
		above.Add(problemBanner(m.Problem))
	}
	if m.Kept != "" {
		above.Add(Banner("done", toneOK, say("depot.kept", "Name", m.Kept), say("depot.kept.why")))
	}
	if m.Removed != "" {
		above.Add(Banner("done", toneOK, say("depot.removed", "Name", m.Removed), say("depot.removed.why")))
	}
	if m.Known() {
		above.Add(Banner("info", toneAccent, say("depot.known"), say("depot.known.why")))
	} else if twin := m.Twin(); twin != nil {
		above.Add(Banner("warning", toneWarning, say("depot.twin", "Name", twin.Request.Name), say("depot.twin.why")))
	}
	if len(above.Objects) == 0 {
		return content
	}
	return flush{top: padded(above, 0, gap, 0, 0), middle: content}.container()
}

func (v *collectView) pill() fyne.CanvasObject {
	if v.model.Known() {
		return Pill("refresh", say("depot.before"), toneWarning)
	}
	return Pill("scan", say("enrol.new"), toneAccent)
}

// card is the request to compare.
func (v *collectView) card(width float32) fyne.CanvasObject {
	r := v.model.Item.Request
	address := "//" + v.depot.Core.Realm + "/S" + r.Name
	names := column(1,
		text(shorten(r.Name, width-60, sizes[sizeTitle], bold), sizeTitle, colourText, bold),
		text(shorten(address, width-60, sizes[sizeRow], mono), sizeRow, colourText2, mono))
	facts := column(6,
		fact(say("fact.kind"), say("kind."+r.Kind.String())),
		fact(say("fact.requested"), moment(r.Time.In(v.depot.Time().Location()))),
		factObject(say("fact.proof"), line(6, icon("done", 16, colourOK), text(say("fact.proof.value"), sizeRow, colourOK, plain))))
	return column(0, line(12, badge(r.Kind.String()), names), space(14), facts, space(14), rule(), space(12),
		text(say("enrol.compare"), sizeLabel, colourText2, plain), space(6), WordList(v.model.Words(), sizeSub, 2))
}

// cells is a row of what was collected, the newest first.
func (v *collectView) cells(row int) []cell {
	it := v.depot.Items[len(v.depot.Items)-1-row]
	return []cell{
		{text: it.Request.Name},
		{text: moment(it.Confirmed.In(v.depot.Time().Location()))},
		itemState(&it),
	}
}
