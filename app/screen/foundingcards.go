package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// foundingCards draws the steps of flow.Founding at which share cards are typed or scanned.
type foundingCards struct{ *foundingView }

func (v *foundingCards) box() *Field { return v.typing.group }

func (v *foundingCards) scanned(code string) { v.model.Scan(code) }

func (v *foundingCards) refused(error) {}

// missing says how much is still to be typed.
func (v *foundingCards) missing() string {
	m := v.model
	if m.Checking {
		return say("ceremony.checking")
	}
	if m.Step == flow.FoundingDrill {
		return say("ceremony.drill.missing", "Count", v.shell.console.Status.Custody.Backup.Needed-m.Entered())
	}
	return say("ceremony.shares.missing", "Count", m.Unseen())
}

func (v *foundingCards) bindings() []binding {
	m := v.model
	var b []binding
	if m.Step == flow.FoundingShares {
		choose := func(by int) func() { return func() { m.Choose(by) } }
		b = append(b, binding{"UpDown", say("ceremony.card.choose"), nil}, binding{"Up", "", choose(-1)}, binding{"Down", "", choose(1)})
		if m.SheetOf(m.Chosen) != nil {
			b = append(b, binding{"F9", say("ceremony.print.card"), v.printSheet})
		}
	}
	b = append(b, binding{"Backspace", "", m.GroupBack})
	if m.Entry.Whole() {
		b = append(b, binding{"Enter", say("ceremony.check"), m.Check})
	}
	return append(b, binding{"Esc", say("ceremony.later"), v.leave})
}

// shares lists the cards, with the one that is typed open.
func (v *foundingCards) shares(narrow bool) fyne.CanvasObject {
	m := v.model
	rows := column(8)
	var offset float32
	for _, c := range m.Cards() {
		switch {
		case c == m.Chosen:
			offset = rows.MinSize().Height
			rows.Add(v.open(c))
		case !narrow:
			rows.Add(v.closed(c))
		}
	}
	scroll := container.NewVScroll(padded(rows, 3, 3, 3, 14)) // the ring of the focus, and the bar of the scroller
	if offset > 60 {
		scroll.Offset = fyne.NewPos(0, offset-60)
	}
	return scroll
}

func cardTitle(c flow.Card) string {
	return say("ceremony.card.title."+number(int(c.Purpose)), "Index", c.Index, "Total", c.Total)
}

// closed is a card that is not being typed.
func (v *foundingCards) closed(c flow.Card) fyne.CanvasObject {
	name, ink := "paper", colourText2
	var state fyne.CanvasObject
	if c.Seen {
		name, ink = "done", colourOK
		state = Pill("check", say("ceremony.card.verified"), toneOK)
	} else {
		state = text(say("ceremony.card.waits"), sizeRow, colourText2, plain)
	}
	row := line(12, icon(name, 20, ink), text(cardTitle(c), sizeBody, colourText, bold), layout.NewSpacer(), state)
	return sized(frame(padded(row, 0, 0, 14, 14)), 0, 42)
}

// open is the card that is being typed.
func (v *foundingCards) open(c flow.Card) fyne.CanvasObject {
	m := v.model
	head := line(12, icon("scan", 20, colourAccent), text(cardTitle(c), sizeBody, colourText, bold), layout.NewSpacer())
	switch {
	case m.Checking:
		head.Add(middle(text(say("ceremony.checking"), sizeRow, colourText2, plain)))
	case m.SheetOf(c) != nil && m.Entry.Empty():
		v.print.SetLabel(say("ceremony.print.card"))
		head.Add(middle(v.print))
	default:
		head.Add(middle(text(v.typing.progress(), sizeRow, colourText2, plain)))
	}
	return v.typing.draw(head)
}

// drill takes as many cards as are needed, one after the other.
func (v *foundingCards) drill() fyne.CanvasObject {
	m := v.model
	needed := v.shell.console.Status.Custody.Backup.Needed
	marks := line(8)
	for i := range needed {
		switch {
		case i < m.Entered():
			marks.Add(Pill("check", say("ceremony.drill.card", "Index", i+1), toneOK))
		case i == m.Entered():
			marks.Add(Pill("", say("ceremony.drill.card", "Index", i+1), toneAccent))
		default:
			marks.Add(Pill("", say("ceremony.drill.card", "Index", i+1), toneQuiet))
		}
	}
	state := v.typing.progress()
	if m.Checking {
		state = say("ceremony.drill.busy")
	}
	head := line(12, icon("scan", 20, colourAccent), text(say("ceremony.drill.enter", "Index", min(m.Entered()+1, needed)), sizeBody, colourText, bold),
		layout.NewSpacer(), text(state, sizeRow, colourText2, plain))
	return container.NewVScroll(padded(column(gap, marks, v.typing.draw(head)), gap, 3, 3, 14))
}
