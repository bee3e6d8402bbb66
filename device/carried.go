package device

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"slices"

	"marque/device/wire"
)

// carried are the authority's own statements that bring others to the list in force: what this device can hand on, since it cannot sign
// any. Immutable once made; a nil one carries nothing.
type carried struct {
	full    *statement   // the newest full list, nil if it is not of use
	changes []*statement // leading to the list in force, at once or one after the other; at most maxCarried
}

// statement is a signed list or change, verified once.
type statement struct {
	raw   []byte
	order wire.Order // of the list that it is, or brings to
	from  uint32     // of a change: the oldest list that it continues
	state [16]byte
}

// continues says whether a change brings a list with this number further.
func (s *statement) continues(o wire.Order) bool {
	if s.from == 0 {
		return s.order.Compare(o) > 0 // it begins with nobody
	}
	return s.order.Generation == o.Generation && s.order.Base == o.Base && s.from <= o.Sequence && o.Sequence < s.order.Sequence
}

// openStatement verifies a list or change of which Apply has looked at the rest.
func openStatement(raw []byte, r *realm) (s *statement, full bool, err error) {
	b, err := openBundle(raw, &r.public)
	if err == nil {
		return &statement{raw: raw, order: b.Order(), state: b.State}, true, nil
	}
	if !errors.Is(err, wire.ErrType) {
		return nil, false, err
	}
	c, err := openChange(raw, &r.public)
	if err != nil {
		return nil, false, err
	}
	return &statement{raw: raw, order: c.Order(), from: c.From, state: c.State}, false, nil
}

// with returns what is carried once s was applied and l is in force: of the full lists the newest, of the changes those that are a step to l
// and not worse than another one. most bounds the octets of each.
func (c *carried) with(s *statement, full bool, l *list, most int) *carried {
	next := &carried{}
	var changes []*statement
	if c != nil {
		next.full, changes = c.full, slices.Clone(c.changes)
	}
	switch {
	case len(s.raw) > most:
	case full:
		if next.full == nil || !next.full.is(l) || !s.spare(next.full) {
			next.full = s
		}
	default:
		changes = append(changes, s)
	}
	slices.SortStableFunc(changes, func(a, b *statement) int { // the last number first, then what reaches back further, then the shorter
		return cmp.Or(b.order.Compare(a.order), cmp.Compare(a.from, b.from), cmp.Compare(len(a.raw), len(b.raw)))
	})
	back := l.order.Sequence // the oldest list that leads to l so far
	for _, s := range changes {
		if len(next.changes) < maxCarried && s.leads(l, back) && !slices.ContainsFunc(next.changes, s.spare) {
			next.changes = append(next.changes, s)
			back = min(back, s.from)
		}
	}
	if f := next.full; f != nil && !f.is(l) && (f.order.Generation != l.order.Generation || f.order.Base != l.order.Base || f.order.Sequence < back) {
		next.full = nil
	}
	return next
}

// leads says whether a change is a step to l, which everything from list back on leads to already.
func (s *statement) leads(l *list, back uint32) bool {
	if s.order.Generation != l.order.Generation || s.order.Base != l.order.Base {
		return false
	}
	return s.is(l) || s.order.Sequence < l.order.Sequence && s.order.Sequence >= back && s.from < back
}

// is says whether s brings to l itself.
func (s *statement) is(l *list) bool { return s.order == l.order && s.state == l.state }

// spare says whether s does nothing that other does not do with as few octets.
func (s *statement) spare(other *statement) bool {
	return other.order == s.order && other.from <= s.from && len(other.raw) <= len(s.raw)
}

// next returns the statement that brings whoever holds list o as far as one can, of several the shortest; nil if there is none. It has no more
// than most octets.
func (c *carried) next(o wire.Order, most int) *statement {
	if c == nil {
		return nil
	}
	var best *statement
	all := c.changes
	if c.full != nil {
		all = append(slices.Clip(all), c.full)
	}
	for _, s := range all {
		brings := s.continues(o) || s == c.full && s.order.Compare(o) > 0
		if !brings || len(s.raw) > most {
			continue
		}
		if best == nil || s.order.Compare(best.order) > 0 || s.order == best.order && len(s.raw) < len(best.raw) {
			best = s
		}
	}
	return best
}

// len is how many statements are carried.
func (c *carried) len() int {
	switch {
	case c == nil:
		return 0
	case c.full == nil:
		return len(c.changes)
	}
	return 1 + len(c.changes)
}

// carry keeps a statement that was applied, if this device shares lists and the list in force is the one that it brings to. The caller holds
// saving.
func (d *Device) carry(raw []byte) error {
	if d.o.Share.Off {
		return nil
	}
	d.mu.RLock()
	r, err := d.ready()
	l, c := d.list, d.carried
	d.mu.RUnlock()
	if err != nil || l == nil {
		return err
	}
	s, full, err := openStatement(bytes.Clone(raw), r)
	if err != nil {
		return err
	}
	if !l.whole() || !s.is(l) {
		return d.keep(nil)
	}
	next := c.with(s, full, l, d.o.Share.Session)
	if c != nil && c.full == next.full && slices.Equal(c.changes, next.changes) {
		return nil
	}
	return d.keep(next)
}

// whole says whether the list in force is what one signed list says, so that others can be brought to it.
func (l *list) whole() bool { return l != nil && !l.forked && !l.regional() }

// keep writes what is carried and takes it into use. The caller holds saving.
func (d *Device) keep(c *carried) error {
	d.mu.Lock()
	had := d.carried != nil
	d.carried = c
	d.mu.Unlock()
	if c == nil && !had {
		return nil
	}
	return d.folder.save(carriedFile, whatCarried, d.generation, c.encode())
}

func (c *carried) encode() []byte {
	var e encoder
	if c == nil {
		return nil
	}
	for _, s := range c.changes { // from the list in force back, so that reading finds each of use, and then the full list
		e.str(s.raw)
	}
	if c.full != nil {
		e.str(c.full.raw)
	}
	return e.b
}

// loadCarried reads what is carried, as far as it leads to the list in force. What is missing, damaged, or of another list is not used: the
// device then hands on nothing until it applies a list again. The caller holds saving.
func (d *Device) loadCarried() error {
	if d.o.Share.Off || d.realm == nil || !d.list.whole() {
		return nil
	}
	b, _, err := d.folder.load(carriedFile, whatCarried, maxCarriedFile)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrCorrupt) {
		return nil
	}
	if err != nil {
		return err
	}
	d.carried = d.readCarried(b)
	return nil
}

// readCarried reads what encode wrote, nil unless it leads to the list in force.
func (d *Device) readCarried(b []byte) (c *carried) {
	for dec := (decoder{b: b}); !dec.end() && !dec.bad; {
		s, full, err := openStatement(bytes.Clone(dec.str()), d.realm)
		if err != nil {
			return nil
		}
		c = c.with(s, full, d.list, d.o.Share.Session)
	}
	if c == nil || c.full != nil && c.full.is(d.list) || slices.ContainsFunc(c.changes, func(s *statement) bool { return s.is(d.list) }) {
		return c
	}
	return nil
}
