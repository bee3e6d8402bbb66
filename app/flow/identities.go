package flow

import (
	"errors"
	"time"

	"marque/app/words"
	"marque/authority"
	"marque/device/wire"
)

// Searcher is what [Identities] needs of the service. Errors, besides those of every call: *[authority.IndexingError].
type Searcher interface {
	Search(q authority.Query) (*authority.Results, error)
	History(address wire.Address) (*authority.History, error)
}

// Standing is how an identity stands, for people.
type Standing int

// The standings.
const (
	Active    Standing = iota
	Ending             // active, but its keys end soon
	Suspended          // until it is released
	Revoked            // for ever
	Expired            // its last key ran out
)

// Row is an identity as the list shows it.
type Row = authority.Row

// Kind is what an identity is for.
type Kind = wire.Kind

// The kinds to filter by.
const (
	AnyKind     Kind = 0
	Vehicle          = wire.KindVehicle
	Application      = wire.KindApplication
)

// EndingSoon is how long before their end keys need somebody.
const EndingSoon = authority.EndingSoon

// Sortable is what identities can be sorted by.
var Sortable = []string{"name", "serial", "kind", "depot", "state", "until", "issued", "list"}

// columns are what the service calls them.
var columns = map[string]authority.Column{
	"name": authority.ByName, "serial": authority.BySerial, "kind": authority.ByKind, "depot": authority.ByDepot,
	"state": authority.ByStanding, "until": authority.ByUntil, "issued": authority.ByIssued, "list": authority.ByList,
}

// Filter is what is wanted besides the words that were typed.
type Filter struct {
	Active, Suspended, Revoked, Expired bool

	Kind      Kind          // AnyKind for all
	Depot     string        // empty for all
	Within    time.Duration // only those whose keys end within; zero for all
	NoReceipt bool          // only those that no receipt came of
	Behind    bool          // only those that are known to hold an older list than the newest
}

// usualFilter leaves out what is of the past.
var usualFilter = Filter{Active: true, Suspended: true, Revoked: true}

// Identities is the view-model of the list of identities. There may be a million: rows are read page by page, as they come into sight.
//
//	            ┌──────────problem──────────┐
//	            ▼                           │
//	empty ──Refresh──▶ searching, indexing ──▶ shown ──Search, SetFilter, SortBy──▶ searching
//	                                            │ ▲
//	                                    Select, Tick, Row
//
// While a search runs, what was found before stays; of what is typed meanwhile, only the last is searched for.
type Identities struct {
	model
	console *Console
	clock   func() time.Time
	service Searcher
	save    Saver
	printer LabelPrinter // nil without one
	folder  string       // for what is exported

	again    bool // something else is wanted since the search that runs began
	paging   model
	details  model
	printing model
	pages    pages
	onRows   []func()
	onSelect []func()
	asked    *authority.Query
	selected wire.Address // zero for none
	ticked   map[wire.Address]authority.Row

	Loading   bool
	Loaded    bool // at least once since it was unlocked
	Problem   *Problem
	Reading   *authority.IndexingError // how far the service got with reading the registry; nil when it has read it
	Query     string
	Filter    Filter
	By        string // one of Sortable
	Downwards bool
	Found     authority.Results  // counts of the newest search, without rows
	Position  int                // row of what is selected; -1 for none
	Details   *authority.History // of what is selected; nil until it was read
	TooMany   bool               // more were to be ticked than can be
	Export    Export
	Label     LabelState // of the one that was printed last
}

func newIdentities(c *Console, p Parts) *Identities {
	l := &Identities{model: model{loop: p.Loop}, console: c, clock: p.Clock, save: p.Save, printer: p.Label, folder: p.Packages}
	l.paging.loop, l.details.loop, l.printing.loop = p.Loop, p.Loop, p.Loop
	l.clear()
	at := c.Place
	c.OnChange(func() {
		if c.Place == PlaceIdentities && at != c.Place && c.Unlocked() { // others may have changed something meanwhile
			l.Refresh()
		}
		at = c.Place
	})
	return l
}

// clear forgets everything.
func (l *Identities) clear() {
	l.pages = pages{}
	l.ticked = map[wire.Address]authority.Row{}
	l.selected, l.Position, l.Details, l.Found, l.asked = wire.Address{}, -1, nil, authority.Results{}, nil
	l.Label = LabelState{}
	l.Loaded, l.Query, l.Filter, l.By, l.Downwards, l.TooMany, l.Export = false, "", usualFilter, Sortable[0], false, false, Export{}
}

// reset empties the list.
func (l *Identities) reset() {
	l.suspend()
	l.clear()
	l.changed()
}

// suspend keeps what is shown until resume.
func (l *Identities) suspend() {
	l.forget()
	l.paging.forget()
	l.details.forget()
	l.printing.forget()
	l.Label.Busy = false
	l.Export.stop()
	l.service, l.Loading, l.Problem, l.Reading, l.again = nil, false, nil, nil, false
	l.pages.wanted, l.pages.reading = nil, false
}

// resume makes the list one of s.
func (l *Identities) resume(s Service) {
	l.suspend()
	l.paging.failed, l.details.failed = l.failed, l.failed
	l.service = s
	l.Refresh()
}

// OnRows adds a function that is called when rows were read that are perhaps in sight, and nothing else has changed.
func (l *Identities) OnRows(f func()) { l.onRows = append(l.onRows, f) }

// OnSelect adds a function that is called when another row was selected, or its details were read, and nothing else has changed.
func (l *Identities) OnSelect(f func()) { l.onSelect = append(l.onSelect, f) }

func (l *Identities) moved() {
	for _, f := range l.onSelect {
		f()
	}
}

// Refresh searches again; what is shown stays until then.
func (l *Identities) Refresh() {
	l.search()
	l.changed()
}

// search searches, at once or after the search that runs.
func (l *Identities) search() {
	if l.service == nil {
		return
	}
	if l.Loading {
		l.again = true
		return
	}
	l.Loading, l.Problem, l.again = true, nil, false
	service, q := l.service, l.query()
	background(&l.model, func() (*authority.Results, error) { return service.Search(q) }, func(found *authority.Results, err error) {
		l.take(&q, found, err)
	})
}

// query is what is wanted now, up to the end of the first page.
func (l *Identities) query() authority.Query {
	q := authority.Query{Text: cutQuery(l.Query), By: columns[l.By], Descending: l.Downwards, Count: pageRows}
	f := &l.Filter
	for _, s := range []struct {
		on       bool
		standing authority.Standing
	}{{f.Active, authority.StandingActive}, {f.Revoked, authority.StandingRevoked}, {f.Suspended, authority.StandingSuspended}, {f.Expired, authority.StandingExpired}} {
		if s.on {
			q.Standings = append(q.Standings, s.standing)
		}
	}
	q.Kind, q.Depot, q.Behind = f.Kind, f.Depot, f.Behind
	if f.Within > 0 {
		q.Before = l.clock().Add(f.Within)
	}
	if f.NoReceipt {
		q.Receipt = authority.NoReceipt
	}
	return q
}

// cutQuery keeps what a search takes: nobody types more.
func cutQuery(text string) string {
	if len(text) > authority.MaxQuery {
		return text[:authority.MaxQuery]
	}
	return text
}

// take shows what a search brought.
func (l *Identities) take(q *authority.Query, found *authority.Results, err error) {
	l.Loading = false
	if indexing, ok := errors.AsType[*authority.IndexingError](err); ok {
		l.Reading = indexing
		l.Loading, l.again = true, true
		round := l.round
		l.loop.After(indexPause, func() {
			if l.round == round {
				l.Loading = false
				l.Refresh()
			}
		})
		l.changed()
		return
	}
	l.Reading = nil
	if l.again {
		l.search()
	}
	if err != nil {
		l.Problem = explain(err, "identities.failed")
		l.changed()
		return
	}
	l.Loaded, l.asked = true, q
	l.paging.forget()
	l.pages = pages{}
	l.pages.put(0, found.Rows)
	rows := found.Rows
	found.Rows = nil
	l.Found = *found
	l.keep(rows)
	l.changed()
}

// keep finds out which row is selected now.
func (l *Identities) keep(rows []authority.Row) {
	l.Position = -1
	for i := range rows {
		if rows[i].Address == l.selected {
			l.Position = i
		}
		if _, on := l.ticked[rows[i].Address]; on {
			l.ticked[rows[i].Address] = rows[i]
		}
	}
	switch {
	case l.Position >= 0:
		l.read()
	case l.Found.Matches == 1 && l.Query != "" && len(rows) == 1:
		l.Position, l.selected, l.Details = 0, rows[0].Address, nil
		l.read()
	default:
		l.selected, l.Details = wire.Address{}, nil
	}
}

// Total is how many identities there are.
func (l *Identities) Total() int { return l.Found.Total }

// Matches is how many rows there are.
func (l *Identities) Matches() int { return l.Found.Matches }

// Search shows those in which every word of a text occurs.
func (l *Identities) Search(text string) {
	if l.Query == text {
		return
	}
	l.Query = text // nothing else is seen of it before something was found
	l.search()
}

// SetFilter changes what is wanted.
func (l *Identities) SetFilter(f Filter) {
	if l.Filter != f {
		l.Filter = f
		l.Refresh()
	}
}

// Clear shows what is usually shown. It reports whether it was not.
func (l *Identities) Clear() bool {
	if l.Query == "" && l.Filter == usualFilter {
		return false
	}
	l.Query, l.Filter = "", usualFilter
	l.Refresh()
	return true
}

// SortBy sorts by one of [Sortable], and by what it is sorted by already the other way round.
func (l *Identities) SortBy(by string) {
	if l.By == by {
		l.Downwards = !l.Downwards
	} else {
		l.By, l.Downwards = by, false
	}
	l.Refresh()
}

// Select shows the details of a row.
func (l *Identities) Select(row int) {
	r := l.Row(row)
	switch {
	case row < 0 || row >= l.Matches(), r != nil && l.Position == row && l.selected == r.Address:
		return
	case r == nil: // it is selected once it was read
		l.Position, l.selected, l.Details = row, wire.Address{}, nil
	default:
		l.Position, l.selected, l.Details = row, r.Address, nil
		l.read()
	}
	l.moved()
}

// Selected returns the row that is selected, nil when there is none, or when it is still to be read.
func (l *Identities) Selected() *authority.Row {
	if l.Position < 0 {
		return nil
	}
	return l.pages.row(l.Position)
}

// read reads the details of what is selected.
func (l *Identities) read() {
	if l.service == nil || l.selected.IsZero() {
		return
	}
	service, address := l.service, l.selected
	background(&l.details, func() (*authority.History, error) { return service.History(address) }, func(h *authority.History, err error) {
		if err == nil {
			l.Details = h
			l.moved()
		}
	})
}

// PrintLabel prints the label of what is selected.
func (l *Identities) PrintLabel() {
	r := l.Selected()
	if r == nil || l.printer == nil || l.Label.Busy {
		return
	}
	l.Label = LabelState{Busy: true}
	printer, label := l.printer, Label{Address: r.Address, Realm: l.console.Status.Now.Realm}
	background(&l.printing, func() (string, error) { return printer(label) }, func(path string, err error) {
		l.Label = LabelState{Printed: err == nil, Path: path, Problem: explain(err, "identities.label.failed")}
		l.changed()
	})
	l.changed()
}

// CanPrint reports whether a label can be printed now.
func (l *Identities) CanPrint() bool { return l.Selected() != nil && l.printer != nil && !l.Label.Busy }

// Standing says how an identity stands now.
func (l *Identities) Standing(r *authority.Row) Standing {
	switch {
	case r.Standing == authority.StandingSuspended:
		return Suspended
	case r.Standing == authority.StandingRevoked:
		return Revoked
	case r.Standing == authority.StandingExpired:
		return Expired
	case r.Until.Sub(l.clock()) < authority.EndingSoon:
		return Ending
	}
	return Active
}

// eventKeys are the texts of events.
var eventKeys = map[authority.EventKind]string{
	authority.EventIssued: "issued", authority.EventInstalled: "installed", authority.EventReceived: "received",
	authority.EventRevoked: "revoked", authority.EventListed: "listed", authority.EventExpired: "expired",
	authority.EventSuspended: "suspended", authority.EventReleased: "released",
}

// EventText says what happened.
func EventText(e *authority.Event) Text {
	key := "identities.event." + eventKeys[e.What]
	if e.What == authority.EventReceived && e.List > 0 {
		key += ".list"
	}
	return Say(key, "List", int(e.List))
}

// Words returns the eight words of the request of an identity.
func (l *Identities) Words(id *authority.Identity) [words.Count]string {
	return words.Of(id.Request[:])
}
