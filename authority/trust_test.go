package authority_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"marque/authority"
	"marque/device/wire"
	"marque/storage"
)

// another returns the core of another realm, with its encoding.
func another(t testing.TB, realm string, domains ...string) (*wire.Core, []byte) {
	t.Helper()
	r := vaultAndStore(t)
	p, err := r.vault.Params()
	if err != nil {
		t.Fatal(err)
	}
	if r.Authority, err = authority.Found(r.store, r.vault, p, authority.Founding{Realm: realm, SPIDs: domains}, r.clock); err != nil {
		t.Fatal(err)
	}
	b, err := r.Core().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return r.Core(), b
}

// trusting is the payload that trusts a core, or none.
func (r *realm) trusting(t *testing.T, realm string, core []byte) []byte {
	t.Helper()
	p, err := r.NewTrustPayload(realm, core, false)
	if err != nil {
		t.Fatal(err)
	}
	return marshal(t, p)
}

// trust changes whom a realm without officers trusts.
func (r *realm) trust(t *testing.T, realm string, core []byte) {
	t.Helper()
	if _, err := r.Propose(nil, authority.ActionTrust, r.trusting(t, realm, core)); err != nil {
		t.Fatal(err)
	}
}

// wantTrust checks the trust list that is in force, as a device reads it.
func (r *realm) wantTrust(t *testing.T, sequence uint32, names ...string) *authority.TrustList {
	t.Helper()
	list, err := r.Trusted()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if list.Sequence > 0 {
		opened, err := wire.OpenTrust(list.Statement, r.Core())
		if err != nil || opened.Sequence != list.Sequence || !opened.Issued.Equal(list.Issued) || !opened.Issued.Add(opened.HardExpiry).Equal(list.HardExpiry) {
			t.Fatalf("%+v: %v", opened, err)
		}
		for i, one := range opened.Realms {
			got = append(got, one.Core.Realm)
			if list.Realms[i].Core != one.Core.Hash() || list.Realms[i].Name != one.Core.Realm || list.Realms[i].Hybrid != one.Hybrid {
				t.Errorf("%+v", list.Realms[i])
			}
		}
	}
	if list.Sequence != sequence || len(got) != len(names) || len(list.Realms) != len(names) {
		t.Fatalf("trust list %d of %q, want %d of %q", list.Sequence, got, sequence, names)
	}
	for i := range names {
		if got[i] != names[i] {
			t.Errorf("%q, want %q", got, names)
		}
	}
	return list
}

func TestTrustLists(t *testing.T) {
	r := found(t)
	if p := r.publish(t); p.Trust.Sequence != 0 || p.Trust.Statement != nil {
		t.Errorf("%+v", p.Trust)
	}
	r.wantTrust(t, 0)
	if _, err := r.RenewTrust(); !errors.Is(err, authority.ErrNotTrusted) {
		t.Error(err)
	}
	_, ferries := another(t, "ferries.example")
	trams, tramsCore := another(t, "trams.example", "rails.example")
	r.trust(t, trams.Realm, tramsCore)
	r.later(time.Hour)
	r.trust(t, "ferries.example", ferries)
	first := r.wantTrust(t, 2, "ferries.example", "trams.example")
	if first.HardExpiry.Sub(first.Issued) != r.Policy().HardExpiry || first.Issued != r.now.Truncate(time.Second) {
		t.Errorf("%v to %v", first.Issued, first.HardExpiry)
	}
	// Lists that are published make it last.
	r.later(time.Hour)
	p := r.publish(t)
	if again := r.wantTrust(t, 3, "ferries.example", "trams.example"); !again.Issued.After(first.Issued) || !bytes.Equal(again.Statement, p.Trust.Statement) {
		t.Errorf("%v, before %v", again.Issued, first.Issued)
	}
	if list, err := r.RenewTrust(); err != nil || list.Sequence != 4 {
		t.Errorf("%+v, %v", list, err)
	}
	// A core takes the place of another one of its realm.
	_, next := another(t, "trams.example")
	r.trust(t, "trams.example", next)
	if list := r.wantTrust(t, 5, "ferries.example", "trams.example"); list.Realms[1].Core == trams.Hash() || len(list.Realms[1].Domains) != 1 {
		t.Errorf("%+v", list.Realms)
	}
	r.trust(t, "trams.example", nil)
	r.trust(t, "ferries.example", nil)
	r.wantTrust(t, 7)
	if p := r.publish(t); p.Trust.Sequence != 7 || len(p.Trust.Realms) != 0 {
		t.Errorf("a list that trusts nobody: %+v", p.Trust)
	}
	if s := r.status(t); s.Trust != 7 {
		t.Errorf("status: %d", s.Trust)
	}
	r.mustAudit(t)
	r.reopen(t)
	r.wantTrust(t, 7)
	page, err := r.Log(authority.LogQuery{Class: authority.LogOfficers, Count: 50})
	if err != nil || len(page.Rows) != 7 || page.Rows[0].Kind != "trust" || page.Rows[0].Number != 7 {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestWhoCannotBeTrusted(t *testing.T) {
	r := found(t)
	_, home := another(t, "rails.example", "fleet.example")
	_, ferries := another(t, "ferries.example", "boats.example")
	_, boats := another(t, "ships.example", "boats.example")
	r.trust(t, "ferries.example", ferries)
	for what, c := range map[string]struct {
		payload authority.TrustPayload
		want    error
	}{
		"a domain of this realm":          {authority.TrustPayload{Realm: "rails.example", Core: home}, wire.ErrOverlap},
		"a domain of another trusted one": {authority.TrustPayload{Realm: "ships.example", Core: boats}, wire.ErrOverlap},
		"trusted already":                 {authority.TrustPayload{Realm: "ferries.example", Core: ferries}, authority.ErrPayload},
		"a core of another realm":         {authority.TrustPayload{Realm: "ships.example", Core: ferries}, authority.ErrPayloadForm},
		"no core":                         {authority.TrustPayload{Realm: "ships.example"}, authority.ErrPayloadForm},
		"half a core":                     {authority.TrustPayload{Realm: "ferries.example", Core: ferries[:80]}, authority.ErrPayloadForm},
		"never trusted":                   {authority.TrustPayload{Realm: "ships.example", Old: authority.TrustedCore{Hash: [32]byte{1}}}, authority.ErrPayload},
		"nobody with ML-KEM":              {authority.TrustPayload{Realm: "ships.example", Old: authority.TrustedCore{Hash: [32]byte{1}}, Hybrid: true}, authority.ErrPayloadForm},
	} {
		b, err := c.payload.Marshal()
		if err == nil {
			_, err = r.Propose(nil, authority.ActionTrust, b)
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	own, err := r.Core().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Propose(nil, authority.ActionTrust, r.trusting(t, "fleet.example", own)); !errors.Is(err, wire.ErrOverlap) {
		t.Errorf("the realm itself: %v", err)
	}
	if _, err := r.NewTrustPayload("ships.example", nil, false); !errors.Is(err, authority.ErrNotTrusted) {
		t.Error(err)
	}
	r.wantTrust(t, 1, "ferries.example")
	r.mustAudit(t)
}

// TestOfficersDecideWhomToTrust: two of them, and about exactly the core that they saw.
func TestOfficersDecideWhomToTrust(t *testing.T) {
	b := newBoard(t, 2)
	_, ferries := another(t, "ferries.example")
	payload := b.trusting(t, "ferries.example", ferries)
	p := b.mustPropose(t, b.by("Anna"), authority.ActionTrust, payload)
	b.wantTrust(t, 0)
	if _, err := b.Propose(nil, authority.ActionTrust, payload); !errors.Is(err, authority.ErrApprovalsMissing) {
		t.Errorf("nobody: %v", err)
	}
	if got, err := b.Approve(b.by("Bo"), p.Digest); err != nil || got.State != authority.StateDecided {
		t.Errorf("%+v, %v", got, err)
	}
	b.wantTrust(t, 1, "ferries.example")
	b.publish(t) // which takes nobody's decision
	b.later(time.Minute)
	_, err := b.Propose(b.by("Anna", "Bo"), authority.ActionTrust, payload)
	refused(t, "what has changed since", err, authority.ErrPayload)
	b.later(time.Minute)
	b.mustPropose(t, b.by("Anna", "Bo"), authority.ActionTrust, b.trusting(t, "ferries.example", nil))
	b.wantTrust(t, 3)
	b.mustAudit(t)
	page, err := b.Log(authority.LogQuery{Class: authority.LogOfficers, Text: "ferries", Count: 10})
	if err != nil || len(page.Rows) != 2 || len(page.Rows[0].Who) != 2 || page.Rows[0].Action != authority.ActionTrust || page.Rows[0].Name != "ferries.example" {
		t.Errorf("%+v, %v", page, err)
	}
}

// What was asked for before others decided does not bring back whom they trust no more.
func TestTrustThatWaitedTooLong(t *testing.T) {
	b := newBoard(t, 2)
	_, ferries := another(t, "ferries.example")
	payload := b.trusting(t, "ferries.example", ferries)
	waits := b.mustPropose(t, b.by("Anna"), authority.ActionTrust, payload)
	b.later(time.Minute)
	b.mustPropose(t, b.by("Anna", "Bo"), authority.ActionTrust, payload)
	b.later(time.Minute)
	b.mustPropose(t, b.by("Anna", "Bo"), authority.ActionTrust, b.trusting(t, "ferries.example", nil))
	b.later(time.Minute)
	_, err := b.Approve(b.by("Bo"), waits.Digest)
	refused(t, "of before the realm was trusted no more", err, authority.ErrPayload)
	b.wantTrust(t, 2)
	b.mustAudit(t)
}

// forgeTrust is what a dishonest authority does: it signs a trust list, stores it and records it.
func (r *realm) forgeTrust(t *testing.T, list *wire.Trust) {
	t.Helper()
	payload, err := list.Marshal()
	stmt := r.sign(t, wire.TypeTrust, payload, err)
	r.update(t, func(tx *storage.Tx) error { return tx.AddTrust(list.Sequence, stmt) })
	r.log(t, &wire.TrustEntry{Sequence: list.Sequence, Hash: sha256.Sum256(stmt)})
}

func TestAuditOfDishonestTrust(t *testing.T) {
	ferries, _ := another(t, "ferries.example")
	rails, _ := another(t, "rails.example", "fleet.example")
	for name, c := range map[string]struct {
		change func(r *realm, l *wire.Trust)
		want   string
	}{
		"nothing":        {func(*realm, *wire.Trust) {}, ""},
		"another number": {func(_ *realm, l *wire.Trust) { l.Sequence = 3 }, "entry 8: it sets trust list 3 where 1 is next"},
		"earlier":        {func(_ *realm, l *wire.Trust) { l.Issued = l.Issued.Add(-time.Second) }, "trust list 1: it was not issued when the log says"},
		"longer":         {func(_ *realm, l *wire.Trust) { l.HardExpiry += time.Second }, "trust list 1: it is good for longer than the policy says"},
		"another core":   {func(_ *realm, l *wire.Trust) { l.Core = [32]byte{1} }, "trust list 1: it does not verify"},
		"an overlap": {func(_ *realm, l *wire.Trust) {
			l.Realms = []wire.TrustedRealm{{Core: rails, SPIDs: rails.SPIDs}}
		}, "trust list 1: it does not verify"},
	} {
		t.Run(name, func(t *testing.T) {
			r := busy(t)
			list := &wire.Trust{
				Core: r.Core().Hash(), Sequence: 1, Issued: r.now.Truncate(time.Second), HardExpiry: r.Policy().HardExpiry,
				Realms: []wire.TrustedRealm{{Core: ferries, SPIDs: ferries.SPIDs}},
			}
			c.change(r, list)
			r.forgeTrust(t, list)
			if c.want == "" {
				r.mustAudit(t)
			} else {
				r.mustFind(t, c.want)
			}
		})
	}
}

// TestAuditOfTrustThatNobodyDecided: where there are officers, a trust list without a decision says what the one before it said.
func TestAuditOfTrustThatNobodyDecided(t *testing.T) {
	b := newBoard(t, 2)
	ferries, core := another(t, "ferries.example")
	b.mustPropose(t, b.by("Anna", "Bo"), authority.ActionTrust, b.trusting(t, "ferries.example", core))
	list := &wire.Trust{
		Core: b.core, Sequence: 2, Issued: b.now.Truncate(time.Second), HardExpiry: b.Policy().HardExpiry,
		Realms: []wire.TrustedRealm{{Core: ferries, SPIDs: ferries.SPIDs}},
	}
	b.forgeTrust(t, list)
	b.mustAudit(t)
	list.Sequence, list.Realms[0].Hybrid = 3, true
	b.forgeTrust(t, list)
	b.mustFind(t, "trust list 3: officers decide about whom the realm trusts here, but nobody did")
}

// TestAuditOfTrustAfterALostList: a trust list that is gone hides nothing that the next one says without a decision.
func TestAuditOfTrustAfterALostList(t *testing.T) {
	b := newBoard(t, 2)
	ferries, core := another(t, "ferries.example")
	b.mustPropose(t, b.by("Anna", "Bo"), authority.ActionTrust, b.trusting(t, "ferries.example", core))
	list := &wire.Trust{
		Core: b.core, Sequence: 2, Issued: b.now.Truncate(time.Second), HardExpiry: b.Policy().HardExpiry,
		Realms: []wire.TrustedRealm{{Core: ferries, SPIDs: ferries.SPIDs}},
	}
	b.forgeTrust(t, list)
	b.edit(t, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("trust")).Delete([]byte{0, 0, 0, 1}) })
	b.mustFind(t, "trust list 1: it is in the log, but it cannot be read")
	list.Sequence, list.Realms[0].Hybrid = 3, true
	b.forgeTrust(t, list)
	b.edit(t, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("trust")).Delete([]byte{0, 0, 0, 2}) })
	b.mustFind(t, "trust list 3: officers decide about whom the realm trusts here, but nobody did")
}

// TestTrustListsInTheStoreMustAgree: an older list that is put back in the store is noticed, and so is one that was signed in secret.
func TestTrustListsInTheStoreMustAgree(t *testing.T) {
	r := found(t)
	_, ferries := another(t, "ferries.example")
	r.trust(t, "ferries.example", ferries)
	old := r.wantTrust(t, 1, "ferries.example")
	r.update(t, func(tx *storage.Tx) error { return tx.AddTrust(2, old.Statement) })
	r.mustFind(t, "trust list 2: it is not in the log")
	r.log(t, &wire.TrustEntry{Sequence: 2, Hash: [32]byte{1}})
	r.mustFind(t, "trust list 2: it is not the trust list that the log records")
	r.mustFind(t, "trust list 2: it says that it is trust list 1")
	if _, err := r.Trusted(); !errors.Is(err, authority.ErrInconsistent) {
		t.Errorf("read: %v", err)
	}
	if _, err := r.Publish(); !errors.Is(err, authority.ErrInconsistent) {
		t.Errorf("publish: %v", err)
	}
}

// TestReopeningBeforeAnyTrust: a backup from before the first trust list knows nothing of the realms that devices trust meanwhile.
func TestReopeningBeforeAnyTrust(t *testing.T) {
	r, c := counted(t)
	backup := r.copy(t)
	_, ferries := another(t, "ferries.example")
	r.later(time.Hour)
	r.trust(t, "ferries.example", ferries)
	list := r.newest(t)
	r.restored(t, backup)
	r.later(time.Hour)
	if err := r.SetCounter(c); err == nil {
		t.Fatal("the old database was not noticed")
	}
	r.mustReopen(t, [][]byte{list}, nil)
	if p := r.publish(t); p.Trust.Sequence != 65_536+1 || len(p.Trust.Realms) != 0 {
		t.Errorf("%+v", p.Trust)
	}
	if p := r.publish(t); p.Trust.Sequence != 65_536+1 {
		t.Errorf("once is enough: %+v", p.Trust)
	}
	r.mustAudit(t)
}

// TestReopeningTrustsNobody: that a realm is trusted no more may be among what was lost, and so may be lists with higher numbers.
func TestReopeningTrustsNobody(t *testing.T) {
	r, c := counted(t)
	_, ferries := another(t, "ferries.example")
	r.trust(t, "ferries.example", ferries)
	backup := r.copy(t)
	r.later(time.Hour)
	r.trust(t, "ferries.example", nil)
	lost := r.wantTrust(t, 2)
	list := r.newest(t)
	r.restored(t, backup)
	r.later(time.Hour)
	if err := r.SetCounter(c); err == nil {
		t.Fatal("the old database was not noticed")
	}
	r.mustReopen(t, [][]byte{list}, nil)
	if now := r.wantTrust(t, 1, "ferries.example"); !now.Lapsed {
		t.Error("the list of before is in force")
	}
	if p := r.publish(t); len(p.Trust.Realms) != 0 {
		t.Errorf("%+v", p.Trust)
	}
	if now := r.wantTrust(t, 1+65_536+1); now.Sequence <= lost.Sequence || now.Lapsed {
		t.Errorf("%+v", now)
	}
	r.trust(t, "ferries.example", ferries)
	r.wantTrust(t, 1+65_536+2, "ferries.example")
	r.mustAudit(t)
}
