package ibc

import (
	ristretto "github.com/bwesterb/go-ristretto"
	"github.com/bwesterb/go-ristretto/edwards25519"
	"github.com/cloudflare/circl/math/fp25519"
)

// Edwards25519: representatives of ristretto255 elements in extended coordinates
// (Hisil, Wong, Carter and Dawson 2008) on circl's field arithmetic, which takes
// about two thirds of the time of go-ristretto's. What is added, and with which
// sign, shows in the time: nothing secret comes here but by baseMultiple, which
// always adds. Encoding, decoding, and multiplying other points by secrets is
// go-ristretto's.

// field is an integer modulo 2²⁵⁵ − 19, any of its forms below 2²⁵⁶.
type field = fp25519.Elt

// edwards is (X : Y : Z : T), x = X/Z, y = Y/Z, XY = ZT.
type edwards struct{ x, y, z, t field }

// quotients is a point as doubling and adding leave it: x = e/g, y = h/f.
type quotients struct{ e, f, g, h field }

// cached is a point that is added more than once: Y + X, Y − X, 2Z, 2dT.
type cached struct{ sum, difference, z2, t2d field }

// affine is a cached point with Z = 1.
type affine struct{ sum, difference, t2d field }

// twiceD is 2d of the curve −x² + y² = 1 + dx²y².
var twiceD = field{
	0x59, 0xf1, 0xb2, 0x26, 0x94, 0x9b, 0xd6, 0xeb, 0x56, 0xb1, 0x83, 0x82, 0x9a, 0x14, 0xe0, 0x00,
	0x30, 0xd1, 0xf3, 0xee, 0xf2, 0x80, 0x8e, 0x19, 0xe7, 0xfc, 0xdf, 0x56, 0xdc, 0xd9, 0x06, 0x24,
}

// newEdwards converts a point from go-ristretto's form.
func newEdwards(p *ristretto.Point) (e edwards) {
	q := (*edwards25519.ExtendedPoint)(p)
	q.X.BytesInto((*[32]byte)(&e.x))
	q.Y.BytesInto((*[32]byte)(&e.y))
	q.Z.BytesInto((*[32]byte)(&e.z))
	q.T.BytesInto((*[32]byte)(&e.t))
	return e
}

// ristretto converts a point into go-ristretto's form.
func (p *edwards) ristretto() *ristretto.Point {
	var q edwards25519.ExtendedPoint
	for _, c := range []struct {
		to   *edwards25519.FieldElement
		from field
	}{{&q.X, p.x}, {&q.Y, p.y}, {&q.Z, p.z}, {&q.T, p.t}} {
		fp25519.Modp(&c.from)
		c.to.SetBytes((*[32]byte)(&c.from))
	}
	return (*ristretto.Point)(&q)
}

func (p *edwards) setZero() {
	*p = edwards{}
	p.y[0], p.z[0] = 1, 1
}

// isZero says whether p represents the identity of ristretto255, as four points
// do: those with xy = 0.
func (p *edwards) isZero() bool { return fp25519.IsZero(&p.x) || fp25519.IsZero(&p.y) }

// set makes a point of q, but for T, which doubling does not need.
func (p *edwards) set(q *quotients) {
	fp25519.Mul(&p.x, &q.e, &q.f)
	fp25519.Mul(&p.y, &q.g, &q.h)
	fp25519.Mul(&p.z, &q.f, &q.g)
}

// setWhole makes a point of q, with T.
func (p *edwards) setWhole(q *quotients) {
	p.set(q)
	fp25519.Mul(&p.t, &q.e, &q.h)
}

// double sets q to 2p; all four values have the opposite sign of those in the
// literature, which makes no difference to their products.
func (q *quotients) double(p *edwards) {
	fp25519.Add(&q.e, &p.x, &p.y)
	fp25519.Sqr(&q.h, &p.x)
	fp25519.Sqr(&q.g, &p.y)
	fp25519.AddSub(&q.h, &q.g)
	fp25519.Sqr(&q.e, &q.e)
	fp25519.Sub(&q.e, &q.h, &q.e)
	fp25519.Sqr(&q.f, &p.z)
	fp25519.Add(&q.f, &q.f, &q.f)
	fp25519.Add(&q.f, &q.f, &q.g)
}

// add sets q to p + c, or p − c.
func (q *quotients) add(p *edwards, c *cached, minus bool) {
	fp25519.Mul(&q.g, &p.z, &c.z2)
	q.addRest(p, &c.sum, &c.difference, &c.t2d, minus)
}

// addAffine sets q to p + c, or p − c.
func (q *quotients) addAffine(p *edwards, c *affine, minus bool) {
	fp25519.Add(&q.g, &p.z, &p.z)
	q.addRest(p, &c.sum, &c.difference, &c.t2d, minus)
}

// addRest adds, or subtracts, when q.g is twice the product of both Z.
func (q *quotients) addRest(p *edwards, sum, difference, t2d *field, minus bool) {
	if minus {
		sum, difference = difference, sum
	}
	q.h, q.e = p.y, p.x
	fp25519.AddSub(&q.h, &q.e)
	fp25519.Mul(&q.h, &q.h, sum)
	fp25519.Mul(&q.e, &q.e, difference)
	fp25519.AddSub(&q.h, &q.e)
	fp25519.Mul(&q.f, &p.t, t2d)
	if minus {
		fp25519.AddSub(&q.g, &q.f)
		q.f, q.g = q.g, q.f
		return
	}
	fp25519.AddSub(&q.g, &q.f)
}

// set makes p ready to be added.
func (c *cached) set(p *edwards) {
	c.sum, c.difference = p.y, p.x
	fp25519.AddSub(&c.sum, &c.difference)
	fp25519.Add(&c.z2, &p.z, &p.z)
	fp25519.Mul(&c.t2d, &p.t, &twiceD)
}

// setAll makes points ready to be added, with one inversion for all of them
// (Montgomery's trick).
func setAll(to []affine, points []edwards) {
	var (
		products = make([]field, len(points)) // of all Z before
		inverse  field
	)
	fp25519.SetOne(&inverse)
	for i := range points {
		products[i] = inverse
		fp25519.Mul(&inverse, &inverse, &points[i].z)
	}
	fp25519.Inv(&inverse, &inverse)
	for i := len(points) - 1; i >= 0; i-- {
		p, a := &points[i], &to[i]
		var z field
		fp25519.Mul(&z, &inverse, &products[i])
		fp25519.Mul(&inverse, &inverse, &p.z)
		fp25519.Mul(&a.difference, &p.x, &z)
		fp25519.Mul(&a.sum, &p.y, &z)
		fp25519.Mul(&a.t2d, &a.difference, &a.sum)
		fp25519.Mul(&a.t2d, &a.t2d, &twiceD)
		fp25519.AddSub(&a.sum, &a.difference)
	}
}

// oddMultiples sets t to p, 3p, 5p … with T.
func oddMultiples(t []edwards, p *edwards) {
	var (
		q     quotients
		twice edwards
		step  cached
	)
	q.double(p)
	twice.setWhole(&q)
	step.set(&twice)
	t[0] = *p
	for i := 1; i < len(t); i++ {
		q.add(&t[i-1], &step, false)
		t[i].setWhole(&q)
	}
}
