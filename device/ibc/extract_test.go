package ibc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	ristretto "github.com/bwesterb/go-ristretto"

	"marque/device/ibc"
)

// Reusing k for two identities gives the master secret away (s1 − s2 = (h1 − h2)x).
// With a generator that repeats, k must still differ between identities, epochs
// and enrolment keys, and repeat only when everything does.
func TestExtractNeverReusesK(t *testing.T) {
	m := newMaster(t, 1)
	u1, _ := ibc.NewEnrolmentKey(repeat(1))
	u2, _ := ibc.NewEnrolmentKey(repeat(2))
	next := identity(addressA, 8)
	kPoints := map[[32]byte]string{}
	for _, try := range []struct {
		what string
		id   ibc.Identity
		u    *ibc.EnrolmentKey
	}{
		{"first", identity(addressA, 7), u1},
		{"epoch", next, u1},
		{"address", identity("//fleet.example/Sbus~1", 7), u1},
		{"enrolment key", identity(addressA, 7), u2},
	} {
		p, err := m.Extract(repeat(0), try.id, try.u.Public())
		if err != nil {
			t.Fatal(err)
		}
		again, _ := m.Extract(repeat(0), try.id, try.u.Public())
		if p.R() != again.R() {
			t.Errorf("%s: a repeating generator gave another R", try.what)
		}
		var r, u, k ristretto.Point
		rb, ub := p.R(), try.u.Public()
		if !r.SetBytes(&rb) || !u.SetBytes(&ub) {
			t.Fatal("not a point")
		}
		k.Sub(&r, &u) // kB
		kb := [32]byte(k.Bytes())
		if prev, ok := kPoints[kb]; ok {
			t.Errorf("another %s used the k of %s", try.what, prev)
		}
		kPoints[kb] = try.what
	}
}

func TestCompleteRefusesEveryForeignKey(t *testing.T) {
	m, other := newMaster(t, 1), newMaster(t, 2)
	u, _ := ibc.NewEnrolmentKey(nil)
	stolen, _ := ibc.NewEnrolmentKey(nil)
	id := identity(addressA, 7)
	partial, err := m.Extract(nil, id, u.Public())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Complete(m.Params(), id, partial); err != nil {
		t.Fatal(err)
	}
	if _, err := stolen.Complete(m.Params(), id, partial); !errors.Is(err, ibc.ErrKey) {
		t.Errorf("somebody else's enrolment key: %v", err)
	}
	if _, err := u.Complete(other.Params(), id, partial); !errors.Is(err, ibc.ErrKey) {
		t.Errorf("another realm: %v", err)
	}
	if _, err := u.Complete(m.Params(), identity(addressA, 8), partial); !errors.Is(err, ibc.ErrKey) {
		t.Errorf("another epoch: %v", err)
	}
	b := partial.Bytes()
	for _, bit := range []int{0, 255, 256, 300, 512, 515, 700, 1279} { // in R, s and D
		bad := append([]byte(nil), b...)
		bad[bit/8] ^= 1 << (bit % 8)
		p, err := ibc.ParsePartialKey(bad)
		if err == nil {
			_, err = u.Complete(m.Params(), id, p)
		}
		if err == nil {
			t.Errorf("bit %d of the issued key flipped: accepted", bit)
		}
	}
	// D alone of another identity: the pairing check is what notices.
	p2, _ := m.Extract(nil, identity(addressA, 9), u.Public())
	mixed, err := ibc.ParsePartialKey(append(append([]byte(nil), b[:64]...), p2.Bytes()[64:]...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Complete(m.Params(), id, mixed); !errors.Is(err, ibc.ErrKey) {
		t.Errorf("D of another epoch: %v", err)
	}
}

// Whoever holds the master seed knows x, s and D, but not y: what they can make is
// another R, never a signature under the logged one.
func TestMasterCannotSignUnderALoggedKey(t *testing.T) {
	m := newMaster(t, 1)
	a := enrol(t, m, addressA)
	u, _ := ibc.NewEnrolmentKey(nil)
	partial, err := m.Extract(nil, a.id, u.Public())
	if err != nil {
		t.Fatal(err)
	}
	substitute, err := u.Complete(m.Params(), a.id, partial)
	if err != nil {
		t.Fatal(err)
	}
	if substitute.R() == a.key.R() {
		t.Fatal("a second issuing gave the same R")
	}
	sig, _ := substitute.Sign(nil, "test", nil)
	if err := stranger(t, m, a).Verify("test", nil, sig); !errors.Is(err, ibc.ErrSignature) {
		t.Errorf("the substitute signs under the logged key: %v", err)
	}
	e, key, err := substitute.EncapsulateWarm(nil, a.key.Public(), ibc.Seal{Context: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := substitute.DecapsulateWarm(e, "test"); err != nil || got == key {
		t.Errorf("the substitute opens warm messages to the logged key (%v)", err)
	}
}

func TestProofOfPossession(t *testing.T) {
	u, _ := ibc.NewEnrolmentKey(nil)
	body := []byte("request")
	proof, err := u.Prove(nil, body)
	if err != nil {
		t.Fatal(err)
	}
	if err := ibc.VerifyProof(u.Public(), body, proof); err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(proof) {
		bad := proof
		bad[bit/8] ^= 1 << (bit % 8)
		if err := ibc.VerifyProof(u.Public(), body, bad); !errors.Is(err, ibc.ErrProof) {
			t.Fatalf("bit %d flipped: %v", bit, err)
		}
	}
	if err := ibc.VerifyProof(u.Public(), []byte("Request"), proof); !errors.Is(err, ibc.ErrProof) {
		t.Errorf("another body: %v", err)
	}
	v, _ := ibc.NewEnrolmentKey(nil)
	if err := ibc.VerifyProof(v.Public(), body, proof); !errors.Is(err, ibc.ErrProof) {
		t.Errorf("another key: %v", err)
	}
	if err := ibc.VerifyProof([32]byte{}, body, proof); !errors.Is(err, ibc.ErrIdentityPoint) {
		t.Errorf("identity as key: %v", err)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	m := newMaster(t, 1)
	u, _ := ibc.NewEnrolmentKey(nil)
	id := identity(addressA, 7)
	partial, _ := m.Extract(nil, id, u.Public())
	key, _ := u.Complete(m.Params(), id, partial)
	for name, s := range map[string]any{"master": m, "enrolment key": u, "partial key": partial, "private key": key} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
			if got := fmt.Sprintf(verb, s); got != "[secret]" {
				t.Errorf("%s prints as %d octets with %s", name, len(got), verb)
			}
		}
		if b, err := json.Marshal(s); err != nil || string(b) != `"[secret]"` {
			t.Errorf("%s as JSON: %d octets, %v", name, len(b), err)
		}
		var out strings.Builder
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "k", s)
		if !strings.Contains(out.String(), "k=[secret]") {
			t.Errorf("%s is logged", name)
		}
	}
}

func TestErasedKeysRefuse(t *testing.T) {
	m := newMaster(t, 1)
	u, _ := ibc.NewEnrolmentKey(nil)
	id := identity(addressA, 7)
	partial, _ := m.Extract(nil, id, u.Public())
	key, _ := u.Complete(m.Params(), id, partial)
	key.Erase()
	partial.Erase()
	_, errComplete := u.Complete(m.Params(), id, partial)
	u.Erase()
	_, errProve := u.Prove(nil, nil)
	m.Erase()
	_, errExtract := m.Extract(nil, id, u.Public())
	_, errSign := key.Sign(nil, "test", nil)
	_, errCold := key.DecapsulateCold([48]byte{}, "test")
	_, errWarm := key.DecapsulateWarm([32]byte{}, "test")
	_, _, errSeal := key.EncapsulateWarm(nil, key.Public(), ibc.Seal{})
	for name, err := range map[string]error{
		"complete": errComplete, "prove": errProve, "extract": errExtract, "sign": errSign, "cold": errCold, "warm": errWarm, "seal": errSeal,
	} {
		if !errors.Is(err, ibc.ErrErased) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if key.Bytes() != nil || partial.Bytes() != nil || u.Bytes() != nil {
		t.Error("erased keys still give octets")
	}
}

func TestPrivateKeyStorageRoundTrip(t *testing.T) {
	m := newMaster(t, 1)
	a := enrol(t, m, addressA)
	b := a.key.Bytes()
	back, err := ibc.ParsePrivateKey(m.Params(), a.id, b)
	if err != nil {
		t.Fatal(err)
	}
	sig, _ := back.Sign(nil, "test", []byte("x"))
	if err := stranger(t, m, a).Verify("test", []byte("x"), sig); err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * 64 { // R and y: any damage is noticed at once
		bad := append([]byte(nil), b...)
		bad[bit/8] ^= 1 << (bit % 8)
		if _, err := ibc.ParsePrivateKey(m.Params(), a.id, bad); err == nil {
			t.Fatalf("bit %d of the stored key flipped: accepted", bit)
		}
	}
}
