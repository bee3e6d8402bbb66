package revocation

import (
	"errors"
	"fmt"
	"iter"
	"slices"
)

// ErrSerial says that the serials cannot form a set: n above [MaxN], a serial that is not below n, or one that stands twice.
var ErrSerial = errors.New("revocation: serials do not form a list; number identities 0, 1, 2, … below n and name each once")

// Set is an immutable set of revoked serials, all of them below [Set.N]. The nil *Set and the zero Set are the empty set with n = 0.
// It is safe for concurrent use.
type Set struct {
	n       uint64
	serials []uint32 // strictly ascending
}

// NewSet returns the set of the given serials, in any order, each below n and named once; n is at most [MaxN]. It keeps a copy.
// Everything else is [ErrSerial].
func NewSet(n uint64, serials []uint32) (*Set, error) {
	if n > MaxN {
		return nil, fmt.Errorf("%w: n is %d, above 2³²", ErrSerial, n)
	}
	sorted := slices.Clone(serials)
	if !slices.IsSorted(sorted) {
		slices.Sort(sorted)
	}
	for i, s := range sorted {
		if i > 0 && s == sorted[i-1] {
			return nil, fmt.Errorf("%w: %d stands twice", ErrSerial, s)
		}
	}
	if len(sorted) > 0 && uint64(sorted[len(sorted)-1]) >= n {
		return nil, fmt.Errorf("%w: %d is not below %d", ErrSerial, sorted[len(sorted)-1], n)
	}
	return &Set{n: n, serials: sorted}, nil
}

// N returns the number of serials that the set answers for: 0 … N−1. About others it says nothing.
func (s *Set) N() uint64 {
	if s == nil {
		return 0
	}
	return s.n
}

// Len returns how many serials are revoked.
func (s *Set) Len() int { return len(s.sorted()) }

// Contains reports whether serial is revoked. It is false for serials that are not below [Set.N]; the caller tells them from valid
// ones.
func (s *Set) Contains(serial uint32) bool {
	_, found := slices.BinarySearch(s.sorted(), serial)
	return found
}

// Serials returns the revoked serials, ascending, in a new slice.
func (s *Set) Serials() []uint32 { return slices.Clone(s.sorted()) }

// All yields the revoked serials, ascending.
func (s *Set) All() iter.Seq[uint32] { return slices.Values(s.sorted()) }

// Union returns the serials that stand in s or in o, below the larger of both n. A device whose authority signed two different lists
// under one number holds to both.
func (s *Set) Union(o *Set) *Set {
	a, b := s.sorted(), o.sorted()
	merged := make([]uint32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		next := min(a[0], b[0])
		merged = append(merged, next)
		if a[0] == next {
			a = a[1:]
		}
		if b[0] == next {
			b = b[1:]
		}
	}
	merged = append(append(merged, a...), b...)
	return &Set{n: max(s.N(), o.N()), serials: merged}
}

func (s *Set) sorted() []uint32 {
	if s == nil {
		return nil
	}
	return s.serials
}
