package revocation_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"marque/device/revocation"
)

// However a set is cut, its parts make it again, and each has the serials of its range.
func TestParts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []uint64{0, 1, 2, 63, 1000, revocation.MaxN} {
		var serials []uint32
		for range min(n, 200) {
			serials = append(serials, uint32(r.Uint64N(n)))
		}
		if n == revocation.MaxN {
			serials = append(serials, 1<<32-1)
		}
		slices.Sort(serials)
		serials = slices.Compact(serials)
		whole, err := revocation.NewSet(n, serials)
		if err != nil {
			t.Fatal(err)
		}
		cuts := []uint64{0, n}
		for range min(n, 8) {
			cuts = append(cuts, r.Uint64N(n+1))
		}
		slices.Sort(cuts)
		var parts []revocation.Part
		for i, end := range cuts[1:] {
			p, err := whole.Part(cuts[i], end)
			if err != nil || p.Set.N() != end-cuts[i] {
				t.Fatalf("%d to %d of %d: %v", cuts[i], end, n, err)
			}
			for serial := range p.Set.All() {
				if !whole.Contains(uint32(p.From) + serial) {
					t.Errorf("%d to %d of %d has %d", cuts[i], end, n, serial)
				}
			}
			parts = append(parts, p)
		}
		if again, err := revocation.Join(n, parts...); err != nil || again.N() != n || !slices.Equal(again.Serials(), serials) {
			t.Errorf("%d parts of %d: %v", len(parts), n, err)
		}
	}
}

func TestPartsRefuse(t *testing.T) {
	whole, err := revocation.NewSet(10, []uint32{3, 9})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]uint64{{0, 11}, {5, 4}, {11, 11}, {1 << 40, 1 << 40}} {
		if _, err := whole.Part(c[0], c[1]); !errors.Is(err, revocation.ErrSerial) {
			t.Errorf("%d to %d: %v", c[0], c[1], err)
		}
	}
	a, _ := whole.Part(0, 5)
	b, _ := whole.Part(4, 10)
	for name, parts := range map[string][]revocation.Part{
		"overlap": {a, b}, "out of order": {{From: 5, Set: a.Set}, a}, "the same twice": {a, a}, "above n": {{From: 6, Set: a.Set}},
		"far above n": {{From: 1 << 63, Set: a.Set}, {From: 1 << 63, Set: a.Set}},
	} {
		if _, err := revocation.Join(10, parts...); !errors.Is(err, revocation.ErrSerial) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := revocation.Join(revocation.MaxN+1, a); !errors.Is(err, revocation.ErrSerial) {
		t.Errorf("n above 2^32: %v", err)
	}
	if s, err := revocation.Join(10, a); err != nil || s.N() != 10 || s.Len() != 1 {
		t.Errorf("one part of ten: %v", err)
	}
}
