// Package second is a second implementation of what a receiver does, written from device/PROTOCOL.md and the documents that it names alone: it
// imports no package of this module, takes its curve from RFC 9496 and math/big, and replays tests/vectors. It is neither fast nor constant
// in time; what it reads are vectors.
package second

import (
	"math/big"
	"slices"
)

// The numbers of edwards25519, RFC 9496, section 4.1.
var (
	prime   = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	order   = number("7237005577332262213973186563042994240857116359379907606001950938285454250989")
	edwards = number("37095705934669439343138083508754565189542113879843219016388785533085940283555")
	root    = number("19681161376707505956807079304988542015446066515923890162744021073123829784752") // of -1
	invSqrt = number("54469307008909316920995813868745141605393597292927456921205312896311721017578") // 1/sqrt(a-d)
)

func number(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		panic(s)
	}
	return n
}

func add(a, b *big.Int) *big.Int { return mod(new(big.Int).Add(a, b)) }
func sub(a, b *big.Int) *big.Int { return mod(new(big.Int).Sub(a, b)) }
func mul(a, b *big.Int) *big.Int { return mod(new(big.Int).Mul(a, b)) }
func neg(a *big.Int) *big.Int    { return mod(new(big.Int).Neg(a)) }
func mod(a *big.Int) *big.Int    { return a.Mod(a, prime) }

func negative(a *big.Int) bool { return a.Bit(0) == 1 }

func abs(a *big.Int) *big.Int {
	if negative(a) {
		return neg(a)
	}
	return a
}

// sqrtRatio is SQRT_RATIO_M1 of RFC 9496, section 4.2.
func sqrtRatio(u, v *big.Int) (square bool, r *big.Int) {
	v3 := mul(mul(v, v), v)
	v7 := mul(mul(v3, v3), v)
	e := new(big.Int).Rsh(new(big.Int).Sub(prime, big.NewInt(5)), 3)
	r = mul(mul(u, v3), new(big.Int).Exp(mul(u, v7), e, prime))
	check := mul(v, mul(r, r))
	correct := check.Cmp(u) == 0
	flipped := check.Cmp(neg(u)) == 0
	if flipped || check.Cmp(neg(mul(u, root))) == 0 {
		r = mul(r, root)
	}
	return correct || flipped, abs(r)
}

// point is an element in extended coordinates.
type point struct{ x, y, z, t *big.Int }

var one = big.NewInt(1)

func zero() point { return point{new(big.Int), one, one, new(big.Int)} }

// base is the generator, which RFC 9496 gives in its encoded form.
var base = func() point {
	p, ok := decode(unhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))
	if !ok {
		panic("the generator")
	}
	return p
}()

func little(b []byte) *big.Int {
	c := slices.Clone(b)
	slices.Reverse(c)
	return new(big.Int).SetBytes(c)
}

func octets(n *big.Int) []byte {
	b := n.FillBytes(make([]byte, 32))
	slices.Reverse(b)
	return b
}

// decode is section 4.3.1; the identity, which no point from outside may be, is refused.
func decode(b []byte) (point, bool) {
	s := little(b)
	if len(b) != 32 || s.Sign() == 0 || s.Cmp(prime) >= 0 || negative(s) {
		return point{}, false
	}
	ss := mul(s, s)
	u1, u2 := sub(one, ss), add(one, ss)
	u22 := mul(u2, u2)
	v := sub(neg(mul(edwards, mul(u1, u1))), u22)
	square, inv := sqrtRatio(one, mul(v, u22))
	dx := mul(inv, u2)
	dy := mul(mul(inv, dx), v)
	x := abs(mul(mul(big.NewInt(2), s), dx))
	y := mul(u1, dy)
	t := mul(x, y)
	return point{x, y, one, t}, square && !negative(t) && y.Sign() != 0
}

// encode is section 4.3.2.
func (p point) encode() []byte {
	u1 := mul(add(p.z, p.y), sub(p.z, p.y))
	u2 := mul(p.x, p.y)
	_, inv := sqrtRatio(one, mul(u1, mul(u2, u2)))
	d1, d2 := mul(inv, u1), mul(inv, u2)
	zInv := mul(mul(d1, d2), p.t)
	x, y, d := p.x, p.y, d2
	if negative(mul(p.t, zInv)) {
		x, y, d = mul(p.y, root), mul(p.x, root), mul(d1, invSqrt)
	}
	if negative(mul(x, zInv)) {
		y = neg(y)
	}
	return octets(abs(mul(d, sub(p.z, y))))
}

// plus is the unified addition of RFC 8032, section 5.1.4.
func (p point) plus(q point) point {
	a := mul(sub(p.y, p.x), sub(q.y, q.x))
	b := mul(add(p.y, p.x), add(q.y, q.x))
	c := mul(mul(p.t, q.t), add(edwards, edwards))
	d := mul(add(p.z, p.z), q.z)
	e, f, g, h := sub(b, a), sub(d, c), add(d, c), add(b, a)
	return point{mul(e, f), mul(g, h), mul(f, g), mul(e, h)}
}

func (p point) minus() point { return point{neg(p.x), p.y, p.z, neg(p.t)} }

func (p point) times(n *big.Int) point {
	q := zero()
	for i := n.BitLen() - 1; i >= 0; i-- {
		q = q.plus(q)
		if n.Bit(i) == 1 {
			q = q.plus(p)
		}
	}
	return q
}
