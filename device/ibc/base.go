package ibc

import (
	"crypto/subtle"
	"encoding/binary"
	"sync"

	ristretto "github.com/bwesterb/go-ristretto"
	"github.com/cloudflare/circl/math/fp25519"
)

// Multiplication of the generator by what is secret: neither the time nor which
// memory is touched depends on the scalar. The method is that of Bernstein and
// others ("High-speed high-security signatures", 2011): 64 digits from −8 to 8,
// for each one addition of a multiple that is picked by looking at all of them.

// generator is Ed25519's base point (RFC 8032, section 5.1), of order ℓ exactly;
// go-ristretto has another point of its class, which would do for ristretto255
// but not for X25519.
func generator() edwards {
	g := edwards{x: field{
		0x1a, 0xd5, 0x25, 0x8f, 0x60, 0x2d, 0x56, 0xc9, 0xb2, 0xa7, 0x25, 0x95, 0x60, 0xc7, 0x2c, 0x69,
		0x5c, 0xdc, 0xd6, 0xfd, 0x31, 0xe2, 0xa4, 0xc0, 0xfe, 0x53, 0x6e, 0xcd, 0xd3, 0x36, 0x69, 0x21,
	}, y: field{
		0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
	}, z: field{1}}
	fp25519.Mul(&g.t, &g.x, &g.y)
	return g
}

// row is eight affine points, as words: what is picked from is read as such.
type row [8][12]uint64

// words returns the twelve words of a point, lowest first.
func (a *affine) words() (w [12]uint64) {
	for i := range 4 {
		w[i] = binary.LittleEndian.Uint64(a.sum[8*i:])
		w[4+i] = binary.LittleEndian.Uint64(a.difference[8*i:])
		w[8+i] = binary.LittleEndian.Uint64(a.t2d[8*i:])
	}
	return w
}

// setWords is the reverse of words.
func (a *affine) setWords(w *[12]uint64) {
	for i := range 4 {
		binary.LittleEndian.PutUint64(a.sum[8*i:], w[i])
		binary.LittleEndian.PutUint64(a.difference[8*i:], w[4+i])
		binary.LittleEndian.PutUint64(a.t2d[8*i:], w[8+i])
	}
}

// baseRows are j·256ⁱ·B for 1 ≤ j ≤ 8 and 0 ≤ i < 32, 24 kB.
var baseRows = sync.OnceValue(func() *[32]row {
	var (
		rows   [32]row
		ready  [8]affine
		points [8]edwards
		step   cached
		q      quotients
	)
	b := generator()
	for i := range rows {
		step.set(&b)
		points[0] = b
		for j := 1; j < len(points); j++ {
			q.add(&points[j-1], &step, false)
			points[j].setWhole(&q)
		}
		setAll(ready[:], points[:])
		for j := range ready {
			rows[i][j] = ready[j].words()
		}
		for range 8 {
			q.double(&b)
			b.setWhole(&q)
		}
	}
	return &rows
})

// baseMultiple returns s·B for a secret s below ℓ.
func baseMultiple(s *ristretto.Scalar) (sum edwards) {
	rows, d := baseRows(), signedDigits(s)
	defer clear(d[:])
	var (
		q    quotients
		pick affine
	)
	sum.setZero()
	for i := 1; i < len(d); i += 2 {
		pick.choose(&rows[i/2], d[i])
		q.addAffine(&sum, &pick, false)
		sum.setWhole(&q)
	}
	for range 3 {
		q.double(&sum)
		sum.set(&q)
	}
	q.double(&sum)
	sum.setWhole(&q)
	for i := 0; i < len(d); i += 2 {
		pick.choose(&rows[i/2], d[i])
		q.addAffine(&sum, &pick, false)
		sum.setWhole(&q)
	}
	return sum
}

// signedDigits returns d with s = Σ d[i]·16ⁱ and −8 ≤ d[i] ≤ 8, in constant time.
func signedDigits(s *ristretto.Scalar) (d [64]int8) {
	b := encodeScalar(s)
	defer clear(b[:])
	for i, octet := range b {
		d[2*i], d[2*i+1] = int8(octet&15), int8(octet>>4)
	}
	var carry int8
	for i := range 63 {
		d[i] += carry
		carry = (d[i] + 8) >> 4
		d[i] -= carry << 4
	}
	d[63] += carry // s is below 2²⁵³
	return d
}

// choose sets a to d times the point of a row, −8 ≤ d ≤ 8, in constant time.
func (a *affine) choose(from *row, d int8) {
	negative := uint8(d) >> 7
	size := uint8(d)&(negative-1) | uint8(-d)&-negative
	none := uint64(subtle.ConstantTimeByteEq(size, 0))
	w := [12]uint64{0: none, 4: none} // the neutral element: 1, 1, 0
	for j := range from {
		mask := -uint64(subtle.ConstantTimeByteEq(size, uint8(j+1)))
		for i, v := range &from[j] {
			w[i] |= v & mask
		}
	}
	a.setWords(&w)
	var minus field
	fp25519.Neg(&minus, &a.t2d)
	fp25519.Cswap(&a.sum, &a.difference, uint(negative))
	fp25519.Cmov(&a.t2d, &minus, uint(negative))
}

// Curve25519Public returns the public key of an X25519 private key (RFC 7748,
// section 5): 32 octets each, any octets are a private key. It takes less time
// than a ladder: the multiple of the generator is computed on Edwards25519, which
// has u = (Z + Y)/(Z − Y). It is constant-time.
func Curve25519Public(private *[32]byte) (public [32]byte) {
	var wide [64]byte
	copy(wide[:], private[:])
	wide[0] &= 248
	wide[31] = wide[31]&127 | 64
	// The generator has order ℓ, and no such number is a multiple of ℓ.
	s := reduceSecret(wide[:])
	defer eraseScalar(s)
	p := baseMultiple(s)
	u, w := p.z, p.y
	fp25519.AddSub(&u, &w)
	fp25519.Inv(&w, &w)
	fp25519.Mul(&u, &u, &w)
	fp25519.Modp(&u)
	return u
}
