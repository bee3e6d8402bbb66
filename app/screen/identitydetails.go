package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// side is the right side: details, and what can be done; in a narrow window only that.
func (v *identitiesView) side() fyne.CanvasObject {
	if v.shell.narrow {
		return v.actions()
	}
	if v.model.Position < 0 && v.model.Ticks() == 0 {
		return Card(nothing("list", say("identities.select"), say("identities.select.why")))
	}
	return frame(container.NewBorder(nil, padded(v.actions(), 10, 14, 13, 13), nil, nil, v.details()))
}

// actions are the buttons, for the selected identity or for those ticked.
func (v *identitiesView) actions() fyne.CanvasObject {
	n, back, suspended := len(v.model.Revocable()), len(v.model.Undoable()), len(v.model.Releasable())
	label, undo, release := say("identities.revoke"), say("identities.undo"), say("identities.release")
	if v.model.Ticks() > 0 {
		label, undo = say("identities.revoke.count", "Count", n), say("identities.undo.count", "Count", back)
		release = say("identities.release.count", "Count", suspended)
	}
	v.revoke.SetLabel(label)
	v.revoke.Enable(n > 0 && v.status.ReadOnly() == nil)
	v.undo.SetLabel(undo)
	v.undo.Enable(v.status.ReadOnly() == nil)
	v.release.SetLabel(release)
	v.release.Enable(v.status.ReadOnly() == nil)
	v.print.SetLabel(say("identities.label"))
	v.print.Enable(v.model.CanPrint())
	buttons := []fyne.CanvasObject{v.print, v.revoke}
	switch {
	case v.model.Ticks() > 0 && back > 0:
		buttons = []fyne.CanvasObject{v.undo, v.revoke}
	case v.model.Ticks() > 0:
		buttons = []fyne.CanvasObject{v.revoke}
	case back > 0 && suspended == 0:
		buttons[1] = v.undo
	case back > 0:
		buttons = []fyne.CanvasObject{v.print, v.undo, v.revoke}
	}
	if suspended > 0 {
		buttons = append([]fyne.CanvasObject{v.release}, buttons...)
	}
	if v.shell.narrow {
		return line(10, append([]fyne.CanvasObject{layout.NewSpacer()}, buttons...)...)
	}
	if v.model.Ticks() > 0 || back > 0 || suspended > 0 {
		return column(8, buttons...)
	}
	return container.NewGridWithColumns(2, buttons...)
}

// details tell of the selected identity.
func (v *identitiesView) details() fyne.CanvasObject {
	r := v.model.Selected()
	if r == nil {
		return padded(nothing("list", say("identities.select"), say("identities.select.why")), 16, 16, 16, 16)
	}
	const width = 316 - 32
	word, name, t := standingOf(v.model.Standing(r))
	pill := Pill(name, word, t)
	least := pill.MinSize().Width
	under := say("kind." + r.Kind.String())
	if r.Depot != "" {
		under += " · " + r.Depot
	}
	room := width - 56 - least - 8
	names := column(1,
		text(shorten(r.Address.Name(), room, sizes[sizeSub], bold), sizeSub, colourText, bold),
		text(shorten(under, room, sizes[sizeRow], plain), sizeRow, colourText2, plain))
	content := column(0,
		container.NewBorder(nil, nil, padded(badge(r.Kind.String()), 0, 0, 0, 8), middle(pill), middle(names)), space(12),
		text(shortenPath(r.Address.String(), width, sizes[sizeRow], mono), sizeRow, colourText2, mono), space(12))
	content.Add(v.keys(r))
	if r.Revoked != nil {
		content.Add(space(12))
		content.Add(v.revocation(r))
	}
	content.Add(space(12))
	content.Add(text(say("fact.words"), sizeLabel, colourText2, plain))
	content.Add(space(4))
	content.Add(WordList(v.model.Words(&r.Identity), sizeBody, 2))
	content.Add(space(12))
	content.Add(v.facts(r))
	content.Objects = append(content.Objects, v.past(width)...)
	return container.NewVScroll(padded(content, 16, 16, 16, 16))
}

// keys shows for which periods there are keys.
func (v *identitiesView) keys(r *flow.Row) fyne.CanvasObject {
	n := int(r.LastEpoch-r.FirstEpoch) + 1
	present := int(v.status.Now.Epoch) - int(r.FirstEpoch)
	if h := v.model.Details; h != nil {
		present = int(h.Present) - int(r.FirstEpoch)
	}
	head := container.NewBorder(nil, nil, text(say("fact.keys"), sizeLabel, colourText2, plain),
		text(say("identities.periods", "Count", n, "Date", v.local(r.Until)), sizeLabel, colourText2, plain))
	return column(5, head, PeriodBar(n, present, r.Revoked != nil))
}

func (v *identitiesView) revocation(row *flow.Row) fyne.CanvasObject {
	r := row.Revoked
	published := say("revoked.unpublished")
	if r.List > 0 {
		published = say("revoked.list", "List", number(int(r.List)))
	}
	if v.model.Standing(row) == flow.Suspended {
		return Banner("ban", toneWarning, say("suspended.since", "Date", v.local(r.Effective)), say("suspended.why")+" "+published)
	}
	return Banner("ban", toneDanger, say("revoked.since", "Date", v.local(r.Effective)), say("reason."+r.Reason.String())+". "+published)
}

// facts are what is known of the device.
func (v *identitiesView) facts(r *flow.Row) fyne.CanvasObject {
	holds := say("identities.unknown")
	if !r.Received.IsZero() {
		holds = say("identities.nolist")
		if r.List > 0 {
			holds = number(int(r.List))
		}
	}
	receipt := fyne.CanvasObject(text(say("identities.noreceipt.fact"), sizeRow, colourText2, plain))
	if !r.Received.IsZero() {
		receipt = line(6, icon("done", 16, colourOK), text(v.local(r.Received), sizeRow, colourText, plain))
	}
	return column(6,
		fact(say("identities.holds"), holds),
		factObject(say("identities.receipt"), receipt))
}

// past is the history, once it was read.
func (v *identitiesView) past(width float32) []fyne.CanvasObject {
	h := v.model.Details
	if h == nil {
		return nil
	}
	rows := []fyne.CanvasObject{space(12), rule(), space(12), text(say("identities.history"), sizeLabel, colourText2, plain), space(6)}
	list := column(4)
	for _, e := range h.Events {
		list.Add(event(v.local(e.Time), sayText(flow.EventText(&e)), width))
	}
	for i := range h.Namesakes {
		other := &h.Namesakes[i]
		word, _, _ := standingOf(v.model.Standing(other))
		list.Add(event(v.local(other.Issued), say("identities.namesake", "Serial", "~"+number(int(other.Address.Serial())), "State", word), width))
	}
	return append(rows, list)
}

func event(when, what string, width float32) fyne.CanvasObject {
	const first = 84
	return container.NewBorder(nil, nil, sized(text(when, sizeLabel, colourText2, plain), first, 0), nil,
		text(shorten(what, width-first-4, sizes[sizeRow], plain), sizeRow, colourText, plain))
}
