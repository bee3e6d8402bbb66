package screen

import (
	"image/color"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

func (v *revokeView) day(t time.Time) string {
	return date(t.In(v.shell.console.Status.Time().Location()))
}

// list is the number of the list that would tell of it.
func (v *revokeView) list() string { return number(int(v.shell.console.Status.Now.List.Sequence) + 1) }

// who asks for the first one.
func (v *revokeView) who(narrow bool) fyne.CanvasObject {
	rows := column(0, v.finder())
	if len(v.model.Matches) == 0 {
		rows.Add(space(10))
		rows.Add(paragraph(say("revoke.who.why"), sizeRow, colourText2, plain))
		if !narrow {
			rows.Add(space(24))
			rows.Add(container.NewCenter(icon("scan", 64, colourControl)))
			rows.Add(space(10))
			rows.Add(centred(say("revoke.who.scan")))
		}
	}
	return headedCard(say("revoke.who"), nil, container.NewVScroll(padded(rows, 4, 0, 4, 6)))
}

// finder is the field to look for one, and what came of that.
func (v *revokeView) finder() fyne.CanvasObject {
	rows := column(8, v.search)
	if note := v.model.Note; !note.IsZero() {
		rows.Add(paragraph(sayText(note), sizeRow, colourWarning, bold))
	}
	if len(v.model.Matches) > 0 {
		wrap := container.New(layout.NewRowWrapLayoutWithCustomPadding(6, 6))
		for i := range v.model.Matches {
			wrap.Add(NewChip(v.model.Matches[i].Address.Name(), func() { v.model.Pick(i) }))
		}
		rows.Add(wrap)
	}
	return rows
}

// names are those who were chosen; a tap takes one of the first away.
func (v *revokeView) names(most int) fyne.CanvasObject {
	items := v.model.Items
	wrap := container.New(layout.NewRowWrapLayoutWithCustomPadding(6, 6))
	for i := range items[:min(len(items), most)] {
		name := shorten(items[i].Address.Name(), 150, sizes[sizeRow], plain)
		wrap.Add(NewChip(name, func() { v.model.Remove(i) }))
	}
	more := len(items) - most
	if more <= 0 {
		return wrap
	}
	wrap.Add(sized(middle(text(say("revoke.more", "Count", more), sizeRow, colourText2, plain)), 0, chipHigh))
	others := make([]string, 0, more) // all of them can be read before anything happens
	for i := range items[most:] {
		others = append(others, items[most+i].Address.Name())
	}
	return column(6, wrap, sized(container.NewVScroll(paragraph(strings.Join(others, ", "), sizeRow, colourText2, plain)), 0, 40))
}

// verb is what is about to be done, with how many.
func (v *revokeView) verb(key string) string {
	items := v.model.Items
	if len(items) == 1 {
		return say(key+".one", "Name", shorten(items[0].Address.Name(), 150, sizes[sizeBody], bold))
	}
	return say(key, "Count", len(items))
}

// chosen is the left card: who, why, since when.
func (v *revokeView) chosen(narrow bool) fyne.CanvasObject {
	m := v.model
	most, high := 10, choiceHigh
	if narrow {
		most, high = 3, choiceLow
	}
	rows := column(0, v.names(most))
	if v.adding || !m.Note.IsZero() || len(m.Matches) > 0 {
		rows.Add(space(8))
		rows.Add(v.finder())
	}
	reasons := column(0)
	for _, r := range flow.Reasons {
		reasons.Add(choice(say("revoke.reason."+r.String()), m.Reason == r, high, func() { m.SetReason(r) }))
	}
	dated := say("revoke.date")
	if m.FromDate {
		dated = say("revoke.date.from")
	}
	effect := container.New(layout.NewGridLayoutWithColumns(2),
		choice(say("revoke.now"), !m.FromDate, high, func() { m.SetFromDate(false) }),
		choice(dated, m.FromDate, high, func() { m.SetFromDate(true) }))
	rows.Objects = append(rows.Objects,
		space(10), text(say("revoke.reason"), sizeLabel, colourText2, plain), reasons,
		space(8), text(say("revoke.effect"), sizeLabel, colourText2, plain), effect)
	if m.FromDate {
		v.since.SetPlaceHolder(say("revoke.date.form"))
		rows.Add(padded(v.since, 4, 0, 0, 0))
	}
	return headedCard(v.verb("revoke.title"), nil, container.NewVScroll(padded(rows, 4, 4, 4, 6)))
}

// effect is one line of what it does.
func effect(name string, t tone, what, why string) fyne.CanvasObject {
	sign := container.NewStack(box(t.soft, "", radius), container.NewCenter(icon(name, 18, t.text)))
	words := column(2, paragraph(what, sizeBody, colourText, bold))
	if why != "" {
		words.Add(paragraph(why, sizeRow, colourText2, plain))
	}
	return container.NewBorder(nil, nil, padded(column(0, sized(sign, 30, 30)), 0, 0, 0, 8), nil, words)
}

// what is the right card: what it does, and how fast lists arrive.
func (v *revokeView) what(narrow bool) fyne.CanvasObject {
	m, s := v.model, v.shell.console.Status
	rows := column(12,
		effect("broadcast", toneDanger, say("revoke.what.trust", "Count", len(m.Items), "List", v.list()), v.trustWhy()))
	if i := m.Impact; i != nil {
		keys := ""
		if !i.Until.IsZero() {
			keys = say("revoke.what.keys.why", "Date", i.Until.In(s.Time().Location()))
		}
		grown := say("revoke.what.list.same", "Size", octets(i.SizeAfter))
		if by := i.SizeAfter - i.SizeNow; by > 0 {
			grown = say("revoke.what.list", "By", octets(by), "Size", octets(i.SizeAfter))
		}
		rows.Add(effect("key", toneQuiet, say("revoke.what.keys", "Count", len(m.Items)), keys))
		rows.Add(effect("paper", toneQuiet, grown,
			say("revoke.what.list.why", "From", number(i.Before), "To", number(i.After), "Of", number(int(i.N)))))
	}
	later := "revoke.what.undo.why"
	if m.Suspending() {
		later = "revoke.what.undo.suspended"
	}
	rows.Add(effect("undo", toneOK, say("revoke.what.undo"), say(later)))
	if !narrow {
		if a := v.arrivals(); a != nil {
			rows.Add(rule())
			rows.Add(a)
		}
	}
	return headedCard(say("revoke.what"), nil, container.NewVScroll(rows))
}

// trustWhy says how long others may go on trusting them.
func (v *revokeView) trustWhy() string {
	expiry := v.shell.console.Status.Now.List.HardExpiry
	a := v.model.Arrivals
	if a == nil || len(a.Shares) == 0 {
		return say("revoke.what.trust.until", "Date", expiry)
	}
	most := a.Shares[len(a.Shares)-1]
	for _, s := range a.Shares {
		if s.Thousand >= nearlyAll {
			most = s
			break
		}
	}
	return say("revoke.what.trust.why", "Share", share(most.Thousand), "Age", age(most.Age), "Date", expiry)
}

// nearlyAll is the share, of 1,000, that tells best when a list has arrived.
const nearlyAll = 950

// age writes a number of days.
func age(d time.Duration) string { return say("publish.days", "Count", int(d/(24*time.Hour))) }

// share writes a number of 1,000 as per cent.
func share(thousand int) string {
	if thousand%10 == 0 {
		return say("revoke.percent.whole", "Whole", thousand/10)
	}
	return say("publish.percent", "Whole", thousand/10, "Tenth", thousand%10)
}

// arrivals shows how fast lists arrived; nil when nothing is known.
func (v *revokeView) arrivals() fyne.CanvasObject {
	a := v.model.Arrivals
	if a == nil || len(a.Shares) == 0 {
		return nil
	}
	rows := column(8, text(say("revoke.arrivals", "Count", a.Lists), sizeRow, colourText, bold))
	for _, s := range a.Shares {
		percent := text(share(s.Thousand), sizeRow, colourText, plain)
		percent.Alignment = fyne.TextAlignTrailing
		bar := sized(container.New(meterLayout{float32(s.Thousand) / 1000}, box(colourSunken, "", 4), box(colourAccent, "", 4)), 0, 8)
		rows.Add(container.NewBorder(nil, nil, sized(text(say("revoke.after", "Age", age(s.Age)), sizeRow, colourText2, plain), 102, 0),
			sized(percent, 56, 0), middle(bar)))
	}
	rows.Add(paragraph(say("revoke.arrivals.why", "Count", a.Observed), sizeLabel, colourText3, plain))
	return rows
}

// unpublished is the right card while nobody was chosen: what no list has yet, and can be taken back.
func (v *revokeView) unpublished(narrow bool) fyne.CanvasObject {
	m := v.model
	if len(m.Undoable) == 0 {
		rows := column(16, nothing("check", say("revoke.nothing"), say("revoke.nothing.why")))
		if a := v.arrivals(); a != nil && !narrow {
			rows.Add(rule())
			rows.Add(a)
		}
		return headedCard(say("revoke.unpublished"), nil, container.NewVScroll(rows))
	}
	most := 9
	if narrow {
		most = 5
	}
	rows := column(0, paragraph(say("revoke.unpublished.why", "List", v.list()), sizeRow, colourText2, plain), space(8))
	for i := range m.Undoable[:min(len(m.Undoable), most)] {
		rows.Add(v.unpublishedLine(&m.Undoable[i]))
	}
	if more := len(m.Undoable) - most; more > 0 {
		rows.Add(padded(text(say("revoke.more", "Count", more), sizeRow, colourText2, plain), 6, 0, 0, 0))
	}
	v.back.SetLabel(say("revoke.back", "Count", len(m.Undoable)))
	v.back.Enable(v.shell.console.Phase == flow.Open)
	var all fyne.CanvasObject
	if len(m.Undoable) > 1 {
		all = padded(line(0, v.back, layout.NewSpacer()), 10, 3, 3, 0)
	}
	return headedCard(say("revoke.unpublished"), Pill("", number(len(m.Undoable)), toneDanger),
		container.NewBorder(nil, all, nil, nil, container.NewVScroll(rows)))
}

// unpublishedLine is one of those, and what takes it back alone.
func (v *revokeView) unpublishedLine(id *flow.Identity) fyne.CanvasObject {
	key := ""
	if len(v.model.Undoable) == 1 {
		key = "F6"
	}
	back := NewKeyButton(say("revoke.back.one"), "undo", key, func() { v.model.TakeBack(*id) })
	back.Enable(v.shell.console.Phase == flow.Open)
	name := line(8, text(shorten(id.Address.Name(), 130, sizes[sizeBody], bold), sizeBody, colourText, bold),
		text(v.day(id.Revoked.At), sizeLabel, colourText2, plain))
	words := column(1, name, text(say("revoke.reason."+id.Revoked.Reason.String()), sizeLabel, colourText2, plain))
	return flush{top: rule(), middle: sized(container.NewBorder(nil, nil, nil, padded(middle(back), 0, 0, 0, 3), middle(words)), 0, 46)}.container()
}

// whose is the left card while revocations are to be taken back.
func (v *revokeView) whose(narrow bool) fyne.CanvasObject {
	most := 24
	if narrow {
		most = 9
	}
	return headedCard(v.verb(v.backKey("verb")), nil, container.NewVScroll(padded(v.names(most), 3, 3, 3, 3)))
}

// whatBack is the right card then.
func (v *revokeView) whatBack() fyne.CanvasObject {
	n := len(v.model.Items)
	rows := column(12,
		effect("check", toneOK, say(v.backKey("trust"), "Count", n, "List", v.list()), say(v.backKey("trust.why"), "List", v.list())))
	if v.model.Releasing {
		rows.Add(effect("paper", toneQuiet, say("revoke.release.list"), say("revoke.release.list.why")))
	}
	rows.Add(effect("people", toneQuiet, say(v.backKey("officers")), say(v.backKey("officers.why"))))
	rows.Add(effect("register", toneQuiet, say(v.backKey("log")), say(v.backKey("log.why"))))
	return headedCard(say("revoke.what"), nil, container.NewVScroll(rows))
}

// backKey is the key of a text about taking back, or about releasing.
func (v *revokeView) backKey(what string) string {
	if v.model.Releasing {
		return "revoke.release." + what
	}
	return "revoke.undo." + what
}

// bar commits. It is framed in the colour of danger.
func (v *revokeView) bar(narrow bool) fyne.CanvasObject {
	m := v.model
	busy := m.Step == flow.RevokeBusy
	ink, key, primary := colourDanger, "revoke.verb", v.revoke
	switch {
	case v.undoing():
		ink, key, primary = colourControl, v.backKey("button"), v.undo
	case m.Suspending():
		key = "revoke.suspend.verb"
	}
	primary.SetLabel(v.verb(key))
	if busy {
		primary.SetLabel(say("revoke.busy"))
	}
	buttons := line(gap)
	second, _ := m.Needs()
	if (m.Step == flow.RevokeChosen || m.Step == flow.RevokeUndo && m.Releasing) && second && !m.Second.Enough(2) {
		v.ask.SetLabel(say("revoke.ask"))
		buttons.Add(middle(v.ask))
	}
	buttons.Add(middle(primary))
	inset := float32(14)
	if narrow {
		inset = 10
	}
	edge := canvas.NewRectangle(color.Transparent)
	edge.StrokeColor, edge.StrokeWidth, edge.CornerRadius = colour(ink), 2, cardRadius
	low := container.NewBorder(nil, buttons, nil, nil, nil)
	left, asked := v.barLeft(second, busy), v.barMiddle(second, busy)
	return container.NewStack(box(colourSurface, "", cardRadius), edge,
		padded(container.NewBorder(nil, nil, left, low, asked), inset-2, inset, inset, inset))
}

// barLeft asks for the number, or says when it is final.
func (v *revokeView) barLeft(second, busy bool) fyne.CanvasObject {
	left := line(gap)
	switch counts, _ := v.model.Counts(); {
	case counts:
		left.Add(column(4, text(say("revoke.count"), sizeLabel, colourText2, plain), line(8, sized(v.count, 84, 0), sized(v.counted, 20, 20))))
	case !second && !busy:
		left.Add(middle(text(say("revoke.bar"), sizeRow, colourText2, plain)))
	}
	return left
}

// barMiddle asks for the second officer, or says what is missing.
func (v *revokeView) barMiddle(second, busy bool) fyne.CanvasObject {
	why := v.model.WhyNot(v.second.filled())
	switch {
	case second && v.undoing() && !v.model.Releasing:
		return padded(v.second.draw(say("revoke.undo.second"), busy), 0, 0, gap-4, gap-4)
	case second:
		return padded(v.second.draw(say("revoke.second"), busy), 0, 0, gap-4, gap-4)
	case !why.IsZero() && !busy:
		row := container.NewHBox(layout.NewSpacer(), middle(text(sayText(why), sizeRow, colourText2, plain)))
		return padded(row, 0, 0, 0, gap-4)
	}
	return layout.NewSpacer()
}

// done says what came of it, and leads to what comes next.
func (v *revokeView) done() fyne.CanvasObject {
	r := v.model.Result
	key, name, t := "revoke.done", "done", toneOK
	switch {
	case r.Undone:
		key, name = "revoke.done.undo", "undo"
	case r.Released:
		key = "revoke.done.release"
	case r.Suspended:
		key = "revoke.done.suspend"
	}
	if r.Waits {
		key, t, name = key+".waits", toneAccent, "stamp"
	}
	names := ""
	for i, n := range r.Names {
		if i > 0 {
			names += ", "
		}
		names += n
	}
	if more := r.Count - len(r.Names); more > 0 {
		names += " " + say("revoke.more", "Count", more)
	}
	v.next.icon = "publish"
	if r.Waits {
		v.next.icon = "stamp"
	}
	v.next.SetLabel(say(v.nextKey()))
	buttons := line(gap, v.next, v.again)
	if r.Undone && !r.Waits {
		buttons = line(gap, v.again)
	}
	rows := column(0,
		line(14, icon(name, 40, t.text), column(3,
			text(say(key, "Count", r.Count), sizeTitle, colourText, bold),
			text(shorten(names, 640, sizes[sizeBody], plain), sizeBody, colourText2, plain))),
		space(16), paragraph(say(key+".why", "List", number(r.List)), sizeBody, colourText, plain),
		space(18), padded(buttons, 0, 3, 3, 0))
	edge := canvas.NewRectangle(color.Transparent)
	edge.StrokeColor, edge.StrokeWidth, edge.CornerRadius = colour(t.text), 2, cardRadius
	return container.NewBorder(container.NewStack(box(colourSurface, "", cardRadius), edge, padded(rows, 24, 24, 26, 26)), nil, nil, nil)
}
