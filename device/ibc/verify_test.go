package ibc_test

import (
	"crypto/sha512"
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"testing"

	ristretto "github.com/bwesterb/go-ristretto"

	"marque/device/ibc"
)

// scalars are ones at which an algorithm on them may go wrong, and some at random.
func scalars(random int) []*ristretto.Scalar {
	var (
		all   []*ristretto.Scalar
		order = new(big.Int).SetBytes(reversed(groupOrder[:]))
		rnd   = rand.NewChaCha8([32]byte{7})
	)
	add := func(n *big.Int) {
		all = append(all, new(ristretto.Scalar).SetBigInt(new(big.Int).Mod(n, order)))
	}
	one := big.NewInt(1)
	for _, bit := range []uint{0, 1, 4, 5, 7, 8, 63, 64, 65, 125, 126, 127, 128, 129, 191, 192, 193, 251, 252} {
		power := new(big.Int).Lsh(one, bit)
		for _, n := range []*big.Int{power, new(big.Int).Sub(power, one), new(big.Int).Add(power, one)} {
			add(n)
			add(new(big.Int).Neg(n))
			add(new(big.Int).Div(order, n.Add(n, one)))
		}
	}
	for range random {
		var b [64]byte
		rnd.Read(b[:])
		all = append(all, new(ristretto.Scalar).SetReduced(&b))
	}
	return all
}

func reversed(b []byte) []byte {
	r := make([]byte, len(b))
	for i := range b {
		r[len(b)-1-i] = b[i]
	}
	return r
}

func TestHalvesAreShortAndRight(t *testing.T) {
	bound := new(big.Int).Lsh(big.NewInt(1), 127)
	for _, c := range scalars(20000) {
		u, v, minus := ibc.Halve(c)
		if u.BigInt().Cmp(bound) >= 0 || v.BigInt().Cmp(bound) >= 0 || v.BigInt().Sign() == 0 {
			t.Fatalf("%v: halves %v and %v", c.BigInt(), u.BigInt(), v.BigInt())
		}
		var vc ristretto.Scalar
		vc.Mul(&v, c)
		if minus {
			vc.Neg(&vc)
		}
		if !vc.Equals(&u) {
			t.Fatalf("%v: %v times it is not %v (minus: %t)", c.BigInt(), v.BigInt(), u.BigInt(), minus)
		}
	}
}

// The equation holds exactly where go-ristretto finds it to hold, multiplying
// one point at a time, in constant time, and comparing what it encodes.
func TestEquationHoldsAsComputedDirectly(t *testing.T) {
	var base, other ristretto.Point
	base.SetBase()
	other.Derive([]byte("another point"))
	points := []*ristretto.Point{&base, new(ristretto.Point).Neg(&base), new(ristretto.Point).Double(&base), &other}
	all := scalars(40)
	pick := rand.New(rand.NewPCG(1, 2))
	for i, c := range all {
		for _, p := range points {
			s := all[pick.IntN(len(all))]
			if i%8 == 0 {
				s = c // which makes the sum zero, for B
			}
			var want, cp ristretto.Point
			want.Sub(want.ScalarMultBase(s), cp.ScalarMult(p, c))
			a := [32]byte(want.Bytes())
			if a == ([32]byte{}) {
				continue // the callers refuse it before
			}
			q := publicPoint(t, p)
			var off ristretto.Point
			for what, try := range map[string]struct {
				a    []byte
				want bool
			}{
				"the same":     {a[:], true},
				"the negative": {off.Neg(&want).Bytes(), false},
				"B more":       {off.Add(&want, &base).Bytes(), false},
				"P less":       {off.Sub(&want, p).Bytes(), false},
			} {
				if got := ibc.SchnorrHolds((*[32]byte)(try.a), s, c, &q, nil, nil); got != try.want && [32]byte(try.a) != [32]byte{} {
					t.Fatalf("t %v, c %v, %s: %t", s.BigInt(), c.BigInt(), what, got)
				}
			}
			for what, bad := range badRistretto {
				if ibc.SchnorrHolds(&bad, s, c, &q, nil, nil) {
					t.Fatalf("t %v, c %v: holds for %s", s.BigInt(), c.BigInt(), what)
				}
			}
		}
	}
}

func publicPoint(t *testing.T, p *ristretto.Point) ibc.PublicValue {
	t.Helper()
	q, err := ibc.DecodePublic((*[32]byte)(p.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// FuzzVerifyAsComputedDirectly holds all ways to verify against the formula of
// PROTOCOL.md section 4.2, written down with go-ristretto alone.
func FuzzVerifyAsComputedDirectly(f *testing.F) {
	m := newMaster(f, 1)
	a := enrol(f, m, addressA)
	sig, err := a.key.Sign(nil, "test", []byte("message"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("message"), sig[:])
	f.Add([]byte("massage"), sig[:])
	for _, bad := range badRistretto {
		f.Add([]byte("message"), append(bad[:], sig[32:]...))
	}
	for _, s := range scalars(0) {
		f.Add([]byte("message"), append(sig[:32:32], s.Bytes()...))
	}
	known, table := stranger(f, m, a), stranger(f, m, a)
	known.Prepare()
	table.Precompute()
	f.Fuzz(func(t *testing.T, msg, octets []byte) {
		sig := [64]byte(append(octets, make([]byte, 64)...))
		fresh := stranger(t, m, a)
		var batch ibc.Batch
		batch.Add(fresh, "test", msg, sig)
		want := verifiesDirectly(m.Params(), a.id, a.key.R(), "test", msg, sig)
		for name, err := range map[string]error{
			"new": fresh.Verify("test", msg, sig), "known": known.Verify("test", msg, sig),
			"table": table.Verify("test", msg, sig), "batch": batch.Verify(nil),
		} {
			if want != (err == nil) {
				t.Errorf("%s: %v, but the formula says %t", name, err, want)
			}
		}
	})
}

// verifiesDirectly is A = tB − c(R + hX), canonical and A not the identity.
func verifiesDirectly(p *ibc.Params, id ibc.Identity, r [32]byte, context string, m []byte, sig [64]byte) bool {
	x := p.X()
	var xp, rp, y, sum, cy ristretto.Point
	var s ristretto.Scalar
	if !xp.SetBytes(&x) || !rp.SetBytes(&r) || !s.SetBytesStrict((*[32]byte)(sig[32:])) || [32]byte(sig[:32]) == [32]byte{} {
		return false
	}
	h := hashed(lp("marque/v1/gg-issue"), x[:], r[:], id.Encode())
	c := hashed(lp("marque/v1/gg-sign"), lp(context), sig[:32], r[:], x[:], lp(string(id.Encode())), m)
	y.Add(&rp, y.ScalarMult(&xp, h))
	sum.Sub(sum.ScalarMultBase(&s), cy.ScalarMult(&y, c))
	return [32]byte(sum.Bytes()) == [32]byte(sig[:32])
}

func lp(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...)
}

func hashed(parts ...[]byte) *ristretto.Scalar {
	h := sha512.New()
	for _, p := range parts {
		h.Write(p)
	}
	return new(ristretto.Scalar).SetReduced((*[64]byte)(h.Sum(nil)))
}
