package screen

import (
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// What a row of a batch comes to, as package batch calls it.
const (
	batchCreate = "create"
	batchRenew  = "renew"
	batchSkip   = "skip"
	batchError  = "error"
)

// batchActions are the chips, in their order; the first is for all.
var batchActions = []string{"", batchCreate, batchRenew, batchSkip, batchError}

// enrolBatchView draws flow.EnrolBatch: the file, chips with counts, all lines, and what is wrong with the selected one.
type enrolBatchView struct {
	owner *enrolView
	model *flow.EnrolBatch

	path                         *Field
	file, folder                 *KeyButton
	discard, issue, export, stop *KeyButton
	chips                        []*Chip
	list                         *RowList
	selected                     int
}

func newEnrolBatchView(owner *enrolView) *enrolBatchView {
	m := owner.model.Batch
	v := &enrolBatchView{owner: owner, model: m, path: newSearchField("folder"), selected: -1}
	v.file = NewKeyButton("", "paper", "Ctrl+O", v.chooseFile)
	v.folder = NewKeyButton("", "folder", "Ctrl+P", v.chooseFolder)
	v.discard = NewKeyButton("", "", "Esc", v.leave)
	v.stop = NewKeyButton("", "", "Esc", v.leave)
	v.issue = NewKeyButton("", "key", "Ctrl+Enter", v.commit).Primary()
	v.export = NewKeyButton("", "save", "Ctrl+S", m.Export)
	for _, a := range batchActions {
		v.chips = append(v.chips, NewChip("", func() { v.show(a) }))
	}
	v.list = NewRowList([]listColumn{
		{title: say("enrol.batch.line"), width: 56, right: true},
		{title: say("enrol.batch.result"), width: 108},
		{title: say("column.name"), width: 150},
		{title: say("column.kind"), width: 92},
		{title: say("enrol.batch.what")},
	}, v.length, v.cells, func(row int) { v.selected = row; owner.shell.Draw() })
	return v
}

func (v *enrolBatchView) length() int { return len(v.model.Order) }

func (v *enrolBatchView) show(action string) {
	v.selected = -1
	v.list.Mark(-1)
	for i := range v.model.Preview.Rows { // the type belongs to package batch
		if a := v.model.Preview.Rows[i].Action; string(a) == action {
			v.model.Show(a)
			return
		}
	}
	v.model.Show("")
}

func (v *enrolBatchView) chooseFile() {
	openFile(v.owner.window, []string{".csv", ".mqd"}, v.model.Choose)
}

func (v *enrolBatchView) chooseFolder() { openFolder(v.owner.window, v.model.Choose) }

func (v *enrolBatchView) commit() {
	if !v.owner.shell.intake.busy() {
		v.model.Issue()
	}
}

// take reads what was typed: a path.
func (v *enrolBatchView) take() {
	if typed := strings.TrimSpace(v.path.Text); filepath.IsAbs(typed) {
		v.path.SetText("")
		v.model.Choose(typed)
	}
}

// leave stops what runs, or leaves the batch.
func (v *enrolBatchView) leave() {
	if v.model.Busy() {
		v.model.Stop()
		return
	}
	v.path.SetText("")
	v.selected = -1
	v.list.Mark(-1)
	v.model.Discard()
}

// nextError selects the next line with an error.
func (v *enrolBatchView) nextError() {
	n := v.length()
	for i := 1; i <= n; i++ {
		if at := (v.selected + i + n) % n; v.model.Row(at).Action == batchError {
			v.list.Mark(at)
			v.selected = at
			v.owner.shell.Draw()
			return
		}
	}
}

func (v *enrolBatchView) focus() fyne.Focusable {
	switch v.model.Step {
	case flow.BatchEmpty:
		return v.path
	case flow.BatchPreview, flow.BatchDone:
		return v.list.Focus()
	case flow.BatchReading, flow.BatchGranting:
	}
	return nil
}

func (v *enrolBatchView) bindings() []binding {
	switch v.model.Step {
	case flow.BatchEmpty:
		return []binding{{"Enter", say("enrol.read"), v.take}, {"Ctrl+O", say("enrol.batch.file"), v.chooseFile}, {"Ctrl+P", say("enrol.batch.folder"), v.chooseFolder}}
	case flow.BatchReading, flow.BatchGranting:
		return []binding{{"Esc", say("enrol.batch.stop"), v.leave}}
	case flow.BatchPreview, flow.BatchDone:
	}
	var b []binding
	if v.model.CanIssue() {
		b = append(b, binding{"Ctrl+Enter", say("enrol.batch.go"), v.commit})
	}
	if v.model.Preview.Count(batchError) > 0 {
		b = append(b, binding{"F4", say("enrol.batch.next"), v.nextError}, binding{"Ctrl+S", say("enrol.batch.export"), v.model.Export})
	}
	if v.model.Step == flow.BatchPreview {
		b = append(b, binding{"Space", say("enrol.batch.leave"), func() { v.model.Toggle(v.selected) }})
	}
	if v.model.Step == flow.BatchDone {
		return append(b, binding{"Esc", say("enrol.finish"), v.leave})
	}
	return append(b, binding{"Esc", say("enrol.discard"), v.leave})
}

func (v *enrolBatchView) draw(narrow bool, head fyne.CanvasObject) fyne.CanvasObject {
	m := v.model
	v.label()
	switch m.Step {
	case flow.BatchEmpty:
		return page(narrow, head, nil, v.empty())
	case flow.BatchReading:
		return page(narrow, head, commitBar(v.stop, ""), Card(nothing("clock", say("enrol.batch.reading", "Done", number(m.Done), "Total", number(m.Total)), filepath.Base(m.Source))))
	case flow.BatchPreview, flow.BatchGranting, flow.BatchDone:
	}
	above := column(10, v.about(), v.filters())
	if b := v.outcome(); b != nil {
		above.Add(b)
	}
	v.list.ShowColumn(3, !narrow)
	v.list.Refresh()
	body := flush{top: padded(above, 0, 10, 0, 0), bottom: padded(v.detail(), 8, 0, 0, 0), middle: v.list}.container()
	return page(narrow, head, v.bar(), body)
}

func (v *enrolBatchView) label() {
	v.file.SetLabel(say("enrol.batch.file"))
	v.folder.SetLabel(say("enrol.batch.folder"))
	v.stop.SetLabel(say("enrol.batch.stop"))
	v.discard.SetLabel(say("enrol.discard"))
	if v.model.Step == flow.BatchDone {
		v.discard.SetLabel(say("enrol.finish"))
	}
	v.export.SetLabel(say("enrol.batch.export"))
	v.path.SetPlaceHolder(say("enrol.batch.hint"))
	v.issue.SetLabel(say("enrol.batch.issue", "Count", v.model.Keys()))
	v.issue.Enable(v.model.CanIssue())
	if v.model.Preview == nil {
		return
	}
	for i, a := range batchActions {
		n := len(v.model.Preview.Rows)
		if i > 0 {
			n = 0
			for r := range v.model.Preview.Rows {
				if string(v.model.Preview.Rows[r].Action) == a {
					n++
				}
			}
		}
		v.chips[i].Set(say("enrol.batch.chip."+a), number(n), string(v.model.Filter) == a)
	}
}

// empty says where batches come from.
func (v *enrolBatchView) empty() fyne.CanvasObject {
	drop := container.New(layout.NewCustomPaddedVBoxLayout(6),
		layout.NewSpacer(),
		container.NewCenter(icon("folder", 64, colourControl)), space(8),
		container.NewCenter(text(say("enrol.batch.drop"), sizeSub, colourText, bold)),
		container.NewCenter(text(say("enrol.batch.drop.or"), sizeRow, colourText2, plain)), space(8),
		container.NewCenter(sized(v.path, 420, buttonHigh)), space(4),
		container.NewCenter(line(8, v.file, v.folder)),
		layout.NewSpacer())
	if v.model.Problem == nil {
		return Card(drop)
	}
	return flush{top: padded(problemBanner(v.model.Problem), 0, gap, 0, 0), middle: Card(drop)}.container()
}

// about is the line about the file.
func (v *enrolBatchView) about() fyne.CanvasObject {
	m := v.model
	row := line(10, icon("paper", 20, colourText2), text(shorten(filepath.Base(m.Source), 300, sizes[sizeBody], bold), sizeBody, colourText, bold))
	what := say("enrol.batch.of", "Count", len(m.Preview.Rows))
	if m.Signed != nil {
		what = say("enrol.batch.depot", "Count", len(m.Preview.Rows), "Depot", m.Signed.Name, "Number", number(int(m.Signed.Sequence)))
	}
	row.Add(middle(text(what, sizeRow, colourText2, plain)))
	row.Add(layout.NewSpacer())
	if m.Signed != nil {
		row.Add(middle(Pill("check", say("enrol.batch.signed"), toneOK)))
	}
	return row
}

func (v *enrolBatchView) filters() fyne.CanvasObject {
	row := line(8)
	for _, c := range v.chips {
		row.Add(middle(c))
	}
	row.Add(layout.NewSpacer())
	if v.model.Preview.Count(batchError) > 0 {
		row.Add(middle(v.export))
	}
	return row
}

// outcome says what came of it so far; nil for nothing.
func (v *enrolBatchView) outcome() fyne.CanvasObject {
	m := v.model
	switch {
	case m.Problem != nil:
		return problemBanner(m.Problem)
	case m.Report != "":
		return Banner("done", toneOK, say("enrol.batch.report"), fromHome(m.Report))
	case m.Stopped:
		return Banner("info", toneAccent, say("enrol.batch.stopped", "Count", m.Preview.Done()), say("enrol.batch.stopped.why"))
	case m.Step == flow.BatchDone:
		return Banner("done", toneOK, say("enrol.batch.done", "Count", m.Preview.Done()), fromHome(m.Folder()))
	}
	return nil
}

// detail is all about the selected line.
func (v *enrolBatchView) detail() fyne.CanvasObject {
	if v.selected < 0 || v.selected >= v.length() {
		return space(0)
	}
	row := v.model.Row(v.selected)
	name := row.Name
	switch {
	case name == "":
		name = row.Source
	case row.Source != "":
		name += " · " + row.Source
	}
	what := say("enrol.batch.at", "Line", row.Line, "Name", name)
	switch string(row.Action) {
	case batchError:
		return Banner("alert", toneDanger, what, row.Reason)
	case batchSkip:
		return Banner("info", toneQuiet, what, v.reason(row.Reason))
	}
	words := row.Words
	if row.Reason != "" {
		words += " · " + row.Reason
	}
	return Banner("info", toneAccent, what, words)
}

// reason is why a line is left out.
func (v *enrolBatchView) reason(reason string) string {
	if v.selected >= 0 && v.selected < v.length() && v.model.Left(v.selected) {
		return say("enrol.batch.left")
	}
	return reason
}

func (v *enrolBatchView) bar() fyne.CanvasObject {
	m := v.model
	switch m.Step {
	case flow.BatchGranting:
		v.issue.Enable(false)
		return commitBar(v.stop, say("enrol.batch.granting", "Done", number(m.Done), "Total", number(m.Total)), v.issue)
	case flow.BatchDone:
		return commitBar(v.discard, "")
	case flow.BatchEmpty, flow.BatchReading, flow.BatchPreview:
	}
	why := say("enrol.batch.nothing")
	switch errors := m.Preview.Count(batchError); {
	case v.owner.model.Blocked != nil:
		why = say("enrol.blocked")
	case errors > 0:
		why = say("enrol.batch.without", "Count", errors)
	}
	return commitBar(v.discard, why, v.issue)
}

// cells is a row of the batch.
func (v *enrolBatchView) cells(row int) []cell {
	if row >= v.length() {
		return nil
	}
	r := v.model.Row(row)
	var state cell
	what := cell{text: brief(r.Reason)}
	switch string(r.Action) {
	case batchCreate:
		state, what.text = cell{text: say("enrol.batch.create"), icon: "check", tone: toneOK}, say("enrol.batch.will.create")
		if r.Done {
			state.text = say("enrol.batch.created")
		}
	case batchRenew:
		state, what.text = cell{text: say("enrol.batch.renew"), icon: "refresh", tone: toneAccent}, say("enrol.batch.will.next", "Address", r.Address)
		if r.Again {
			what.text = say("enrol.batch.will.renew", "Address", r.Address)
		}
	case batchSkip:
		state = cell{text: say("enrol.batch.skip"), icon: "previous", tone: toneQuiet}
		if v.model.Left(row) {
			what.text = say("enrol.batch.left")
		}
	default:
		state, what.tone = cell{text: say("enrol.batch.error"), icon: "alert", tone: toneDanger}, toneDanger
	}
	if r.Done {
		what.text = filepath.Base(r.Package)
	} else if r.Reason != "" && r.Action != batchSkip && r.Action != batchError {
		what.text += " · " + brief(r.Reason)
	}
	kind := r.Kind
	if kind == "vehicle" || kind == "application" {
		kind = say("kind." + kind)
	}
	name := cell{text: r.Name}
	if name.text == "" {
		name.text = r.Source
	}
	return []cell{{text: number(r.Line)}, state, name, {text: kind}, what}
}

// brief is the first clause of a reason: what is wrong, without what to do next, which stands below the list.
func brief(reason string) string {
	reason, _, _ = strings.Cut(reason, ";")
	reason, _, _ = strings.Cut(reason, " (")
	reason, _, _ = strings.Cut(reason, ": ")
	return reason
}
