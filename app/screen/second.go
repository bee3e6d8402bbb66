package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"marque/app/flow"
)

// secondPanel asks for a second officer beside the one who works here: who it is, and their passphrase. It lives as long as its view.
type secondPanel struct {
	second *flow.Second
	redraw func() // the view, because another officer was chosen
	name   string // whose passphrase stands in the field

	secret *Field
	other  *KeyButton
}

// newSecondPanel returns the panel. changed is called with every key that is typed, as buttons may depend on it, and redraw when
// another officer was chosen.
func newSecondPanel(m *flow.Second, changed, redraw func()) *secondPanel {
	p := &secondPanel{second: m, redraw: redraw, secret: NewSecretField()}
	p.secret.OnChanged = func(string) {
		p.secret.SetWrong(false)
		changed()
	}
	p.other = NewKeyButton("", "person", "F3", p.next)
	return p
}

// needed reports whether there is anybody to ask.
func (p *secondPanel) needed() bool { return p.second.Exists() && p.second.Index() >= 0 }

// filled reports whether a passphrase stands there.
func (p *secondPanel) filled() bool { return p.secret.Text != "" }

// take returns the passphrase, which the caller clears, and empties the field.
func (p *secondPanel) take() []byte { return p.secret.Take() }

// clear empties the field.
func (p *secondPanel) clear() {
	if p.secret.Text != "" || !p.secret.Password {
		p.secret.Forget()
	}
}

func (p *secondPanel) next() {
	p.second.Other(1)
	p.redraw()
}

// bindings are the keys of the panel.
func (p *secondPanel) bindings() []binding {
	if len(p.second.Officers()) < 2 {
		return nil
	}
	return []binding{{"F3", say("second.other"), p.next}}
}

// draw returns the panel: a label, and below it who is asked and the field. Another officer begins with an empty field. why says what
// the second officer is for; busy leaves all as it is.
func (p *secondPanel) draw(why string, busy bool) fyne.CanvasObject {
	if name := p.second.Name(); name != p.name {
		p.name = name
		p.clear()
	}
	p.secret.SetWrong(p.second.Wrong && !p.filled())
	p.other.SetLabel(shorten(p.name, secondName, sizes[sizeBody], plain))
	p.other.Enable(!busy && len(p.second.Officers()) > 1)
	label := text(why, sizeLabel, colourText2, plain)
	if p.second.Wrong && !p.filled() {
		label = text(say("second.wrong", "Name", p.name), sizeLabel, colourDanger, bold)
	}
	return column(4, label, container.NewBorder(nil, nil, padded(p.other, 0, 0, 0, 4), nil, p.secret))
}

// secondName is how wide the name of an officer gets.
const secondName = 130
