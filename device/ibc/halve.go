package ibc

import (
	"math/bits"

	ristretto "github.com/bwesterb/go-ristretto"
)

// groupOrder is ℓ, lowest word first.
var groupOrder = [4]uint64{0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000}

// halve returns u < 2¹²⁷ and 0 < v < 2¹²⁷ with vc = u mod ℓ, or vc = −u where
// minus is set, in variable time. Instead of tB − cY = A one may then check
// vtB − uY = vA with half the doublings: ℓ is prime and v not a multiple of it,
// so that the one holds if and only if the other does (Antipa and others,
// "Accelerated verification of ECDSA signatures", 2005).
//
// It is Euclid's algorithm on ℓ and c by shifted subtraction, stopped halfway.
// All along, rᵢ = ±tᵢc mod ℓ with opposite signs, and r₀t₁ + r₁t₀ = ℓ. As long as
// r₀ is not below 2¹²⁷, t₁ ≤ ℓ/2¹²⁷ is.
func halve(c *ristretto.Scalar) (u, v ristretto.Scalar, minus bool) {
	r0, t0 := groupOrder, [2]uint64{0, 0}
	t1 := [2]uint64{1, 0}
	var r1 [4]uint64
	for i := range r1 {
		r1[i] = uint64(c[2*i]) | uint64(c[2*i+1])<<32
	}
	for r1[3]|r1[2]|r1[1]>>63 != 0 {
		shift := bitLen(&r0) - bitLen(&r1)
		next, negative := subtractShifted(&r0, &r1, shift)
		if negative {
			shift--
			next, _ = subtractShifted(&r0, &r1, shift)
		}
		r0 = next
		addShifted(&t0, &t1, shift)
		if less(&r0, &r1) {
			r0, r1, t0, t1, minus = r1, r0, t1, t0, !minus
		}
	}
	return short([2]uint64{r1[0], r1[1]}), short(t1), minus
}

func short(x [2]uint64) ristretto.Scalar {
	return ristretto.Scalar{uint32(x[0]), uint32(x[0] >> 32), uint32(x[1]), uint32(x[1] >> 32)}
}

func bitLen(x *[4]uint64) uint {
	for i := 3; i > 0; i-- {
		if x[i] != 0 {
			return uint(64*i + bits.Len64(x[i]))
		}
	}
	return uint(bits.Len64(x[0]))
}

// subtractShifted returns x − y·2^shift, and whether it is negative. The product
// is below 2²⁵⁶.
func subtractShifted(x, y *[4]uint64, shift uint) (d [4]uint64, negative bool) {
	words, n := shift/64, shift%64
	var borrow, below uint64
	for i := range d {
		var w, s uint64
		if j := uint(i) - words; j < 4 {
			w = y[j]
			s = w<<n | below>>1>>(63-n)
			below = w
		}
		d[i], borrow = bits.Sub64(x[i], s, borrow)
	}
	return d, borrow != 0
}

// addShifted adds y·2^shift to x; the sum is below 2¹²⁸.
func addShifted(x, y *[2]uint64, shift uint) {
	lo, hi := y[0]<<shift, y[1]<<shift|y[0]>>1>>(63-shift&63)
	if shift >= 64 {
		lo, hi = 0, y[0]<<(shift-64)
	}
	var carry uint64
	x[0], carry = bits.Add64(x[0], lo, 0)
	x[1], _ = bits.Add64(x[1], hi, carry)
}

func less(x, y *[4]uint64) bool {
	var borrow uint64
	for i := range x {
		_, borrow = bits.Sub64(x[i], y[i], borrow)
	}
	return borrow != 0
}
