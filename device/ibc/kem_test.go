package ibc_test

import (
	"errors"
	"testing"

	"marque/device/ibc"
)

func TestColdReachesOnlyItsRecipient(t *testing.T) {
	m := newMaster(t, 1)
	a, b := enrol(t, m, addressA), enrol(t, m, "//fleet.example/Sbus-4712~1")
	u, key, err := a.key.EncapsulateCold(nil, ibc.NewRecipient(m.Params(), b.id), ibc.Seal{Mode: 0x13, Context: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.key.DecapsulateCold(u, "test"); err != nil || got != key {
		t.Fatalf("the recipient got another key: %v", err)
	}
	if got, err := b.key.DecapsulateCold(u, "other"); err != nil || got == key {
		t.Errorf("another context gives the same key: %v", err)
	}
	if got, err := a.key.DecapsulateCold(u, "test"); err != nil || got == key {
		t.Errorf("somebody else gets the key: %v", err)
	}
}

func TestWarmReachesOnlyItsRecipient(t *testing.T) {
	m := newMaster(t, 1)
	a, b := enrol(t, m, addressA), enrol(t, m, "//fleet.example/Sbus-4712~1")
	e, key, err := a.key.EncapsulateWarm(nil, stranger(t, m, b), ibc.Seal{Mode: 0x14, Context: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.key.DecapsulateWarm(e, "test"); err != nil || got != key {
		t.Fatalf("the recipient got another key: %v", err)
	}
	if got, err := b.key.DecapsulateWarm(e, "other"); err != nil || got == key {
		t.Errorf("another context gives the same key: %v", err)
	}
	if got, err := a.key.DecapsulateWarm(e, "test"); err != nil || got == key {
		t.Errorf("somebody else gets the key: %v", err)
	}
}

// The ephemeral secret is hedged like a nonce: it repeats only when everything does.
func TestEphemeralIsNeverReused(t *testing.T) {
	m := newMaster(t, 1)
	a, b, c := enrol(t, m, addressA), enrol(t, m, "//fleet.example/Sbus~1"), enrol(t, m, "//fleet.example/Sbus~2")
	base := ibc.Seal{Mode: 1, Context: "test", Bind: []byte("time and payload")}
	mode, bind := base, base
	mode.Mode, bind.Bind = 2, []byte("another payload")
	cold, warm := map[[48]byte]string{}, map[[32]byte]string{}
	for _, try := range []struct {
		what string
		from party
		to   party
		s    ibc.Seal
	}{{"first", a, b, base}, {"mode", a, b, mode}, {"payload", a, b, bind}, {"recipient", a, c, base}, {"sender", c, b, base}} {
		u, _, err := try.from.key.EncapsulateCold(repeat(0), ibc.NewRecipient(m.Params(), try.to.id), try.s)
		if err != nil {
			t.Fatal(err)
		}
		e, _, err := try.from.key.EncapsulateWarm(repeat(0), try.to.key.Public(), try.s)
		if err != nil {
			t.Fatal(err)
		}
		if prev, ok := cold[u]; ok {
			t.Errorf("cold: another %s repeats U of %s", try.what, prev)
		}
		if prev, ok := warm[e]; ok {
			t.Errorf("warm: another %s repeats E of %s", try.what, prev)
		}
		cold[u], warm[e] = try.what, try.what
	}
}

func TestEphemeralPointsMustBeGood(t *testing.T) {
	m := newMaster(t, 1)
	a := enrol(t, m, addressA)
	for name, u := range map[string][48]byte{
		"identity": {0xc0}, "zero": {}, "uncompressed flag": {0x00, 1}, "not on the curve": {0x80, 0, 1}, "outside the subgroup": g1OutsideSubgroup(t), "above the modulus": {0x9f, 0xff},
	} {
		if _, err := a.key.DecapsulateCold(u, "test"); !errors.Is(err, ibc.ErrPoint) && !errors.Is(err, ibc.ErrIdentityPoint) {
			t.Errorf("cold, %s: %v", name, err)
		}
	}
	for name, e := range badRistretto {
		if _, err := a.key.DecapsulateWarm(e, "test"); !errors.Is(err, ibc.ErrPoint) && !errors.Is(err, ibc.ErrIdentityPoint) {
			t.Errorf("warm, %s: %v", name, err)
		}
	}
}
