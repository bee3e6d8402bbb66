package ibc

import (
	"sync"

	ristretto "github.com/bwesterb/go-ristretto"
	"github.com/bwesterb/go-ristretto/edwards25519"
)

// Joint scalar multiplication in variable time, for public data only: Straus'
// method with width-5 non-adjacent forms for points met once and width-8 forms
// with affine tables for B and X. go-ristretto multiplies one point at a time.

const (
	freeWidth = 5 // 8 odd multiples, made on the fly
	wideWidth = 8 // 64 odd multiples, affine, made once
)

// freeTerm is scalar·point for a point without a table.
type freeTerm struct {
	scalar *ristretto.Scalar
	point  *ristretto.Point
}

// fixedTerm is scalar·point for a point with a table.
type fixedTerm struct {
	scalar *ristretto.Scalar
	table  *wideTable
}

// wideTable holds P, 3P, 5P … 127P.
type wideTable [1 << (wideWidth - 2)]edwards25519.NielsPoint

func newWideTable(p *ristretto.Point) *wideTable {
	var t wideTable
	var twice, q ristretto.Point
	twice.Double(p)
	q.Set(p)
	for i := range t {
		t[i].SetExtended((*edwards25519.ExtendedPoint)(&q))
		q.Add(&q, &twice)
	}
	return &t
}

// baseTable returns the table of the generator B.
var baseTable = sync.OnceValue(func() *wideTable {
	var b ristretto.Point
	return newWideTable(b.SetBase())
})

// multiScalar returns the sum of all terms.
func multiScalar(free []freeTerm, fixed []fixedTerm) *ristretto.Point {
	var sum ristretto.Point
	straus(&sum, free, fixed, make([][256]int8, len(free)+len(fixed)), make([]oddTable, len(free)))
	return &sum
}

// combine is multiScalar of one term without a table and one or two with one,
// without an allocation.
func combine(sum *ristretto.Point, free freeTerm, fixed ...fixedTerm) {
	var (
		digits [3][256]int8
		odd    [1]oddTable
	)
	straus(sum, []freeTerm{free}, fixed, digits[:1+len(fixed)], odd[:])
}

// oddTable holds P, 3P … 15P.
type oddTable [1 << (freeWidth - 2)]edwards25519.ExtendedPoint

// straus sets out to the sum of all terms; digits are zero, one row for each
// term, and odd has a table for each free one.
func straus(out *ristretto.Point, free []freeTerm, fixed []fixedTerm, digits [][256]int8, odd []oddTable) {
	top := -1
	for i, f := range free {
		oddMultiples(&odd[i], f.point)
		top = max(top, nonAdjacent(&digits[i], f.scalar, freeWidth))
	}
	for i, f := range fixed {
		top = max(top, nonAdjacent(&digits[len(free)+i], f.scalar, wideWidth))
	}
	var (
		proj edwards25519.ProjectivePoint
		comp edwards25519.CompletedPoint
	)
	sum := (*edwards25519.ExtendedPoint)(out)
	sum.SetZero()
	for bit := top; bit >= 0; bit-- {
		proj.SetExtended(sum)
		if bit != top {
			comp.DoubleProjective(&proj)
			sum.SetCompleted(&comp)
		}
		for i := range free {
			addFree(sum, &comp, &odd[i], digits[i][bit])
		}
		for i := range fixed {
			addFixed(sum, &comp, fixed[i].table, digits[len(free)+i][bit])
		}
	}
}

func oddMultiples(t *oddTable, p *ristretto.Point) {
	var twice edwards25519.ExtendedPoint
	t[0].Set((*edwards25519.ExtendedPoint)(p))
	twice.Double(&t[0])
	for i := 1; i < len(t); i++ {
		t[i].Add(&t[i-1], &twice)
	}
}

func addFree(sum *edwards25519.ExtendedPoint, comp *edwards25519.CompletedPoint, t *oddTable, d int8) {
	switch {
	case d > 0:
		comp.AddExtended(sum, &t[d/2])
	case d < 0:
		comp.SubExtended(sum, &t[-d/2])
	default:
		return
	}
	sum.SetCompleted(comp)
}

func addFixed(sum *edwards25519.ExtendedPoint, comp *edwards25519.CompletedPoint, t *wideTable, d int8) {
	switch {
	case d > 0:
		comp.AddExtendedNiels(sum, &t[d/2])
	case d < 0:
		comp.SubExtendedNiels(sum, &t[-d/2])
	default:
		return
	}
	sum.SetCompleted(comp)
}

// nonAdjacent writes the width-w non-adjacent form of s, odd digits below 2^(w−1)
// in absolute value, and returns the index of the highest, or −1 for zero.
func nonAdjacent(naf *[256]int8, s *ristretto.Scalar, w uint) int {
	var x [10]uint64 // 32-bit limbs with room for a carry
	for i, limb := range s {
		x[i] = uint64(limb)
	}
	top, carry := -1, uint64(0)
	for pos := uint(0); pos < 256; {
		limb, shift := pos/32, pos%32
		window := carry + ((x[limb]|x[limb+1]<<32)>>shift)&(1<<w-1)
		if window&1 == 0 {
			pos++
			continue
		}
		top = int(pos)
		if window < 1<<(w-1) {
			carry = 0
			naf[pos] = int8(window)
		} else {
			carry = 1
			naf[pos] = int8(int64(window) - 1<<w)
		}
		pos += w
	}
	return top
}
