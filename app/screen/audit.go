package screen

import (
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// auditView draws flow.Audit: a filter and the entries of the log, and at the right the verification and the newest checkpoint, or the
// selected entry. In a narrow window these take the place of the list.
type auditView struct {
	shell *Shell
	model *flow.Audit

	search                      *Field
	list                        *RowList
	chips                       []*Chip
	verify, stop, export, prove *KeyButton
	back                        *KeyButton
	verifying                   *fyne.Container // the card, drawn anew as it goes on
	code                        fyne.CanvasObject
	coded                       string // the text that code shows
	aside                       bool   // in a narrow window: the right side is shown in place of the list
}

// auditClasses are the chips, in their order.
var auditClasses = []flow.LogClass{
	"", flow.LogIssued, flow.LogRevoked, flow.LogPublished, flow.LogOfficers, flow.LogCustody,
}

func newAuditView(s *Shell) *auditView {
	m := s.console.Audit
	v := &auditView{shell: s, model: m, search: newSearchField("search"), verifying: container.NewStack()}
	v.search.OnChanged = m.Search
	for _, class := range auditClasses {
		v.chips = append(v.chips, NewChip("", func() { m.SetClass(class) }))
	}
	v.verify = NewKeyButton("", "check", "F5", m.VerifyAll)
	v.stop = NewKeyButton("", "", "Esc", func() { m.StopVerifying() })
	v.export = NewKeyButton("", "down", "Ctrl+S", v.chooseFolder)
	v.prove = NewKeyButton("", "key", "Enter", m.Prove)
	v.back = NewKeyButton("", "previous", "Esc", v.escape)
	v.list = NewRowList(v.columns(), m.Len, v.cells, m.Select).Opens(func(int) { v.open() })
	m.OnRows(func() { v.list.list.Refresh() })
	m.Verify.OnProgress(func() { v.drawVerification() })
	return v
}

func (v *auditView) columns() []listColumn {
	return []listColumn{
		{title: say("audit.column.entry"), width: 70, right: true},
		{title: say("audit.column.time"), width: 108},
		{title: say("audit.column.who"), width: 148},
		{title: "", width: 18},
		{title: say("audit.column.what")},
	}
}

func (v *auditView) focus() fyne.Focusable { return v.search }

func (v *auditView) typed(rune) *Field { return v.search }

func (v *auditView) bindings() []binding {
	move := func(by int) func() { return func() { v.list.Step(by) } }
	b := []binding{
		{"Ctrl+F", say("audit.filter"), func() { v.shell.window.Canvas().Focus(v.search) }},
		{"Enter", "", v.open},
		{"F5", say("audit.verify"), v.model.VerifyAll},
		{"Ctrl+S", say("audit.export"), v.chooseFolder},
		{"Up", "", move(-1)},
		{"Down", "", move(1)},
		{"Prior", "", move(-10)},
		{"Next", "", move(10)},
		{"Ctrl+R", "", v.model.Refresh},
		{"F8", "", v.toggle},
		{"Esc", "", v.escape},
	}
	if v.model.Selected() != nil {
		b[1].text = say("audit.proof")
	}
	if v.shell.narrow {
		b[9].text = say("audit.checkpoint")
	}
	return b
}

// open proves the selected entry.
func (v *auditView) open() {
	if v.model.Selected() != nil {
		v.aside = true
		v.model.Prove()
	}
}

// toggle shows the right side in a narrow window, or the list again.
func (v *auditView) toggle() {
	v.aside = !v.aside
	v.shell.Draw()
}

// escape stops the verification, or leaves what is shown beside or in place of the list.
func (v *auditView) escape() {
	switch {
	case v.aside && v.shell.narrow:
		v.aside = false
		v.shell.Draw()
	case v.model.StopVerifying():
	case v.model.Unselect():
		v.aside = false
	default:
		v.search.SetText("")
	}
}

func (v *auditView) chooseFolder() {
	if !v.model.Export.Busy {
		openFolder(v.shell.window, v.model.ExportTo)
	}
}

func (v *auditView) draw(narrow bool) fyne.CanvasObject {
	v.label()
	m := v.model
	top := column(gap, v.filter(narrow))
	for _, p := range []*flow.Problem{m.Problem, m.Export.Problem} {
		if p != nil {
			top.Add(problemBanner(p))
		}
	}
	if m.Export.Path != "" {
		top.Add(column(0, Banner("done", toneOK, say("audit.exported"), say("audit.exported.why", "Folder", fromHome(m.Export.Path))),
			padded(CommandLine(m.Export.VerifyCommand()), 6, 0, 0, 0)))
	}
	var right, centre fyne.CanvasObject = nil, v.list
	switch {
	case !narrow:
		right = padded(sized(v.side(), auditSide, 0), 0, 0, gap-4, 0)
	case v.aside:
		centre = v.side()
	}
	body := container.NewBorder(padded(top, 0, gap-4, 0, 0), nil, nil, right, centre)
	head := line(gap, title("audit"), text(v.about(), sizeRow, colourText2, plain), layout.NewSpacer())
	if narrow && (m.Verify.Busy || m.Verify.Report != nil) {
		head.Add(middle(v.standing()))
	}
	return page(narrow, head, nil, body)
}

// auditSide is how wide the right side is.
const auditSide = 248

// label puts the present texts everywhere, and the list in step with the view-model.
func (v *auditView) label() {
	m := v.model
	if v.search.Text != m.Query {
		v.search.SetText(m.Query)
	}
	v.search.SetPlaceHolder(say("audit.hint"))
	v.verify.SetLabel(say("audit.verify"))
	v.verify.Enable(m.Loaded)
	v.stop.SetLabel(say("audit.stop"))
	v.export.SetLabel(say("audit.export"))
	v.export.Enable(m.Loaded && !m.Export.Busy)
	v.prove.SetLabel(say("audit.proof"))
	v.prove.Enable(!m.Proving && m.Proof == nil)
	for i, class := range auditClasses {
		v.chips[i].Set(say("audit.class."+string(class)), "", m.Class == class)
	}
	v.list.SetColumns(v.columns())
	s := v.shell.console.Status
	v.list.ShowColumn(2, len(s.Custody.Officers) > 0 || s.Now.Depots > 0) // else it is always the same person
	v.list.empty = v.empty()
	v.list.Mark(m.Index())
	v.list.Refresh()
}

// about is the line beside the title.
func (v *auditView) about() string {
	m := v.model
	switch {
	case !m.Loaded:
		return say("audit.loading")
	case m.Filtered() && (m.Looking || m.More()):
		return say("audit.looking", "Count", m.Len(), "Looked", number(int(m.Looked())), "All", number(int(m.Size)))
	case m.Filtered():
		return say("audit.found", "Count", m.Len(), "All", number(int(m.Size)))
	}
	return say("audit.about", "Count", int(m.Size), "Date", date(v.local(m.Since)))
}

func (v *auditView) filter(narrow bool) fyne.CanvasObject {
	width := float32(300)
	if narrow {
		width = 240
	}
	bar := line(8, sized(v.search, width, 0))
	for _, chip := range v.chips {
		bar.Add(middle(chip))
	}
	return bar
}

// empty says why there are no rows; nil when there are some.
func (v *auditView) empty() fyne.CanvasObject {
	m := v.model
	if m.Len() > 0 || m.Problem != nil || !m.Loaded {
		return nil
	}
	if m.Looking || m.More() {
		return nothing("search", say("audit.searching"), say("audit.searching.why"))
	}
	return nothing("search", say("audit.nomatch"), say("audit.nomatch.why"))
}

func (v *auditView) local(t time.Time) time.Time {
	return t.In(v.shell.console.Status.Time().Location())
}

func (v *auditView) when(t time.Time) string {
	t = v.local(t)
	key := "audit.when"
	if t.Year() != v.shell.console.Status.Time().Year() {
		key = "audit.when.year"
	}
	return say(key, "Day", t.Day(), "Month", say("month."+strconv.Itoa(int(t.Month()))), "Year", t.Year(), "Time", t.Format("15:04"))
}

func (v *auditView) cells(row int) []cell {
	l := v.model.Row(row)
	if l == nil {
		return nil
	}
	sign, t := signOf(l)
	return []cell{
		{text: number(int(l.Index) + 1)},
		{text: v.when(l.Time)},
		{text: who(l)},
		{icon: sign, tone: t},
		{text: sayText(flow.EntryText(l)), tone: tone{text: colourText}},
	}
}

// who names two at most.
func who(l *flow.Logged) string {
	switch n := len(l.Who); n {
	case 0:
		return ""
	case 1, 2:
		return strings.Join(l.Who, " + ")
	default:
		return l.Who[0] + " + " + number(n-1)
	}
}

// entrySigns are the icons of entries, by their kind.
var entrySigns = map[string]struct {
	icon string
	tone tone
}{
	"found": {"bank", toneAccent}, "issue": {"key", toneOK}, "revoke": {"ban", toneDanger}, "undo": {"previous", toneAccent},
	"publish": {"publish", toneAccent}, "expire": {"clock", toneQuiet}, "drill": {"lifebuoy", toneOK}, "policy": {"bank", toneAccent},
	"decide": {"stamp", toneAccent}, "reopen": {"warning", toneWarning}, "lost": {"warning", toneWarning}, "seal": {"lock", toneQuiet},
	"padding": {"bank", toneAccent}, "trust": {"bank", toneAccent}, "reserve": {"key", toneQuiet}, "pad": {"publish", toneQuiet},
	"depot": {"depot", toneAccent}, "depot-revoke": {"ban", toneDanger}, "batch": {"package", toneOK}, "alarm": {"alert", toneDanger},
}

func signOf(l *flow.Logged) (string, tone) {
	s, ok := entrySigns[l.Kind]
	if !ok {
		return "info", toneQuiet
	}
	return s.icon, s.tone
}

// side is the right side: verification, and the newest checkpoint or the selected entry.
func (v *auditView) side() fyne.CanvasObject {
	v.drawVerification()
	second := v.checkpoint()
	if v.model.Selected() != nil {
		second = v.entry()
	}
	if v.shell.narrow {
		return container.New(gridColumns(2), column(0, v.verifying), column(0, second))
	}
	return column(gap, v.verifying, second)
}

// drawVerification draws the card of the verification alone.
func (v *auditView) drawVerification() {
	put(v.verifying, headedCard(say("audit.verification"), nil, v.verification()))
}

func (v *auditView) verification() fyne.CanvasObject {
	m := &v.model.Verify
	switch {
	case m.Busy:
		counted := say("audit.verified", "Done", number(int(m.Done)), "All", number(int(m.Total)))
		return column(6,
			container.NewBorder(nil, nil, text(counted, sizeRow, colourText, bold), text(percent(m.Percent()), sizeLabel, colourText2, plain)),
			progressBar(float32(m.Percent())/100),
			paragraph(say("audit.sofar"), sizeLabel, colourText2, plain), line(0, v.stop))
	case m.Problem != nil:
		return column(8, problemBanner(m.Problem), line(0, v.verify))
	case m.Report == nil:
		return column(8, paragraph(say("audit.verify.why"), sizeLabel, colourText2, plain), line(0, v.verify))
	case m.Report.OK():
		return column(8, line(0, v.standing()),
			paragraph(say("audit.holds", "All", number(int(m.Report.Size)), "Heads", number(m.Report.Checkpoints), "Lists", number(int(m.Report.Lists))), sizeLabel, colourText2, plain),
			line(0, v.verify))
	}
	findings := column(6)
	for i, f := range m.Report.Findings {
		if i == findingsShown {
			findings.Add(text(say("audit.findings.more", "Count", len(m.Report.Findings)-i), sizeLabel, colourText2, plain))
			break
		}
		findings.Add(paragraph(f.String(), sizeLabel, colourText, plain))
	}
	return column(8, line(0, v.standing()), findings, paragraph(say("audit.findings.next"), sizeLabel, colourDanger, bold), line(0, v.verify))
}

// findingsShown is how many findings stand on the screen.
const findingsShown = 4

// standing is the verification in a word.
func (v *auditView) standing() fyne.CanvasObject {
	m := &v.model.Verify
	switch {
	case m.Busy:
		return Pill("clock", say("audit.verifying", "Percent", percent(m.Percent())), toneAccent)
	case m.Report.OK():
		return Pill("check", say("audit.ok"), toneOK)
	}
	return Pill("alert", say("audit.findings", "Count", len(m.Report.Findings)), toneDanger)
}

func percent(n int) string { return say("audit.percent", "Percent", n) }

// checkpoint is the card of the newest checkpoint.
func (v *auditView) checkpoint() fyne.CanvasObject {
	m := v.model
	content := column(8)
	wrong := m.Verify.Report != nil && !m.Verify.Report.OK() && !v.shell.narrow // the findings take the room
	if code := v.codeOf(m.HeadText()); code != nil && !wrong {
		content.Add(container.NewCenter(code))
		content.Add(paragraph(say("audit.photograph", "All", number(int(m.Head.Size))), sizeLabel, colourText2, plain))
	}
	if m.Export.Busy {
		content.Add(text(say("audit.exporting"), sizeLabel, colourText2, plain))
	}
	content.Add(line(0, v.export))
	return headedCard(say("audit.checkpoint"), nil, content)
}

// codeOf returns the code of a text: whole pixels to the module, black on white.
func (v *auditView) codeOf(content string) fyne.CanvasObject {
	if content == "" {
		return nil
	}
	if content != v.coded {
		img, err := codeImage(content)
		if err != nil {
			return nil
		}
		picture := canvas.NewImageFromImage(img)
		picture.FillMode, picture.ScaleMode = canvas.ImageFillContain, canvas.ImageScalePixels
		side := float32(img.Bounds().Dx())
		picture.SetMinSize(fyne.NewSquareSize(side))
		v.code, v.coded = sized(picture, side, side), content
	}
	return v.code
}

// entry is the card of the selected entry.
func (v *auditView) entry() fyne.CanvasObject {
	m := v.model
	l := m.Selected()
	sign, t := signOf(l)
	facts := column(6,
		container.NewBorder(nil, nil, padded(column(0, Pill(sign, "", t)), 0, 0, 0, 6), nil, paragraph(sayText(flow.EntryText(l)), sizeRow, colourText, bold)),
		auditFact(say("audit.column.time"), moment(v.local(l.Time))))
	if len(l.Who) > 0 {
		facts.Add(auditFact(say("audit.column.who"), strings.Join(l.Who, ", ")))
	}
	if l.Address != "" {
		facts.Add(text(shortenPath(l.Address, auditSide-32, sizes[sizeLabel], mono), sizeLabel, colourText2, mono))
	}
	if l.Kind == "revoke" {
		facts.Add(auditFact(say("audit.effective"), moment(v.local(l.Effective))))
	}
	facts.Add(rule())
	switch {
	case m.Proof != nil:
		facts.Add(line(0, Pill("check", say("audit.proved"), toneOK)))
		facts.Add(paragraph(say("audit.proved.why", "Count", len(m.Proof.Path), "All", number(int(m.Proof.Head.Size)), "Date", date(v.local(m.Proof.Head.Time))), sizeLabel, colourText2, plain))
	case m.Proving:
		facts.Add(text(say("audit.proving"), sizeLabel, colourText2, plain))
	default:
		facts.Add(line(0, v.prove))
	}
	return headedCard(say("audit.entry", "Number", int(l.Index)+1), nil, facts)
}

// auditFact is a label above its value, which may be long.
func auditFact(label, value string) fyne.CanvasObject {
	return column(0, text(label, sizeLabel, colourText2, plain), paragraph(value, sizeRow, colourText, plain))
}
