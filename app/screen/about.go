package screen

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
	"marque/assets"
)

// aboutView draws flow.About: what this program is on the left, whose work it is built on, and under what terms, on the right.
type aboutView struct {
	shell *Shell
	model *flow.About

	licences []assets.Licence
	list     *RowList
	at       int // index of the licence that is shown
	test     *KeyButton
	shown    *container.Scroll // the text of it
	drawn    drawnLicence
}

// drawnLicence is what stands in the scroller: drawing it anew takes long.
type drawnLicence struct {
	at   int
	look *Theme
}

func newAboutView(s *Shell) *aboutView {
	v := &aboutView{shell: s, model: s.console.About, licences: assets.Licences()}
	v.test = NewKeyButton("", "check", "F5", v.model.Test)
	v.list = NewRowList(v.columns(), func() int { return len(v.licences) }, v.cells, v.choose)
	v.shown = container.NewVScroll(space(0))
	return v
}

func (v *aboutView) columns() []listColumn {
	return []listColumn{{title: say("about.column.module")}, {title: say("about.column.version"), width: 96}, {title: say("about.column.licence"), width: 246}}
}

func (v *aboutView) choose(row int) {
	v.at = row
	v.shell.Draw()
}

func (v *aboutView) focus() fyne.Focusable { return v.list.Focus() }

func (v *aboutView) bindings() []binding {
	move := func(by int) func() { return func() { v.list.Step(by) } }
	scroll := func(by float32) func() {
		return func() { v.shown.ScrollToOffset(v.shown.Offset.AddXY(0, by)) }
	}
	return []binding{
		{"F5", say("about.test"), v.model.Test},
		{"UpDown", say("about.move"), nil},
		{"Up", "", move(-1)},
		{"Down", "", move(1)},
		{"LeftRight", say("about.scroll"), nil},
		{"Left", "", scroll(-200)},
		{"Right", "", scroll(200)},
	}
}

func (v *aboutView) cells(row int) []cell {
	l := &v.licences[row]
	name := l.Module
	if name == "go" {
		name = say("about.go")
	}
	version, _, _ := strings.Cut(l.Version, "-0.") // of a state without a version, which has date and commit behind it
	if len(version) > 12 {
		version = version[:strings.IndexByte(version+"-", '-')]
	}
	return []cell{{text: name, path: true}, {text: version}, {text: l.Kinds}}
}

func (v *aboutView) draw(narrow bool) fyne.CanvasObject {
	m := v.model
	v.test.SetLabel(say("about.test"))
	if m.Testing {
		v.test.SetLabel(say("about.testing"))
	}
	v.test.Enable(!m.Testing)
	v.list.SetColumns(v.columns())
	v.list.Mark(v.at)
	if v.at == 0 {
		v.list.Top()
	}
	wide := float32(400)
	if narrow {
		wide = 330
	}
	left := Card(container.NewBorder(nil, padded(line(0, v.test, layout.NewSpacer()), 8, 3, 3, 0), nil, nil, container.NewVScroll(padded(v.program(), 0, 0, 0, scrollRoom))))
	high := float32(8.4) * rowHigh
	if narrow {
		high = 5.4 * rowHigh
	}
	right := container.NewBorder(padded(sized(v.list, 0, high), 0, gap-4, 0, 0), nil, nil, nil, v.licence())
	return page(narrow, titled("about", say("about.about")), nil,
		container.NewBorder(nil, nil, padded(sized(left, wide, 0), 0, 0, 0, gap-4), nil, right))
}

// program is what this program and its service are.
func (v *aboutView) program() fyne.CanvasObject {
	m := v.model
	content := column(0)
	if m.Problem != nil {
		content.Add(padded(problemBanner(m.Problem), 0, 12, 0, 0))
	}
	content.Add(line(12, icon("logo", 40, colourAccent), column(0, text("Marque", sizeTitle, colourText, bold), text(say("about.what"), sizeRow, colourText2, plain))))
	content.Add(space(14))
	build := column(5, fact(say("about.console"), m.Build.Version))
	if m.Service != nil && m.Service.Version != "" {
		build.Add(fact(say("about.service"), m.Service.Version))
	}
	if m.Build.Commit != "" {
		build.Add(fact(say("about.commit"), m.Build.Commit[:min(12, len(m.Build.Commit))]))
	}
	build.Add(fact(say("about.built"), strings.TrimPrefix(m.Build.Go, "go")+", "+m.Build.Platform))
	content.Add(build)
	if m.OtherVersion() {
		content.Add(padded(Banner("warning", toneWarning, say("about.versions"), say("about.versions.why")), 10, 0, 0, 0))
	}
	content.Objects = append(content.Objects, space(12), rule(), space(10), text(say("about.apart"), sizeLabel, colourText2, plain), space(6))
	v.apart(content)
	content.Objects = append(content.Objects, space(12), rule(), space(10), v.tests())
	return content
}

// apart says what keeps the service apart from everything else.
func (v *aboutView) apart(content *fyne.Container) {
	s := v.model.Service
	if s == nil {
		return
	}
	for _, c := range s.Confined {
		content.Add(mark("check", colourOK, lang.L(c)))
	}
	for _, c := range s.Exposed {
		content.Add(mark("warning", colourWarning, c))
	}
	if len(s.Confined)+len(s.Exposed) == 0 {
		content.Add(mark("warning", colourWarning, say("about.apart.none")))
	}
}

// tests is the last self-test.
func (v *aboutView) tests() fyne.CanvasObject {
	m := v.model
	if m.Results == nil {
		return column(4, text(say("about.test.title"), sizeLabel, colourText2, plain), paragraph(say("about.test.why"), sizeRow, colourText2, plain))
	}
	state := Pill("check", say("about.sound"), toneOK)
	if !m.Sound() {
		state = Pill("alert", say("about.unsound"), toneDanger)
	}
	rows := column(3, line(8, text(say("about.test.title"), sizeLabel, colourText2, plain), layout.NewSpacer(), state), space(2))
	if !m.Sound() {
		rows.Add(padded(Banner("alert", toneDanger, say("about.unsound.what"), say("about.unsound.why")), 0, 6, 0, 0))
	}
	for _, r := range m.Results {
		if r.Failed {
			rows.Add(mark("alert", colourDanger, lang.L(r.Name)))
		} else {
			rows.Add(mark("check", colourOK, lang.L(r.Name)))
		}
	}
	return rows
}

// licence is the text of the chosen licence.
func (v *aboutView) licence() fyne.CanvasObject {
	now := drawnLicence{v.at, current()}
	if v.drawn == now {
		return Card(v.shown)
	}
	if v.drawn.at != v.at {
		v.shown.Offset = fyne.Position{}
	}
	v.drawn = now
	lines := column(1)
	for line := range strings.Lines(strings.TrimSpace(v.licences[v.at].Text())) {
		for _, part := range wrapped(strings.ReplaceAll(strings.TrimRight(line, " \r\n"), "\t", "    "), licenceWide) {
			lines.Add(text(part, sizeCap, colourText2, mono))
		}
	}
	v.shown.Content = lines
	v.shown.Refresh()
	return Card(v.shown)
}

// licenceWide is how many characters of a licence stand in a line: most are written for 80.
const licenceWide = 80

// wrapped breaks a line between words, so that no part has more characters than width.
func wrapped(line string, width int) []string {
	var parts []string
	rest := []rune(line)
	for len(rest) > width {
		at := width
		for at > 0 && rest[at] != ' ' {
			at--
		}
		if at == 0 {
			at = width
		}
		parts = append(parts, string(rest[:at]))
		rest = []rune(strings.TrimLeft(string(rest[at:]), " "))
	}
	return append(parts, string(rest))
}
