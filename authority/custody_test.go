package authority_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
	"marque/storage"
)

func TestDrill(t *testing.T) {
	for name, test := range map[string]struct {
		founded authority.Outcome
		record  []authority.Outcome
		refused authority.Outcome // 0 for none
		want    authority.Outcome
	}{
		"no cards":             {authority.NoCards, nil, authority.DrillPassed, authority.NoCards},
		"waived at founding":   {authority.DrillWaived, nil, authority.DrillWaived, authority.DrillWaived},
		"passed":               {authority.DrillPending, []authority.Outcome{authority.DrillPassed}, authority.DrillWaived, authority.DrillPassed},
		"passed twice":         {authority.DrillPending, []authority.Outcome{authority.DrillPassed, authority.DrillPassed}, 0, authority.DrillPassed},
		"waived":               {authority.DrillPending, []authority.Outcome{authority.DrillWaived}, authority.DrillWaived, authority.DrillWaived},
		"waived, passed later": {authority.DrillPending, []authority.Outcome{authority.DrillWaived, authority.DrillPassed}, 0, authority.DrillWaived},
	} {
		t.Run(name, func(t *testing.T) {
			r := vaultAndStore(t)
			r.foundWith(t, authority.Founding{Realm: "fleet.example", Drill: test.founded})
			if test.founded == authority.DrillPending {
				_, err := r.Enrol(newRequester(t, "bus-0", r.now).request)
				mustFail(t, "enrol", err, authority.ErrDrillPending)
				r.publish(t) // lists are not held up
			}
			for _, o := range test.record {
				if err := r.RecordDrill(o); err != nil {
					t.Fatal(err)
				}
			}
			if test.refused != 0 {
				mustFail(t, "afterwards", r.RecordDrill(test.refused), authority.ErrDrill)
			}
			r.reopen(t)
			if got, err := r.Drill(); err != nil || got != test.want || r.status(t).Drill != test.want || r.audit(t).Drill != test.want {
				t.Errorf("%s, %v", got, err)
			}
			r.enrol(t, "bus-0")
			r.mustAudit(t)
		})
	}
	r := vaultAndStore(t)
	p, err := r.vault.Params()
	if err != nil {
		t.Fatal(err)
	}
	_, err = authority.Found(r.store, r.vault, p, authority.Founding{Realm: "fleet.example", Drill: authority.DrillPassed}, r.clock)
	mustFail(t, "found with a drill that was passed", err, authority.ErrDrill)
}

func TestPolicyChange(t *testing.T) {
	r := busy(t)
	before := *r.Policy()
	if err := r.SetPolicy(authority.PolicyChange{NextUpdate: time.Hour, HardExpiry: 2 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	p := r.Policy()
	if p.Sequence != 2 || p.NextUpdate != time.Hour || p.HardExpiry != 2*time.Hour || p.Past != before.Past || p.Future != before.Future {
		t.Errorf("%+v", p)
	}
	b, _ := r.listed(t, r.publish(t).Bundle)
	if b.NextUpdate != time.Hour || b.HardExpiry != 2*time.Hour {
		t.Errorf("a list of %v and %v", b.NextUpdate, b.HardExpiry)
	}
	d := newRequester(t, "bus-9", r.now)
	issued, err := r.Enrol(d.request)
	if err != nil {
		t.Fatal(err)
	}
	c, core := d.open(t, issued.Package, r.Core().Hash())
	payload, err := wire.OpenStatement(c.Policy, wire.TypePolicy, core.Realm, core.StatementKey)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := wire.ParsePolicy(payload); err != nil || *got != *p {
		t.Errorf("the package has %+v, %v", got, err)
	}
	size := r.logSize(t)
	mustFail(t, "an expiry before the update", r.SetPolicy(authority.PolicyChange{HardExpiry: time.Minute}), wire.ErrValue)
	if r.logSize(t) != size || r.Policy().Sequence != 2 {
		t.Error("something changed")
	}
	r.reopen(t)
	if r.Policy().Sequence != 2 || r.Policy().HardExpiry != 2*time.Hour {
		t.Errorf("%+v", r.Policy())
	}
	r.mustAudit(t) // the lists of before live longer than the policy of now says
}

func TestRevokeAll(t *testing.T) {
	r := busy(t)
	zero, two := mustAddress(t, "//fleet.example/Sbus-0~0"), mustAddress(t, "//fleet.example/Sbus-2~2")
	size := r.logSize(t)
	for name, c := range map[string]struct {
		addresses []wire.Address
		want      error
	}{
		"nobody":                {nil, authority.ErrNotFound},
		"one that is revoked":   {[]wire.Address{zero, mustAddress(t, "//fleet.example/Sbus-1~1")}, authority.ErrAlreadyRevoked},
		"one twice":             {[]wire.Address{zero, zero}, authority.ErrAlreadyRevoked},
		"one that is not there": {[]wire.Address{zero, mustAddress(t, "//fleet.example/Sbus-9~9")}, authority.ErrNotFound},
		"another name":          {[]wire.Address{zero, mustAddress(t, "//fleet.example/Sbus-3~2")}, authority.ErrNotFound},
	} {
		mustFail(t, name, r.RevokeAll(c.addresses, wire.ReasonLost, time.Time{}), c.want)
	}
	if r.logSize(t) != size {
		t.Error("some were revoked")
	}
	if err := r.RevokeAll([]wire.Address{two, zero}, wire.ReasonLost, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, serials := r.listed(t, r.publish(t).Bundle); len(serials) != 3 {
		t.Errorf("%d", serials)
	}
	r.mustAudit(t)
}

// TestNextCore: founding with the seed of the next core gives the core that was committed to.
func TestNextCore(t *testing.T) {
	next := vaultAndStore(t)
	params, err := next.vault.Params()
	if err != nil {
		t.Fatal(err)
	}
	key := [32]byte(next.vault.Public().(ed25519.PublicKey))
	f := authority.Founding{
		Realm: "fleet.example", SPIDs: []string{"zoo.example", "a.example"}, EpochLength: 24 * time.Hour,
		Epoch0: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	promised := authority.NextCore(f, params, key, nil).Hash()
	f.Next = promised[:]
	r := vaultAndStore(t)
	r.foundWith(t, f)
	if [32]byte(r.Core().Next) != promised || !r.Core().Epoch0.Equal(f.Epoch0) {
		t.Errorf("%+v", r.Core())
	}
	core := authority.NextCore(f, params, key, r.Core())
	if core.Hash() != promised {
		t.Errorf("from the present core %+v", core)
	}
	next.foundWith(t, authority.Founding{
		Realm: core.Realm, SPIDs: core.SPIDs, EpochLength: core.EpochLength, Epoch0: core.Epoch0, Generation: core.Generation,
	})
	if next.Core().Hash() != promised {
		t.Errorf("founded %+v", next.Core())
	}
	if b, _ := next.listed(t, next.newest(t)); b.Generation != 2 {
		t.Errorf("lists of generation %d", b.Generation)
	}
	next.mustAudit(t)
}

func TestAuditOfCustody(t *testing.T) {
	for _, c := range []struct {
		name  string
		forge func(t *testing.T, r *realm)
		want  string
	}{
		{"a drill without cards", func(t *testing.T, r *realm) { r.log(t, &wire.DrillEntry{Outcome: wire.DrillPassed}) }, `entry 8: it records the outcome "passed" of a drill that stood at "no cards"`},
		{"a policy left out", func(t *testing.T, r *realm) { r.log(t, &wire.PolicyEntry{Sequence: 3}) }, "entry 8: it sets policy 3 where 2 is next"},
		{"a policy that nobody has", func(t *testing.T, r *realm) { r.log(t, &wire.PolicyEntry{Sequence: 2}) }, "policy 2: it cannot be read"},
		{"another policy", func(t *testing.T, r *realm) {
			p := *r.Policy()
			p.Sequence = 2
			payload, err := p.Marshal()
			stmt := r.sign(t, wire.TypePolicy, payload, err)
			r.update(t, func(tx *storage.Tx) error { return tx.AddPolicy(2, stmt) })
			r.log(t, &wire.PolicyEntry{Sequence: 2, Hash: [32]byte{1}})
		}, "policy 2: it is not the policy that the log records"},
		{"a policy in secret", func(t *testing.T, r *realm) {
			p := *r.Policy()
			p.Sequence = 2
			payload, err := p.Marshal()
			stmt := r.sign(t, wire.TypePolicy, payload, err)
			r.update(t, func(tx *storage.Tx) error { return tx.AddPolicy(2, stmt) })
		}, "policy 2: it is not in the log"},
		{"a policy under another number", func(t *testing.T, r *realm) {
			payload, err := r.Policy().Marshal()
			stmt := r.sign(t, wire.TypePolicy, payload, err)
			r.update(t, func(tx *storage.Tx) error { return tx.AddPolicy(2, stmt) })
			r.log(t, &wire.PolicyEntry{Sequence: 2, Hash: sha256.Sum256(stmt)})
		}, "policy 2: it says that it is policy 1"},
		{"a decision twice", func(t *testing.T, r *realm) {
			for range 2 {
				r.log(t, &wire.DecideEntry{Action: "clock", Proposal: [32]byte{7}})
			}
		}, "entry 9: it decides what entry 8 decided"},
		{"a loss of other size", func(t *testing.T, r *realm) { r.log(t, &wire.LostEntry{NextSerial: 4}) }, "entry 8: it goes on with serial 4 where 67 is next"},
		{"reopened below", func(t *testing.T, r *realm) {
			r.log(t, &wire.ReopenEntry{Generation: 1, Base: 1, Sequence: 2, NextSerial: 70_000})
		}, "entry 8: it reopens with lists that are not above {1 1 2}"},
		{"reopened too near", func(t *testing.T, r *realm) {
			r.log(t, &wire.ReopenEntry{Generation: 2, Base: 1, Sequence: 2, NextSerial: 65_538})
		}, "entry 8: it goes on with serial 65538, which is not far enough from 3"},
		{"reopened without a list", func(t *testing.T, r *realm) {
			r.log(t, &wire.ReopenEntry{Generation: 2, Base: 1, Sequence: 2, NextSerial: 65_539})
		}, "checkpoint 9: the authority was reopened without publishing a list"},
		{"reopened with another counter", func(t *testing.T, r *realm) {
			r.log(t, &wire.ReopenEntry{Generation: 2, Base: 1, Sequence: 2, NextSerial: 65_539, Counter: 3})
		}, "checkpoint 9: its counter is not the one with which the authority was reopened"},
		{"a lost serial that comes back", func(t *testing.T, r *realm) {
			r.log(t, &wire.LostEntry{NextSerial: 67})
			r.log(t, &wire.IssueEntry{Address: mustAddress(t, "//fleet.example/Sbus-9~9"), Request: [32]byte{7}, Sequence: 1, Count: authority.Epochs})
		}, "entry 9: it issues serial 9 where 67 is next"},
		{"a lost serial that expires", func(t *testing.T, r *realm) {
			r.log(t, &wire.LostEntry{NextSerial: 67})
			r.log(t, &wire.ExpireEntry{Serial: 9, LastEpoch: 64})
		}, "entry 9: it takes serial 9 from the list, which is not on it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := busy(t)
			c.forge(t, r)
			r.mustFind(t, c.want)
		})
	}
	t.Run("issued before the drill", func(t *testing.T) {
		r := vaultAndStore(t)
		r.foundWith(t, authority.Founding{Realm: "fleet.example", Drill: authority.DrillPending})
		r.log(t, &wire.IssueEntry{Address: mustAddress(t, "//fleet.example/Sbus-0~0"), Sequence: 1, Count: authority.Epochs})
		r.mustFind(t, "entry 2: it issues keys before the backup cards were tried")
	})
	t.Run("a counter that goes back", func(t *testing.T) {
		r, _ := counted(t)
		r.logCounting(t, 0, &wire.SealEntry{})
		r.mustFind(t, "checkpoint 5: its counter went back from 42 to 0")
	})
}
