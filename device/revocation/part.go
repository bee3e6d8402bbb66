package revocation

import (
	"fmt"
	"slices"
)

// Part is a range of the serials of a larger set, numbered anew: its serial 0 is From in the larger one, and its N is how many there are.
type Part struct {
	From uint64
	Set  *Set
}

// Part returns the serials of s from one on and below another: ErrSerial unless from ≤ end ≤ [Set.N].
func (s *Set) Part(from, end uint64) (Part, error) {
	if from > end || end > s.N() {
		return Part{}, fmt.Errorf("%w: there is no range from %d to %d below %d", ErrSerial, from, end, s.N())
	}
	all := s.sorted()
	first, last := place(all, from), place(all, end)
	serials := slices.Clone(all[first:last])
	for i := range serials {
		serials[i] -= uint32(from)
	}
	return Part{From: from, Set: &Set{n: end - from, serials: serials}}, nil
}

// place returns how many of the serials are below one.
func place(serials []uint32, below uint64) int {
	if below >= MaxN {
		return len(serials)
	}
	i, _ := slices.BinarySearch(serials, uint32(below))
	return i
}

// Join returns the set below n that has the serials of all parts: ErrSerial for n above [MaxN], and for parts that are not in ascending order,
// overlap, or end above n.
func Join(n uint64, parts ...Part) (*Set, error) {
	var end uint64
	count := 0
	for _, p := range parts {
		if n > MaxN || p.From < end || p.From > n || p.Set.N() > n-p.From {
			return nil, fmt.Errorf("%w: parts overlap, or end above %d", ErrSerial, n)
		}
		end = p.From + p.Set.N()
		count += p.Set.Len()
	}
	serials := make([]uint32, 0, count)
	for _, p := range parts {
		for serial := range p.Set.All() {
			serials = append(serials, uint32(p.From)+serial)
		}
	}
	return NewSet(n, serials)
}
