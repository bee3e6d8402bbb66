package ibc

import (
	"math/bits"
	"sync"

	ristretto "github.com/bwesterb/go-ristretto"
)

// Joint scalar multiplication in variable time, for public data only: Straus'
// method with width-5 non-adjacent forms for points met once and width-8 forms
// with affine tables for B and X.

const (
	freeWidth = 5 // 8 odd multiples, made on the fly
	wideWidth = 8 // 64 odd multiples, affine, made once
	halfBits  = 128
)

// digits is a scalar's non-adjacent form, lowest first.
type digits [256]int8

// freeTable holds P, 3P … 15P.
type freeTable [1 << (freeWidth - 2)]cached

// wideTable holds P, 3P … 127P.
type wideTable [1 << (wideWidth - 2)]affine

// fixedTable is that of a point P and of 2¹²⁸P, 12 kB: with both, a scalar takes
// half the doublings.
type fixedTable struct{ low, high wideTable }

// term is a multiple of a point with one of the two tables.
type term struct {
	digits []int8
	free   *freeTable
	wide   *wideTable
	minus  bool // subtract it
}

func (t *freeTable) set(p *edwards) {
	var odd [len(t)]edwards
	oddMultiples(odd[:], p)
	for i := range t {
		t[i].set(&odd[i])
	}
}

func (t *wideTable) set(p *edwards) {
	var odd [len(t)]edwards
	oddMultiples(odd[:], p)
	setAll(t[:], odd[:])
}

func newFixedTable(p edwards) *fixedTable {
	var (
		t fixedTable
		q quotients
	)
	t.low.set(&p)
	for range halfBits {
		q.double(&p)
		p.setWhole(&q)
	}
	t.high.set(&p)
	return &t
}

// baseTable returns the tables of the generator B.
var baseTable = sync.OnceValue(func() *fixedTable { return newFixedTable(generator()) })

// halves returns both halves of a scalar times the point of a table.
func (t *fixedTable) halves(d *digits) (low, high term) {
	return term{digits: d[:halfBits], wide: &t.low}, term{digits: d[halfBits:], wide: &t.high}
}

// terms collects the terms of a long sum.
type terms struct {
	all   []term
	forms []digits
	free  []freeTable
}

// newTerms makes room for so many points without a table.
func newTerms(free int) *terms {
	return &terms{all: make([]term, 0, free+2), forms: make([]digits, free), free: make([]freeTable, free)}
}

// subtract takes s·p off the sum.
func (l *terms) subtract(s *ristretto.Scalar, p *edwards) {
	i := len(l.all)
	l.free[i].set(p)
	l.forms[i].set(s, freeWidth)
	l.all = append(l.all, term{digits: l.forms[i][:], free: &l.free[i], minus: true})
}

// add adds s·P for the P of a table.
func (l *terms) add(s *ristretto.Scalar, t *fixedTable) {
	var form digits
	form.set(s, wideWidth)
	l.all = append(l.all, term{digits: form[:], wide: &t.low})
}

// straus sets sum to the sum of all terms. It takes as many doublings as the
// highest digit of any.
func straus(sum *edwards, terms []term) {
	var q quotients
	sum.setZero()
	for bit := highest(terms); bit >= 0; bit-- {
		q.double(sum)
		for i := range terms {
			t := &terms[i]
			if bit >= len(t.digits) || t.digits[bit] == 0 {
				continue
			}
			sum.setWhole(&q)
			d, minus := int(t.digits[bit]), t.minus
			if d < 0 {
				d, minus = -d, !minus
			}
			if t.free != nil {
				q.add(sum, &t.free[d/2], minus)
			} else {
				q.addAffine(sum, &t.wide[d/2], minus)
			}
		}
		if bit == 0 {
			sum.setWhole(&q)
			return
		}
		sum.set(&q)
	}
}

// highest returns the place of the highest digit that is not zero, or −1.
func highest(terms []term) int {
	top := -1
	for i := range terms {
		d := terms[i].digits
		for bit := len(d) - 1; bit > top; bit-- {
			if d[bit] != 0 {
				top = bit
			}
		}
	}
	return top
}

// set writes the width-w non-adjacent form of s, odd digits below 2^(w−1) in
// absolute value, into d, which is zero.
func (d *digits) set(s *ristretto.Scalar, w uint) {
	var x [5]uint64 // with room to look beyond the end
	for i := range 4 {
		x[i] = uint64(s[2*i]) | uint64(s[2*i+1])<<32
	}
	mask, carry := uint64(1)<<w-1, uint64(0)
	for pos := uint(0); pos < 256; {
		limb, shift := pos/64, pos%64
		ahead := x[limb]>>shift | x[limb+1]<<1<<(63-shift)
		if carry == 1 {
			ahead = ^ahead // its lowest zero takes the carry
		}
		if skip := uint(bits.TrailingZeros64(ahead)); skip > 0 {
			pos += skip
			continue
		}
		window := x[limb]>>shift | x[limb+1]<<1<<(63-shift)
		window = window&mask + carry
		if carry = window >> (w - 1); carry == 1 {
			d[pos] = int8(int64(window) - 1<<w)
		} else {
			d[pos] = int8(window)
		}
		pos += w
	}
}
