package screen

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// custodyPanel says how the master secret is kept: the grade and why, and what ends a read-only state.
func custodyPanel(s *flow.Status) fyne.CanvasObject {
	c := &s.Custody
	grade := Pill("info", say("grade.evaluation"), toneWarning)
	if c.Production {
		grade = Pill("check", say("grade.production"), toneOK)
	}
	content := column(gap, line(8, text(say("custody"), sizeBody, colourText, bold), layout.NewSpacer(), grade))
	if p := s.ReadOnly(); p != nil {
		content.Add(problemBanner(p))
	}
	if len(c.Reasons) > 0 {
		why := column(4, text(say("custody.why"), sizeLabel, colourText2, plain))
		for _, r := range c.Reasons {
			why.Add(flush{
				left:   column(0, padded(icon("warning", 15, colourWarning), 2, 0, 0, 8)),
				middle: paragraph(lang.L(r), sizeRow, colourText, plain),
			}.container())
		}
		content.Add(why)
	}
	content.Add(rule())
	content.Add(custodyFacts(s))
	return container.NewStack(box(colourSurface, colourControl, cardRadius), padded(content, 14, 14, 16, 16))
}

func custodyFacts(s *flow.Status) fyne.CanvasObject {
	c := &s.Custody
	facts := column(5, fact(say("fact.vault"), vaultKind(s)))
	for _, f := range chipFacts(s) {
		facts.Add(f)
	}
	if c.TPM {
		facts.Add(fact(say("fact.counter"), counters(c)))
		present := strings.Join(c.Present, ", ")
		if present == "" {
			present = say("fact.present.nobody")
		}
		facts.Add(factObject(say("fact.present"), paragraph(present, sizeRow, colourText, plain)))
	}
	facts.Add(fact(say("fact.drill"), say("drill."+strconv.Itoa(int(c.Drill)))))
	facts.Add(fact(say("fact.backup"), cards(c.Backup)))
	facts.Add(fact(say("fact.next"), cards(c.Next)))
	facts.Add(fact(say("fact.idle"), say("fact.idle.value", "Count", int(s.Idle.Minutes()))))
	return facts
}

func cards(c flow.Cards) string {
	if c.Total == 0 {
		return say("fact.cards.none")
	}
	return say("fact.cards", "Needed", c.Needed, "Total", c.Total)
}

// counters is the TPM's counter, and that of the database when it is another one.
func counters(c *flow.Custody) string {
	if c.Chip == nil || c.Chip.Counter == c.Counter {
		return number(int(c.Counter))
	}
	return say("fact.counter.both", "Counter", number(int(c.Chip.Counter)), "Database", number(int(c.Counter)))
}

// vaultKind says what opens the vault.
func vaultKind(s *flow.Status) string {
	if !s.Custody.TPM {
		return say("custody.vault.passphrase")
	}
	total := 0
	for _, o := range s.Custody.Officers {
		if o.Role.Unlocks() {
			total++
		}
	}
	return say("custody.vault.tpm", "Needed", s.Custody.Needed, "Total", total)
}

// chipFacts says how the TPM stands, if there is to be one.
func chipFacts(s *flow.Status) []fyne.CanvasObject {
	warn := func(words string) fyne.CanvasObject { return text(words, sizeRow, colourWarning, bold) }
	chip := s.Custody.Chip
	switch {
	case !s.Custody.TPM:
		return nil
	case chip == nil:
		return []fyne.CanvasObject{factObject(say("fact.tpm"), warn(say("fact.tpm.silent")))}
	}
	ready := text(say("fact.tpm.ready", "Left", chip.TriesLeft, "Most", flow.MaxTries), sizeRow, colourText, plain)
	state := fyne.CanvasObject(ready)
	switch {
	case chip.LockedOut:
		state = warn(say("fact.tpm.lockedout", "Until", chip.Until))
	case chip.TriesLeft < flow.MaxTries:
		state = warn(ready.Text)
	}
	platform := fyne.CanvasObject(text(say("fact.platform.approved"), sizeRow, colourText, plain))
	if chip.Changed != "" {
		platform = paragraph(say("fact.platform.changed", "Registers", chip.Changed), sizeRow, colourWarning, bold)
	}
	return []fyne.CanvasObject{factObject(say("fact.tpm"), state), factObject(say("fact.platform"), platform)}
}

// panelWidth is that of the panel below the strip.
const panelWidth = 480

// panelLayout hangs an object below the strip at the right edge, as high as it needs. It asks for no room.
type panelLayout struct{}

func (panelLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

func (panelLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(fyne.NewSize(panelWidth, o.Size().Height)) // texts that wrap need to know
		o.Resize(fyne.NewSize(panelWidth, o.MinSize().Height))
		o.Move(fyne.NewPos(size.Width-panelWidth-stripInset, stripHeight+stripEdge+4))
	}
}
