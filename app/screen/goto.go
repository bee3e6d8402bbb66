package screen

import (
	"slices"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// gotoPane draws flow.Goto: a box, and below it the screens, actions and identities that match what stands there.
type gotoPane struct {
	shell *Shell
	model *flow.Goto
	query *Field
}

func newGotoPane(s *Shell) *gotoPane {
	p := &gotoPane{shell: s, model: s.console.Goto, query: newSearchField("search")}
	p.query.OnChanged = func(text string) { p.model.Type(text) }
	return p
}

// destination is a line: somewhere to go, or something to do.
type destination struct {
	icon, words, note, key string
	do                     func()
}

func (p *gotoPane) focus() fyne.Focusable {
	p.query.SetText("")
	p.model.Begin()
	return p.query
}

func (p *gotoPane) box() *Field { return p.query }

func (p *gotoPane) scanned(code string) {
	p.shell.lower()
	p.shell.console.Scan(code)
}

func (p *gotoPane) refused(why error) {
	p.shell.lower()
	p.shell.console.Refuse(why)
}

func (p *gotoPane) bindings() []binding {
	move := func(by int) func() { return func() { p.model.Move(by, len(p.lines())) } }
	return []binding{
		{"Enter", "", p.enter}, {"Up", "", move(-1)}, {"Down", "", move(1)}, {"Ctrl+K", "", func() { p.shell.lower() }},
	}
}

func (p *gotoPane) enter() {
	if lines := p.lines(); p.model.At < len(lines) {
		p.take(lines[p.model.At])
	}
}

func (p *gotoPane) take(d destination) {
	p.shell.lower()
	d.do()
}

// mostPlaces is how many screens and actions are listed while something else is found, too.
const mostPlaces = 5

// lines are those that match, screens and actions first.
func (p *gotoPane) lines() []destination {
	lines := slices.DeleteFunc(p.places(), func(d destination) bool { return !matches(d.words, p.model.Query) })
	if p.model.Query != "" {
		lines = lines[:min(len(lines), mostPlaces)]
	}
	for i, h := range p.model.Hits {
		note := ""
		if h.Standing == flow.Revoked {
			note = say("home.revoked")
		}
		lines = append(lines, destination{"vehicle", h.Name, note, "", func() { p.model.Show(i) }})
	}
	if typed := strings.TrimSpace(p.model.Query); typed != "" {
		note := ""
		if p.model.More > 0 {
			note = say("goto.more", "Count", p.model.More)
		}
		lines = append(lines, destination{"search", say("goto.search", "Text", typed), note, "", func() { p.model.Show(-1) }})
	}
	return lines
}

// places are all screens and actions.
func (p *gotoPane) places() (all []destination) {
	s := p.shell
	for _, sc := range s.screens {
		all = append(all, destination{sc.icon, say(sc.title), "", sc.shortcut, func() { s.console.Open(sc.place) }})
	}
	if len(s.console.Attendance.Officers()) > 0 {
		all = append(all, destination{"person", say("presence"), "", "F3", s.attend})
	}
	return append(all,
		destination{"lock", say("hint.lock"), "", "Ctrl+L", s.console.Lock},
		destination{"light", say("hint.look"), "", "Ctrl+D", s.toggle},
		destination{"info", say("hint.custody"), "", "Ctrl+I", s.pin},
		destination{"info", say("hint.keys"), "", "F1", func() { s.raise(s.panes.keys) }},
		destination{"picture", say("hint.fill"), "", "F11", s.fill},
	)
}

// matches reports whether every word of query begins a word of what.
func matches(what, query string) bool {
	split := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	}
	have := split(what)
	for _, w := range split(query) {
		if !slices.ContainsFunc(have, func(h string) bool { return strings.HasPrefix(h, w) }) {
			return false
		}
	}
	return true
}

const (
	gotoWide float32 = 560
	gotoRows int     = 11
)

func (p *gotoPane) draw(size fyne.Size) fyne.CanvasObject {
	p.query.SetPlaceHolder(say("goto.hint"))
	rows := column(0)
	lines := p.lines()
	most := min(gotoRows, int((size.Height-220)/rowHigh))
	first := max(0, min(p.model.At-most+1, len(lines)-most))
	for i := first; i < min(len(lines), first+most); i++ {
		rows.Add(p.line(lines[i], i == p.model.At))
	}
	blank := sized(space(0), gotoWide, rowHigh*float32(most))
	return column(10, p.shell.paneHead(say("hint.goto")), p.query, container.NewStack(blank, container.NewBorder(rows, nil, nil, nil)))
}

func (p *gotoPane) line(d destination, chosen bool) fyne.CanvasObject {
	ink, style := colourText, plain
	ground := box(colourSurface, "", radius)
	if chosen {
		ink, style = colourAccent, bold
		ground = box(colourAccentSoft, "", radius)
	}
	words := canvas.NewText(shorten(visible(d.words), gotoWide-200, sizes[sizeBody], style), colour(ink))
	words.TextSize, words.TextStyle = sizes[sizeBody], style
	row := line(10, icon(d.icon, 18, ink), words, layout.NewSpacer())
	if d.note != "" {
		row.Add(middle(text(d.note, sizeLabel, colourText2, plain)))
	}
	if d.key != "" {
		row.Add(middle(Keycap(d.key)))
	}
	return newTouchArea(sized(container.NewStack(ground, padded(row, 0, 0, 10, 10)), 0, rowHigh), func() { p.take(d) }, nil)
}
