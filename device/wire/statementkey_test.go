package wire_test

import (
	"math/big"
	"slices"
	"testing"

	"marque/device/wire"
)

// curve25519 is as much of edwards25519 as it takes to find the points of small order, from its equation
// −x² + y² = 1 + d·x²·y², without a table of anything.
type curve25519 struct{ p, d *big.Int }

func newCurve() curve25519 {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	d := new(big.Int).Mul(big.NewInt(-121665), new(big.Int).ModInverse(big.NewInt(121666), p))
	return curve25519{p, d.Mod(d, p)}
}

func (c curve25519) mul(a, b *big.Int) *big.Int { return new(big.Int).Mod(new(big.Int).Mul(a, b), c.p) }

// x returns both x of a y, or nothing.
func (c curve25519) x(y *big.Int) []*big.Int {
	one := big.NewInt(1)
	y2 := c.mul(y, y)
	num := new(big.Int).Sub(y2, one)
	den := new(big.Int).Add(c.mul(c.d, y2), one)
	x := new(big.Int).ModSqrt(c.mul(num, new(big.Int).ModInverse(den, c.p)), c.p)
	if x == nil {
		return nil
	}
	return []*big.Int{x, new(big.Int).Mod(new(big.Int).Neg(x), c.p)}
}

type affine struct{ x, y *big.Int }

func (c curve25519) add(a, b affine) affine {
	one := big.NewInt(1)
	k := c.mul(c.d, c.mul(c.mul(a.x, b.x), c.mul(a.y, b.y)))
	x := new(big.Int).Add(c.mul(a.x, b.y), c.mul(a.y, b.x))
	y := new(big.Int).Add(c.mul(a.y, b.y), c.mul(a.x, b.x))
	return affine{
		c.mul(x, new(big.Int).ModInverse(new(big.Int).Add(one, k), c.p)),
		c.mul(y, new(big.Int).ModInverse(new(big.Int).Mod(new(big.Int).Sub(one, k), c.p), c.p)),
	}
}

func (c curve25519) times(n *big.Int, a affine) affine {
	sum := affine{new(big.Int), big.NewInt(1)}
	for i := n.BitLen() - 1; i >= 0; i-- {
		sum = c.add(sum, sum)
		if n.Bit(i) == 1 {
			sum = c.add(sum, a)
		}
	}
	return sum
}

// smallOrderY finds the y of all eight points: multiples of the prime order of the points with small y.
func (c curve25519) smallOrderY() (ys []*big.Int) {
	l, _ := new(big.Int).SetString("27742317777372353535851937790883648493", 10)
	l.Add(l, new(big.Int).Lsh(big.NewInt(1), 252))
	seen := map[string]bool{}
	for y := int64(2); len(seen) < 5; y++ {
		for _, x := range c.x(big.NewInt(y)) {
			q := c.times(l, affine{x, big.NewInt(y)})
			if !seen[q.y.String()] {
				seen[q.y.String()] = true
				ys = append(ys, q.y)
			}
		}
	}
	return ys
}

// encodings returns every string of 32 octets that a lenient decoder could take for y, with either sign of x.
func (c curve25519) encodings(y *big.Int) (out [][32]byte) {
	for v := new(big.Int).Set(y); v.BitLen() <= 255; v.Add(v, c.p) {
		var b [32]byte
		v.FillBytes(b[:])
		slices.Reverse(b[:])
		signed := b
		signed[31] |= 0x80
		out = append(out, b, signed)
	}
	return out
}

func TestSmallOrderStatementKeys(t *testing.T) {
	c := newCurve()
	var keys [][32]byte
	for _, y := range c.smallOrderY() {
		keys = append(keys, c.encodings(y)...)
	}
	if len(keys) != 14 { // five y, two of them with a second encoding, two signs
		t.Fatalf("found %d encodings", len(keys))
	}
	r := newRealm(t)
	statement := r.sign(t, wire.TypePolicy, must(r.policy().Marshal())(t))
	for _, key := range keys {
		core := *r.core
		core.StatementKey = key
		if _, err := core.Marshal(); !isErr(err, wire.ErrStatementKey) {
			t.Errorf("%x: core: %v", key, err)
		}
		if _, err := wire.OpenStatement(statement, wire.TypePolicy, r.core.Realm, key); !isErr(err, wire.ErrStatementKey) {
			t.Errorf("%x: statement: %v", key, err)
		}
	}
}

func TestUnreducedStatementKeys(t *testing.T) {
	c := newCurve()
	core := newRealm(t).core
	for low := range int64(19) {
		y := new(big.Int).Add(c.p, big.NewInt(low))
		for _, key := range c.encodings(y) {
			core.StatementKey = key
			if _, err := core.Marshal(); !isErr(err, wire.ErrStatementKey) {
				t.Errorf("p + %d: %v", low, err)
			}
		}
	}
	core.StatementKey = c.encodings(new(big.Int).Sub(c.p, big.NewInt(2)))[0]
	if _, err := core.Marshal(); err != nil {
		t.Errorf("p − 2: %v", err)
	}
}
