package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// next is the number of the list that would be signed, newest of the one that is.
func (v *publishView) next() string   { return number(int(v.model.Next())) }
func (v *publishView) newest() string { return number(int(v.model.Next()) - 1) }

// target is how the chosen destination is called; empty when nothing can be written.
func (v *publishView) target() string {
	d := v.model.Destination()
	if d == nil || !d.Ready() {
		return ""
	}
	if d.IsFolder() {
		return say("publish.thefolder")
	}
	return shorten(placeName(&d.Drive), 140, sizes[sizeBody], bold)
}

// verb is what Enter does: for the button, and in short for the line of keys.
func (v *publishView) verb() (label, hint string) {
	m, target := v.model, v.target()
	switch {
	case m.Step == flow.PublishWritten && m.Waits() > 0:
		return say("publish.next"), say("publish.hint.next")
	case m.Step == flow.PublishWritten:
		return say("publish.remove"), say("publish.remove")
	case m.Step == flow.PublishResting && m.Due() && target == "":
		return say("publish.sign", "List", v.next()), say("publish.hint.sign")
	case m.Step == flow.PublishResting && m.Due():
		return say("publish.sign.write", "List", v.next(), "Name", target), say("publish.hint.sign.write")
	case target == "":
		return say("publish.write", "List", v.newest()), say("publish.hint.write")
	}
	return say("publish.write.to", "List", v.newest(), "Name", target), say("publish.hint.write")
}

// second is what F6 does, as verb says it; empty for nothing.
func (v *publishView) second() (label, hint string) {
	m := v.model
	switch {
	case m.Step != flow.PublishResting:
	case !m.Due():
		return say("publish.fresh", "List", v.next()), say("publish.hint.fresh")
	case m.CanWrite() && v.shell.console.Status.ListState() != flow.ListRefused:
		return say("publish.only", "List", v.newest()), say("publish.hint.only")
	}
	return "", ""
}

// leaving is what Esc does; empty for nothing.
func (v *publishView) leaving() string {
	switch m := v.model; {
	case m.Step == flow.PublishWriting:
		return say("publish.stop")
	case m.Step == flow.PublishWritten:
		return say("publish.done")
	case m.Step == flow.PublishPulled, m.Problem != nil:
		return say("publish.leave")
	}
	return ""
}

// now is the card of what is to be done, or was.
func (v *publishView) now() fyne.CanvasObject {
	m := v.model
	label, _ := v.verb()
	v.primary.SetLabel(label)
	due := m.Step == flow.PublishResting && m.Due()
	v.primary.Enable(m.Step == flow.PublishWritten || due && m.CanSign() || !due && m.CanWrite())
	label, _ = v.second()
	v.other.SetLabel(label)
	v.other.Enable(due && m.CanWrite() || !due && m.CanSign())
	v.leave.SetLabel(v.leaving())
	switch m.Step {
	case flow.PublishSigning:
		return Card(working(say("publish.signing", "List", v.next()), say("publish.signing.why"), -1, nil))
	case flow.PublishWriting:
		return Card(v.writing())
	case flow.PublishWritten:
		return v.written()
	case flow.PublishPulled:
		return v.pulled()
	case flow.PublishResting:
	}
	return v.resting()
}

// working is what goes on, and how far it is: a share of one, less than zero for nobody knows.
func working(what, why string, share float32, leave fyne.CanvasObject) fyne.CanvasObject {
	rows := column(10, text(what, sizeSub, colourText, bold))
	if share >= 0 {
		rows.Add(meter(share))
	}
	line := container.NewBorder(nil, nil, nil, leave, middle(paragraph(why, sizeRow, colourText2, plain)))
	rows.Add(line)
	return rows
}

// meter is a bar that is filled up to a share of one.
func meter(share float32) fyne.CanvasObject {
	return sized(container.New(meterLayout{share}, box(colourSunken, colourLine, 4), box(colourAccent, "", 4)), 0, 10)
}

type meterLayout struct{ share float32 }

func (meterLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(10, 10) }

func (l meterLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	place(objects[0], 0, 0, size.Width, size.Height)
	place(objects[1], 0, 0, max(size.Width*min(max(l.share, 0), 1), size.Height), size.Height)
}

func (v *publishView) writing() fyne.CanvasObject {
	p := &v.model.Progress
	why, share := say("publish.writing.begin"), float32(0)
	if p.Total > 0 {
		share = float32(p.Done) / float32(p.Total)
		why = say("publish.writing.file", "File", p.Name)
		if p.Reading {
			why = say("publish.writing.back", "File", p.Name)
		}
	}
	return working(say("publish.writing", "List", v.newest(), "Name", v.target()), why, share, v.leave)
}

// resting is what comes next.
func (v *publishView) resting() fyne.CanvasObject {
	m, s := v.model, v.shell.console.Status
	what, why := v.outlook()
	rows := column(12)
	switch {
	case m.Problem != nil:
		rows.Add(problemBanner(m.Problem))
	case s.ReadOnly() != nil:
		rows.Add(problemBanner(s.ReadOnly()))
	}
	rows.Add(column(4, text(what, sizeSub, colourText, bold), paragraph(why, sizeRow, colourText2, plain)))
	if v.undoes() {
		rows.Add(v.changes())
	}
	buttons := container.New(layout.NewRowWrapLayoutWithCustomPadding(8, 8), v.primary)
	if label, _ := v.second(); label != "" {
		buttons.Add(v.other)
	}
	if v.undoes() {
		v.undo.SetLabel(say("publish.undo"))
		buttons.Add(v.undo)
	}
	rows.Add(buttons)
	if v.target() == "" {
		rows.Add(text(say("publish.nowhere"), sizeRow, colourText2, plain))
	}
	return Card(rows)
}

// outlook is what the next list is for.
func (v *publishView) outlook() (what, why string) {
	s := v.shell.console.Status
	switch {
	case s.Now.Unpublished > 0:
		return say("publish.brings", "List", v.next(), "Count", s.Now.Unpublished), say("publish.brings.why")
	case s.ListState() == flow.ListRefused:
		return say("publish.is.refused", "List", v.newest()), say("publish.is.refused.why")
	case s.ListState() == flow.ListStale:
		return say("publish.is.stale", "List", v.newest()), say("publish.is.stale.why", "Date", v.day(s.Now.List.HardExpiry))
	case s.ListState() == flow.ListEnding:
		return say("publish.is.ending", "List", v.newest(), "Count", s.ListDays()), say("publish.is.ending.why")
	}
	return say("publish.is.good", "List", v.newest(), "Date", v.day(s.Now.List.NextUpdate)), say("publish.is.good.why")
}

// changesShown is how many changes are named.
const changesShown = 4

// changes lists what no list has yet.
func (v *publishView) changes() fyne.CanvasObject {
	all := v.model.Changes()
	rows := column(0)
	for i := range all[:min(len(all), changesShown)] {
		rows.Add(v.change(i))
	}
	if more := v.shell.console.Status.Now.Unpublished - changesShown; more > 0 {
		rows.Add(padded(text(say("publish.more", "Count", more), sizeRow, colourText2, plain), 6, 0, 0, 0))
	}
	return rows
}

// change is a line about one of them, which is tapped to take it back.
func (v *publishView) change(i int) fyne.CanvasObject {
	id := &v.model.Changes()[i]
	const nameWide = 220
	name := text(shorten(id.Address.Name(), nameWide, sizes[sizeRow], bold), sizeRow, colourText, bold)
	why, at := "", ""
	if r := id.Revoked; r != nil {
		why, at = say("reason."+r.Reason.String()), moment(r.At.In(v.zone()))
	}
	row := container.NewBorder(nil, nil, line(8, icon("ban", 16, colourDanger), sized(name, 110, 0)),
		line(10, text(at, sizeRow, colourText2, plain), icon("undo", 16, colourText2)), text(why, sizeRow, colourText2, plain))
	return newTouchArea(flush{top: rule(), middle: sized(middle(row), 0, 28)}.container(), func() { v.model.TakeBack(i) }, nil)
}

// written is the proof that a drive holds the list.
func (v *publishView) written() fyne.CanvasObject {
	p := v.model.Proof
	checks := line(16)
	for _, key := range []string{"written", "flushed", "read", "equal"} {
		checks.Add(middle(line(6, icon("done", 16, colourOK), text(say("publish.proof."+key), sizeRow, colourText2, plain))))
	}
	read := say("publish.aloud")
	if p.Again {
		read = say("publish.aloud.again", "Name", placeName(&p.Drive)) + " " + read
	}
	name := "usb"
	if p.Drive.IsFolder() {
		name = "folder"
	}
	v.primary.icon = name
	buttons := container.New(layout.NewRowWrapLayoutWithCustomPadding(8, 8), v.primary, v.leave)
	content := column(12, checks, column(8, paragraph(read, sizeRow, colourText2, plain), WordList(p.Words(), sizeAloud, 3)), buttons)
	edge := canvas.NewRectangle(colour(colourSurface))
	edge.StrokeColor, edge.StrokeWidth, edge.CornerRadius = colour(colourOK), 2, cardRadius
	return container.NewStack(edge, padded(content, 16, 16, 16, 16))
}

// pulled says what is known of a stick that was pulled too early.
func (v *publishView) pulled() fyne.CanvasObject {
	m := v.model
	name, wanted := placeName(&m.Lost.Drive), v.newest()
	why := say("publish.lost.none", "List", wanted)
	switch held := number(int(m.Lost.Held)); {
	case held == wanted:
		why = say("publish.lost.same", "List", wanted)
	case m.Lost.Held > 0:
		why = say("publish.lost.held", "List", wanted, "Held", held)
	}
	rows := column(12, Banner("warning", toneWarning, say("publish.lost", "Name", name), why),
		text(say("publish.lost.next", "Name", name), sizeRow, colourText2, plain))
	buttons := container.New(layout.NewRowWrapLayoutWithCustomPadding(8, 8))
	if m.CanWrite() {
		buttons.Add(v.primary)
	}
	buttons.Add(v.leave)
	rows.Add(buttons)
	return Card(rows)
}
