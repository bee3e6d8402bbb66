package flow

import (
	"slices"

	"marque/authority"
	"marque/device/wire"
)

// pages are the rows around those in sight.
type pages struct {
	held    []held // the one that was used last first
	wanted  []int  // the one that was wanted last, last
	reading bool
}

// held is a page that was read.
type held struct {
	number int // from 0
	rows   []authority.Row
}

// put keeps a page, and drops the one that was not used for the longest time.
func (p *pages) put(number int, rows []authority.Row) {
	p.held = slices.DeleteFunc(p.held, func(h held) bool { return h.number == number })
	p.held = append([]held{{number, rows}}, p.held[:min(len(p.held), maxPages-1)]...)
}

// row returns a row that was read, nil for another.
func (p *pages) row(i int) *authority.Row {
	for at := range p.held {
		h := p.held[at]
		if h.number != i/pageRows {
			continue
		}
		if at > 0 {
			copy(p.held[1:at+1], p.held[:at])
			p.held[0] = h
		}
		if i%pageRows < len(h.rows) {
			return &h.rows[i%pageRows]
		}
		return nil
	}
	return nil
}

func (p *pages) has(number int) bool {
	return slices.ContainsFunc(p.held, func(h held) bool { return h.number == number })
}

// want asks for a page, before all others.
func (p *pages) want(number int) {
	p.wanted = slices.DeleteFunc(p.wanted, func(n int) bool { return n == number })
	p.wanted = append(p.wanted, number)
	if len(p.wanted) > maxWanted {
		p.wanted = p.wanted[1:] // long out of sight
	}
}

// Row returns a row. One that is not there yet is read, with those around it, and nil is returned meanwhile.
func (l *Identities) Row(i int) *authority.Row {
	if i < 0 || i >= l.Matches() || l.asked == nil {
		return nil
	}
	r := l.pages.row(i)
	number := i / pageRows
	if r == nil {
		l.pages.want(number)
	} else if beside := l.beside(i); !l.pages.has(beside) && beside >= 0 && beside*pageRows < l.Matches() && !slices.Contains(l.pages.wanted, beside) {
		l.pages.wanted = append([]int{beside}, l.pages.wanted...) // after all that is in sight
	}
	l.readPage()
	return r
}

// beside is the page that is nearer to a row than the others, besides its own.
func (l *Identities) beside(i int) int {
	if i%pageRows < pageRows/2 {
		return i/pageRows - 1
	}
	return i/pageRows + 1
}

// readPage reads the page that was wanted last, if none is being read.
func (l *Identities) readPage() {
	p := &l.pages
	if p.reading || len(p.wanted) == 0 || l.service == nil {
		return
	}
	number := p.wanted[len(p.wanted)-1]
	p.wanted = p.wanted[:len(p.wanted)-1]
	if p.has(number) {
		l.readPage()
		return
	}
	p.reading = true
	service, q, version := l.service, *l.asked, l.Found.Version
	q.From, q.Count = number*pageRows, pageRows
	background(&l.paging, func() (*authority.Results, error) { return service.Search(q) }, func(found *authority.Results, err error) {
		p.reading = false
		switch {
		case err != nil:
			l.Problem = explain(err, "identities.failed")
			l.changed()
			return
		case found.Version != version: // something has changed since
			l.Refresh()
			return
		}
		p.put(number, found.Rows)
		l.arrived(number)
		l.readPage()
	})
}

// arrived shows a page that was read.
func (l *Identities) arrived(number int) {
	if l.selected.IsZero() && l.Position/pageRows == number && l.Position >= 0 {
		if r := l.pages.row(l.Position); r != nil {
			l.selected = r.Address
			l.read()
			l.moved()
		}
	}
	for _, f := range l.onRows {
		f()
	}
}

// Tick ticks a row, or takes its tick away.
func (l *Identities) Tick(row int) {
	r := l.Row(row)
	if r == nil {
		return
	}
	l.TooMany = false
	if _, on := l.ticked[r.Address]; on {
		delete(l.ticked, r.Address)
	} else if len(l.ticked) < MaxTicked {
		l.ticked[r.Address] = *r
	} else {
		l.TooMany = true
	}
	l.changed()
}

// Ticked reports whether a row is ticked.
func (l *Identities) Ticked(row int) bool {
	r := l.pages.row(row)
	if r == nil {
		return false
	}
	_, on := l.ticked[r.Address]
	return on
}

// Ticks is how many are ticked, in sight or not.
func (l *Identities) Ticks() int { return len(l.ticked) }

// TickAll ticks all rows, or, when all are, none. There must not be more than [MaxTicked].
func (l *Identities) TickAll() {
	if l.asked == nil || l.service == nil {
		return
	}
	if len(l.ticked) > 0 && len(l.ticked) >= l.Matches() {
		l.TickNone()
		return
	}
	if l.TooMany = l.Matches() > MaxTicked; l.TooMany {
		l.changed()
		return
	}
	service, q := l.service, *l.asked
	q.From, q.Count = 0, MaxTicked
	background(&l.paging, func() (*authority.Results, error) { return service.Search(q) }, func(found *authority.Results, err error) {
		l.pages.reading = false
		if err != nil {
			l.Problem = explain(err, "identities.failed")
		} else {
			for i := range found.Rows {
				l.ticked[found.Rows[i].Address] = found.Rows[i]
			}
		}
		l.changed()
	})
}

// TickNone takes all ticks away.
func (l *Identities) TickNone() {
	clear(l.ticked)
	l.TooMany = false
	l.changed()
}

// Chosen returns the identities that an action is about: those ticked, in the order of their serials, or else the selected one.
func (l *Identities) Chosen() []authority.Row {
	if len(l.ticked) == 0 {
		if r := l.Selected(); r != nil {
			return []authority.Row{*r}
		}
		return nil
	}
	var rows []authority.Row
	for _, r := range l.ticked {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b authority.Row) int { return int(int64(a.Address.Serial()) - int64(b.Address.Serial())) })
	return rows
}

// Revocable returns those chosen that can be revoked.
func (l *Identities) Revocable() (addresses []wire.Address) {
	for _, r := range l.Chosen() {
		if r.Revoked == nil || r.Revoked.Suspended() { // for ever, then
			addresses = append(addresses, r.Address)
		}
	}
	return addresses
}

// Revoke takes those chosen to the screen where identities are revoked.
func (l *Identities) Revoke() {
	addresses := l.Revocable()
	if len(addresses) == 0 {
		return
	}
	l.console.Revoke.Take(addresses)
	l.console.Open(PlaceRevoke)
}

// Releasable returns those chosen that are suspended.
func (l *Identities) Releasable() (ids []authority.Identity) {
	for _, r := range l.Chosen() {
		if r.Revoked.Suspended() {
			ids = append(ids, r.Identity)
		}
	}
	return ids
}

// Release takes those chosen that are suspended to where they are released.
func (l *Identities) Release() {
	if ids := l.Releasable(); len(ids) > 0 {
		l.console.Revoke.Release(ids...)
		l.console.Open(PlaceRevoke)
	}
}

// Undoable returns those chosen whose revocation no list has yet.
func (l *Identities) Undoable() (ids []authority.Identity) {
	for _, r := range l.Chosen() {
		if r.Revoked != nil && r.Revoked.List == 0 {
			ids = append(ids, r.Identity)
		}
	}
	return ids
}

// Undo takes those chosen whose revocation no list has yet to where that is taken back.
func (l *Identities) Undo() {
	if ids := l.Undoable(); len(ids) > 0 {
		l.console.Revoke.TakeBack(ids...)
		l.console.Open(PlaceRevoke)
	}
}
