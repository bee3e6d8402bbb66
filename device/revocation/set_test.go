package revocation_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"marque/device/revocation"
)

// newSet returns the set or ends the test.
func newSet(t testing.TB, n uint64, serials ...uint32) *revocation.Set {
	t.Helper()
	s, err := revocation.NewSet(n, serials)
	if err != nil {
		t.Fatalf("NewSet(%d, %d serials): %v", n, len(serials), err)
	}
	return s
}

// uniform returns count distinct serials below n, ascending, every set equally likely (R. W. Floyd's sampling).
func uniform(r *rand.Rand, n uint64, count int) []uint32 {
	chosen := make(map[uint32]bool, count)
	for i := n - uint64(count); i < n; i++ {
		s := uint32(r.Uint64N(i + 1))
		if chosen[s] {
			s = uint32(i)
		}
		chosen[s] = true
	}
	serials := make([]uint32, 0, count)
	for s := range chosen {
		serials = append(serials, s)
	}
	slices.Sort(serials)
	return serials
}

func TestNewSetSortsACopy(t *testing.T) {
	given := []uint32{9, 0, 4}
	s := newSet(t, 10, given...)
	given[0] = 5
	if got, want := s.Serials(), []uint32{0, 4, 9}; !slices.Equal(got, want) {
		t.Fatalf("serials %v, want %v", got, want)
	}
	s.Serials()[0] = 7
	if got := slices.Collect(s.All()); !slices.Equal(got, []uint32{0, 4, 9}) {
		t.Fatalf("a caller changed the set: %v", got)
	}
	if s.N() != 10 || s.Len() != 3 {
		t.Fatalf("n %d, len %d", s.N(), s.Len())
	}
}

func TestNewSetRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		n       uint64
		serials []uint32
	}{
		"serial at n":           {10, []uint32{3, 10}},
		"serial in an empty n":  {0, []uint32{0}},
		"duplicate":             {10, []uint32{3, 4, 3}},
		"n above two to the 32": {1<<32 + 1, nil},
	} {
		if _, err := revocation.NewSet(c.n, c.serials); !errors.Is(err, revocation.ErrSerial) {
			t.Errorf("%s: %v, want ErrSerial", name, err)
		}
	}
}

func TestContains(t *testing.T) {
	s := newSet(t, 1<<32, 0, 7, math.MaxUint32)
	for serial, want := range map[uint32]bool{0: true, 1: false, 6: false, 7: true, 8: false, math.MaxUint32 - 1: false, math.MaxUint32: true} {
		if got := s.Contains(serial); got != want {
			t.Errorf("Contains(%d) = %v", serial, got)
		}
	}
	var none *revocation.Set
	if none.Contains(0) || none.Len() != 0 || none.N() != 0 || len(none.Serials()) != 0 {
		t.Error("the nil set is not empty")
	}
}

func TestUnion(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		na, nb := 1+r.Uint64N(300), 1+r.Uint64N(300)
		a := newSet(t, na, uniform(r, na, r.IntN(int(na)+1))...)
		b := newSet(t, nb, uniform(r, nb, r.IntN(int(nb)+1))...)
		u := a.Union(b)
		if u.N() != max(na, nb) || !slices.IsSorted(u.Serials()) {
			t.Fatalf("n %d, serials %v", u.N(), u.Serials())
		}
		total := 0
		for s := range uint32(u.N()) {
			want := a.Contains(s) || b.Contains(s)
			if want {
				total++
			}
			if u.Contains(s) != want {
				t.Fatalf("serial %d: %v, want %v", s, !want, want)
			}
		}
		if u.Len() != total {
			t.Fatalf("%d serials, want %d", u.Len(), total)
		}
	}
	var none *revocation.Set
	if u := none.Union(newSet(t, 5, 3)); u.N() != 5 || !u.Contains(3) {
		t.Error("union with the nil set lost something")
	}
}
