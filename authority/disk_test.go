package authority_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"

	"marque/authority"
	"marque/device/wire"
)

// edit changes the file behind the authority's back, while nothing has it open.
func (r *realm) edit(t *testing.T, f func(tx *bbolt.Tx) error) {
	t.Helper()
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(r.path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(f); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	r.open(t)
}

// stored returns the octets that stand in the file.
func (r *realm) stored(t *testing.T, bucket string, key []byte) (value []byte) {
	t.Helper()
	r.edit(t, func(tx *bbolt.Tx) error {
		value = bytes.Clone(tx.Bucket([]byte(bucket)).Get(key))
		return nil
	})
	return value
}

func key32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
func key64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// Whoever can write to the disk takes a revocation out of the log and out of the registry: the entry together with its own hash, but
// with none above it, so that the root stays, and the record of before, which is sealed under the right key.
func TestRevocationTakenOutOfLogAndRegistry(t *testing.T) {
	r := found(t)
	bus := r.enrol(t, "bus-0")
	before := r.stored(t, "identities", key32(0))
	r.revoke(t, bus.Address)
	at := r.logSize(t) - 1
	r.enrol(t, "bus-1")
	if at%2 != 0 || r.logSize(t) < at+2 {
		t.Fatalf("entry %d of %d is a peak of the tree", at, r.logSize(t))
	}
	forged, err := (&wire.LogEntry{Time: r.now.Truncate(time.Second), Entry: &wire.SealEntry{}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	leaf := tlog.RecordHash(forged)
	r.edit(t, func(tx *bbolt.Tx) error {
		if err := tx.Bucket([]byte("log")).Put(key64(at), forged); err != nil {
			return err
		}
		if err := tx.Bucket([]byte("hashes")).Put(key64(uint64(tlog.StoredHashIndex(0, int64(at)))), leaf[:]); err != nil {
			return err
		}
		return tx.Bucket([]byte("identities")).Put(key32(0), before)
	})
	_, err = r.Publish()
	mustFail(t, "publish", err, authority.ErrInconsistent)
	_, err = r.Status()
	mustFail(t, "status", err, authority.ErrInconsistent)
	r.refuses(t)
}

// The number of serials and the gaps stand in the clear, and no signature covers them.
func TestSerialsOfAnotherNumberThanTheLogs(t *testing.T) {
	for name, forge := range map[string]func(tx *bbolt.Tx) error{
		"fewer": func(tx *bbolt.Tx) error { return setCount(tx, 1) },
		"more":  func(tx *bbolt.Tx) error { return setCount(tx, 1<<32-2) },
		"a gap": func(tx *bbolt.Tx) error {
			if err := tx.Bucket([]byte("identities")).Delete(key32(1)); err != nil {
				return err
			}
			return tx.Bucket([]byte("gaps")).Put(key32(1), digested("gaps", key32(1), key32(2)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := found(t)
			for _, bus := range []string{"bus-0", "bus-1", "bus-2"} {
				r.enrol(t, bus)
			}
			r.edit(t, forge)
			r.refuses(t)
		})
	}
}

func setCount(tx *bbolt.Tx, n uint64) error {
	meta := tx.Bucket([]byte("meta"))
	head := bytes.Clone(meta.Get([]byte("head")))[32:]
	binary.BigEndian.PutUint64(head[40:], n)
	return meta.Put([]byte("head"), digested("meta", []byte("head"), head))
}

// A copy from before the last change is put under a running authority, whose counter stands still between two issuings.
func TestSetBackWhileRunning(t *testing.T) {
	r := found(t)
	r.enrol(t, "bus-0")
	old := r.copy(t)
	last := r.enrol(t, "bus-1")
	file, err := os.OpenFile(r.path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt(old, 0); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	issued, err := r.Enrol(newRequester(t, "bus-2", r.now).request)
	mustFail(t, "enrol", err, authority.ErrInconsistent)
	if err == nil {
		t.Errorf("%s and %s", last.Address, issued.Address)
	}
	_, err = r.Publish()
	mustFail(t, "publish", err, authority.ErrInconsistent)
}

// A record from before a revocation is put back: revoking once more would make a log that nothing can follow any more.
func TestRevocationTakenOutOfTheRegistryOnly(t *testing.T) {
	r := found(t)
	bus := r.enrol(t, "bus-0")
	before := r.stored(t, "identities", key32(0))
	r.revoke(t, bus.Address)
	after := r.stored(t, "identities", key32(0))
	r.edit(t, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("identities")).Put(key32(0), before) })
	mustFail(t, "revoke", r.Revoke(bus.Address, wire.ReasonLost, time.Time{}), authority.ErrInconsistent)
	_, err := r.Publish()
	mustFail(t, "publish", err, authority.ErrInconsistent)
	r.edit(t, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("identities")).Put(key32(0), after) })
	r.publish(t)
	r.mustAudit(t)
}

// Two signed policies of one number exist after a loss: only that of the log is in force.
func TestPolicyOfAnotherHistory(t *testing.T) {
	r := found(t)
	old := r.copy(t)
	if err := r.SetPolicy(authority.PolicyChange{Past: time.Hour}); err != nil {
		t.Fatal(err)
	}
	lost := r.stored(t, "policies", key32(2))
	r.putBack(t, old)
	if err := r.SetPolicy(authority.PolicyChange{Past: time.Minute}); err != nil {
		t.Fatal(err)
	}
	r.edit(t, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("policies")).Put(key32(2), lost) })
	r.refuses(t)
}

// Each time that an authority ends without a seal it may have lost entries, also those after the gap of the time before.
func TestGapIsNotIssuedFromTwice(t *testing.T) {
	r, c := counted(t)
	r.enrol(t, "bus-0")
	old := r.copy(t)
	r.mustRestart(t, c)
	first := r.enrol(t, "bus-1")
	r.putBack(t, old)
	if err := r.SetCounter(c); err == nil {
		t.Errorf("%s, and then %s", first.Address, r.enrol(t, "bus-2").Address)
	} else {
		mustFail(t, "the copy from before", err, authority.ErrRolledBack)
	}
}

// Between opening and [authority.Authority.SetCounter], and when that is forgotten, nothing can be done that the counter does not cover.
func TestCounterIsNotLeftOut(t *testing.T) {
	r, c := counted(t)
	r.seal(t)
	r.reopen(t)
	_, err := r.Enrol(newRequester(t, "bus-0", r.now).request)
	mustFail(t, "enrol", err, authority.ErrCounter)
	_, err = r.Publish()
	mustFail(t, "publish", err, authority.ErrCounter)
	mustFail(t, "drill", r.RecordDrill(authority.DrillPassed), authority.ErrCounter)
	if err := r.SetCounter(c); err != nil {
		t.Fatal(err)
	}
	r.publish(t)

	// Whoever recovered it without a counter reopens it, and then it has none.
	r.reopen(t)
	if _, err := r.Reopen(nil, nil); err != nil {
		t.Fatal(err)
	}
	r.enrol(t, "bus-0")
	if s := r.status(t); s.Counter != 0 {
		t.Errorf("counter %d", s.Counter)
	}
	r.mustAudit(t)
}

// What lies beside the log is not signed: it makes nothing decided.
func TestForgedDecisionDecidesNothing(t *testing.T) {
	b := newBoard(t, 2)
	action, payload := revoking(t, b.buses(t, "one", "two")...)
	p := b.mustPropose(t, b.by("Anna"), action, payload)
	forged := forgedDecision(t, b, p)
	b.raw(t, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("decisions")).Put(p.Digest[:], digested("decisions", p.Digest[:], forged))
	})
	_, err := b.Pendings()
	mustFail(t, "the desk", err, authority.ErrInconsistent)
	_, err = b.Approve(b.by("Bo"), p.Digest)
	mustFail(t, "approve", err, authority.ErrInconsistent)
	b.raw(t, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("decisions")).Delete(p.Digest[:]) })
	if p, err := b.Approve(b.by("Bo"), p.Digest); err != nil || p.State != authority.StateDecided {
		t.Errorf("%+v, %v", p, err)
	}
	b.mustAudit(t)
}

func forgedDecision(t *testing.T, b *board, p *authority.Pending) []byte {
	t.Helper()
	proposal := authority.Proposal{
		Action: p.Action, Payload: authority.PayloadHash(p.Action, p.Payload), Requester: p.Requester.Key, Time: p.Time, Core: b.core,
	}
	return marshal(t, &authority.Decision{Proposal: proposal, Payload: p.Payload, Officers: b.roster.Officers(), Strictest: 2})
}

// One officer asks and refuses without end: what is over makes room.
func TestDeskDoesNotGrow(t *testing.T) {
	b := newBoard(t, 2)
	action, payload := revoking(t, b.buses(t, "one", "two")...)
	kept := b.mustPropose(t, b.by("Bo"), action, payload)
	for range 300 {
		b.later(time.Second)
		p := b.mustPropose(t, b.by("Anna"), action, payload)
		if err := b.Refuse(b.by("Anna")[0], p.Digest, "no"); err != nil {
			t.Fatal(err)
		}
	}
	all := b.pendings(t)
	if len(all) > 258 {
		t.Errorf("%d proposals lie on the desk", len(all))
	}
	if all[0].Digest != kept.Digest || all[0].State != authority.StateOpen {
		t.Error("what waits is gone")
	}
}

// One officer leaves room for the others.
func TestOneOfficerDoesNotFillTheDesk(t *testing.T) {
	b := newBoard(t, 2)
	action, payload := revoking(t, b.buses(t, "one", "two")...)
	for range 64 {
		b.later(time.Second)
		b.mustPropose(t, b.by("Anna"), action, payload)
	}
	b.later(time.Second)
	_, err := b.Propose(b.by("Anna"), action, payload)
	mustFail(t, "one more", err, authority.ErrDeskFull)
	b.mustPropose(t, b.by("Bo"), action, payload)
}

// What is decided takes no room: a week with many revocations ends with one more.
func TestDecisionsDoNotFillTheDesk(t *testing.T) {
	b := newBoard(t, 2)
	buses := b.buses(t, "one", "two")
	kept := b.mustPropose(t, b.by("Bo"), authority.ActionBatch, marshal(t, &authority.RevokePayload{Addresses: buses, Reason: wire.ReasonLost}))
	for i := range 260 {
		b.later(time.Second)
		payload := marshal(t, authority.NewPolicyPayload(b.Policy(), authority.PolicyChange{Past: time.Duration(60+i) * time.Second}))
		b.mustPropose(t, b.by("Anna", "Bo"), authority.ActionPolicy, payload)
	}
	all := b.pendings(t)
	if len(all) > 258 || all[0].Digest != kept.Digest || all[0].State != authority.StateOpen {
		t.Errorf("%d proposals lie on the desk", len(all))
	}
	b.mustAudit(t)
}
