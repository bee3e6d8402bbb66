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

// Each of several gets a key of its own from one ephemeral, and nobody else gets any of them.
func TestSeveralReachTheirRecipients(t *testing.T) {
	m := newMaster(t, 1)
	a, b, c := enrol(t, m, addressA), enrol(t, m, "//fleet.example/Sbus~1"), enrol(t, m, "//fleet.example/Sbus~2")
	u, cold, err := a.key.EncapsulateColdAll(nil, []*ibc.Recipient{ibc.NewRecipient(m.Params(), b.id), ibc.NewRecipient(m.Params(), c.id)}, ibc.Seal{Mode: 0x15, Context: "test"})
	if err != nil {
		t.Fatal(err)
	}
	e, warm, err := a.key.EncapsulateWarmAll(nil, []*ibc.PublicKey{stranger(t, m, b), stranger(t, m, c)}, ibc.Seal{Mode: 0x16, Context: "test"})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range []party{b, c, a} {
		gotCold, errCold := p.key.DecapsulateCold(u, "test")
		gotWarm, errWarm := p.key.DecapsulateWarm(e, "test")
		if errCold != nil || errWarm != nil {
			t.Fatal(errCold, errWarm)
		}
		for j := range cold {
			if (gotCold == cold[j]) != (i == j) || (gotWarm == warm[j]) != (i == j) {
				t.Errorf("key %d for recipient %d", j, i)
			}
		}
	}
	key := a.key
	key.Erase()
	if _, err := key.ContentKey(nil, []ibc.Identity{b.id, c.id}, ibc.Seal{}); !errors.Is(err, ibc.ErrErased) {
		t.Error("content key after Erase:", err)
	}
}

// Content keys and ephemerals repeat only when everything does, the order of the recipients included, and differ from each other.
func TestSeveralNeverReused(t *testing.T) {
	m := newMaster(t, 1)
	a, b, c := enrol(t, m, addressA), enrol(t, m, "//fleet.example/Sbus~1"), enrol(t, m, "//fleet.example/Sbus~2")
	base := ibc.Seal{Mode: 0x16, Context: "test", Bind: []byte("time and payload")}
	mode, bind := base, base
	mode.Mode, bind.Bind = 0x15, []byte("another payload")
	seen := map[[32]byte]string{}
	for _, try := range []struct {
		what string
		from party
		to   []party
		s    ibc.Seal
	}{
		{"first", a, []party{b, c}, base},
		{"mode", a, []party{b, c}, mode},
		{"payload", a, []party{b, c}, bind},
		{"order", a, []party{c, b}, base},
		{"fewer", a, []party{b}, base},
		{"sender", c, []party{a, b}, base},
	} {
		var ids []ibc.Identity
		var keys []*ibc.PublicKey
		for _, p := range try.to {
			ids, keys = append(ids, p.id), append(keys, p.key.Public())
		}
		cek, err := try.from.key.ContentKey(repeat(0), ids, try.s)
		if err != nil {
			t.Fatal(err)
		}
		e, _, err := try.from.key.EncapsulateWarmAll(repeat(0), keys, try.s)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range [][32]byte{cek, e} {
			if prev, ok := seen[v]; ok {
				t.Errorf("another %s repeats what %s had", try.what, prev)
			}
			seen[v] = try.what
		}
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
