package screen

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// enrolView draws flow.Enrol: the request on the left, on the right where it comes from, and then its package as codes. Its second tab is
// enrolling many at once.
type enrolView struct {
	shell  *Shell
	model  *flow.Enrol
	status *flow.Status
	window fyne.Window

	code                                   *Field
	choose, paste, camera, folder, discard *KeyButton
	issue, next, again, finish             *KeyButton
	replace, print, restick                *KeyButton
	single, many                           *Tab
	done                                   *RowList
	codes                                  *QRView
	live                                   *cameraView
	batch                                  *enrolBatchView
	large                                  bool      // the codes alone are shown
	taken                                  time.Time // when the last code was
}

func newEnrolView(s *Shell) *enrolView {
	m := s.console.Enrol
	v := &enrolView{shell: s, model: m, status: s.console.Status, window: s.window, code: newSearchField("scan")}
	v.code.paste = func() { m.Choose(flow.Clipboard) }
	v.choose = NewKeyButton("", "picture", "Ctrl+O", v.chooseFile)
	v.paste = NewKeyButton("", "", "Ctrl+V", v.pasted)
	v.camera = NewKeyButton("", "camera", "F2", m.Lens.Toggle)
	v.folder = NewKeyButton("", "folder", "Ctrl+S", v.chooseFolder)
	v.discard = NewKeyButton("", "", "Esc", v.leave)
	v.finish = NewKeyButton("", "", "Esc", v.leave)
	v.issue = NewKeyButton("", "key", "Enter", v.enter).Primary()
	v.next = NewKeyButton("", "scan", "Enter", v.enter).Primary()
	v.again = NewKeyButton("", "refresh", "Enter", v.enter).Primary()
	v.replace = NewKeyButton("", "", "F6", m.Replace)
	v.print = NewKeyButton("", "print", "F9", m.PrintLabel)
	v.restick = NewKeyButton("", "refresh", "", m.AgainToStick)
	v.single, v.many = NewTab(func() { m.Switch(false) }), NewTab(func() { m.Switch(true) })
	v.codes = NewQRView(m.Codes, v.enlarge)
	v.live = newCameraView(m.Lens)
	v.batch = newEnrolBatchView(v)
	columns := []listColumn{
		{title: say("column.name")},
		{title: say("column.serial"), width: 60, right: true},
		{title: say("column.state"), width: 130},
	}
	v.done = NewRowList(columns, func() int { return len(m.Done) }, v.cells, nil)
	return v
}

// enlarge shows the codes alone, on the whole screen, or as before.
func (v *enrolView) enlarge() {
	v.large = !v.large
	v.window.SetFullScreen(v.large)
	v.shell.Draw()
}

// pasted reads a picture or a text in the clipboard.
func (v *enrolView) pasted() {
	if text := strings.TrimSpace(fyne.CurrentApp().Clipboard().Content()); text != "" {
		v.code.SetText(text)
		v.take()
		return
	}
	v.model.Choose(flow.Clipboard)
}

// enter does what the primary button of the present step says.
func (v *enrolView) enter() {
	if v.status.Time().Sub(v.taken) < settle {
		return
	}
	switch v.model.Step {
	case flow.EnrolWaiting, flow.EnrolConfirmed:
		v.take()
	case flow.EnrolReview:
		v.model.Issue()
	case flow.EnrolUnwritten:
		v.model.Write()
	case flow.EnrolDone:
		if v.model.Waiting() > 0 {
			v.model.Next()
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
	case typed == "" && v.model.Step == flow.EnrolConfirmed:
		v.model.Discard()
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
	switch {
	case v.large:
		v.enlarge()
	case v.model.Lens.On:
		v.model.Lens.Stop()
	default:
		v.code.SetText("")
		v.model.Discard()
	}
}

func (v *enrolView) chooseFile() {
	if v.model.Ready() {
		openFile(v.window, []string{".png", ".jpg", ".jpeg", ".mqr", ".mqa"}, func(path string) { v.model.Choose(path) })
	}
}

func (v *enrolView) chooseFolder() { openFolder(v.window, v.model.SetFolder) }

// waits reports whether the scan box is shown.
func (v *enrolView) waits() bool {
	return !v.model.Many && (v.model.Step == flow.EnrolWaiting || v.model.Step == flow.EnrolConfirmed) && !v.model.Lens.On
}

// typed says where characters go that no widget takes: a hand scanner types at any time.
func (v *enrolView) typed(rune) *Field {
	if v.waits() {
		return v.code
	}
	return nil
}

func (v *enrolView) focus() fyne.Focusable {
	switch {
	case v.model.Many:
		return v.batch.focus()
	case v.waits():
		return v.code
	}
	return nil
}

func (v *enrolView) bindings() []binding {
	other := binding{"Ctrl+B", "", func() { v.model.Switch(!v.model.Many) }}
	if v.model.Many {
		return append(v.batch.bindings(), other)
	}
	return append(v.steps(), other)
}

// steps are the keys of the present step.
func (v *enrolView) steps() []binding {
	choose, folder := binding{"Ctrl+O", say("enrol.choose"), v.chooseFile}, binding{"Ctrl+S", "", v.chooseFolder}
	search := binding{"Ctrl+F", "", func() { v.window.Canvas().Focus(v.code) }}
	camera := binding{"F2", "", v.model.Lens.Toggle}
	if v.model.Lens.Exists() {
		camera.text = say("enrol.camera")
	}
	switch v.model.Step {
	case flow.EnrolWaiting:
		return []binding{{"Enter", say("enrol.read"), v.enter}, choose, camera, {"Esc", say("enrol.clear"), v.leave}, search}
	case flow.EnrolConfirmed:
		return []binding{{"Enter", v.nextLabel(), v.enter}, choose, camera, {"F9", say("enrol.label.print"), v.model.PrintLabel}, {"Esc", "", v.leave}, search}
	case flow.EnrolReview:
		b := []binding{{"Esc", say("enrol.discard"), v.leave}, choose, {"Ctrl+S", say("enrol.folder"), v.chooseFolder}}
		if v.model.NameTaken() != "" {
			b = append(b, binding{"F6", say("enrol.replace"), v.model.Replace})
		}
		if v.model.CanIssue() {
			b = append([]binding{{"Enter", say("enrol.issue"), v.enter}}, b...)
		}
		return b
	case flow.EnrolDone:
		b := []binding{{"F9", say("enrol.label.print"), v.model.PrintLabel}, {"Esc", say("enrol.finish"), v.leave}, {"F2", "", v.model.Lens.Toggle}, {"Ctrl+O", "", v.chooseFile}}
		if v.model.Waiting() > 0 {
			b = append([]binding{{"Enter", v.nextLabel(), v.enter}}, b...)
		}
		return append(v.codes.bindings(), b...)
	case flow.EnrolUnwritten:
		return append(v.codes.bindings(), binding{"Enter", say("enrol.again"), v.enter}, folder, binding{"Ctrl+S", say("enrol.folder"), v.chooseFolder})
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
		return 3
	case flow.EnrolConfirmed:
	}
	return 4
}

func (v *enrolView) draw(narrow bool) fyne.CanvasObject {
	v.label()
	if v.model.Many {
		return v.batch.draw(narrow, line(24, title("enrol"), layout.NewSpacer(), v.tabs()))
	}
	if v.model.Codes.Parts == 0 && v.large {
		v.large = false
		v.window.SetFullScreen(false)
	}
	if v.large {
		return padded(headedCard(v.packageTitle(), v.codes.Caption(), v.codes), 14, 14, 14, 14)
	}
	steps := []string{say("enrol.step.scan"), say("enrol.step.issue"), say("enrol.step.write"), say("enrol.step.receipt")}
	head := line(24, title("enrol"), Steps(steps, v.at()), layout.NewSpacer(), v.tabs())
	width := float32(430)
	if narrow {
		width = 400
	}
	left := sized(v.request(width-32, narrow), width, 0)
	body := container.NewBorder(nil, nil, padded(left, 0, 0, 0, gap-4), nil, v.right(narrow))
	if b := v.banner(narrow); b != nil {
		body = flush{top: padded(b, 0, gap, 0, 0), middle: body}.container()
	}
	return page(narrow, head, v.bar(narrow), body)
}

func (v *enrolView) tabs() fyne.CanvasObject { return line(18, v.single, v.many) }

// label puts the present texts on the buttons.
func (v *enrolView) label() {
	v.single.Set(say("enrol.single"), !v.model.Many)
	v.many.Set(say("enrol.many"), v.model.Many)
	v.choose.SetLabel(say("enrol.picture"))
	v.paste.SetLabel(say("enrol.paste"))
	v.camera.SetLabel(say("enrol.camera"))
	v.folder.SetLabel(say("enrol.folder"))
	v.discard.SetLabel(say("enrol.discard"))
	v.finish.SetLabel(say("enrol.finish"))
	v.issue.SetLabel(say("enrol.issue"))
	v.issue.Enable(v.model.CanIssue())
	v.next.SetLabel(v.nextLabel())
	v.again.SetLabel(say("enrol.again"))
	v.replace.SetLabel(say("enrol.replace"))
	v.print.SetLabel(say("enrol.label.do"))
	v.print.Enable(!v.model.Label.Busy)
	v.restick.SetLabel(say("enrol.again"))
	v.code.SetPlaceHolder(say("enrol.code.hint"))
	v.done.Refresh()
}

// banner says across the screen what is to be done now, or what came of the last scan.
func (v *enrolView) banner(narrow bool) fyne.CanvasObject {
	m := v.model
	switch {
	case m.Step == flow.EnrolConfirmed && m.Problem == nil:
		return Banner("done", toneOK, say("enrol.confirmed", "Name", m.Granted().Issued.Address.Name()), say("enrol.confirmed.why", "Count", m.Keys()))
	case m.Step != flow.EnrolDone:
		return nil
	case m.Problem != nil:
		return problemBanner(m.Problem)
	case m.Series != nil:
		return Banner("scan", toneAccent, say("codes.arrived", "Arrived", m.Series.Arrived(), "Needed", m.Series.Needed), say("codes.next"))
	case m.Receipt != nil:
		return v.receiptBanner()
	case narrow:
		return nil
	}
	return Banner("scan", toneAccent, say("enrol.receipt.scan"), say("enrol.receipt.why", "Count", m.Keys()))
}

// receiptBanner says what became of a receipt that is not of the package which is shown.
func (v *enrolView) receiptBanner() fyne.CanvasObject {
	r := v.model.Receipt
	name := r.Address.Name()
	switch {
	case r.Odd:
		return Banner("warning", toneWarning, say("enrol.receipt.took", "Name", name), say("enrol.receipt.odd"))
	case r.Again:
		return Banner("info", toneAccent, say("enrol.receipt.again", "Name", name), say("enrol.receipt.again.why"))
	}
	return Banner("done", toneOK, say("enrol.receipt.took", "Name", name), say("enrol.receipt.took.why"))
}

// request is the left side.
func (v *enrolView) request(width float32, narrow bool) fyne.CanvasObject {
	if v.model.Review == nil || v.model.Step == flow.EnrolReading {
		what, why := say("enrol.empty"), say("enrol.empty.why")
		if v.model.Step == flow.EnrolReading {
			what, why = say("enrol.reading"), filepath.Base(v.model.Source)
			if v.model.Source == "" {
				why = ""
			}
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
	card := container.New(layout.NewCustomPaddedVBoxLayout(0), RequestCard(v.model, v.status, width, narrow))
	if v.model.Granted() != nil {
		card.Add(v.labelPart(width))
	}
	return headedCard(heading, state, container.NewVScroll(card))
}

// labelPart is the preview of the label below the card.
func (v *enrolView) labelPart(width float32) fyne.CanvasObject {
	m := v.model
	preview := container.NewBorder(nil, nil, LabelPreview(m.LabelOf()), middle(v.print))
	part := column(0, space(14), rule(), space(10),
		container.NewBorder(nil, nil, text(say("enrol.label"), sizeLabel, colourText2, plain), text("62 × 29 mm", sizeLabel, colourText2, plain)),
		space(6), padded(preview, 1, 3, 1, 4))
	switch {
	case m.Label.Problem != nil:
		part.Add(padded(problemBanner(m.Label.Problem), 8, 0, 0, 0))
	case m.Label.Path != "":
		part.Add(padded(line(6, icon("done", 16, colourOK), text(shortenPath(m.Label.Path, width-30, sizes[sizeLabel], mono), sizeLabel, colourText2, mono)), 8, 0, 0, 0))
	case m.Label.Printed:
		part.Add(padded(line(6, icon("done", 16, colourOK), text(say("enrol.label.printed"), sizeLabel, colourOK, plain)), 8, 0, 0, 0))
	}
	return part
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
	case flow.EnrolReview, flow.EnrolIssuing:
		top = v.outlook()
	case flow.EnrolDone, flow.EnrolUnwritten:
		if v.model.Lens.On {
			return v.lens()
		}
		return v.result()
	case flow.EnrolWaiting, flow.EnrolReading, flow.EnrolConfirmed:
		top = v.source()
	}
	if len(v.model.Done) == 0 || narrow || v.model.Lens.On {
		return top
	}
	return container.New(shareLayout{least: 0.6}, top, v.done)
}

// lens is the live picture of the camera.
func (v *enrolView) lens() fyne.CanvasObject {
	stop := container.NewCenter(v.camera)
	v.camera.SetLabel(say("enrol.camera.stop"))
	return headedCard(say("enrol.camera.live"), nil, flush{bottom: padded(stop, 10, 0, 0, 0), middle: v.live}.container())
}

// source says how a request comes in.
func (v *enrolView) source() fyne.CanvasObject {
	m := v.model
	if m.Lens.On {
		return v.lens()
	}
	if m.Series != nil && m.Step == flow.EnrolWaiting {
		return Card(seriesPicture(m.Series, v.code))
	}
	buttons := line(8, v.choose, v.paste)
	if m.Lens.Exists() {
		buttons.Add(middle(v.camera))
	}
	drop := container.New(layout.NewCustomPaddedVBoxLayout(6),
		layout.NewSpacer(),
		container.NewCenter(icon("scan", 64, colourControl)), space(8),
		container.NewCenter(text(say("enrol.ready"), sizeSub, colourText, bold)),
		container.NewCenter(text(say("enrol.ready.or"), sizeRow, colourText2, plain)), space(8),
		container.NewCenter(sized(v.code, 380, buttonHigh)), space(4),
		container.NewCenter(buttons),
		layout.NewSpacer())
	above := column(gap)
	if m.Receipt != nil && m.Step == flow.EnrolWaiting {
		above.Add(v.receiptBanner())
	}
	if p := v.problem(); p != nil {
		above.Add(problemBanner(p))
	}
	if len(above.Objects) == 0 {
		return Card(drop)
	}
	return flush{top: padded(above, 0, gap, 0, 0), middle: Card(drop)}.container()
}

// outlook says what issuing will do, and what speaks against it.
func (v *enrolView) outlook() fyne.CanvasObject {
	body := headedCard(say("enrol.package"), nil, v.target())
	if v.model.Review.Problem != nil || v.model.Blocked != nil {
		body = Card(nothing("ban", say("enrol.nothing"), say("enrol.nothing.why")))
	}
	above := column(gap)
	if p := v.problem(); p != nil {
		if v.model.NameTaken() != "" {
			above.Add(v.nameTaken())
		} else {
			above.Add(problemBanner(p))
		}
	}
	if w := v.model.Warning(); !w.IsZero() {
		above.Add(Banner("warning", toneWarning, say("enrol.warning"), sayText(w)))
	}
	if v.model.Receipt != nil {
		above.Add(v.receiptBanner())
	}
	if len(above.Objects) == 0 {
		return body
	}
	return flush{top: padded(above, 0, gap, 0, 0), middle: body}.container()
}

// nameTaken says that somebody has the name, and leads to where it can be had.
func (v *enrolView) nameTaken() fyne.CanvasObject {
	name := v.model.NameTaken()
	banner := Banner("warning", toneWarning, say("enrol.taken", "Name", name), say("enrol.taken.why"))
	return column(8, banner, line(8, v.replace))
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
		will("scan", "enrol.will.show"),
		will("package", "enrol.will.write"),
		space(2), rule(), space(2),
		column(6, fact(say("fact.file"), file),
			factObject(say("fact.folder"), text(shortenPath(v.model.Target(), 360, sizes[sizeRow], mono), sizeRow, colourText, mono))),
		line(0, v.folder, layout.NewSpacer()))
}

func (v *enrolView) packageTitle() string {
	return say("enrol.package.for", "Name", v.model.Granted().Issued.Address.Name())
}

// result is the package as codes, and proof of where it is besides.
func (v *enrolView) result() fyne.CanvasObject {
	g := v.model.Granted()
	below := column(8, rule())
	if v.model.Step == flow.EnrolUnwritten {
		below.Add(problemBanner(v.model.Problem))
	}
	switch s := v.model.Stick; {
	case s == nil:
		path := text(shortenPath(g.Path, 380, sizes[sizeRow], mono), sizeRow, colourText2, mono)
		kept := fyne.CanvasObject(Pill("check", say("enrol.readback"), toneOK))
		if !g.Written {
			kept = Pill("alert", say("enrol.state.unwritten"), toneDanger)
		}
		below.Add(container.NewBorder(nil, nil, nil, middle(kept), line(10, icon("package", 20, colourOK), path)))
	case s.Step == flow.StickFailed:
		below.Add(problemBanner(s.Problem))
		below.Add(line(8, v.restick))
	default:
		below.Add(v.stick(s))
	}
	return headedCard(v.packageTitle(), v.codes.Caption(), flush{bottom: padded(below, 12, 0, 0, 0), middle: v.codes}.container())
}

// stick is the line about the stick.
func (v *enrolView) stick(s *flow.StickCopy) fyne.CanvasObject {
	ink, what := colourText2, say("enrol.stick.writing", "Stick", s.Drive.Name())
	var pill fyne.CanvasObject = Pill("clock", say("enrol.stick.wait"), toneWarning)
	if s.Step == flow.StickWritten {
		ink, what, pill = colourOK, say("enrol.stick.done", "Stick", s.Drive.Name()), Pill("check", say("enrol.stick.safe"), toneOK)
	}
	words := column(1, paragraph(what, sizeBody, colourText, bold), paragraph(s.File+" · "+octets(s.Size), sizeRow, colourText2, plain))
	return container.NewBorder(nil, nil, padded(middle(icon("usb", 22, ink)), 0, 0, 0, 10), middle(pill), words)
}

func (v *enrolView) bar(narrow bool) fyne.CanvasObject {
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
		switch {
		case v.model.Waiting() > 0:
			return commitBar(v.finish, "", v.next)
		case !narrow:
			return commitBar(v.finish, say("enrol.receipt.or"))
		}
	case flow.EnrolUnwritten:
		return commitBar(nil, say("enrol.unwritten.next"), v.folder, v.again)
	case flow.EnrolWaiting, flow.EnrolConfirmed:
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
	state := cell{text: say("enrol.state.written"), icon: "scan", tone: toneAccent}
	switch {
	case d.Receipt:
		state = cell{text: say("enrol.state.receipt"), icon: "check", tone: toneOK}
	case !d.Written:
		state = cell{text: say("enrol.state.unwritten"), icon: "alert", tone: toneDanger}
	case d.Issued.Again:
		state = cell{text: say("enrol.state.again"), icon: "refresh", tone: toneQuiet}
	}
	return []cell{
		{text: d.Issued.Address.Name()},
		{text: number(int(d.Issued.Address.Serial()))},
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
