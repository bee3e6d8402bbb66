package authority_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
)

var errBroken = errors.New("the TPM does not answer")

// counter is a counter in memory, that starts where some others left it.
type counter struct {
	value  uint64
	broken bool // does not answer
	silent bool // advances and does not say so
}

func (c *counter) Value() (uint64, error) {
	if c.broken {
		return 0, errBroken
	}
	return c.value, nil
}

func (c *counter) Advance() (uint64, error) {
	if c.broken {
		return 0, errBroken
	}
	c.value++
	if c.silent {
		return 0, errBroken
	}
	return c.value, nil
}

// counted founds a realm with a counter that stands at 41.
func counted(t *testing.T) (*realm, *counter) {
	t.Helper()
	c := &counter{value: 41}
	r := vaultAndStore(t)
	r.foundWith(t, authority.Founding{Realm: "fleet.example", Counter: c})
	return r, c
}

func (r *realm) foundWith(t *testing.T, f authority.Founding) {
	t.Helper()
	p, err := r.vault.Params()
	if err != nil {
		t.Fatal(err)
	}
	if r.Authority, err = authority.Found(r.store, r.vault, p, f, r.clock); err != nil {
		t.Fatal(err)
	}
}

// restart opens the database again, sealed before if in good order.
func (r *realm) restart(t *testing.T, c authority.Counter) error {
	t.Helper()
	r.reopen(t)
	return r.SetCounter(c)
}

func (r *realm) mustRestart(t *testing.T, c authority.Counter) {
	t.Helper()
	if err := r.restart(t, c); err != nil {
		t.Fatal(err)
	}
}

func (r *realm) seal(t *testing.T) {
	t.Helper()
	if err := r.Seal(); err != nil {
		t.Fatal(err)
	}
}

// copy returns the database as it is on the disk.
func (r *realm) copy(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// putBack replaces the database by a copy.
func (r *realm) putBack(t *testing.T, b []byte) {
	t.Helper()
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	r.open(t)
}

func mustFail(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// refusesWith fails the test unless every change fails with want and leaves no trace.
func (r *realm) refusesWith(t *testing.T, want error) {
	t.Helper()
	before := r.status(t)
	address, err := wire.ParseAddress("//fleet.example/Sbus-0~0")
	if err != nil {
		t.Fatal(err)
	}
	_, enrol := r.Enrol(newRequester(t, "bus-9", r.now).request)
	_, publish := r.Publish()
	for what, err := range map[string]error{
		"enrol": enrol, "publish": publish, "revoke": r.Revoke(address, wire.ReasonLost, time.Time{}),
		"policy": r.SetPolicy(authority.PolicyChange{Past: time.Minute}), "drill": r.RecordDrill(authority.DrillPassed), "read-only": r.ReadOnly(),
	} {
		mustFail(t, what, err, want)
	}
	if after := r.status(t); after.LogSize != before.LogSize || after.ReadOnly == "" {
		t.Errorf("something changed, or the status does not tell: %+v", after)
	}
}

func TestCounterAdvances(t *testing.T) {
	r, c := counted(t)
	var bus *authority.Issued
	for _, step := range []struct {
		what string
		do   func() error
		want uint64
	}{
		{"founding", func() error { return nil }, 42},
		{"sealing what is sealed", r.Seal, 42},
		{"the first issuing after the seal", func() error { bus = r.enrol(t, "bus-0"); return nil }, 43},
		{"the next 63", func() error {
			for i := range 63 {
				r.enrol(t, fmt.Sprintf("tram-%d", i))
			}
			return nil
		}, 43},
		{"the 64th", func() error { r.enrol(t, "tram-63"); return nil }, 44},
		{"the same request again", func() error { r.enrol(t, "ferry"); return nil }, 44},
		{"a revocation", func() error { return r.Revoke(bus.Address, wire.ReasonLost, time.Time{}) }, 45},
		{"a list", func() error { _, err := r.Publish(); return err }, 46},
		{"a policy", func() error { return r.SetPolicy(authority.PolicyChange{Past: time.Minute}) }, 47},
		{"a seal", r.Seal, 48},
		{"a second seal", r.Seal, 48},
		{"a restart", func() error { return r.restart(t, c) }, 48},
		{"and a seal", func() error { return r.Seal() }, 48},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		if c.value != step.want || r.status(t).Counter != step.want {
			t.Fatalf("%s: the counter stands at %d, the status says %d, want %d", step.what, c.value, r.status(t).Counter, step.want)
		}
	}
	if report := r.audit(t); !report.OK() || report.Counter != 48 || report.Issued != 66 || report.Lost != 0 {
		t.Errorf("%+v", report)
	}
}

func TestWithoutACounter(t *testing.T) {
	r := found(t)
	if err := r.SetCounter(nil); err != nil {
		t.Fatal(err)
	}
	r.enrol(t, "bus-0")
	r.seal(t)
	r.mustRestart(t, nil)
	if bus := r.enrol(t, "bus-1"); bus.Address.Serial() != 1 {
		t.Errorf("%s", bus.Address)
	}
	if s := r.status(t); s.Counter != 0 || s.LogSize != 5 || s.ReadOnly != "" {
		t.Errorf("%+v", s)
	}
	// A realm that was founded without a counter takes none as it is: its founding could be put back at any time.
	mustFail(t, "a counter", r.restart(t, &counter{value: 3}), authority.ErrRolledBack)
	r.refusesWith(t, authority.ErrRolledBack)
}

func TestOlderDatabaseIsNoticed(t *testing.T) {
	r, c := counted(t)
	bus := r.enrol(t, "bus-0")
	r.seal(t)
	for name, change := range map[string]func(){
		"a list": func() { r.publish(t) }, "one issued": func() { r.enrol(t, "bus-1") }, "a revocation": func() { r.revoke(t, bus.Address) },
	} {
		old := r.copy(t)
		change()
		newest := r.copy(t)
		r.putBack(t, old)
		err := r.SetCounter(c)
		mustFail(t, name, err, authority.ErrRolledBack)
		if numbers := fmt.Sprintf("carries %d, the counter stands at %d", c.value-1, c.value); err == nil || !strings.Contains(err.Error(), numbers) {
			t.Errorf("%s: %q does not say %q", name, err, numbers)
		}
		r.refusesWith(t, authority.ErrRolledBack)
		if _, err := r.Enrol(nil); err == nil {
			t.Error("enrolled nothing")
		}
		if _, _, err := r.NewestList(); err != nil {
			t.Errorf("reading: %v", err)
		}
		mustFail(t, "sealing it", r.Seal(), nil)
		r.putBack(t, newest)
		if err := r.SetCounter(c); err != nil {
			t.Fatal(err)
		}
		r.seal(t)
	}
	r.mustAudit(t)
}

func TestAnotherCounter(t *testing.T) {
	r, _ := counted(t)
	r.publish(t)
	mustFail(t, "one that is behind", r.restart(t, &counter{value: 7}), authority.ErrCounterLost)
	r.refusesWith(t, authority.ErrCounterLost)
	mustFail(t, "one that is ahead", r.restart(t, &counter{value: 70}), authority.ErrRolledBack)
	mustFail(t, "one that does not answer", r.restart(t, &counter{broken: true}), authority.ErrCounter)
	r.refusesWith(t, authority.ErrCounter)
}

// TestCounterFailsAfterTheCommit: what was committed stays, and nobody says that it failed.
func TestCounterFailsAfterTheCommit(t *testing.T) {
	for name, test := range map[string]struct{ fail, mend func(c *counter) }{
		"it did not advance":      {func(c *counter) { c.broken = true }, func(c *counter) { c.broken = false }},
		"it did, but said not so": {func(c *counter) { c.silent = true }, func(c *counter) { c.silent = false }},
	} {
		t.Run(name, func(t *testing.T) {
			r, c := counted(t)
			bus := r.enrol(t, "bus-0")
			test.fail(c)
			mustFail(t, "revoke", r.Revoke(bus.Address, wire.ReasonStolen, time.Time{}), authority.ErrNotCounted)
			if id, err := r.Identity(bus.Address); err != nil || id.Revoked == nil {
				t.Errorf("the revocation is gone: %+v, %v", id, err)
			}
			if c.broken {
				r.refusesWith(t, authority.ErrCounter)
			}
			test.mend(c)
			if err := r.ReadOnly(); err != nil {
				t.Fatal(err)
			}
			if _, serials := r.listed(t, r.publish(t).Bundle); len(serials) != 1 {
				t.Errorf("on the list: %d", serials)
			}
			if s := r.status(t); s.Counter != c.value {
				t.Errorf("%d and %d", s.Counter, c.value)
			}
			r.mustAudit(t)
		})
	}
}

// TestPackageIsNotHandedOutUncounted: until the counter has advanced, the database could be set back unnoticed.
func TestPackageIsNotHandedOutUncounted(t *testing.T) {
	r, c := counted(t)
	d := newRequester(t, "bus-0", r.now)
	c.broken = true
	for range 2 {
		if issued, err := r.Enrol(d.request); err == nil || issued != nil {
			t.Fatalf("%+v, %v", issued, err)
		}
	}
	c.broken = false
	issued, err := r.Enrol(d.request)
	if err != nil || !issued.Again || issued.Address.Serial() != 0 {
		t.Errorf("%+v, %v", issued, err)
	}
}

func TestSomebodyElseAdvances(t *testing.T) {
	r, c := counted(t)
	c.value++
	_, err := r.Publish()
	mustFail(t, "publish", err, authority.ErrNotCounted)
	mustFail(t, "publish", err, authority.ErrRolledBack)
	r.refusesWith(t, authority.ErrRolledBack)
}

// TestSerialsAreNotGivenTwiceUnderOneValue: up to 63 identities are issued without the counter advancing. Whoever cuts the power and
// puts a copy of that time back is not noticed, but gets no serial given away a second time.
func TestSerialsAreNotGivenTwiceUnderOneValue(t *testing.T) {
	r, c := counted(t)
	r.enrol(t, "bus-0")
	old := r.copy(t)
	lost := r.enrol(t, "bus-1")
	r.putBack(t, old)
	if err := r.SetCounter(c); err != nil {
		t.Fatal(err)
	}
	bus := r.enrol(t, "bus-1")
	if bus.Address.Serial() != 65 {
		t.Errorf("%s was issued after an end without a seal", bus.Address)
	}
	if s := r.status(t); s.Identities != 2 {
		t.Errorf("%+v", s)
	}
	if err := r.Revoke(lost.Address, wire.ReasonLost, time.Time{}); err != nil {
		t.Errorf("revoke what is lost: %v", err)
	}
	mustFail(t, "a second time", r.Revoke(lost.Address, wire.ReasonLost, time.Time{}), authority.ErrAlreadyRevoked)
	if _, serials := r.listed(t, r.publish(t).Bundle); len(serials) != 1 || serials[0] != 1 {
		t.Errorf("on the list: %d", serials)
	}
	r.seal(t)
	r.mustRestart(t, c)
	if bus := r.enrol(t, "bus-2"); bus.Address.Serial() != 66 {
		t.Errorf("%s was issued after a sealed end", bus.Address)
	}
	r.mustRestart(t, c)
	r.seal(t) // also leaves them out
	if bus := r.enrol(t, "bus-3"); bus.Address.Serial() != 67+64 {
		t.Errorf("%s", bus.Address)
	}
	r.mustAudit(t)
}

// TestSealedCopyIsNoticed: the first identity after a seal advances the counter, since a sealed copy would cost no serials.
func TestSealedCopyIsNoticed(t *testing.T) {
	r, c := counted(t)
	r.seal(t)
	old := r.copy(t)
	r.enrol(t, "bus-0")
	r.putBack(t, old)
	mustFail(t, "a sealed copy", r.SetCounter(c), authority.ErrRolledBack)
}
