package ibc_test

import (
	"encoding/hex"
	"errors"
	"math/big"
	"testing"

	bls "github.com/cloudflare/circl/ecc/bls12381"

	"marque/device/ibc"
)

// groupOrder is ℓ, little endian.
var groupOrder = [32]byte{
	0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
}

// badRistretto are encodings from RFC 9496, appendix A.3, and the identity.
var badRistretto = map[string][32]byte{
	"identity":                {},
	"non-canonical":           point("00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
	"p, which is zero":        point("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	"negative":                point("0100000000000000000000000000000000000000000000000000000000000000"),
	"negative, large":         point("ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20"),
	"non-square":              point("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
	"negative xy":             point("3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e"),
	"s = −1, which gives y 0": point("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
}

func point(s string) [32]byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return [32]byte(b)
}

var fieldPrime, _ = new(big.Int).SetString("1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab", 16)

// g1OutsideSubgroup finds the first small x for which x³ + 4 is a square: a point
// on the curve that, the cofactor being huge, is not in G1.
func g1OutsideSubgroup(t *testing.T) (b [48]byte) {
	t.Helper()
	for x := int64(1); ; x++ {
		rhs := big.NewInt(x*x*x + 4)
		if new(big.Int).ModSqrt(rhs, fieldPrime) != nil {
			big.NewInt(x).FillBytes(b[:])
			b[0] |= 0x80
			return b
		}
	}
}

// g2OutsideSubgroup does the same on the twist y² = x³ + 4(1 + u): an element of
// Fp2 is a square if and only if its norm is one in Fp.
func g2OutsideSubgroup(t *testing.T) (b [96]byte) {
	t.Helper()
	for x := int64(1); ; x++ {
		re, im := big.NewInt(x*x*x+4), big.NewInt(4)
		norm := new(big.Int).Add(re.Mul(re, re), im.Mul(im, im))
		if new(big.Int).ModSqrt(norm, fieldPrime) != nil {
			big.NewInt(x).FillBytes(b[48:]) // real part last
			b[0] |= 0x80
			return b
		}
	}
}

func TestParamsMustBeGood(t *testing.T) {
	good := newMaster(t, 1).Params()
	if _, err := ibc.NewParams(good.X(), good.Z()); err != nil {
		t.Fatal(err)
	}
	for name, x := range badRistretto {
		if _, err := ibc.NewParams(x, good.Z()); !errors.Is(err, ibc.ErrPoint) && !errors.Is(err, ibc.ErrIdentityPoint) {
			t.Errorf("X %s: %v", name, err)
		}
	}
	for name, z := range map[string][48]byte{"identity": {0xc0}, "uncompressed": {4}, "outside the subgroup": g1OutsideSubgroup(t)} {
		if _, err := ibc.NewParams(good.X(), z); !errors.Is(err, ibc.ErrPoint) && !errors.Is(err, ibc.ErrIdentityPoint) {
			t.Errorf("Z %s: %v", name, err)
		}
	}
}

func TestKeysMustBeGood(t *testing.T) {
	m := newMaster(t, 1)
	id := identity(addressA, 7)
	for name, p := range badRistretto {
		if _, err := ibc.NewPublicKey(m.Params(), id, p); !errors.Is(err, ibc.ErrPoint) && !errors.Is(err, ibc.ErrIdentityPoint) {
			t.Errorf("R %s: %v", name, err)
		}
		if _, err := m.Extract(nil, id, p); !errors.Is(err, ibc.ErrPoint) && !errors.Is(err, ibc.ErrIdentityPoint) {
			t.Errorf("U %s: %v", name, err)
		}
	}
	a := enrol(t, m, addressA)
	outside := g2OutsideSubgroup(t)
	for name, d := range map[string][]byte{"identity": append([]byte{0xc0}, make([]byte, 95)...), "outside the subgroup": outside[:], "zero": make([]byte, 96)} {
		if _, err := ibc.ParsePrivateKey(m.Params(), a.id, append(a.key.Bytes()[:64], d...)); !errors.Is(err, ibc.ErrPoint) && !errors.Is(err, ibc.ErrIdentityPoint) {
			t.Errorf("D %s: %v", name, err)
		}
	}
	if _, err := ibc.ParsePrivateKey(m.Params(), a.id, a.key.Bytes()[:159]); !errors.Is(err, ibc.ErrSize) {
		t.Errorf("short key: %v", err)
	}
	for _, b := range [][]byte{nil, make([]byte, 31), make([]byte, 33)} {
		if _, err := ibc.ParseEnrolmentKey(b); !errors.Is(err, ibc.ErrSize) {
			t.Errorf("enrolment key of %d octets: %v", len(b), err)
		}
	}
	for name, b := range map[string][32]byte{"zero": {}, "order": groupOrder} {
		if _, err := ibc.ParseEnrolmentKey(b[:]); !errors.Is(err, ibc.ErrScalar) {
			t.Errorf("enrolment key %s: %v", name, err)
		}
	}
	if _, err := ibc.NewMaster(make([]byte, 31)); !errors.Is(err, ibc.ErrSize) {
		t.Errorf("short seed: %v", err)
	}
}

// The protocol fixes which pairing and which encoding of its values is meant.
func TestPairingEncoding(t *testing.T) {
	b, err := bls.Pair(bls.G1Generator(), bls.G2Generator()).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(b[:16]); len(b) != ibc.GTSize || got != "0f41e58663bf08cf068672cbd01a7ec7" {
		t.Fatalf("e(g1, g2) is %d octets and begins %s", len(b), got)
	}
}
