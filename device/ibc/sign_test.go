package ibc_test

import (
	"errors"
	"fmt"
	"testing"

	"marque/device/ibc"
)

const addressA = "//fleet.example/Sbus-4711~0"

func TestSignatureVerifiesForStrangersOnlyUnchanged(t *testing.T) {
	m := newMaster(t, 1)
	a := enrol(t, m, addressA)
	msg := []byte("position 48.1 11.5")
	sig, err := a.key.Sign(nil, "test", msg)
	if err != nil {
		t.Fatal(err)
	}
	fresh := stranger(t, m, a)
	withTable := stranger(t, m, a)
	withTable.Precompute()
	for name, k := range map[string]*ibc.PublicKey{"new": fresh, "own": a.key.Public(), "table": withTable} {
		if err := k.Verify("test", msg, sig); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for bit := range 8 * len(sig) {
			bad := sig
			bad[bit/8] ^= 1 << (bit % 8)
			if err := k.Verify("test", msg, bad); !errors.Is(err, ibc.ErrSignature) {
				t.Fatalf("%s: bit %d of the signature flipped: %v", name, bit, err)
			}
		}
		for bit := range 8 * len(msg) {
			bad := append([]byte(nil), msg...)
			bad[bit/8] ^= 1 << (bit % 8)
			if err := k.Verify("test", bad, sig); !errors.Is(err, ibc.ErrSignature) {
				t.Fatalf("%s: bit %d of the message flipped: %v", name, bit, err)
			}
		}
		if err := k.Verify("other", msg, sig); !errors.Is(err, ibc.ErrSignature) {
			t.Errorf("%s: another context: %v", name, err)
		}
	}
}

func TestSignatureIsBoundToIdentityAndRealm(t *testing.T) {
	m, other := newMaster(t, 1), newMaster(t, 2)
	a := enrol(t, m, addressA)
	sig, err := a.key.Sign(nil, "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	epoch, name, core := a.id, a.id, a.id
	epoch.Epoch++
	name.Address = "//fleet.example/Sbus-4711~1"
	core.Core[31] ^= 1
	for what, try := range map[string]struct {
		p  *ibc.Params
		id ibc.Identity
	}{
		"epoch": {m.Params(), epoch}, "address": {m.Params(), name}, "core": {m.Params(), core}, "master": {other.Params(), a.id},
	} {
		k, err := ibc.NewPublicKey(try.p, try.id, a.key.R())
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Verify("test", nil, sig); !errors.Is(err, ibc.ErrSignature) {
			t.Errorf("another %s: %v", what, err)
		}
	}
}

// A signature with A = 0 and t = 0 would verify for Y = 0, and t = c·y would for
// the signer itself: single and batch verification must agree that A = 0 is none.
func TestCommitmentZeroIsRefusedBySingleAndBatch(t *testing.T) {
	m := newMaster(t, 1)
	a := enrol(t, m, addressA)
	var zero [64]byte
	if err := stranger(t, m, a).Verify("test", nil, zero); !errors.Is(err, ibc.ErrSignature) {
		t.Errorf("single: %v", err)
	}
	var b ibc.Batch
	b.Add(stranger(t, m, a), "test", nil, zero)
	if err := b.Verify(nil); !errors.Is(err, ibc.ErrSignature) {
		t.Errorf("batch: %v", err)
	}
}

func TestScalarsMustBeCanonical(t *testing.T) {
	m := newMaster(t, 1)
	a := enrol(t, m, addressA)
	sig, err := a.key.Sign(nil, "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	carry := 0 // t + ℓ is the same scalar in another encoding
	for i, l := range groupOrder {
		carry += int(sig[32+i]) + int(l)
		sig[32+i] = byte(carry)
		carry >>= 8
	}
	if err := stranger(t, m, a).Verify("test", nil, sig); !errors.Is(err, ibc.ErrSignature) {
		t.Errorf("single: %v", err)
	}
	var b ibc.Batch
	b.Add(stranger(t, m, a), "test", nil, sig)
	if err := b.Verify(nil); !errors.Is(err, ibc.ErrSignature) {
		t.Errorf("batch: %v", err)
	}
}

func TestBatchAgreesWithSingle(t *testing.T) {
	m := newMaster(t, 1)
	var parties []party
	for i := range 5 {
		parties = append(parties, enrol(t, m, fmt.Sprintf("//fleet.example/Sbus~%d", i)))
	}
	for n := range 12 {
		var good ibc.Batch
		for bad := -1; bad < n; bad++ {
			var b ibc.Batch
			for i := range n {
				p := parties[i%len(parties)]
				msg := []byte{byte(i)}
				sig, err := p.key.Sign(nil, "test", msg)
				if err != nil {
					t.Fatal(err)
				}
				if i == bad {
					msg[0] ^= 1
				}
				k := p.key.Public() // Y known, shared by several members
				if i%3 == 0 {
					k = stranger(t, m, p)
				}
				b.Add(k, "test", msg, sig)
			}
			err := b.Verify(nil)
			if (bad < 0) != (err == nil) {
				t.Fatalf("%d signatures, number %d wrong: %v", n, bad, err)
			}
			if err != nil && !errors.Is(err, ibc.ErrSignature) {
				t.Fatal(err)
			}
			good = b
		}
		if good.Len() != n {
			t.Fatalf("batch of %d says it holds %d", n, good.Len())
		}
	}
}

// Two wrong signatures whose errors cancel in a plain sum must not pass: t1 + δ
// and t2 − δ.
func TestBatchErrorsDoNotCancel(t *testing.T) {
	m := newMaster(t, 1)
	a := enrol(t, m, addressA)
	s1, s2 := mustSign(t, a, 1), mustSign(t, a, 2)
	for s1[32]&1 == s2[32]&1 { // flipping the lowest bits must take one up and the other down
		s2 = mustSign(t, a, 2)
	}
	s1[32] ^= 1
	s2[32] ^= 1
	var b ibc.Batch
	b.Add(a.key.Public(), "test", []byte{1}, s1)
	b.Add(a.key.Public(), "test", []byte{2}, s2)
	if err := b.Verify(nil); !errors.Is(err, ibc.ErrSignature) {
		t.Fatal(err)
	}
}

func mustSign(t *testing.T, p party, msg byte) [64]byte {
	t.Helper()
	sig, err := p.key.Sign(nil, "test", []byte{msg})
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// The nonce is hedged: a generator that repeats itself repeats a signature, but
// never uses one nonce for two messages, contexts or keys.
func TestNonceIsNeverReused(t *testing.T) {
	m := newMaster(t, 1)
	a, b := enrol(t, m, addressA), enrol(t, m, "//fleet.example/Sbus-4712~1")
	seen := map[[32]byte]string{}
	for _, try := range []struct {
		what, context string
		p             party
		msg           string
	}{{"first", "c1", a, "m1"}, {"message", "c1", a, "m2"}, {"context", "c2", a, "m1"}, {"key", "c1", b, "m1"}} {
		sig, err := try.p.key.Sign(repeat(0), try.context, []byte(try.msg))
		if err != nil {
			t.Fatal(err)
		}
		again, _ := try.p.key.Sign(repeat(0), try.context, []byte(try.msg))
		if sig != again {
			t.Errorf("%s: a repeating generator gave another signature", try.what)
		}
		if prev, ok := seen[[32]byte(sig[:32])]; ok {
			t.Errorf("another %s used the nonce of %s", try.what, prev)
		}
		seen[[32]byte(sig[:32])] = try.what
	}
}
