package screen

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// identitiesView draws flow.Identities: search and list, and the details of the selected identity on the right.
type identitiesView struct {
	model   *flow.Identities
	status  *flow.Status
	search  *Field
	refresh *KeyButton
	list    *RowList
}

func newIdentitiesView(m *flow.Identities, s *flow.Status) *identitiesView {
	v := &identitiesView{model: m, status: s, search: newSearchField("", "search")}
	v.search.OnChanged = func(q string) {
		if q != m.Query {
			m.Search(q)
		}
	}
	v.refresh = NewKeyButton("", "refresh", "Ctrl+R", m.Refresh)
	columns := []listColumn{
		{title: say("column.name")},
		{title: say("column.serial"), width: 70, right: true},
		{title: say("column.kind"), width: 84},
		{title: say("column.state"), width: 88},
		{title: say("column.until"), width: 86},
		{title: say("column.issued"), width: 86},
	}
	v.list = NewRowList(columns, func() int { return len(m.Rows) }, v.cells, m.Select)
	return v
}

func (v *identitiesView) focus() fyne.Focusable { return v.search }

func (v *identitiesView) typed(rune) *Field { return v.search }

func (v *identitiesView) bindings() []binding {
	move := func(by int) func() { return func() { v.list.Step(by) } }
	return []binding{
		{"Ctrl+F", say("identities.search"), func() { fyne.CurrentApp().Driver().CanvasForObject(v.search).Focus(v.search) }},
		{"UpDown", say("identities.move"), nil},
		{"Up", "", move(-1)},
		{"Down", "", move(1)},
		{"Prior", "", move(-10)},
		{"Next", "", move(10)},
		{"Ctrl+R", say("identities.refresh"), v.model.Refresh},
		{"Esc", say("identities.clear"), func() { v.search.SetText("") }},
	}
}

func (v *identitiesView) draw(narrow bool) fyne.CanvasObject {
	v.label()
	count := say("identities.count", "Count", v.model.Total())
	if v.model.Query != "" {
		count = say("identities.found", "Found", number(len(v.model.Rows)), "Count", v.model.Total())
	}
	if v.model.Loading && !v.model.Loaded {
		count = say("identities.loading")
	}
	bar := line(10, sized(v.search, 400, 0), text(count, sizeRow, colourText2, plain), layout.NewSpacer(), v.refresh)
	top := column(gap, bar)
	if p := v.model.Problem; p != nil {
		top.Add(problemBanner(p))
	}
	var right fyne.CanvasObject
	if !narrow {
		right = padded(sized(v.details(), 316, 0), 0, 0, gap-4, 0)
	}
	body := container.NewBorder(padded(top, 0, gap-4, 0, 0), nil, nil, right, v.list)
	return page(narrow, line(0, title("identities")), nil, body)
}

// label puts the present texts everywhere, and the list in step with the view-model.
func (v *identitiesView) label() {
	if v.search.Text != v.model.Query {
		v.search.SetText(v.model.Query)
	}
	v.search.SetPlaceHolder(say("identities.hint"))
	v.refresh.SetLabel(say("identities.refresh"))
	v.refresh.Enable(!v.model.Loading)
	v.list.empty = v.empty()
	v.list.Mark(v.model.Index())
	v.list.Refresh()
}

// empty says why there are no rows; nil when there are some.
func (v *identitiesView) empty() fyne.CanvasObject {
	switch {
	case len(v.model.Rows) > 0 || v.model.Problem != nil || !v.model.Loaded:
		return nil
	case v.model.Total() > 0:
		return nothing("search", say("identities.nomatch"), say("identities.nomatch.why"))
	}
	return nothing("scan", say("identities.none"), say("identities.none.why"))
}

func (v *identitiesView) local(t time.Time) string { return date(t.In(v.status.Time().Location())) }

func (v *identitiesView) cells(row int) []cell {
	id := &v.model.Rows[row]
	word, name, t := standingOf(v.model.Standing(id))
	return []cell{
		{text: id.Address.Name()},
		{text: number(int(id.Address.Serial()))},
		{text: say("kind." + id.Kind.String())},
		{text: word, icon: name, tone: t},
		{text: v.local(id.Until)},
		{text: v.local(id.Issued)},
	}
}

func standingOf(s flow.Standing) (word, icon string, t tone) {
	switch s {
	case flow.Revoked:
		return say("standing.revoked"), "ban", toneDanger
	case flow.Expired:
		return say("standing.expired"), "clock", toneQuiet
	case flow.Active:
	}
	return say("standing.active"), "check", toneOK
}

// details is the right side.
func (v *identitiesView) details() fyne.CanvasObject {
	id := v.model.Selected()
	if id == nil {
		return Card(nothing("list", say("identities.select"), say("identities.select.why")))
	}
	const width = 316 - 32
	word, name, t := standingOf(v.model.Standing(id))
	pill := Pill(name, word, t)
	least := pill.MinSize().Width
	names := column(1,
		text(shorten(id.Address.Name(), width-56-least-8, sizes[sizeSub], bold), sizeSub, colourText, bold),
		text(say("kind."+id.Kind.String()), sizeRow, colourText2, plain))
	content := column(0,
		container.NewBorder(nil, nil, padded(badge(id.Kind.String()), 0, 0, 0, 8), middle(pill), middle(names)), space(12),
		text(shortenPath(id.Address.String(), width, sizes[sizeRow], mono), sizeRow, colourText2, mono), space(12), rule(), space(12),
		column(6,
			fact(say("fact.issued"), v.local(id.Issued)),
			fact(say("fact.until"), v.local(id.Until)),
			fact(say("fact.keys"), say("fact.keys.value", "Count", int(id.LastEpoch-id.FirstEpoch)+1)),
			fact(say("fact.package"), number(int(id.Sequence)))))
	if r := id.Revoked; r != nil {
		content.Add(space(12))
		content.Add(v.revocation(say("reason."+r.Reason.String()), r.Effective, int(r.List)))
	}
	content.Objects = append(content.Objects, space(12), rule(), space(12),
		text(say("fact.words"), sizeLabel, colourText2, plain), space(6), WordList(v.model.Words(id), sizeBody, 2))
	return Card(container.NewVScroll(content))
}

func (v *identitiesView) revocation(reason string, effective time.Time, list int) fyne.CanvasObject {
	published := say("revoked.unpublished")
	if list > 0 {
		published = say("revoked.list", "List", number(list))
	}
	return Banner("ban", toneDanger, say("revoked.since", "Date", v.local(effective)), reason+". "+published)
}
