package screen

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"marque/app/flow"
)

// identitiesView draws flow.Identities: search, chips and list, and the details of the selected identity on the right. In a narrow
// window Enter shows them in place of the list.
type identitiesView struct {
	model  *flow.Identities
	shell  *Shell
	status *flow.Status

	search  *Field
	columns *KeyButton
	export  *KeyButton
	stop    *KeyButton
	revoke  *KeyButton
	undo    *KeyButton
	release *KeyButton
	print   *KeyButton
	chips   identityChips
	list    *RowList
	opened  bool            // in a narrow window: the details are shown
	beside  *fyne.Container // the details, or in a narrow window the buttons below
}

// identityChips are the filters.
type identityChips struct {
	active, suspended, revoked, expired *Chip
	kind, depot, within, more           *Chip
}

func newIdentitiesView(s *Shell) *identitiesView {
	m := s.console.Identities
	v := &identitiesView{model: m, shell: s, status: s.console.Status, search: newSearchField("search")}
	v.search.OnChanged = m.Search
	v.columns = NewKeyButton("", "", "", v.chooseColumns)
	v.export = NewKeyButton("CSV", "down", "Ctrl+S", m.ExportAll)
	v.stop = NewKeyButton("", "", "Esc", func() { m.StopExport() })
	v.revoke = NewKeyButton("", "ban", "Delete", m.Revoke).Warning()
	v.undo = NewKeyButton("", "previous", "F6", m.Undo)
	v.release = NewKeyButton("", "check", "F8", m.Release)
	v.print = NewKeyButton("", "print", "F9", m.PrintLabel)
	v.makeChips()
	v.list = NewRowList(v.titles(), m.Matches, v.cells, m.Select).
		Ticks(m.Ticked, m.Tick).All(m.TickAll).Sorts(m.SortBy).Opens(func(int) { v.open() })
	v.list.ShowColumn(columnIssued, false)
	m.OnRows(func() { v.list.list.Refresh() })
	m.OnSelect(v.moved)
	return v
}

// The columns, in the order of flow.Sortable.
const (
	columnName = iota
	columnSerial
	columnKind
	columnDepot
	columnState
	columnUntil
	columnIssued
	columnList
)

func (v *identitiesView) titles() []listColumn {
	widths := []float32{0, 66, 78, 70, 104, 86, 86, 36}
	columns := make([]listColumn, len(flow.Sortable))
	for i, by := range flow.Sortable {
		columns[i] = listColumn{title: say("column." + by), width: widths[i], sort: by, right: i == columnSerial || i == columnList}
	}
	return columns
}

func (v *identitiesView) focus() fyne.Focusable { return v.search }

func (v *identitiesView) typed(rune) *Field { return v.search }

func (v *identitiesView) bindings() []binding {
	move := func(by int) func() {
		return func() { v.focusOn(v.list.Focus()); v.list.Step(by) }
	}
	details := "" // beside the list
	if v.shell.narrow {
		details = say("identities.open")
	}
	return []binding{
		{"Ctrl+F", say("identities.search"), func() { v.focusOn(v.search) }},
		{"UpDown", say("identities.move"), nil},
		{"Space", say("identities.tick"), nil},
		{"Enter", details, v.open},
		{"Delete", say("identities.revoke.hint"), v.model.Revoke},
		{"F9", say("identities.label"), v.model.PrintLabel},
		{"F6", "", v.model.Undo},
		{"F8", "", v.model.Release},
		{"Ctrl+E", "", v.toggleExpired},
		{"Down", "", move(1)},
		{"Up", "", move(-1)},
		{"Prior", "", move(-10)},
		{"Next", "", move(10)},
		{"Ctrl+S", "", v.model.ExportAll},
		{"Ctrl+R", "", v.model.Refresh},
		{"Esc", "", v.leave},
	}
}

func (v *identitiesView) focusOn(f fyne.Focusable) { v.shell.window.Canvas().Focus(f) }

// open goes from the search to the list, and from a row to its details.
func (v *identitiesView) open() {
	v.focusOn(v.list.Focus())
	if v.list.current < 0 {
		v.list.Step(0)
		return
	}
	if v.shell.narrow {
		v.opened = !v.opened
		v.shell.Draw()
	}
}

// leave undoes what was done last.
func (v *identitiesView) leave() {
	switch {
	case v.model.StopExport():
	case v.opened:
		v.opened = false
		v.shell.Draw()
	case v.model.Ticks() > 0:
		v.model.TickNone()
	default:
		v.model.Clear()
		v.focusOn(v.search)
	}
}

func (v *identitiesView) toggleExpired() {
	f := v.model.Filter
	f.Expired = !f.Expired
	v.model.SetFilter(f)
}

// chooseColumns lets columns be shown and hidden.
func (v *identitiesView) chooseColumns() {
	var items []*fyne.MenuItem
	for i := columnSerial; i <= columnList; i++ {
		item := fyne.NewMenuItem(say("column."+flow.Sortable[i]), func() {
			v.list.ShowColumn(i, v.list.columns[i].off)
			v.shell.Draw()
		})
		item.Checked = !v.list.columns[i].off
		items = append(items, item)
	}
	v.menu(v.columns, items)
}

// menu opens below a widget.
func (v *identitiesView) menu(below fyne.CanvasObject, items []*fyne.MenuItem) {
	popup := widget.NewPopUpMenu(fyne.NewMenu("", items...), v.shell.window.Canvas())
	popup.ShowAtRelativePosition(fyne.NewPos(0, below.Size().Height+4), below)
}

func (v *identitiesView) makeChips() {
	c := &v.chips
	toggle := func(change func(f *flow.Filter)) func() {
		return func() {
			f := v.model.Filter
			change(&f)
			v.model.SetFilter(f)
		}
	}
	c.active = NewChip("", toggle(func(f *flow.Filter) { f.Active = !f.Active }))
	c.suspended = NewChip("", toggle(func(f *flow.Filter) { f.Suspended = !f.Suspended }))
	c.revoked = NewChip("", toggle(func(f *flow.Filter) { f.Revoked = !f.Revoked }))
	c.expired = NewChip("", v.toggleExpired)
	c.kind = NewChip("", v.chooseKind).Menu()
	c.depot = NewChip("", v.chooseDepot).Menu()
	c.within = NewChip("", v.chooseWithin).Menu()
	c.more = NewChip("", v.chooseReceipt).Menu()
}

// choose is a line of a chip's menu.
func (v *identitiesView) choose(label string, chosen bool, change func(f *flow.Filter)) *fyne.MenuItem {
	item := fyne.NewMenuItem(label, func() {
		f := v.model.Filter
		change(&f)
		v.model.SetFilter(f)
	})
	item.Checked = chosen
	return item
}

func (v *identitiesView) chooseKind() {
	var items []*fyne.MenuItem
	for _, kind := range []flow.Kind{flow.AnyKind, flow.Vehicle, flow.Application} {
		label := say("identities.any")
		if kind != flow.AnyKind {
			label = say("kind." + kind.String())
		}
		items = append(items, v.choose(label, v.model.Filter.Kind == kind, func(f *flow.Filter) { f.Kind = kind }))
	}
	v.menu(v.chips.kind, items)
}

func (v *identitiesView) chooseDepot() {
	items := []*fyne.MenuItem{v.choose(say("identities.any"), v.model.Filter.Depot == "", func(f *flow.Filter) { f.Depot = "" })}
	for _, depot := range v.model.Found.Depots {
		items = append(items, v.choose(depot, v.model.Filter.Depot == depot, func(f *flow.Filter) { f.Depot = depot }))
	}
	v.menu(v.chips.depot, items)
}

// day of a filter.
const day = 24 * time.Hour

func (v *identitiesView) chooseWithin() {
	var items []*fyne.MenuItem
	for _, within := range []time.Duration{0, flow.EndingSoon, 30 * day, 90 * day} {
		items = append(items, v.choose(withinWords(within), v.model.Filter.Within == within, func(f *flow.Filter) { f.Within = within }))
	}
	v.menu(v.chips.within, items)
}

func withinWords(d time.Duration) string {
	if d == 0 {
		return say("identities.any")
	}
	return say("identities.within", "Count", int(d/day))
}

func (v *identitiesView) chooseReceipt() {
	f := v.model.Filter
	v.menu(v.chips.more, []*fyne.MenuItem{
		v.choose(say("identities.any"), !f.NoReceipt && !f.Behind, func(f *flow.Filter) { f.NoReceipt, f.Behind = false, false }),
		v.choose(say("identities.noreceipt"), f.NoReceipt, func(f *flow.Filter) { f.NoReceipt, f.Behind = true, false }),
		v.choose(say("identities.behind"), f.Behind, func(f *flow.Filter) { f.NoReceipt, f.Behind = false, true }),
	})
}

func (v *identitiesView) draw(narrow bool) fyne.CanvasObject {
	v.relabel()
	if narrow && v.opened && v.model.Selected() != nil {
		return page(narrow, line(0, title("identities")), v.actions(), v.details())
	}
	top := column(gap, v.bar(narrow), v.filters())
	if notice := v.notice(); notice != nil {
		top.Add(notice)
	}
	var right, bottom fyne.CanvasObject
	v.beside = container.NewStack(v.side())
	if narrow {
		bottom = padded(v.beside, gap-4, 0, 0, 0)
	} else {
		right = padded(sized(v.beside, 316, 0), 0, 0, gap-4, 0)
	}
	body := container.NewBorder(padded(top, 0, gap-4, 0, 0), bottom, nil, right, v.list)
	return page(narrow, line(0, title("identities")), nil, body)
}

// moved draws what depends on the selected row, and nothing else: arrow keys come fast.
func (v *identitiesView) moved() {
	if v.shell.shown != v || v.opened || v.beside == nil {
		return
	}
	v.list.Mark(v.model.Position)
	put(v.beside, v.side())
}

// bar is the search, what it found, and what can be done with all of it.
func (v *identitiesView) bar(narrow bool) fyne.CanvasObject {
	wide := float32(420)
	if narrow {
		wide = 300
	}
	return line(10, sized(v.search, wide, 0), text(v.count(), sizeRow, colourText2, plain), layout.NewSpacer(), v.columns, v.export)
}

func (v *identitiesView) count() string {
	m := v.model
	switch {
	case !m.Loaded:
		return ""
	case m.Ticks() > 0:
		return say("identities.ticked", "Ticked", number(m.Ticks()), "Found", number(m.Matches()))
	case m.Matches() == m.Total():
		return say("identities.count", "Count", m.Total())
	}
	return say("identities.found", "Found", number(m.Matches()), "Count", m.Total())
}

// filters is the row of chips. Few fleets have anybody suspended: there is no chip for it where there is nobody.
func (v *identitiesView) filters() fyne.CanvasObject {
	c := &v.chips
	row := container.New(layout.NewRowWrapLayoutWithCustomPadding(8, 8), c.active)
	if v.model.Found.Suspended > 0 || !v.model.Filter.Suspended {
		row.Add(c.suspended)
	}
	for _, chip := range []*Chip{c.revoked, c.expired, c.kind, c.depot, c.within, c.more} {
		row.Add(chip)
	}
	return row
}

// notice is what is worth saying above the list; nil for nothing.
func (v *identitiesView) notice() fyne.CanvasObject {
	m := v.model
	e := &m.Export
	switch {
	case m.Problem != nil:
		return problemBanner(m.Problem)
	case m.Reading != nil:
		share := float32(m.Reading.Done) / float32(max(m.Reading.Total, 1))
		return Card(column(8, text(say("identities.reading", "Done", number(m.Reading.Done), "Count", m.Reading.Total), sizeBody, colourText, bold), meter(share)))
	case e.Busy:
		done, total := e.Progress()
		return Card(working(say("identities.exporting", "Done", number(done), "Count", total), say("identities.exporting.why"), float32(done)/float32(max(total, 1)), v.stop))
	case e.Problem != nil:
		return problemBanner(e.Problem)
	case e.Path != "":
		return Banner("done", toneOK, say("identities.exported", "Count", e.Written), fromHome(e.Path))
	case m.Label.Problem != nil:
		return problemBanner(m.Label.Problem)
	case m.Label.Printed && m.Label.Path != "":
		return Banner("done", toneOK, say("identities.label.kept"), fromHome(m.Label.Path))
	case m.Label.Printed:
		return Banner("done", toneOK, say("identities.label.printed"), "")
	case m.TooMany:
		return Banner("info", toneWarning, say("identities.toomany", "Most", number(flow.MaxTicked)), say("identities.toomany.why"))
	}
	return nil
}

// relabel puts the present texts everywhere, and the list in step with the view-model.
func (v *identitiesView) relabel() {
	m, f := v.model, v.model.Filter
	if v.search.Text != m.Query {
		v.search.SetText(m.Query)
	}
	v.search.SetPlaceHolder(say("identities.hint"))
	v.columns.SetLabel(say("identities.columns"))
	v.stop.SetLabel(say("identities.stop"))
	v.export.Enable(m.Matches() > 0 && !m.Export.Busy)
	c := &v.chips
	c.active.Set(say("standing.active"), number(m.Found.Active), f.Active)
	c.suspended.Set(say("standing.suspended"), number(m.Found.Suspended), f.Suspended)
	c.revoked.Set(say("standing.revoked"), number(m.Found.Revoked), f.Revoked)
	expired := number(m.Found.Expired)
	if !f.Expired && m.Found.Expired > 0 {
		expired = say("identities.hidden", "Count", m.Found.Expired)
	}
	c.expired.Set(say("standing.expired"), expired, f.Expired)
	kind := ""
	if f.Kind != flow.AnyKind {
		kind = say("kind." + f.Kind.String())
	}
	c.kind.Set(say("column.kind"), kind, f.Kind != flow.AnyKind)
	c.depot.Set(say("column.depot"), f.Depot, f.Depot != "")
	within := ""
	if f.Within != 0 {
		within = withinWords(f.Within)
	}
	c.within.Set(say("identities.end"), within, f.Within != 0)
	receipt := ""
	switch {
	case f.NoReceipt:
		receipt = say("identities.noreceipt")
	case f.Behind:
		receipt = say("identities.behind")
	}
	c.more.Set(say("identities.receipt"), receipt, receipt != "")
	v.list.SetColumns(v.titles())
	v.list.by, v.list.descending = m.By, m.Downwards
	v.list.empty = v.empty()
	v.list.Mark(m.Position)
	v.list.Refresh()
}

// empty says why there are no rows; nil when there are some.
func (v *identitiesView) empty() fyne.CanvasObject {
	m := v.model
	switch {
	case m.Matches() > 0 || m.Problem != nil || !m.Loaded:
		return nil
	case m.Total() == 0:
		return nothing("scan", say("identities.none"), say("identities.none.why"))
	case m.Found.Expired > 0 && !m.Filter.Expired:
		return nothing("search", v.nomatch(), say("identities.nomatch.expired", "Count", m.Found.Expired))
	}
	return nothing("search", v.nomatch(), say("identities.nomatch.why"))
}

func (v *identitiesView) nomatch() string {
	if v.model.Query == "" {
		return say("identities.nomatch")
	}
	return say("identities.nomatch.query", "Query", shorten(v.model.Query, 240, sizes[sizeBody], bold))
}

func (v *identitiesView) local(t time.Time) string { return date(t.In(v.status.Time().Location())) }

func (v *identitiesView) cells(row int) []cell {
	r := v.model.Row(row)
	if r == nil {
		return nil
	}
	word, name, t := standingOf(v.model.Standing(r))
	list := cell{}
	if r.List > 0 {
		list.text = number(int(r.List))
	}
	if r.List < v.status.Now.List.Sequence {
		list.tone = tone{text: colourText3}
	}
	depot := cell{text: r.Depot}
	return []cell{
		{text: r.Address.Name()},
		{text: number(int(r.Address.Serial()))},
		{text: say("kind." + r.Kind.String())},
		depot,
		{text: word, icon: name, tone: t},
		{text: v.local(r.Until)},
		{text: v.local(r.Issued)},
		list,
	}
}

func standingOf(s flow.Standing) (word, icon string, t tone) {
	switch s {
	case flow.Suspended:
		return say("standing.suspended"), "ban", toneWarning
	case flow.Revoked:
		return say("standing.revoked"), "ban", toneDanger
	case flow.Expired:
		return say("standing.expired"), "clock", toneQuiet
	case flow.Ending:
		return say("standing.ending"), "clock", toneWarning
	case flow.Active:
	}
	return say("standing.active"), "check", toneOK
}
