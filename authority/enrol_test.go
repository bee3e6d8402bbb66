package authority_test

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"marque/authority"
	"marque/device/ibc"
	"marque/device/wire"
	"marque/hsm"
	"marque/storage"
)

func TestEnrolledDeviceGetsWorkingKeys(t *testing.T) {
	r := found(t)
	r.muchLater(3*r.Core().EpochLength + time.Hour)
	d := newRequester(t, "bus-4711", r.now)
	issued, err := r.Enrol(d.request)
	if err != nil {
		t.Fatal(err)
	}
	if issued.Address.String() != "//fleet.example/Sbus-4711~0" || issued.Sequence != 1 || issued.Again {
		t.Errorf("issued %v, package %d, again %v", issued.Address, issued.Sequence, issued.Again)
	}
	c, core := d.open(t, issued.Package, r.Core().Hash())
	if c.Address != issued.Address || c.FirstEpoch != 3 || len(c.Keys) != authority.Epochs {
		t.Errorf("%d keys from epoch %d for %v", len(c.Keys), c.FirstEpoch, c.Address)
	}
	d.complete(t, c, core)
	payload, err := wire.OpenStatement(c.Policy, wire.TypePolicy, "fleet.example", core.StatementKey)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := wire.ParsePolicy(payload); err != nil || *p != *r.Policy() || p.Core != core.Hash() {
		t.Errorf("policy %+v, %v", p, err)
	}
	if len(issued.Package) > 3500 {
		t.Errorf("a package of %d octets", len(issued.Package))
	}

	id, err := r.Identity(issued.Address)
	if err != nil {
		t.Fatal(err)
	}
	if id.Kind != wire.KindVehicle || id.Request != d.body.Hash() || id.FirstEpoch != 3 || id.LastEpoch != 15 || id.Revoked != nil {
		t.Errorf("identity %+v", id)
	}
	if !id.Until.Equal(core.EpochStart(16)) || !id.Issued.Equal(r.now.Truncate(time.Second)) {
		t.Errorf("issued %v, until %v", id.Issued, id.Until)
	}
	r.mustAudit(t)
}

// The checkpoint in a package is the one that the authority stored, so that a device can hold the authority to it.
func TestPackageHoldsTheStoredCheckpoint(t *testing.T) {
	r := found(t)
	d := newRequester(t, "bus-4711", r.now)
	issued, err := r.Enrol(d.request)
	if err != nil {
		t.Fatal(err)
	}
	c, core := d.open(t, issued.Package, r.Core().Hash())
	head, err := wire.OpenCheckpoint(c.Checkpoint, core)
	if err != nil {
		t.Fatal(err)
	}
	if c.Index != head.Size-1 || !head.Time.Equal(r.now.Truncate(time.Second)) {
		t.Errorf("entry %d in a log of %d, signed %v", c.Index, head.Size, head.Time)
	}
	r.update(t, func(tx *storage.Tx) error {
		stored, err := tx.Checkpoint()
		if err == nil && (stored.Size != head.Size || !bytes.Equal(stored.Statement, c.Checkpoint)) {
			t.Error("the store holds another checkpoint")
		}
		return err
	})
}

func TestPackageIsForItsDeviceOnly(t *testing.T) {
	r := found(t)
	d, other := newRequester(t, "bus-1", r.now), newRequester(t, "bus-2", r.now)
	issued, err := r.Enrol(d.request)
	if err != nil {
		t.Fatal(err)
	}
	c, core := d.open(t, issued.Package, r.Core().Hash())
	params, err := core.Params()
	if err != nil {
		t.Fatal(err)
	}
	id, err := core.Identity(c.Address, c.FirstEpoch)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.u.Complete(params, id, c.Keys[0]); err == nil {
		t.Error("another device completed the key")
	}
}

// TestIssuedSecretsAreNotKept looks for s and D of every key in the database.
func TestIssuedSecretsAreNotKept(t *testing.T) {
	r := found(t)
	d := newRequester(t, "bus-1", r.now)
	issued, err := r.Enrol(d.request)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := d.open(t, issued.Package, r.Core().Hash())
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(file, []byte(issued.Address.String())) {
		t.Fatal("the log is not where it is looked for")
	}
	for i, k := range c.Keys {
		b := k.Bytes()
		if bytes.Contains(file, b[32:64]) || bytes.Contains(file, b[64:]) {
			t.Errorf("s or D of key %d is in the database", i)
		}
	}
}

func TestSameRequestGivesTheSamePackage(t *testing.T) {
	r := found(t)
	d := newRequester(t, "bus-1", r.now)
	first, err := r.Enrol(d.request)
	if err != nil {
		t.Fatal(err)
	}
	before := r.status(t)
	for range 2 {
		r.later(40 * 24 * time.Hour)
		r.reopen(t)
		again, err := r.Enrol(d.request)
		if err != nil {
			t.Fatal(err)
		}
		if !again.Again || again.Address != first.Address || again.Sequence != first.Sequence {
			t.Errorf("again %v: %v, package %d", again.Again, again.Address, again.Sequence)
		}
		sameBytes(t, "packages", first.Package, again.Package)
	}
	if after := r.status(t); after.LogSize != before.LogSize || after.LogRoot != before.LogRoot {
		t.Error("asking again changed the log")
	}
	r.mustAudit(t)
}

func TestSerialsAreDense(t *testing.T) {
	r := found(t)
	for i := range 5 {
		if got, want := r.enrol(t, fmt.Sprintf("bus-%d", i)).Address.String(), fmt.Sprintf("//fleet.example/Sbus-%d~%d", i, i); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	ids, err := r.Identities(1, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) != 3 || ids[0].Address.Serial() != 1 || ids[2].Address.Serial() != 3 {
		t.Errorf("%d identities: %+v", len(ids), ids)
	}
	if ids, err := r.Identities(5, 3); err != nil || len(ids) != 0 {
		t.Errorf("%d identities beyond the last, %v", len(ids), err)
	}
	if ids, err := r.Identities(0, -1); err != nil || len(ids) != 0 {
		t.Errorf("%d of no identities, %v", len(ids), err)
	}
}

func TestRefusedRequestsChangeNothing(t *testing.T) {
	r := found(t)
	d := newRequester(t, "bus-1", r.now)
	if _, err := r.Enrol(d.request); err != nil {
		t.Fatal(err)
	}
	before := r.status(t)

	name := newRequester(t, "bus-1", r.now)
	key := *d
	key.body.Name = "bus-2"
	key.prove(t)
	sameKeyAndName := *d
	sameKeyAndName.prove(t)
	proof := newRequester(t, "bus-3", r.now)
	proof.body.Name = "bus-4"
	forged, err := proof.body.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	lowOrder := newRequester(t, "bus-5", r.now)
	lowOrder.body.HPKEKey = [32]byte{}
	lowOrder.prove(t)
	for _, c := range []struct {
		name    string
		request []byte
		want    error
	}{
		{"used name", name.request, authority.ErrUsedName},
		{"used key", key.request, authority.ErrSeenKey},
		{"used key and name", sameKeyAndName.request, authority.ErrSeenKey},
		{"name changed under the proof", forged, wire.ErrProof},
		{"cut off", d.request[:100], wire.ErrEncoding},
		{"empty", nil, wire.ErrEncoding},
		{"too long", make([]byte, 221), wire.ErrTooLong},
	} {
		if _, err := r.Enrol(c.request); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := r.Enrol(lowOrder.request); err == nil {
		t.Error("sealed to a key that anybody has")
	}
	if after := r.status(t); after != before {
		t.Errorf("%+v, before %+v", after, before)
	}
	if next := r.enrol(t, "bus-6"); next.Address.Serial() != 1 {
		t.Errorf("refused requests took serials: %v", next.Address)
	}
	r.mustAudit(t)
}

func TestReview(t *testing.T) {
	r := found(t)
	d := newRequester(t, "bus-1", r.now)
	review := func(request []byte) *authority.Review {
		t.Helper()
		v, err := r.Review(request)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := review(d.request)
	if v.Hash != d.body.Hash() || v.Request.Name != "bus-1" || v.Again || v.Problem != nil || v.Warning != "" {
		t.Errorf("new: %+v", v)
	}
	if s := r.status(t); s.Identities != 0 || s.LogSize != 3 {
		t.Error("a review changed something")
	}
	issued, err := r.Enrol(d.request)
	if err != nil {
		t.Fatal(err)
	}
	if v := review(d.request); !v.Again || v.Address != issued.Address || v.Problem != nil {
		t.Errorf("again: %+v", v)
	}
	if v := review(newRequester(t, "bus-1", r.now).request); !errors.Is(v.Problem, authority.ErrUsedName) || v.Again {
		t.Errorf("used name: %+v", v)
	}
	key := *d
	key.prove(t)
	if v := review(key.request); !errors.Is(v.Problem, authority.ErrSeenKey) {
		t.Errorf("used key: %+v", v)
	}
	for _, off := range []time.Duration{2 * time.Hour, -31 * 24 * time.Hour} {
		odd := newRequester(t, "bus-2", r.now.Add(off))
		if v := review(odd.request); v.Warning == "" || v.Problem != nil {
			t.Errorf("%v: %+v", off, v)
		}
	}
	if _, err := r.Enrol(newRequester(t, "bus-2", r.now.Add(-31*24*time.Hour)).request); err != nil {
		t.Errorf("an odd time is no reason to refuse: %v", err)
	}
	if _, err := r.Review(d.request[1:]); err == nil {
		t.Error("reviewed what is no request")
	}
	r.revoke(t, issued.Address)
	if v := review(d.request); !errors.Is(v.Problem, authority.ErrAlreadyRevoked) {
		t.Errorf("revoked: %+v", v)
	}
	if _, err := r.Enrol(d.request); !errors.Is(err, authority.ErrAlreadyRevoked) {
		t.Errorf("a package of a revoked identity: %v", err)
	}
}

// witness is a vault that notes what is extracted, and fails when told to.
type witness struct {
	*hsm.Vault
	mu    sync.Mutex
	seen  map[ibc.Identity]int
	keys  []*ibc.PartialKey
	after int // fail after that many; 0 never
}

func (w *witness) Extract(id ibc.Identity, u [32]byte) (*ibc.PartialKey, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.after > 0 {
		if w.after--; w.after == 0 {
			return nil, errors.New("the master went away")
		}
	}
	w.seen[id]++
	key, err := w.Vault.Extract(id, u)
	w.keys = append(w.keys, key)
	return key, err
}

// mustBeErased fails the test when a key that the authority was given still has its secrets.
func (w *witness) mustBeErased(t *testing.T) {
	t.Helper()
	if len(w.keys) == 0 {
		t.Error("no keys were made")
	}
	for i, k := range w.keys {
		if k.Bytes() != nil {
			t.Errorf("key %d was not erased", i)
		}
	}
}

var _ crypto.Signer = (*witness)(nil)

func TestNoIdentityIsExtractedTwice(t *testing.T) {
	r := vaultAndStore(t)
	w := &witness{Vault: r.vault, seen: make(map[ibc.Identity]int)}
	r.found(t, w)
	shared := newRequester(t, "shared", r.now)
	requests := make([][]byte, 6)
	for i := range requests {
		requests[i] = newRequester(t, fmt.Sprintf("bus-%d", i), r.now).request
	}
	var wg sync.WaitGroup
	packages := make(chan []byte, len(requests))
	for _, request := range requests {
		wg.Go(func() {
			if _, err := r.Enrol(request); err != nil {
				t.Error(err)
			}
			issued, err := r.Enrol(shared.request)
			if err != nil {
				t.Error(err)
				return
			}
			packages <- issued.Package
		})
	}
	wg.Wait()
	close(packages)
	first := <-packages
	for p := range packages {
		sameBytes(t, "packages for one request", first, p)
	}
	if want := (len(requests) + 1) * authority.Epochs; len(w.seen) != want {
		t.Errorf("extracted %d identities, want %d", len(w.seen), want)
	}
	for id, n := range w.seen {
		if n != 1 {
			t.Errorf("%s in epoch %d: extracted %d times", id.Address, id.Epoch, n)
		}
	}
	w.mustBeErased(t)
	r.mustAudit(t)
}

func TestFailingMasterLeavesNothing(t *testing.T) {
	r := vaultAndStore(t)
	w := &witness{Vault: r.vault, seen: make(map[ibc.Identity]int)}
	r.found(t, w)
	before := r.status(t)
	d := newRequester(t, "bus-1", r.now)
	w.after = 5
	if _, err := r.Enrol(d.request); err == nil {
		t.Fatal("enrolled")
	}
	w.mustBeErased(t)
	if after := r.status(t); after != before {
		t.Errorf("%+v, before %+v", after, before)
	}
	issued, err := r.Enrol(d.request)
	if err != nil {
		t.Fatal(err)
	}
	if issued.Again || issued.Address.Serial() != 0 {
		t.Errorf("%v, again %v", issued.Address, issued.Again)
	}
	c, core := d.open(t, issued.Package, r.Core().Hash())
	d.complete(t, c, core)
}
