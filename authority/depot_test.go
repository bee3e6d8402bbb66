package authority_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
	"marque/storage"
)

func depotSigner(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32))
}

func depotKey(seed byte) [32]byte {
	return [32]byte(depotSigner(seed).Public().(ed25519.PublicKey))
}

// register has a depot registered by these officers; none where there are none.
func registering(t *testing.T, name string, seed byte) (authority.Action, []byte) {
	t.Helper()
	return authority.ActionDepot, marshal(t, &authority.DepotPayload{Name: name, Key: depotKey(seed), Registration: [32]byte{seed}})
}

func (r *realm) register(t *testing.T, name string, seed byte) {
	t.Helper()
	action, payload := registering(t, name, seed)
	if _, err := r.Propose(nil, action, payload); err != nil {
		t.Fatal(err)
	}
}

func (r *realm) endDepot(t *testing.T, name string, seed byte) error {
	t.Helper()
	_, err := r.Propose(nil, authority.ActionDepotRevoke, marshal(t, &authority.DepotRevokePayload{Name: name, Key: depotKey(seed), Reason: wire.ReasonStolen}))
	return err
}

func (r *realm) handOver(name string, seed byte, sequence uint32) wire.HandOver {
	return wire.HandOver{Core: r.Core().Hash(), Name: name, Key: depotKey(seed), Sequence: sequence, Time: r.now.Truncate(time.Second)}
}

// batch is what a depot hands over.
func (r *realm) batch(t *testing.T, name string, seed byte, sequence uint32, requests ...[]byte) []byte {
	t.Helper()
	b := &wire.Batch{HandOver: r.handOver(name, seed, sequence)}
	for _, request := range requests {
		b.Requests = append(b.Requests, wire.Confirmed{Request: request, At: b.Time})
	}
	signed, err := wire.SignBatch(depotSigner(seed), r.Core().Realm, b)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestDepotBatches(t *testing.T) {
	r := found(t)
	request := newRequester(t, "bus-1", r.now).request
	first := r.batch(t, "south", 1, 1, request)
	_, err := r.TakeBatch(first)
	refused(t, "an unknown depot's batch", err, authority.ErrNoDepot)
	r.register(t, "south", 1)
	r.register(t, "north", 2)
	_, err = r.TakeBatch(r.batch(t, "north", 1, 1, request))
	refused(t, "a batch under another depot's name", err, authority.ErrNoDepot)
	taken, err := r.TakeBatch(first)
	if err != nil || taken.Again || taken.Depot.Name != "south" || len(taken.Batch.Requests) != 1 {
		t.Fatalf("%+v, %v", taken, err)
	}
	size := r.status(t).LogSize
	if taken, err = r.TakeBatch(first); err != nil || !taken.Again || r.status(t).LogSize != size {
		t.Errorf("the same batch again: %+v, %v", taken, err)
	}
	_, err = r.TakeBatch(r.batch(t, "south", 1, 1, request, request))
	refused(t, "another batch of the same number", err, authority.ErrOldBatch)
	if _, err := r.TakeBatch(r.batch(t, "south", 1, 5, request)); err != nil {
		t.Fatal(err)
	}
	r.reopen(t)
	_, err = r.TakeBatch(first)
	refused(t, "a batch before the newest", err, authority.ErrOldBatch)
	if _, err := r.TakeBatch(r.batch(t, "north", 2, 1, request)); err != nil {
		t.Errorf("the numbers of two depots are one: %v", err)
	}
	if err := r.endDepot(t, "south", 1); err != nil {
		t.Fatal(err)
	}
	_, err = r.TakeBatch(r.batch(t, "south", 1, 6, request))
	refused(t, "a revoked depot's batch", err, authority.ErrDepotRevoked)
	if s := r.status(t); s.Depots != 1 {
		t.Errorf("%d depots", s.Depots)
	}
	depots, err := r.Depots()
	if err != nil || len(depots) != 2 || depots[0].Revoked == nil || depots[0].Sequence != 5 || depots[1].Revoked != nil {
		t.Errorf("%+v, %v", depots, err)
	}
	r.mustAudit(t)
}

func TestEveryFlippedBitOfABatch(t *testing.T) {
	r := found(t)
	r.register(t, "south", 1)
	b := r.batch(t, "south", 1, 1, newRequester(t, "bus-1", r.now).request)
	for i := range 8 * len(b) {
		v := bytes.Clone(b)
		v[i/8] ^= 1 << (i % 8)
		if _, err := r.TakeBatch(v); err == nil {
			t.Fatalf("bit %d flipped, and taken", i)
		}
	}
	if depots, err := r.Depots(); err != nil || depots[0].Sequence != 0 {
		t.Errorf("%+v, %v", depots, err)
	}
}

func TestRegisteringDepots(t *testing.T) {
	r := found(t)
	r.register(t, "south", 1)
	action, payload := registering(t, "south", 1)
	_, err := r.Propose(nil, action, payload)
	refused(t, "twice", err, authority.ErrDepotKnown)
	action, payload = registering(t, "south", 2)
	_, err = r.Propose(nil, action, payload)
	refused(t, "another key under the name", err, authority.ErrDepotName)
	refused(t, "an unknown one revoked", r.endDepot(t, "north", 3), authority.ErrNoDepot)
	refused(t, "one revoked under another name", r.endDepot(t, "north", 1), authority.ErrNoDepot)
	if err := r.endDepot(t, "south", 1); err != nil {
		t.Fatal(err)
	}
	refused(t, "revoked twice", r.endDepot(t, "south", 1), authority.ErrDepotRevoked)
	action, payload = registering(t, "west", 1)
	_, err = r.Propose(nil, action, payload)
	refused(t, "a revoked key again", err, authority.ErrDepotRevoked)
	r.register(t, "south", 2) // the name is free
	r.mustAudit(t)
}

func TestTwoOfficersRegisterADepot(t *testing.T) {
	b := newBoard(t, 3)
	action, payload := registering(t, "south", 1)
	p := b.mustPropose(t, b.by("Anna"), action, payload)
	if p.Missing != 1 || b.status(t).Depots != 0 {
		t.Fatalf("%+v", p)
	}
	if p, err := b.Approve(b.by("Bo"), p.Digest); err != nil || p.State != authority.StateDecided || b.status(t).Depots != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	b.later(time.Minute)
	p = b.mustPropose(t, b.by("Cy"), authority.ActionDepotRevoke, marshal(t, &authority.DepotRevokePayload{Name: "south", Key: depotKey(1), Reason: wire.ReasonLost}))
	if p.State != authority.StateDecided || b.status(t).Depots != 0 {
		t.Fatalf("%+v", p)
	}
	b.mustAudit(t)
	// Nobody else may write that into the log.
	b.forge(t, &wire.DepotEntry{Name: "east", Key: depotKey(9)})
	if report := b.audit(t); report.OK() {
		t.Error("a depot that nobody decided about was not noticed")
	}
}

// forge appends an entry as somebody with the statement key could.
func (r *realm) forge(t *testing.T, e wire.Entry) {
	t.Helper()
	b, err := (&wire.LogEntry{Time: r.now.Truncate(time.Second), Entry: e}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	r.update(t, func(tx *storage.Tx) error {
		_, err := tx.AppendLog(b)
		return err
	})
}

func TestReopeningEndsRegistrations(t *testing.T) {
	r, c := counted(t)
	r.register(t, "south", 1)
	first := r.batch(t, "south", 1, 4, newRequester(t, "bus-1", r.now).request)
	if _, err := r.TakeBatch(first); err != nil {
		t.Fatal(err)
	}
	backup := r.copy(t)
	r.publish(t)
	r.restored(t, backup)
	r.later(time.Hour)
	if err := r.SetCounter(c); err == nil {
		t.Fatal("the old database was not noticed")
	}
	r.mustReopen(t, nil, nil)
	_, err := r.TakeBatch(r.batch(t, "south", 1, 5, newRequester(t, "bus-2", r.now).request))
	refused(t, "after a reopening", err, authority.ErrDepotLapsed)
	r.register(t, "south", 1)
	_, err = r.TakeBatch(r.batch(t, "south", 1, 3, newRequester(t, "bus-2", r.now).request))
	refused(t, "an older batch", err, authority.ErrOldBatch)
	if _, err := r.TakeBatch(r.batch(t, "south", 1, 5, newRequester(t, "bus-2", r.now).request)); err != nil {
		t.Error(err)
	}
	r.mustAudit(t)
}

func TestSignManifest(t *testing.T) {
	r := found(t)
	b, err := r.SignManifest([]wire.File{{Path: "b", Size: 1}, {Path: "a", Size: 2}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := wire.OpenManifest(b, r.Core())
	if err != nil || len(m.Files) != 2 || m.Files[0].Path != "a" || !m.Time.Equal(r.now.Truncate(time.Second)) {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := r.SignManifest([]wire.File{{Path: "../a"}}); !errors.Is(err, wire.ErrName) {
		t.Errorf("a path that leads out: %v", err)
	}
	r.vault.Lock()
	if _, err := r.SignManifest([]wire.File{{Path: "a"}}); !errors.Is(err, hsm.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
}

// A depot tells which list it hands out with the receipts that it collected, or with none.
func TestDepotLists(t *testing.T) {
	r := found(t)
	r.register(t, "south", 1)
	r.register(t, "north", 2)
	holds := func(seed byte, name string, sequence uint32, list wire.Order) []byte {
		t.Helper()
		b, err := wire.SignReceipts(depotSigner(seed), r.Core().Realm, &wire.Receipts{HandOver: r.handOver(name, seed, sequence), List: list})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	expect := func(what string, behind int, list uint32) {
		t.Helper()
		depots, err := r.Depots()
		if s := r.status(t); err != nil || s.Behind != behind || depots[0].List.Sequence != list || depots[1].List.Sequence != 0 {
			t.Errorf("%s: %d behind, %+v, %v", what, s.Behind, depots, err)
		}
	}
	tell := func(b []byte) error {
		_, err := r.OpenReceipts(b)
		return err
	}
	expect("nobody said anything", 2, 0)
	first := holds(1, "south", 1, wire.Order{Generation: 1, Base: 1, Sequence: 1})
	if err := tell(first); err != nil {
		t.Fatal(err)
	}
	expect("one has the newest", 1, 1)
	r.later(time.Hour)
	r.publish(t)
	expect("a newer list", 2, 1)
	if err := tell(holds(1, "south", 2, wire.Order{Generation: 1, Base: 1, Sequence: 2})); err != nil {
		t.Fatal(err)
	}
	if err := tell(first); err != nil {
		t.Fatal(err)
	}
	r.reopen(t)
	expect("what it said first comes late", 1, 2)
	refused(t, "a list of the future", tell(holds(1, "south", 3, wire.Order{Generation: 1, Base: 1, Sequence: 3})), authority.ErrListAhead)
	refused(t, "of another generation", tell(holds(1, "south", 3, wire.Order{Generation: 2, Base: 1, Sequence: 2})), authority.ErrListAhead)
	if err := tell(holds(1, "south", 3, wire.Order{Generation: 1, Sequence: 1 << 31})); err != nil {
		t.Fatal(err)
	}
	expect("a list that never was", 1, 2)
	r.later(time.Hour)
	r.publish(t)
	expect("and nobody is ahead of the next", 2, 2)
	refused(t, "an unknown depot", tell(holds(3, "east", 1, wire.Order{Generation: 1, Sequence: 9})), authority.ErrNoDepot)
	refused(t, "under another's name", tell(holds(2, "south", 1, wire.Order{Generation: 1, Sequence: 9})), authority.ErrNoDepot)
	if err := r.endDepot(t, "south", 1); err != nil {
		t.Fatal(err)
	}
	refused(t, "a revoked depot", tell(holds(1, "south", 3, wire.Order{Generation: 1, Sequence: 9})), authority.ErrDepotRevoked)
	expect("a revoked depot counts no more", 1, 2)
	r.mustAudit(t)
}

// What an earlier version kept of a depot that told of a list of the future hides it no more.
func TestDepotListThatWasKeptThoughItCannotBe(t *testing.T) {
	r := found(t)
	r.register(t, "south", 1)
	r.update(t, func(tx *storage.Tx) error {
		return tx.PutDepotList(depotKey(1), &storage.DepotList{List: wire.Order{Generation: 9, Sequence: 1 << 31}, At: r.now})
	})
	if s := r.status(t); s.Behind != 1 {
		t.Errorf("%d behind", s.Behind)
	}
	now, err := wire.SignReceipts(depotSigner(1), r.Core().Realm, &wire.Receipts{
		HandOver: r.handOver("south", 1, 1), List: wire.Order{Generation: 1, Base: 1, Sequence: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.OpenReceipts(now); err != nil {
		t.Fatal(err)
	}
	if s := r.status(t); s.Behind != 0 {
		t.Errorf("%d behind", s.Behind)
	}
}
