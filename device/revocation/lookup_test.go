package revocation_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"marque/device/revocation"
)

// indexes are all kinds of index of a set.
func indexes(s *revocation.Set) map[string]revocation.Index {
	return map[string]revocation.Index{"bitmap": revocation.NewIndex(s, math.MaxInt), "Elias and Fano": revocation.NewIndex(s, 0)}
}

// TestIndexesAnswerAsTheSet asks about every serial, and some that are not below n.
func TestIndexesAnswerAsTheSet(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for _, n := range []uint64{0, 1, 2, 63, 64, 65, 1000, 100_000} {
		for _, share := range []float64{0, 0.0001, 0.01, 0.3, 0.97, 1} {
			s := newSet(t, n, uniform(r, n, int(share*float64(n)))...)
			for name, index := range indexes(s) {
				for serial := range uint32(n + 200) {
					if index.Contains(serial) != s.Contains(serial) {
						t.Fatalf("%s of %d below %d: wrong about %d", name, s.Len(), n, serial)
					}
				}
				if again := revocation.Expand(index); again.N() != n || !slices.Equal(again.Serials(), s.Serials()) || index.Len() != s.Len() {
					t.Errorf("%s of %d below %d: not the set that it was made of", name, s.Len(), n)
				}
				for range index.All() {
					break // may stop anywhere
				}
				if index.Contains(math.MaxUint32) {
					t.Errorf("%s of %d below %d has the largest serial", name, s.Len(), n)
				}
			}
		}
	}
}

func TestIndexOfClustersAndEnds(t *testing.T) {
	serials := slices.Concat(every(5000), []uint32{1 << 20, 1<<31 - 1, 1 << 31, math.MaxUint32 - 1, math.MaxUint32})
	s := newSet(t, 1<<32, serials...)
	index := revocation.NewIndex(s, 1<<20)
	for _, serial := range serials {
		if !index.Contains(serial) {
			t.Errorf("%d is missing", serial)
		}
		for _, beside := range []uint32{serial - 1, serial + 1} {
			if index.Contains(beside) != s.Contains(beside) {
				t.Errorf("wrong about %d", beside)
			}
		}
	}
	if !slices.Equal(revocation.Expand(index).Serials(), serials) {
		t.Error("not the set that it was made of")
	}
	if index.Octets() > 1<<16 {
		t.Errorf("%d octets for %d serials", index.Octets(), len(serials))
	}
}

// TestIndexKeepsTheLimit shows that the memory limit chooses the form, and what they take at ten million.
func TestIndexKeepsTheLimit(t *testing.T) {
	const n = 10_000_000
	s := newSet(t, n, uniform(rand.New(rand.NewPCG(23, 24)), n, n/100)...)
	if octets := revocation.NewIndex(s, 150_000).Octets(); octets > 150_000 {
		t.Errorf("%d octets after Elias and Fano", octets)
	}
	if octets := revocation.NewIndex(s, n/8).Octets(); octets != n/8 {
		t.Errorf("%d octets as a bitmap", octets)
	}
}

func BenchmarkLookup(b *testing.B) {
	const n = 10_000_000
	r := rand.New(rand.NewPCG(25, 26))
	s := newSet(b, n, uniform(r, n, n/100)...)
	asked := make([]uint32, 1<<16)
	for i := range asked {
		asked[i] = r.Uint32N(n)
	}
	for name, index := range indexes(s) {
		b.Run(fmt.Sprintf("%s in %d octets", name, index.Octets()), func(b *testing.B) {
			found := 0
			for i := 0; b.Loop(); i++ {
				if index.Contains(asked[i%len(asked)]) {
					found++
				}
			}
			if found < 0 {
				b.Fatal(found)
			}
		})
	}
}
