package authority

import (
	"bytes"
	"context"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"marque/device/wire"
)

// answer is what a query led to: its matches, in their order.
type answer struct {
	query   Query // without its page
	states  uint8
	version uint64
	when    present
	rows    []uint32
	found   Results
}

// wait waits a moment for the index.
func (x *index) wait(ctx context.Context) error {
	x.mu.RLock()
	state, failed, ready := x.state, x.failed, x.ready
	x.mu.RUnlock()
	switch {
	case state == indexBuilt:
		return nil
	case failed != nil:
		return failed
	case state == indexNone:
		return ErrLocked
	}
	timer := time.NewTimer(indexWait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return &IndexingError{Done: int(x.done.Load()), Total: int(x.total.Load())}
	case <-ready:
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.failed != nil {
		return x.failed
	}
	if x.state != indexBuilt {
		return ErrLocked
	}
	return nil
}

// query returns the serials on a page, and what is known of all matches.
func (x *index) query(q *Query, when *present, f *Results) ([]uint32, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.state != indexBuilt {
		return nil, ErrLocked
	}
	a := x.known(q, when)
	if a == nil {
		a = x.answer(q, when)
		x.answered = append([]answer{*a}, x.answered[:min(len(x.answered), maxAnswers-1)]...)
	}
	*f = a.found
	f.Depots = slices.Clone(f.Depots)
	from := min(max(q.From, 0), len(a.rows))
	to := min(from+min(max(q.Count, 0), MaxIdentities), len(a.rows))
	serials := make([]uint32, 0, to-from)
	for _, i := range a.rows[from:to] {
		serials = append(serials, x.columns.serials[i])
	}
	return serials, nil
}

// whole is a query without its page, and with its standings as bits.
func whole(q *Query) (Query, uint8) {
	w := *q
	w.From, w.Count, w.Standings = 0, 0, nil
	var states uint8
	for _, s := range q.Standings {
		states |= 1 << s
	}
	if states == 0 {
		states = 1<<StandingActive | 1<<StandingSuspended | 1<<StandingRevoked | 1<<StandingExpired
	}
	return w, states
}

func (x *index) known(q *Query, when *present) *answer {
	w, states := whole(q)
	for i := range x.answered {
		a := &x.answered[i]
		if a.version == x.version && a.states == states && a.when == *when && equalQueries(&a.query, &w) {
			return a
		}
	}
	return nil
}

func equalQueries(p, q *Query) bool {
	return p.Text == q.Text && p.Kind == q.Kind && p.Depot == q.Depot && p.Receipt == q.Receipt && p.Behind == q.Behind &&
		p.Before.Equal(q.Before) && p.By == q.By && p.Descending == q.Descending
}

// answer goes through all rows.
func (x *index) answer(q *Query, when *present) *answer {
	a := &answer{version: x.version, when: *when}
	a.query, a.states = whole(q)
	c := &x.columns
	match := x.matching(q.Text)
	before := uint32(1<<32 - 1)
	if !q.Before.IsZero() {
		before = when.before(q.Before)
	}
	depot := slices.Index(x.depots, q.Depot)
	for w := range match {
		for left := match[w]; left != 0; left &= left - 1 {
			i := w<<6 + bits.TrailingZeros64(left)
			if !x.wanted(q, i, depot, before, when) {
				match[w] &^= 1 << (i & 63)
				continue
			}
			s := when.standing(c.flags[i], c.last[i])
			switch s {
			case StandingActive:
				a.found.Active++
				if c.last[i] < when.ending {
					a.found.Ending++
				}
			case StandingSuspended:
				a.found.Suspended++
			case StandingRevoked:
				a.found.Revoked++
			case StandingExpired:
				a.found.Expired++
			}
			if a.states>>s&1 == 0 {
				match[w] &^= 1 << (i & 63)
			}
		}
	}
	a.rows = x.ordered(match, q, when)
	a.found.Total, a.found.Matches, a.found.Version = c.n(), len(a.rows), x.version
	a.found.Depots = slices.Sorted(slices.Values(x.depots[1:]))
	return a
}

// wanted applies all of a query but its text and standings.
func (x *index) wanted(q *Query, i, depot int, before uint32, when *present) bool {
	c := &x.columns
	switch {
	case q.Kind != 0 && wire.Kind(c.flags[i]&flagKind) != q.Kind,
		q.Depot != "" && int(c.depots[i]) != depot,
		!q.Before.IsZero() && (c.last[i] >= before || c.last[i] < when.epoch),
		q.Receipt == NoReceipt && c.received[i] != 0,
		q.Receipt == SomeReceipt && c.received[i] == 0,
		q.Behind && (c.received[i] == 0 || c.held[i] >= when.newest):
		return false
	}
	return true
}

// set is a bit for each row.
type set []uint64

func newSet(n int, full bool) set {
	s := make(set, (n+63)/64)
	if full {
		for i := range s {
			s[i] = ^uint64(0)
		}
		if n&63 != 0 {
			s[len(s)-1] = 1<<(n&63) - 1
		}
	}
	return s
}

func (s set) add(i int) { s[i>>6] |= 1 << (i & 63) }

func (s set) has(i uint32) bool { return s[i>>6]>>(i&63)&1 != 0 }

// wordsOf returns the words of a text in lower case, each once.
func wordsOf(text string) []string {
	words := strings.Fields(strings.ToLower(text))
	slices.Sort(words)
	return slices.Compact(words)
}

// matching returns the rows in which all words of a text occur.
func (x *index) matching(text string) set {
	c := &x.columns
	words := wordsOf(text)
	if len(words) == 0 {
		return newSet(c.n(), true)
	}
	if len(words) > maxWords {
		return newSet(c.n(), false)
	}
	if address, err := wire.ParseAddress(strings.TrimSpace(text)); err == nil {
		return c.withAddress(address)
	}
	var all set
	for _, w := range words {
		found := x.withWord(w)
		if all == nil {
			all = found
			continue
		}
		for i := range all {
			all[i] &= found[i]
		}
	}
	return all
}

func (c *columns) withAddress(a wire.Address) set {
	s := newSet(c.n(), false)
	if i, found := c.find(a.Serial()); found && string(c.name(uint32(i))) == strings.ToLower(a.Name()) {
		s.add(i)
	}
	return s
}

// withWord returns the rows whose name or depot a word occurs in, or whose serial begins with it.
func (x *index) withWord(word string) set {
	c := &x.columns
	s := newSet(c.n(), false)
	for at, i := 0, 0; ; {
		next := bytes.Index(c.names[at:], []byte(word))
		if next < 0 {
			break
		}
		at += next
		i = c.rowAt(uint32(at), i)
		s.add(i)
		at = int(c.starts[i+1]) // behind that name
	}
	x.addDepots(s, word)
	c.addSerials(s, strings.TrimPrefix(word, "~"))
	return s
}

// addDepots adds the rows whose depot a word occurs in.
func (x *index) addDepots(s set, word string) {
	named, some := make([]bool, len(x.depots)), false
	for d, name := range x.depots {
		named[d] = d > 0 && strings.Contains(strings.ToLower(name), word)
		some = some || named[d]
	}
	if !some {
		return
	}
	for i, d := range x.columns.depots {
		if named[d] {
			s.add(i)
		}
	}
}

// rowAt returns the row whose name stands at a place, which is not before that of row i.
func (c *columns) rowAt(at uint32, i int) int {
	step := 1
	for i+step < c.n() && c.starts[i+step] <= at {
		i += step
		step *= 2
	}
	j, found := slices.BinarySearch(c.starts[i:min(i+step+1, len(c.starts))], at)
	if !found {
		j--
	}
	return i + j
}

// addSerials adds the rows whose serial begins with some digits.
func (c *columns) addSerials(s set, digits string) {
	first, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || strconv.FormatUint(first, 10) != digits {
		return
	}
	for from, to := first, first; from < 1<<32; from, to = from*10, to*10+9 {
		i, _ := c.find(uint32(from))
		for ; i < c.n() && uint64(c.serials[i]) <= to; i++ {
			s.add(i)
		}
		if first == 0 {
			return
		}
	}
}

// ordered lists the rows of a set as a query wants them.
func (x *index) ordered(s set, q *Query, when *present) []uint32 {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	rows := make([]uint32, 0, n)
	if q.By == BySerial {
		for w := range s {
			for left := s[w]; left != 0; left &= left - 1 {
				rows = append(rows, uint32(w<<6+bits.TrailingZeros64(left)))
			}
		}
		if q.Descending {
			slices.Reverse(rows)
		}
		return rows
	}
	for _, i := range x.order {
		if s.has(i) {
			rows = append(rows, i)
		}
	}
	if q.By == ByName {
		if q.Descending {
			slices.Reverse(rows)
		}
		return rows
	}
	key := x.key(q.By, when)
	if q.Descending {
		up := key
		key = func(i uint32) uint32 { return ^up(i) }
	}
	return sortBy(rows, key)
}

// key returns what a column sorts by.
func (x *index) key(by Column, when *present) func(i uint32) uint32 {
	c := &x.columns
	switch by {
	case ByName, BySerial:
	case ByKind:
		return func(i uint32) uint32 { return uint32(c.flags[i] & flagKind) }
	case ByDepot:
		rank := make([]uint32, len(x.depots))
		for i, name := range slices.Sorted(slices.Values(x.depots)) {
			rank[slices.Index(x.depots, name)] = uint32(i)
		}
		return func(i uint32) uint32 { return rank[c.depots[i]] }
	case ByStanding:
		return func(i uint32) uint32 {
			s := uint32(when.standing(c.flags[i], c.last[i])) << 1
			if s == uint32(StandingActive)<<1 && c.last[i] < when.ending {
				s++
			}
			return s
		}
	case ByUntil:
		return func(i uint32) uint32 { return c.last[i] }
	case ByIssued:
		return func(i uint32) uint32 { return c.issued[i] }
	case ByList:
		return func(i uint32) uint32 { return c.held[i] }
	}
	return func(i uint32) uint32 { return c.serials[i] }
}

// sortBy sorts rows by a key and keeps the order of those that are equal: octet by octet, from the lowest one, and those that all rows
// have in common are passed over.
func sortBy(rows []uint32, key func(i uint32) uint32) []uint32 {
	type keyed struct{ key, row uint32 }
	all, other := make([]keyed, len(rows)), make([]keyed, len(rows))
	var differ uint32
	for i, r := range rows {
		all[i] = keyed{key(r), r}
		differ |= all[i].key ^ all[0].key
	}
	for shift := 0; shift < 32; shift += 8 {
		if differ>>shift&0xFF == 0 {
			continue
		}
		var places [256]int
		for i := range all {
			places[all[i].key>>shift&0xFF]++
		}
		sum := 0
		for i, n := range places {
			places[i] = sum
			sum += n
		}
		for i := range all {
			p := &places[all[i].key>>shift&0xFF]
			other[*p] = all[i]
			*p++
		}
		all, other = other, all
	}
	for i := range all {
		rows[i] = all[i].row
	}
	return rows
}
