package inspect

import (
	"cmp"
	"slices"

	"marque/device/revocation"
)

// Step is what a list says after those before it.
type Step struct {
	From, To *List
	Twin     *List // the one before To, if that has the same number; nil otherwise
	Same     bool  // Twin has the same state
	Fork     bool  // Twin has another state: whoever signed them signed two histories
	// Leads says of To, a change, that it brings a device from From to To.State.
	Leads bool
	// Compared says that the serials of both are known. Added are those that To has, or leads to, and From has not, Removed the others;
	// ascending, and none touches the next.
	Compared       bool
	Added, Removed []Range
	Wrong          []string // clauses in plain English
}

// Range is a run of serials, both ends included.
type Range struct{ First, Last uint32 }

// Count returns how many serials there are in ranges.
func Count(ranges []Range) (n uint64) {
	for _, r := range ranges {
		n += uint64(r.Last-r.First) + 1
	}
	return n
}

// Compare puts lists into the order in which they follow each other, a change before the list of its number, and returns what each says
// after those before it, one fewer than lists. It changes the order of the argument.
func Compare(lists []*List) []Step {
	slices.SortStableFunc(lists, func(a, b *List) int {
		return cmp.Or(a.Order.Compare(b.Order), -cmp.Compare(boolean(a.Kind == Change), boolean(b.Kind == Change)), cmp.Compare(a.From, b.From))
	})
	var steps []Step
	var h held
	for i, l := range lists {
		if i == 0 {
			h.take(l, l.whole())
			continue
		}
		s := Step{From: h.list, To: l}
		if twin := lists[i-1]; twin.Order == l.Order {
			s.compareTwin(twin)
		}
		h.step(&s)
		steps = append(steps, s)
	}
	return steps
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// held is what a device has that took all lists up to one.
type held struct {
	list *List           // the newest
	set  *revocation.Set // nil when it is not known
	full *List           // the newest that names the log; nil before one came
}

// whole returns the serials of a list, nil when they are not known.
func (l *List) whole() *revocation.Set {
	if l.Kind == Change {
		return nil
	}
	return l.Set
}

func (h *held) take(l *List, set *revocation.Set) {
	h.list, h.set = l, set
	if l.NamesLog() {
		h.full = l
	}
}

// step compares a list with what is held, and takes it as a device would.
func (h *held) step(s *Step) {
	later := s.To.Order != h.list.Order
	if later {
		h.checkAfter(s)
	}
	set := s.To.whole()
	if s.To.Kind == Change {
		set = h.follow(s)
	}
	if h.set != nil && set != nil {
		s.compare(h.set, set)
		if later && s.sameBase() && len(s.Removed) > 0 {
			s.complain("serials left, though lists of one base only grow")
		}
	}
	if h.set == nil || set != nil && !s.Fork {
		h.take(s.To, set)
	}
}

func (s *Step) complain(what string) { s.Wrong = append(s.Wrong, what) }

func (s *Step) sameBase() bool {
	return s.From.Order.Generation == s.To.Order.Generation && s.From.Order.Base == s.To.Order.Base
}

// compareTwin compares two files of one number.
func (s *Step) compareTwin(twin *List) {
	s.Twin = twin
	s.Same = twin.State == s.To.State && twin.Realm == s.To.Realm
	switch {
	case !s.Same:
		s.Fork = true
		s.complain("two lists of one number say different things: the signing key has two users, or the authority was set back")
	case !twin.Issued.Equal(s.To.Issued) || !twin.NextUpdate.Equal(s.To.NextUpdate) || !twin.HardExpiry.Equal(s.To.HardExpiry):
		s.complain("two lists of one number have other dates")
	}
}

// checkAfter checks what holds of every later list.
func (h *held) checkAfter(s *Step) {
	from, to := s.From, s.To
	if to.Issued.Before(from.Issued) {
		s.complain("it was issued before the one that it follows")
	}
	if to.Order.Generation == from.Order.Generation && to.N < from.N {
		s.complain("it speaks of fewer serials than the one that it follows: it forgets who was revoked in between")
	}
	if !to.NamesLog() {
		return
	}
	if to.Order.Generation == from.Order.Generation && to.Order.Sequence == from.Order.Sequence+1 && to.Previous != from.State {
		s.complain("it does not continue the one before it, but another of that number")
	}
	if full := h.full; full != nil && full.Order.Generation == to.Order.Generation {
		switch {
		case to.LogSize < full.LogSize:
			s.complain("it names a shorter log than an earlier list")
		case to.LogSize == full.LogSize && to.LogRoot != full.LogRoot:
			s.complain("it names another log of the same size")
		}
	}
}

// follow does what a device does with a change, and returns the set that it leads to; nil when it leads nowhere.
func (h *held) follow(s *Step) *revocation.Set {
	from, to := s.From, s.To
	if h.set == nil || to.Set == nil || !s.sameBase() || to.From > from.Order.Sequence || to.N < from.N {
		return nil
	}
	set := h.set.Union(to.Set)
	if to.stateOf(set) != to.State {
		if !s.Fork {
			s.complain("the change does not lead to the list that it names from the one before: that is of another history")
		}
		return nil
	}
	s.Leads = true
	return set
}

func (s *Step) compare(before, after *revocation.Set) {
	a, b := before.Serials(), after.Serials()
	s.Compared, s.Added, s.Removed = true, without(b, a), without(a, b)
}

// without returns the serials of a that b has not, both ascending.
func without(a, b []uint32) (ranges []Range) {
	for _, serial := range a {
		for len(b) > 0 && b[0] < serial {
			b = b[1:]
		}
		if len(b) > 0 && b[0] == serial {
			continue
		}
		if last := len(ranges) - 1; last >= 0 && ranges[last].Last+1 == serial {
			ranges[last].Last = serial
			continue
		}
		ranges = append(ranges, Range{serial, serial})
	}
	return ranges
}
