package screen

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
	"marque/app/words"
)

// officersView draws flow.Officers: who may do what, and a passphrase that is changed. What a change of officers takes, draftPanel and
// sealPanel draw.
type officersView struct {
	shell *Shell
	model *flow.Officers
	list  *RowList
	step  flow.OfficersStep // that is drawn

	change, renew, keep, leave *KeyButton
	from, first, again         *Field // passphrases
	draft                      *draftPanel
	seal                       *sealPanel
}

// sideWide is the width of the column at the right, sideNarrow that in a small window.
const (
	sideWide   float32 = 340
	sideNarrow float32 = 310
)

func newOfficersView(s *Shell) *officersView {
	m := s.console.Officers
	v := &officersView{shell: s, model: m, from: NewSecretField(), first: NewSecretField(), again: NewSecretField()}
	v.change = NewKeyButton("", "people", "F6", m.Change)
	v.renew = NewKeyButton("", "key", "F7", m.Passphrase)
	v.keep = NewKeyButton("", "key", "Enter", v.enter).Primary()
	v.leave = NewKeyButton("", "", "Esc", m.Leave)
	v.draft, v.seal = newDraftPanel(m), newSealPanel(s, m)
	v.list = NewRowList(v.columns(), m.Rows, v.cells, m.Select)
	whenLocked(s.console, func() {
		empty(v.from, v.first, v.again)
		v.seal.clear()
	})
	return v
}

func (v *officersView) columns() []listColumn {
	state := say("officers.column.on")
	if v.model.Step == flow.OfficersDraft {
		state = say("column.state")
	}
	return []listColumn{{title: say("column.name")}, {title: say("officers.column.role"), width: 204}, {title: state, width: 130}}
}

// enter changes the passphrase, once all three fields are filled.
func (v *officersView) enter() {
	if v.model.Busy || !advance(v.shell.window, v.from, v.first, v.again) {
		return
	}
	v.shell.window.Canvas().Focus(v.from)
	v.model.ChangePassphrase(v.from.Take(), flow.Fresh{First: v.first.Take(), Again: v.again.Take()})
}

func (v *officersView) focus() fyne.Focusable {
	if len(v.model.All()) == 0 {
		return nil
	}
	switch v.model.Step {
	case flow.OfficersPassphrase:
		return v.from
	case flow.OfficersSeal:
		return v.seal.first()
	case flow.OfficersShown, flow.OfficersDraft:
	}
	return v.list.Focus()
}

func (v *officersView) bindings() []binding {
	m := v.model
	if len(m.All()) == 0 {
		return nil
	}
	switch m.Step {
	case flow.OfficersPassphrase:
		return []binding{{"Enter", say("officers.keep"), v.enter}, {"Esc", say("officers.leave"), m.Leave}}
	case flow.OfficersDraft:
		return append(v.draft.bindings(), v.moves()...)
	case flow.OfficersSeal:
		return v.seal.bindings()
	case flow.OfficersShown:
	}
	b := append([]binding{{"UpDown", say("officers.move"), nil}}, v.moves()...)
	if m.Chosen() != nil {
		b = append(b, binding{"F7", say("officers.passphrase"), m.Passphrase})
	}
	if m.Blocked() == nil {
		b = append(b, binding{"F6", say("officers.change"), m.Change})
	}
	return append(b, binding{"F3", say("officers.signon"), func() { v.shell.raise(v.shell.panes.presence) }})
}

// dropped takes the file of the approval key where it is asked for.
func (v *officersView) dropped(paths []string) bool {
	if v.model.Step != flow.OfficersSeal || v.model.Busy {
		return false
	}
	v.seal.key.SetText(paths[0])
	return true
}

func (v *officersView) moves() []binding {
	move := func(by int) func() { return func() { v.list.Step(by) } }
	return []binding{{"Up", "", move(-1)}, {"Down", "", move(1)}, {"Prior", "", move(-10)}, {"Next", "", move(10)}}
}

func (v *officersView) draw(narrow bool) fyne.CanvasObject {
	v.label()
	m := v.model
	if len(m.All()) == 0 {
		return page(narrow, titled("officers", ""), nil, Card(nothing("people", say("officers.none"), say("officers.none.why"))))
	}
	switch m.Step {
	case flow.OfficersSeal:
		return page(narrow, titled("officers", say("officers.seal.about")), v.seal.bar(), v.seal.draw(narrow))
	case flow.OfficersDraft:
		side := Card(container.NewVScroll(padded(v.draft.draw(), 3, 3, 3, scrollRoom)))
		return page(narrow, titled("officers", say("officers.draft.about")), v.draft.bar(), v.split(side, narrow))
	case flow.OfficersPassphrase:
		side := Card(container.NewVScroll(padded(v.passphrase(), 3, 3, 3, scrollRoom)))
		return page(narrow, titled("officers", v.about()), nil, v.split(side, narrow))
	case flow.OfficersShown:
	}
	var side fyne.CanvasObject
	if !narrow {
		side = v.details()
	}
	return page(narrow, titled("officers", v.about(), v.renew, v.change), nil, v.split(side, narrow))
}

// scrollRoom is what a scroll bar takes beside what scrolls.
const scrollRoom float32 = 10

// split is banners above the list, and a column at its right.
func (v *officersView) split(side fyne.CanvasObject, narrow bool) fyne.CanvasObject {
	if side != nil {
		width := sideWide
		if narrow {
			width = sideNarrow
		}
		side = padded(sized(side, width, 0), 0, 0, gap-4, 0)
	}
	var top fyne.CanvasObject
	if b := v.banner(); b != nil {
		top = padded(b, 0, gap-4, 0, 0)
	}
	return container.NewBorder(top, nil, nil, side, v.list)
}

func (v *officersView) banner() fyne.CanvasObject {
	switch m := v.model; {
	case m.Problem != nil:
		return problemBanner(m.Problem)
	case m.Step == flow.OfficersShown && m.Changed != "":
		return done(say("officers.changed", "Name", m.Changed), say("officers.changed.why"))
	}
	return nil
}

func (v *officersView) about() string {
	needed, total := v.model.Unlocks()
	return say("officers.about", "Needed", needed, "Total", total)
}

// label puts the present texts everywhere, and the fields in step with the view-model.
func (v *officersView) label() {
	m := v.model
	if m.Step != v.step {
		if m.Step != flow.OfficersPassphrase {
			empty(v.from, v.first, v.again)
		}
		if m.Step != flow.OfficersDraft {
			empty(v.draft.name)
		}
		v.seal.prepare(m.Step == flow.OfficersSeal)
		v.step = m.Step
	}
	v.change.SetLabel(say("officers.change"))
	v.change.Enable(m.Step == flow.OfficersShown && m.Blocked() == nil)
	v.renew.SetLabel(say("officers.passphrase"))
	v.renew.Enable(m.Step == flow.OfficersShown && m.Chosen() != nil)
	v.keep.SetLabel(say("officers.keep"))
	if m.Busy {
		v.keep.SetLabel(say("officers.busy"))
	}
	v.keep.Enable(!m.Busy)
	v.leave.SetLabel(say("officers.leave"))
	v.leave.Enable(!m.Busy)
	v.from.SetWrong(m.Wrong)
	v.list.SetColumns(v.columns())
	v.list.Mark(m.Selected)
	v.list.Refresh()
}

func (v *officersView) cells(row int) []cell {
	m := v.model
	if m.Step == flow.OfficersDraft || m.Step == flow.OfficersSeal {
		return v.draft.cells(row)
	}
	o := m.All()[row]
	state := cell{text: say("officers.away")}
	switch m.Presence(o.Name) {
	case flow.Here:
		state = cell{text: say("officers.here"), icon: "check", tone: toneOK}
	case flow.Elsewhere:
		state = cell{text: say("officers.elsewhere"), icon: "person-check", tone: toneQuiet}
	case flow.Away:
	}
	return []cell{{text: o.Name}, {text: say(roleKey(o.Role))}, state}
}

// details is the right side.
func (v *officersView) details() fyne.CanvasObject {
	o := v.model.Chosen()
	if o == nil {
		return Card(nothing("person", say("officers.select"), say("officers.select.why")))
	}
	const width = sideWide - 2 - 2*16
	content := column(0,
		container.NewBorder(nil, nil, padded(personBadge(), 0, 0, 0, 8), nil,
			middle(column(1, text(shorten(o.Name, width-56, sizes[sizeSub], bold), sizeSub, colourText, bold),
				text(say(roleKey(o.Role)), sizeRow, colourText2, plain)))),
		space(14), rule(), space(12),
		text(say("officers.may"), sizeLabel, colourText2, plain), space(6))
	for _, line := range strings.Split(say("officers.may."+number(int(o.Role))), "\n") {
		content.Add(mark("check", colourOK, line))
	}
	if o.Key != [32]byte{} {
		content.Objects = append(content.Objects, space(12), rule(), space(12),
			text(say("officers.key"), sizeLabel, colourText2, plain), space(6), WordList(words.Of(o.Key[:]), sizeBody, 2))
	}
	bottom := column(0)
	if p := v.model.Blocked(); p != nil {
		bottom.Add(padded(column(2, paragraph(sayText(p.What), sizeRow, colourText, bold),
			paragraph(sayText(p.Why)+" "+sayText(p.Next), sizeRow, colourText2, plain)), 10, 0, 0, 0))
	}
	return Card(container.NewBorder(nil, bottom, nil, nil, content))
}

func personBadge() fyne.CanvasObject {
	return sized(container.NewStack(box(colourAccentSoft, "", radius), container.NewCenter(icon("person", 26, colourAccent))), 44, 44)
}

// passphrase is the form of a passphrase that is changed.
func (v *officersView) passphrase() fyne.CanvasObject {
	o := v.model.Chosen()
	if o == nil {
		return space(0)
	}
	return column(10,
		text(shorten(say("officers.passphrase.of", "Name", o.Name), sideNarrow-50, sizes[sizeSub], bold), sizeSub, colourText, bold),
		asking(say("officers.from"), v.from), asking(say("officers.to"), v.first), asking(say("officers.again"), v.again),
		space(2), line(0, v.leave, layout.NewSpacer(), v.keep), space(4),
		paragraph(say("officers.passphrase.note"), sizeRow, colourText2, plain))
}
