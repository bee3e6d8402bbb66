package authority_test

import (
	"errors"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
	"marque/storage"
)

func TestFound(t *testing.T) {
	r := found(t)
	core := r.Core()
	if core.Realm != "fleet.example" || !core.Lists("fleet.example") || core.Generation != 1 {
		t.Errorf("core %+v", core)
	}
	if want := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC); !core.Epoch0.Equal(want) || core.EpochLength != 4*7*24*time.Hour {
		t.Errorf("epoch 0 at %v, length %v", core.Epoch0, core.EpochLength)
	}
	seq, bundle, err := r.NewestList()
	if err != nil {
		t.Fatal(err)
	}
	b, serials := r.listed(t, bundle)
	if seq != 1 || b.Order() != (wire.Order{Generation: 1, Base: 1, Sequence: 1}) || b.N != 0 || len(serials) != 0 || b.Previous != [16]byte{} {
		t.Errorf("list %d: %+v", seq, b)
	}
	s := r.status(t)
	if s.Realm != "fleet.example" || s.CoreHash != core.Hash() || s.Grade != "evaluation" || s.Locked {
		t.Errorf("status %+v", s)
	}
	if s.LogSize != 3 || s.Identities != 0 || s.Revoked != 0 || s.Unpublished != 0 || s.Epoch != 0 {
		t.Errorf("status %+v", s)
	}
	day := 24 * time.Hour
	if l := s.List; l.Sequence != 1 || l.NextUpdate.Sub(l.Issued) != 7*day || l.HardExpiry.Sub(l.Issued) != 28*day {
		t.Errorf("list %+v", l)
	}
	r.mustAudit(t)
}

func TestFoundOnce(t *testing.T) {
	r := found(t)
	p, err := r.vault.Params()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := authority.Found(r.store, r.vault, p, founding, r.clock); !errors.Is(err, authority.ErrFounded) {
		t.Error(err)
	}
	if s := r.status(t); s.LogSize != 3 {
		t.Errorf("the log has %d entries", s.LogSize)
	}
}

func TestFoundRefuses(t *testing.T) {
	r := vaultAndStore(t)
	p, err := r.vault.Params()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]authority.Founding{
		"no realm":         {},
		"upper case":       {Realm: "Fleet.example"},
		"a bad SP-ID":      {Realm: "fleet.example", SPIDs: []string{"other_example"}},
		"a short epoch":    {Realm: "fleet.example", EpochLength: time.Minute},
		"half a second":    {Realm: "fleet.example", Past: time.Second / 2},
		"expiry too early": {Realm: "fleet.example", NextUpdate: 2 * time.Hour, HardExpiry: time.Hour},
	} {
		if _, err := authority.Found(r.store, r.vault, p, f, r.clock); err == nil {
			t.Errorf("%s: founded", name)
		}
	}
	r.vault.Lock()
	if err := r.vault.Unlock(passphrase); err != nil {
		t.Fatal(err)
	}
	r.found(t, r.vault)
	r.mustAudit(t)
}

func TestFoundWithMoreDomains(t *testing.T) {
	r := vaultAndStore(t)
	p, err := r.vault.Params()
	if err != nil {
		t.Fatal(err)
	}
	f := authority.Founding{Realm: "fleet.example", SPIDs: []string{"zoo.example", "fleet.example", "a.example"}}
	a, err := authority.Found(r.store, r.vault, p, f, r.clock)
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Core().SPIDs; len(got) != 3 || got[0] != "a.example" || got[1] != "fleet.example" || got[2] != "zoo.example" {
		t.Errorf("SP-IDs %q", got)
	}
}

func TestOpen(t *testing.T) {
	r := vaultAndStore(t)
	if _, err := authority.Open(r.store, r.vault, r.clock); !errors.Is(err, authority.ErrNotFounded) {
		t.Errorf("an empty store: %v", err)
	}
	if _, err := authority.VerifyLog(r.store); !errors.Is(err, authority.ErrNotFounded) {
		t.Errorf("audit of an empty store: %v", err)
	}
	r.found(t, r.vault)
	if _, err := authority.Open(r.store, vaultAndStore(t).vault, r.clock); !errors.Is(err, authority.ErrOtherMaster) {
		t.Errorf("another vault: %v", err)
	}
	hash := r.Core().Hash()
	r.reopen(t)
	if r.Core().Hash() != hash || r.Policy().Past != 5*time.Minute {
		t.Error("core or policy changed")
	}
}

func TestLockedShowsPublicPartsOnly(t *testing.T) {
	r := found(t)
	bus := r.enrol(t, "bus-1")
	r.revoke(t, bus.Address)
	r.publish(t)
	r.enrol(t, "bus-2")
	r.vault.Lock()
	r.store.Lock()

	s := r.status(t)
	if !s.Locked || s.Identities != 2 || s.Revoked != 1 || s.List.Count != 1 {
		t.Errorf("status %+v", s)
	}
	if seq, _, err := r.NewestList(); err != nil || seq != 2 {
		t.Errorf("list %d, %v", seq, err)
	}
	r.mustAudit(t)

	request := newRequester(t, "bus-3", r.now).request
	for name, op := range map[string]func() error{
		"Enrol":      func() error { _, err := r.Enrol(request); return err },
		"Review":     func() error { _, err := r.Review(request); return err },
		"Revoke":     func() error { return r.Revoke(bus.Address, wire.ReasonLost, time.Time{}) },
		"Publish":    func() error { _, err := r.Publish(); return err },
		"Identity":   func() error { _, err := r.Identity(bus.Address); return err },
		"Identities": func() error { _, err := r.Identities(0, 10); return err },
	} {
		if err := op(); !errors.Is(err, authority.ErrLocked) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestClockGoingBack(t *testing.T) {
	r := found(t)
	bus := r.enrol(t, "bus-1")
	r.later(-time.Second)
	ops := map[string]func() error{
		"Enrol":   func() error { _, err := r.Enrol(newRequester(t, "bus-2", r.now).request); return err },
		"Revoke":  func() error { return r.Revoke(bus.Address, wire.ReasonLost, time.Time{}) },
		"Publish": func() error { _, err := r.Publish(); return err },
	}
	for name, op := range ops {
		if err := op(); !errors.Is(err, authority.ErrClock) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s := r.status(t); s.LogSize != 4 || s.Identities != 1 {
		t.Errorf("something changed: %+v", s)
	}
	r.later(time.Second)
	for _, name := range []string{"Enrol", "Revoke", "Publish"} {
		if err := ops[name](); err != nil {
			t.Errorf("%s at the time of the last entry: %v", name, err)
		}
	}
	r.mustAudit(t)
}

func TestMasterAlone(t *testing.T) {
	r := found(t)
	r.vault.Lock()
	// The store is open, the master is not: nothing may be half done.
	if _, err := r.Enrol(newRequester(t, "bus-1", r.now).request); err == nil {
		t.Error("enrolled without a master")
	}
	if _, err := r.Publish(); err == nil {
		t.Error("published without a master")
	}
	r.update(t, func(tx *storage.Tx) error {
		if tx.LogSize() != 3 || tx.Count() != 0 {
			t.Errorf("%d entries, %d identities", tx.LogSize(), tx.Count())
		}
		return nil
	})
}
