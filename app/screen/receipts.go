package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/depot"
	"marque/app/flow"
)

// receiptsView draws flow.Receipts: the scan box on the left; who has confirmed, and the batch for the authority, on the right.
type receiptsView struct {
	depot *flow.Depot
	model *flow.Receipts
	scan  *scanBox
	card  *signingCard
	list  *RowList
	rows  []*depot.Item // handed out
}

func newReceiptsView(d *flow.Depot, w fyne.Window) *receiptsView {
	v := &receiptsView{depot: d, model: d.Receipts}
	v.scan = newScanBox(w, d.Time, ".mqa", d.Receipts.Scan, d.Receipts.Choose)
	v.card = newSigningCard(d.Receipts.Batch, w, "depot.receipts", "Ctrl+R")
	v.list = NewRowList([]listColumn{
		{title: say("column.name")},
		{title: say("column.state"), width: 140},
	}, func() int { return len(v.rows) }, v.cells, nil)
	return v
}

func (v *receiptsView) box() *Field            { return v.scan.field }
func (v *receiptsView) scanned(code string)    { v.scan.scanned(code) }
func (v *receiptsView) refused(why error)      { v.model.Refuse(why) }
func (v *receiptsView) dropped(paths []string) { v.model.Choose(paths...) }
func (v *receiptsView) typed(rune) *Field      { return v.scan.field }
func (v *receiptsView) focus() fyne.Focusable  { return v.scan.field }

func (v *receiptsView) enter() {
	if v.scan.settled() {
		v.scan.enter()
	}
}

func (v *receiptsView) bindings() []binding {
	return []binding{
		{"Enter", say("enrol.read"), v.enter},
		{"Ctrl+O", say("depot.choose"), v.scan.choose.tapped},
		{"Ctrl+R", say("depot.sign"), v.model.Batch.Sign},
		{"Ctrl+S", say("enrol.folder"), v.card.folder.tapped},
	}
}

func (v *receiptsView) draw(narrow bool) fyne.CanvasObject {
	v.rows = v.rows[:0]
	for i := range v.depot.Items {
		if it := &v.depot.Items[i]; it.Package != "" {
			v.rows = append(v.rows, it)
		}
	}
	v.list.empty = nil
	if len(v.rows) == 0 {
		v.list.empty = nothing("package", say("depot.receipts.none"), say("depot.receipts.none.why"))
	}
	v.list.Refresh()
	_, handed, receipts, unsigned := v.depot.Count()
	head := line(24, title("depot.receipts"), layout.NewSpacer(),
		Pill("check", say("depot.receipts.count", "Have", receipts, "Of", handed), toneAccent))
	width := float32(430)
	if narrow {
		width = 400
	}
	batch := headedCard(say("depot.receipts.card"), nil, v.card.draw(unsigned, receipts > unsigned))
	right := flush{bottom: padded(batch, gap, 0, 0, 0), middle: v.list}.container()
	body := container.NewBorder(nil, nil, padded(sized(v.left(), width, 0), 0, 0, 0, gap-4), nil, right)
	return page(narrow, head, commitBar(nil, "", v.card.sign), body)
}

func (v *receiptsView) left() fyne.CanvasObject {
	m := v.model
	content := Card(v.scan.draw(say("depot.receipts.drop"), say("depot.drop.or")))
	if m.Series != nil {
		content = Card(seriesPicture(m.Series, v.scan.field))
	}
	var banner fyne.CanvasObject
	switch {
	case m.Problem != nil:
		banner = problemBanner(m.Problem)
	case m.Last != nil && m.Again:
		banner = Banner("info", toneAccent, say("depot.receipts.known", "Name", m.Last.Request.Name), say("depot.receipts.known.why"))
	case m.Last != nil:
		banner = Banner("done", toneOK, say("depot.receipts.took", "Name", m.Last.Request.Name), say("depot.receipts.took.why"))
	default:
		return content
	}
	return flush{top: padded(banner, 0, gap, 0, 0), middle: content}.container()
}

func (v *receiptsView) cells(row int) []cell {
	it := v.rows[row]
	return []cell{{text: it.Request.Name}, itemState(it)}
}
