package screen

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/storage"

	"marque/app/flow"
)

// enrolView draws flow.Enrol: the request on the left, on the right where it comes from and where its package goes.
type enrolView struct {
	model  *flow.Enrol
	status *flow.Status
	window fyne.Window

	code                                 *Field
	choose, folder, discard, issue, next *KeyButton
	again                                *KeyButton
	done                                 *RowList
	taken                                time.Time // when the last code was
}

func newEnrolView(m *flow.Enrol, s *flow.Status, w fyne.Window) *enrolView {
	v := &enrolView{model: m, status: s, window: w, code: newSearchField("", "scan")}
	v.code.paste = func() { m.Choose(flow.Clipboard) }
	v.choose = NewKeyButton("", "picture", "Ctrl+O", v.chooseFile)
	v.folder = NewKeyButton("", "folder", "Ctrl+S", v.chooseFolder)
	v.discard = NewKeyButton("", "", "Esc", v.leave)
	v.issue = NewKeyButton("", "key", "Enter", v.enter).Primary()
	v.next = NewKeyButton("", "scan", "Enter", v.enter).Primary()
	v.again = NewKeyButton("", "refresh", "Enter", v.enter).Primary()
	columns := []listColumn{
		{title: say("column.name"), width: 110},
		{title: say("column.serial"), width: 60, right: true},
		{title: say("column.package")},
		{title: say("column.state"), width: 100},
	}
	v.done = NewRowList(columns, func() int { return len(m.Done) }, v.cells, nil)
	return v
}

// enter does what the primary button of the present step says.
func (v *enrolView) enter() {
	if v.status.Time().Sub(v.taken) < settle {
		return
	}
	switch v.model.Step {
	case flow.EnrolWaiting:
		v.take()
	case flow.EnrolReview:
		v.model.Issue()
	case flow.EnrolUnwritten:
		v.model.Write()
	case flow.EnrolDone:
		if v.model.Waiting() > 0 {
			v.model.Next()
		} else {
			v.model.Discard()
		}
	case flow.EnrolReading, flow.EnrolIssuing:
	}
}

// take reads what was typed: the path of a file, or a code.
func (v *enrolView) take() {
	typed := strings.TrimSpace(v.code.Text)
	switch {
	case typed == "" && v.model.Waiting() > 0:
		v.model.Next()
	case typed == "":
	case filepath.IsAbs(typed):
		v.code.SetText("")
		v.model.Choose(typed)
	default:
		v.code.SetText("")
		v.taken = v.status.Time()
		v.model.Scan(typed)
	}
}

func (v *enrolView) box() *Field { return v.code }

// scanned takes a code. One that names a file is no reason to read it: it waits in the box for somebody who wants that.
func (v *enrolView) scanned(code string) {
	if filepath.IsAbs(code) {
		v.code.SetText(code)
		return
	}
	v.taken = v.status.Time()
	v.model.Scan(code)
}

func (v *enrolView) refused(why error) { v.model.Refuse(why) }

func (v *enrolView) leave() {
	v.code.SetText("")
	v.model.Discard()
}

func (v *enrolView) chooseFile() {
	if !v.model.Ready() {
		return
	}
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if err != nil || f == nil {
			return // the dialog shows its errors itself
		}
		path := f.URI().Path()
		if f.Close() == nil {
			v.model.Choose(path)
		}
	}, v.window)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".png", ".jpg", ".jpeg", ".mqr", ".PNG", ".JPG", ".JPEG"}))
	d.Resize(v.dialogSize())
	d.Show()
}

func (v *enrolView) chooseFolder() {
	d := dialog.NewFolderOpen(func(f fyne.ListableURI, err error) {
		if err == nil && f != nil {
			v.model.SetFolder(f.Path())
		}
	}, v.window)
	d.Resize(v.dialogSize())
	d.Show()
}

func (v *enrolView) dialogSize() fyne.Size {
	return v.window.Canvas().Size().Subtract(fyne.NewSize(160, 120))
}

// typed says where characters go that no widget takes: a hand scanner types at any time.
func (v *enrolView) typed(rune) *Field {
	if v.model.Step == flow.EnrolWaiting {
		return v.code
	}
	return nil
}

func (v *enrolView) focus() fyne.Focusable {
	if v.model.Step == flow.EnrolWaiting {
		return v.code
	}
	return nil
}

func (v *enrolView) bindings() []binding {
	choose, folder := binding{"Ctrl+O", say("enrol.choose"), v.chooseFile}, binding{"Ctrl+S", say("enrol.folder"), v.chooseFolder}
	search := binding{"Ctrl+F", "", func() { v.window.Canvas().Focus(v.code) }}
	switch v.model.Step {
	case flow.EnrolWaiting:
		return []binding{{"Enter", say("enrol.read"), v.enter}, choose, {"Esc", say("enrol.clear"), v.leave}, search}
	case flow.EnrolReview:
		b := []binding{{"Esc", say("enrol.discard"), v.leave}, choose, folder}
		if v.model.CanIssue() {
			b = append([]binding{{"Enter", say("enrol.issue"), v.enter}}, b...)
		}
		return b
	case flow.EnrolDone:
		return []binding{{"Enter", v.nextLabel(), v.enter}, choose, {"Esc", say("enrol.finish"), v.leave}}
	case flow.EnrolUnwritten:
		return []binding{{"Enter", say("enrol.again"), v.enter}, folder}
	case flow.EnrolReading, flow.EnrolIssuing:
	}
	return nil
}

func (v *enrolView) nextLabel() string {
	if n := v.model.Waiting(); n > 0 {
		return say("enrol.next", "Count", n)
	}
	return say("enrol.another")
}

// at is the number of the step that is shown.
func (v *enrolView) at() int {
	switch v.model.Step {
	case flow.EnrolWaiting, flow.EnrolReading:
		return 0
	case flow.EnrolReview:
		return 1
	case flow.EnrolIssuing, flow.EnrolUnwritten:
		return 2
	case flow.EnrolDone:
	}
	return 3
}

func (v *enrolView) draw(narrow bool) fyne.CanvasObject {
	v.label()
	head := line(24, title("enrol"), Steps([]string{say("enrol.step.read"), say("enrol.step.issue"), say("enrol.step.write")}, v.at()))
	head.Add(layout.NewSpacer())
	if n := v.model.Waiting(); n > 0 {
		head.Add(middle(Pill("picture", say("enrol.waiting", "Count", n), toneAccent)))
	}
	width := float32(430)
	if narrow {
		width = 400
	}
	left := sized(v.request(width-32), width, 0)
	body := container.NewBorder(nil, nil, padded(left, 0, 0, 0, gap-4), nil, v.right(narrow))
	return page(narrow, head, v.bar(), body)
}

// label puts the present texts on the buttons.
func (v *enrolView) label() {
	v.choose.SetLabel(say("enrol.choose"))
	v.folder.SetLabel(say("enrol.folder"))
	v.discard.SetLabel(say("enrol.discard"))
	v.issue.SetLabel(say("enrol.issue"))
	v.issue.Enable(v.model.CanIssue())
	v.next.SetLabel(v.nextLabel())
	v.again.SetLabel(say("enrol.again"))
	v.code.SetPlaceHolder(say("enrol.code.hint"))
	v.done.Refresh()
}

// request is the left side.
func (v *enrolView) request(width float32) fyne.CanvasObject {
	if v.model.Review == nil || v.model.Step == flow.EnrolReading {
		what, why := say("enrol.empty"), say("enrol.empty.why")
		if v.model.Step == flow.EnrolReading {
			what, why = say("enrol.reading"), filepath.Base(v.model.Source)
		}
		return headedCard(say("enrol.request"), nil, nothing("paper", what, why))
	}
	state := Pill("scan", say("enrol.new"), toneAccent)
	heading := say("enrol.request")
	switch g := v.model.Granted(); {
	case g != nil:
		state, heading = Pill("check", "~"+number(int(g.Issued.Address.Serial())), toneOK), say("enrol.issued")
	case v.model.Review.Problem != nil:
		state = Pill("ban", say("enrol.not"), toneDanger)
	case v.model.Review.Again:
		state = Pill("refresh", say("enrol.before"), toneWarning)
	}
	scroll := container.NewVScroll(RequestCard(v.model, v.status, width))
	return headedCard(heading, state, scroll)
}

// nothing fills a place where something will be.
func nothing(name, what, why string) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedVBoxLayout(4),
		layout.NewSpacer(),
		container.NewCenter(icon(name, 40, colourControl)), space(6),
		container.NewCenter(text(what, sizeBody, colourText, bold)),
		centred(why),
		layout.NewSpacer())
}

// right is what belongs to the present step: where requests come from, or where the package goes.
func (v *enrolView) right(narrow bool) fyne.CanvasObject {
	var top fyne.CanvasObject
	switch v.model.Step {
	case flow.EnrolWaiting, flow.EnrolReading:
		top = v.source()
	case flow.EnrolReview, flow.EnrolIssuing:
		top = v.outlook()
	case flow.EnrolDone, flow.EnrolUnwritten:
		top = v.result()
	}
	if len(v.model.Done) == 0 || narrow || v.model.Step == flow.EnrolUnwritten {
		return top
	}
	share := shareLayout{}
	if v.model.Step != flow.EnrolDone {
		share.least = 0.55
	}
	return container.New(share, top, v.done)
}

// source says how a request comes in.
func (v *enrolView) source() fyne.CanvasObject {
	if v.model.Series != nil && v.model.Step == flow.EnrolWaiting {
		return Card(seriesPicture(v.model.Series, v.code))
	}
	drop := container.New(layout.NewCustomPaddedVBoxLayout(6),
		layout.NewSpacer(),
		container.NewCenter(icon("scan", 64, colourControl)), space(8),
		container.NewCenter(text(say("enrol.drop"), sizeSub, colourText, bold)),
		container.NewCenter(text(say("enrol.drop.or"), sizeRow, colourText2, plain)), space(8),
		container.NewCenter(sized(v.code, 380, buttonHigh)), space(4),
		container.NewCenter(v.choose),
		layout.NewSpacer())
	if p := v.problem(); p != nil {
		return container.NewBorder(padded(problemBanner(p), 0, gap-4, 0, 0), nil, nil, nil, Card(drop))
	}
	return Card(drop)
}

// outlook says what issuing will do, and what speaks against it.
func (v *enrolView) outlook() fyne.CanvasObject {
	body := headedCard(say("enrol.package"), nil, v.target())
	if v.model.Review.Problem != nil || v.model.Blocked != nil {
		body = Card(nothing("ban", say("enrol.nothing"), say("enrol.nothing.why")))
	}
	above := column(gap)
	if p := v.problem(); p != nil {
		above.Add(problemBanner(p))
	}
	if w := v.model.Warning(); !w.IsZero() {
		above.Add(Banner("warning", toneWarning, say("enrol.warning"), sayText(w)))
	}
	if len(above.Objects) == 0 {
		return body
	}
	return flush{top: padded(above, 0, gap, 0, 0), middle: body}.container()
}

// problem is what went wrong, or why nothing could go right.
func (v *enrolView) problem() *flow.Problem {
	if v.model.Problem != nil {
		return v.model.Problem
	}
	return v.model.Blocked
}

// target says where the package will go.
func (v *enrolView) target() fyne.CanvasObject {
	will := func(name, key string, args ...any) fyne.CanvasObject {
		sign := column(0, padded(icon(name, 18, colourText2), 1, 0, 0, 8))
		return flush{left: sign, middle: paragraph(say(key, args...), sizeRow, colourText, plain)}.container()
	}
	file := fmt.Sprintf("%s~%d.mqp", v.model.Review.Request.Name, v.status.Now.Identities) // serials are dense
	if v.model.Review.Again {
		file = fmt.Sprintf("%s~%d.mqp", v.model.Review.Address.Name(), v.model.Review.Address.Serial())
	}
	return column(10,
		will("key", "enrol.will.keys", "Count", v.model.Keys()),
		will("register", "enrol.will.log"),
		will("package", "enrol.will.write"),
		space(2), rule(), space(2),
		column(6, fact(say("fact.file"), file),
			factObject(say("fact.folder"), text(shortenPath(v.model.Target(), 360, sizes[sizeRow], mono), sizeRow, colourText, mono))),
		line(0, v.folder, layout.NewSpacer()))
}

// result is proof first: what is written where.
func (v *enrolView) result() fyne.CanvasObject {
	g := v.model.Granted()
	path := text(shortenPath(g.Path, 430, sizes[sizeRow], mono), sizeRow, colourText, mono)
	if v.model.Step == flow.EnrolUnwritten {
		return column(gap, problemBanner(v.model.Problem), Card(column(12,
			paragraph(say("enrol.unwritten.about"), sizeRow, colourText2, plain), path, line(8, v.folder, layout.NewSpacer()))))
	}
	what, why := say("enrol.done", "Address", g.Issued.Address.Name()), say("enrol.done.why", "Size", octets(g.Size))
	if g.Issued.Again {
		what, why = say("enrol.repeated", "Address", g.Issued.Address.Name()), say("enrol.repeated.why", "Size", octets(g.Size))
	}
	words := column(6, text(say("enrol.confirm"), sizeLabel, colourText2, plain), WordList(v.status.Words(), sizeBody, 4))
	return column(gap,
		Banner("done", toneOK, what, why),
		headedCard(say("enrol.package"), Pill("check", say("enrol.readback"), toneOK), column(12,
			line(10, icon("package", 20, colourOK), path), rule(), words)))
}

func (v *enrolView) bar() fyne.CanvasObject {
	switch v.model.Step {
	case flow.EnrolReview:
		why := say("enrol.compare.first")
		switch {
		case v.model.Blocked != nil:
			why = say("enrol.blocked")
		case !v.model.CanIssue():
			why = say("enrol.cannot")
		}
		return commitBar(v.discard, why, v.issue)
	case flow.EnrolIssuing:
		v.issue.SetLabel(say("enrol.issuing"))
		return commitBar(nil, "", v.issue)
	case flow.EnrolDone:
		return commitBar(nil, "", v.next)
	case flow.EnrolUnwritten:
		return commitBar(nil, say("enrol.unwritten.next"), v.again)
	case flow.EnrolWaiting:
		if n := v.model.Waiting(); n > 0 {
			return commitBar(v.discard, "", v.next)
		}
	case flow.EnrolReading:
	}
	return nil
}

// cells is a row of what was enrolled in this session.
func (v *enrolView) cells(row int) []cell {
	d := v.model.Done[row]
	state := cell{text: say("enrol.state.written"), icon: "check", tone: toneOK}
	switch {
	case !d.Written:
		state = cell{text: say("enrol.state.unwritten"), icon: "alert", tone: toneDanger}
	case d.Issued.Again:
		state = cell{text: say("enrol.state.again"), icon: "refresh", tone: toneQuiet}
	}
	return []cell{
		{text: d.Issued.Address.Name()},
		{text: number(int(d.Issued.Address.Serial()))},
		{text: d.Path, path: true},
		state,
	}
}

// shareLayout gives the first object what it needs, or a least share of the height, and the second the rest.
type shareLayout struct{ least float32 }

func (shareLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(max(a.Width, b.Width), a.Height+gap+b.Height)
}

func (l shareLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	high := max(objects[0].MinSize().Height, size.Height*l.least)
	objects[0].Move(fyne.Position{})
	objects[0].Resize(fyne.NewSize(size.Width, high))
	objects[1].Move(fyne.NewPos(0, high+gap))
	objects[1].Resize(fyne.NewSize(size.Width, size.Height-high-gap))
}
