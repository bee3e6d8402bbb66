package screen

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// keysPane lists the keys that mean something now: those of the present screen, and those that mean the same everywhere.
type keysPane struct {
	shell  *Shell
	scroll *container.Scroll
}

func newKeysPane(s *Shell) *keysPane { return &keysPane{s, container.NewVScroll(space(0))} }

func (p *keysPane) focus() fyne.Focusable { return nil }

func (p *keysPane) box() *Field { return p.shell.elsewhere.box() }

func (p *keysPane) scanned(code string) {
	p.shell.lower()
	p.shell.console.Scan(code)
}

func (p *keysPane) refused(why error) { p.shell.console.Refuse(why) }

func (p *keysPane) bindings() []binding {
	by := func(y float32) func() {
		return func() { p.scroll.ScrollToOffset(fyne.NewPos(0, max(0, p.scroll.Offset.Y+y))) }
	}
	return []binding{{"F1", "", func() { p.shell.lower() }}, {"Up", "", by(-rowHigh)}, {"Down", "", by(rowHigh)}}
}

func (p *keysPane) draw(size fyne.Size) fyne.CanvasObject {
	s := p.shell
	here, all := column(0), column(0)
	for _, b := range s.shown.bindings() {
		if b.text != "" {
			here.Add(keyLine(b.key, b.text))
		}
	}
	if len(here.Objects) == 0 {
		here.Add(keyLine("", say("keys.none")))
	}
	if s.console.Unlocked() && !s.console.Founding.Ahead() {
		for _, sc := range s.screens {
			if sc.shortcut != "" {
				all.Add(keyLine(sc.shortcut, say(sc.title)))
			}
		}
	}
	for _, b := range s.common() {
		if words := s.meaning(b.key); words != "" {
			all.Add(keyLine(b.key, words))
		}
	}
	all.Add(keyLine("Tab", say("keys.next")))
	if size.Height >= 700 {
		here.Add(space(14))
		here.Add(calibrationCode())
	}
	heading := func(key string, o fyne.CanvasObject) fyne.CanvasObject {
		return column(6, text(say(key), sizeLabel, colourText2, bold), rule(), o)
	}
	p.scroll.Content = container.New(pairLayout{}, container.NewBorder(heading("keys.here", here), nil, nil, nil), container.NewBorder(heading("keys.all", all), nil, nil, nil))
	high := min(p.scroll.Content.MinSize().Height, size.Height-190)
	p.scroll.SetMinSize(fyne.NewSize(680, high))
	p.scroll.Refresh()
	return column(12, s.paneHead(say("hint.keys")), p.scroll)
}

func keyLine(key, words string) fyne.CanvasObject {
	const high = 28
	printed := space(0)
	if key != "" {
		printed = line(0, Keycap(key))
	}
	return sized(container.NewBorder(nil, nil, sized(middle(printed), 96, 0), nil, middle(text(words, sizeRow, colourText, plain))), 0, high)
}

// meaning says what a key means on every screen; empty for the keys of the screens themselves.
func (s *Shell) meaning(key string) string {
	if strings.HasPrefix(key, "Ctrl+") && strings.ContainsAny(key, "123456789") {
		return ""
	}
	return map[string]string{
		"F1": say("hint.keys"), "Ctrl+K": say("hint.goto"), "Ctrl+L": say("hint.lock"), "Ctrl+D": say("hint.look"), "Ctrl+I": say("hint.custody"),
		"F3": say("presence"), "F11": say("hint.fill"),
	}[key]
}
