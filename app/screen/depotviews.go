package screen

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	"marque/app/depot"
	"marque/app/flow"
)

// itemState is what became of a request, as a pill.
func itemState(it *depot.Item) cell {
	switch {
	case it.Receipt != nil:
		return cell{text: say("depot.state.receipt"), icon: "check", tone: toneOK}
	case it.Package != "":
		return cell{text: say("depot.state.handed"), icon: "package", tone: toneAccent}
	case it.Batch > 0:
		return cell{text: say("depot.state.signed", "Batch", it.Batch), icon: "publish", tone: toneQuiet}
	}
	return cell{text: say("depot.state.new"), icon: "paper", tone: toneQuiet}
}

// signingCard draws a flow.DepotBatch: what there is to sign, where it goes, and what was written.
type signingCard struct {
	model        *flow.DepotBatch
	key          string // of its texts
	sign, folder *KeyButton
}

func newSigningCard(b *flow.DepotBatch, w fyne.Window, key, signKey string) *signingCard {
	c := &signingCard{model: b, key: key}
	c.sign = NewKeyButton("", "publish", signKey, b.Sign)
	c.folder = NewKeyButton("", "folder", "Ctrl+S", func() { openFolder(w, b.SetFolder) })
	return c
}

// draw takes how many are in no batch yet, and whether there is a batch.
func (c *signingCard) draw(count int, again bool) fyne.CanvasObject {
	b := c.model
	label := say(c.key+".verb", "Count", count)
	if again && count == 0 {
		label = say(c.key+".again", "Count", count)
	}
	if b.Busy {
		label = say("depot.sign.busy")
	}
	c.sign.SetLabel(label)
	c.sign.Enable(!b.Busy && (again || count > 0))
	c.folder.SetLabel(say("enrol.folder"))
	rows := column(12)
	if b.Problem != nil {
		rows.Add(problemBanner(b.Problem))
	}
	if b.Signed != nil && b.Written {
		what := say(c.key+".done", "Count", b.Signed.Count, "Sequence", int(b.Signed.Sequence))
		rows.Add(Banner("done", toneOK, what, say(c.key+".done.why")))
		rows.Add(line(10, icon("done", 20, colourOK), text(shortenPath(b.Path, 430, sizes[sizeRow], mono), sizeRow, colourText, mono)))
		rows.Add(rule())
	}
	rows.Add(factObject(say("fact.folder"), text(shortenPath(b.Folder, 360, sizes[sizeRow], mono), sizeRow, colourText, mono)))
	rows.Add(line(0, c.folder, layout.NewSpacer()))
	return rows
}

// batchView draws the signing of a batch of requests.
type batchView struct {
	depot *flow.Depot
	card  *signingCard
}

func newBatchView(d *flow.Depot, w fyne.Window) *batchView {
	v := &batchView{depot: d, card: newSigningCard(d.Batch, w, "depot.sign", "Enter")}
	v.card.sign.Primary()
	return v
}

func (v *batchView) focus() fyne.Focusable { return nil }

func (v *batchView) bindings() []binding {
	return []binding{{"Enter", say("depot.sign"), v.depot.Batch.Sign}, {"Ctrl+S", say("enrol.folder"), v.card.folder.tapped}}
}

func (v *batchView) draw(narrow bool) fyne.CanvasObject {
	unsigned, _, _, _ := v.depot.Count()
	head := line(24, title("depot.sign"), layout.NewSpacer(), Pill("paper", say("depot.unsigned", "Count", unsigned), toneAccent))
	body := headedCard(say("depot.sign.card"), nil, column(12, paragraph(say("depot.sign.why"), sizeRow, colourText2, plain), v.card.draw(unsigned, len(v.depot.Items) > unsigned)))
	top := container.NewBorder(body, nil, nil, nil, layout.NewSpacer())
	return page(narrow, head, commitBar(nil, say("depot.sign.note"), v.card.sign), top)
}

// handOutView draws flow.HandOut.
type handOutView struct {
	model                 *flow.HandOut
	choose, mark, discard *KeyButton
	list                  *RowList
}

func newHandOutView(d *flow.Depot, w fyne.Window) *handOutView {
	v := &handOutView{model: d.HandOut}
	v.choose = NewKeyButton("", "folder", "Ctrl+O", func() { openFolder(w, d.HandOut.Choose) })
	v.mark = NewKeyButton("", "package", "Enter", d.HandOut.Mark).Primary()
	v.discard = NewKeyButton("", "", "Esc", d.HandOut.Discard)
	v.list = NewRowList([]listColumn{
		{title: say("column.package")},
		{title: say("depot.column.for"), width: 200},
		{title: say("column.state"), width: 150},
	}, func() int { return len(v.model.Rows) }, v.cells, nil)
	return v
}

func (v *handOutView) dropped(paths []string) { v.model.Choose(paths[0]) }
func (v *handOutView) focus() fyne.Focusable  { return nil }

func (v *handOutView) bindings() []binding {
	b := []binding{{"Ctrl+O", say("depot.handout.choose"), v.choose.tapped}}
	if v.model.Checked != nil {
		b = append(b, binding{"Esc", say("enrol.discard"), v.model.Discard})
	}
	if v.model.CanMark() {
		b = append([]binding{{"Enter", say("depot.handout"), v.model.Mark}}, b...)
	}
	return b
}

func (v *handOutView) draw(narrow bool) fyne.CanvasObject {
	m := v.model
	v.choose.SetLabel(say("depot.handout.choose"))
	v.mark.SetLabel(say("depot.handout.verb", "Count", m.Ours()))
	v.mark.Enable(m.CanMark())
	v.discard.SetLabel(say("enrol.discard"))
	v.list.Refresh()
	head := line(24, title("depot.handout"), layout.NewSpacer(), v.choose)
	if m.Checked == nil {
		what, why := say("depot.handout.empty"), say("depot.handout.empty.why")
		if m.Busy {
			what, why = say("depot.handout.busy"), ""
		}
		body := fyne.CanvasObject(Card(nothing("package", what, why)))
		if m.Problem != nil {
			body = flush{top: padded(problemBanner(m.Problem), 0, gap, 0, 0), middle: body}.container()
		}
		return page(narrow, head, nil, body)
	}
	above := column(gap)
	switch {
	case m.Problem != nil:
		above.Add(problemBanner(m.Problem))
		for _, wrong := range m.Checked.Wrong[:min(len(m.Checked.Wrong), 3)] {
			above.Add(text(shorten(wrongFile(wrong), 700, sizes[sizeRow], mono), sizeRow, colourDanger, mono))
		}
	case m.Done:
		above.Add(Banner("done", toneOK, say("depot.handout.done", "Count", m.Ours()), say("depot.handout.done.why")))
	default:
		above.Add(Banner("done", toneOK, say("depot.handout.sound", "Count", len(m.Checked.Manifest.Files)), say("depot.handout.sound.why")))
	}
	if n := len(m.Checked.Extra); n > 0 {
		above.Add(Banner("warning", toneWarning, say("depot.handout.extra", "Count", n), say("depot.handout.extra.why")))
	}
	whyNot := ""
	if m.Ours() == 0 {
		whyNot = say("depot.handout.none")
	}
	body := flush{top: padded(above, 0, gap, 0, 0), middle: v.list}.container()
	return page(narrow, head, commitBar(v.discard, whyNot, v.mark), body)
}

// wrongFile says in the language of the person what is wrong with a file.
func wrongFile(line string) string {
	for _, what := range []string{
		"is said to be longer than any file of this kind", "is missing", "is longer than it was", "cannot be read", "is cut off", "was changed",
	} {
		if name, ok := strings.CutSuffix(line, what); ok {
			return name + lang.L(what)
		}
	}
	return line
}

func (v *handOutView) cells(row int) []cell {
	r := v.model.Rows[row]
	name, state := "", cell{text: say("depot.state.foreign"), icon: "alert", tone: toneWarning}
	switch {
	case !r.Sane:
		state = cell{text: say("depot.state.insane"), icon: "ban", tone: toneDanger}
	case r.Item != nil && v.model.Done:
		name, state = r.Item.Request.Name, cell{text: say("depot.state.handed"), icon: "check", tone: toneOK}
	case r.Item != nil && !v.model.Sound():
		name, state = r.Item.Request.Name, cell{text: say("depot.state.held"), icon: "ban", tone: toneQuiet}
	case r.Item != nil:
		name, state = r.Item.Request.Name, cell{text: say("depot.state.ready"), icon: "package", tone: toneAccent}
	}
	return []cell{{text: r.File, path: true}, {text: name}, state}
}

// depotAboutView shows who the depot is: what officers register it by.
type depotAboutView struct{ depot *flow.Depot }

func newDepotAboutView(d *flow.Depot) *depotAboutView { return &depotAboutView{d} }

func (v *depotAboutView) focus() fyne.Focusable { return nil }
func (v *depotAboutView) bindings() []binding   { return nil }

func (v *depotAboutView) draw(narrow bool) fyne.CanvasObject {
	d := v.depot
	registration := headedCard(say("depot.registration"), nil, column(12,
		paragraph(say("depot.registration.why"), sizeRow, colourText2, plain),
		WordList(d.RegistrationWords(), sizeAloud, 4),
		factObject(say("fact.file"), text(shortenPath(d.RegistrationFile(), 480, sizes[sizeRow], mono), sizeRow, colourText, mono))))
	realm := headedCard(say("depot.realm"), nil, column(12,
		text(d.Core.Realm, sizeSub, colourText, bold), WordList(d.Words(), sizeBody, 4)))
	above := column(gap, registration, container.NewBorder(nil, nil, nil, padded(calibrationCard(), 0, 0, gap-4, 0), realm))
	if d.Problem != nil {
		above.Objects = append([]fyne.CanvasObject{problemBanner(d.Problem)}, above.Objects...)
	}
	return page(narrow, line(24, title("depot.about"), text(d.Name(), sizeBody, colourText2, plain)), nil,
		container.NewBorder(above, nil, nil, nil, layout.NewSpacer()))
}
