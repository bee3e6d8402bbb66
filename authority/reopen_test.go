package authority_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
	"marque/storage"
)

// restored puts a copy of the database back and marks it.
func (r *realm) restored(t *testing.T, b []byte) {
	t.Helper()
	r.putBack(t, b)
	r.update(t, (*storage.Tx).SetRestored)
}

func (r *realm) newest(t *testing.T) []byte {
	t.Helper()
	_, list, err := r.NewestList()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (r *realm) head(t *testing.T) (stmt []byte) {
	t.Helper()
	err := r.store.View(func(tx *storage.Tx) error {
		c, err := tx.Checkpoint()
		if err == nil {
			stmt = c.Statement
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return stmt
}

func (r *realm) mustReopen(t *testing.T, lists, checkpoints [][]byte) *authority.Reopened {
	t.Helper()
	got, err := r.Reopen(lists, checkpoints)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestReopen(t *testing.T) {
	r, c := counted(t)
	r.enrol(t, "bus-0")
	kept := r.enrol(t, "bus-1").Address
	r.publish(t)
	backup := r.copy(t)

	// What the backup does not know: two more identities, of which one and an old one are revoked.
	r.later(time.Hour)
	unknown := r.enrol(t, "bus-2").Address
	driving := r.enrol(t, "bus-3").Address
	r.revoke(t, kept)
	r.revoke(t, unknown)
	old := r.newest(t)
	list := r.publish(t)
	checkpoint, size, at := r.head(t), r.status(t).LogSize, c.value
	r.restored(t, backup)
	mustFail(t, "the counter", r.SetCounter(c), authority.ErrRolledBack)
	r.refusesWith(t, authority.ErrRestored)

	r.later(time.Hour)
	got := r.mustReopen(t, [][]byte{old, list.Bundle, old}, [][]byte{checkpoint})
	if got.Generation != 2 || got.NextSerial != 4+65_536 || got.Merged != 2 || got.Missing != 0 {
		t.Errorf("%+v", got)
	}
	b, serials := r.listed(t, got.List.Bundle)
	if want := (wire.Order{Generation: 2, Base: 2, Sequence: 4}); b.Order() != want || b.Previous != list.State || !slices.Equal(serials, []uint32{1, 2}) {
		t.Errorf("list %v of %d after %x", b.Order(), serials, b.Previous)
	}
	if b.N != uint64(got.NextSerial) || c.value != at+1 || r.ReadOnly() != nil {
		t.Errorf("n is %d, the counter stands at %d, %v", b.N, c.value, r.ReadOnly())
	}
	if s := r.status(t); s.Identities != 2 || s.Revoked != 2 || s.Unpublished != 0 || s.Counter != c.value {
		t.Errorf("%+v", s)
	}
	if bus := r.enrol(t, "bus-4"); bus.Address.Serial() != got.NextSerial {
		t.Errorf("%s", bus.Address)
	}
	mustFail(t, "revoking what the list revoked", r.Revoke(unknown, wire.ReasonLost, time.Time{}), authority.ErrAlreadyRevoked)
	if err := r.Revoke(driving, wire.ReasonLost, time.Time{}); err != nil {
		t.Errorf("revoking what nobody knows: %v", err)
	}
	taken, err := r.Undo([]wire.Address{driving})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.undo(t, taken); err != nil {
		t.Fatal(err)
	}
	mustFail(t, "taking back what was taken back", r.undo(t, taken), authority.ErrNotFound)
	if err := r.Revoke(driving, wire.ReasonLost, time.Time{}); err != nil {
		t.Errorf("revoking what nobody knows: %v", err)
	}
	if _, serials := r.listed(t, r.publish(t).Bundle); !slices.Equal(serials, []uint32{1, 2, 3}) {
		t.Errorf("then %d", serials)
	}
	r.mustAudit(t)
	if err := r.store.View((*storage.Tx).VerifyRegistry); err != nil {
		t.Error(err)
	}
	r.wantReopening(t, size)
}

// wantReopening looks for the entry about the tail that was lost.
func (r *realm) wantReopening(t *testing.T, size uint64) {
	t.Helper()
	err := r.store.View(func(tx *storage.Tx) error {
		for b, err := range tx.LogEntries(0) {
			if err != nil {
				return err
			}
			e, err := wire.ParseLogEntry(b)
			if err != nil {
				return err
			}
			if e, ok := e.Entry.(*wire.ReopenEntry); ok {
				if e.Size != size || e.Generation != 2 {
					t.Errorf("%+v, want a lost log of %d", e, size)
				}
				return nil
			}
		}
		return errors.New("no such entry")
	})
	if err != nil {
		t.Error(err)
	}
}

// TestReopenOnAnotherTPM: its counter starts anew, and the realm goes on with it.
func TestReopenOnAnotherTPM(t *testing.T) {
	r, c := counted(t)
	r.enrol(t, "bus-0")
	r.seal(t)
	other := &counter{value: 3}
	mustFail(t, "another counter", r.restart(t, other), authority.ErrCounterLost)
	got := r.mustReopen(t, [][]byte{r.newest(t)}, nil)
	if got.Generation != 2 || got.Merged != 0 || got.Missing != 0 || other.value != 4 || r.status(t).Counter != 4 {
		t.Errorf("%+v, the counter stands at %d", got, other.value)
	}
	r.seal(t)
	r.mustRestart(t, other)
	mustFail(t, "the old one", r.restart(t, c), authority.ErrRolledBack)
	r.mustAudit(t)
}

// TestReopenTellsWhatIsMissing: nobody may have shown the newest state.
func TestReopenTellsWhatIsMissing(t *testing.T) {
	r, c := counted(t)
	old := r.copy(t)
	r.publish(t)
	list := r.publish(t)
	r.publish(t)
	r.putBack(t, old)
	mustFail(t, "the counter", r.SetCounter(c), authority.ErrRolledBack)
	if got := r.mustReopen(t, [][]byte{list.Bundle}, nil); got.Missing != 3 || got.List.Sequence != 4 {
		t.Errorf("%+v", got)
	}
	r.mustAudit(t)
}

func TestReopenAfterACounterFailed(t *testing.T) {
	r, c := counted(t)
	old := r.copy(t)
	r.publish(t)
	r.putBack(t, old)
	mustFail(t, "the counter", r.SetCounter(c), authority.ErrRolledBack)
	c.broken = true
	_, err := r.Reopen(nil, nil)
	mustFail(t, "a counter that does not answer", err, authority.ErrCounter)
	c.broken, c.silent = false, true
	_, err = r.Reopen(nil, nil)
	mustFail(t, "one that does not say that it advanced", err, authority.ErrNotCounted)
	c.silent = false
	if err := r.ReadOnly(); err != nil {
		t.Error(err)
	}
	r.publish(t)
	r.mustAudit(t)
}

func TestReopenRefuses(t *testing.T) {
	r := busy(t)
	other := found(t)
	backup := r.copy(t)
	r.later(time.Hour)
	r.revoke(t, r.enrol(t, "bus-3").Address)
	list, checkpoint := r.publish(t).Bundle, r.head(t)
	forged := slices.Clone(list)
	forged[len(forged)-1] ^= 1
	broken := r.honest(t, 1, 3)
	broken.State[0] ^= 1
	payload, err := broken.Marshal()
	lie := r.sign(t, wire.TypeBundle, payload, err)
	r.restored(t, backup)
	size := r.logSize(t)
	for name, c := range map[string]struct {
		lists, checkpoints [][]byte
		want               error
		says               string
	}{
		"a forged list":           {[][]byte{list, forged}, nil, wire.ErrSignature, "list 2 of 2"},
		"a list of another realm": {[][]byte{other.newest(t)}, nil, wire.ErrSignature, "list 1 of 1"},
		"a list that lies":        {[][]byte{lie}, nil, wire.ErrValue, "list 1 of 1"},
		"a checkpoint as a list":  {[][]byte{checkpoint}, nil, wire.ErrType, "list 1 of 1"},
		"a list as a checkpoint":  {nil, [][]byte{checkpoint, list}, wire.ErrType, "checkpoint 2 of 2"},
		"a clock that is behind":  {[][]byte{list}, nil, authority.ErrClock, "clock"},
	} {
		if name == "a clock that is behind" {
			r.later(-time.Second)
		}
		_, err := r.Reopen(c.lists, c.checkpoints)
		mustFail(t, name, err, c.want)
		if err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q does not say %q", name, err, c.says)
		}
		if name == "a clock that is behind" {
			r.later(time.Second)
		}
	}
	if r.logSize(t) != size {
		t.Error("something was recorded")
	}
	mustFail(t, "afterwards", r.ReadOnly(), authority.ErrRestored)
	r.mustReopen(t, [][]byte{list}, [][]byte{checkpoint})
	r.mustAudit(t)
}

// TestTwoHistories: a copy of the database went on beside the other one. Their lists of one number are united, their logs are not.
func TestTwoHistories(t *testing.T) {
	r := busy(t)
	fork := r.copy(t)
	r.revoke(t, mustAddress(t, "//fleet.example/Sbus-0~0"))
	one, checkpoint := r.publish(t).Bundle, r.head(t)
	r.putBack(t, fork)
	r.revoke(t, mustAddress(t, "//fleet.example/Sbus-2~2"))
	two := r.publish(t).Bundle

	_, err := r.Reopen([][]byte{one, two}, [][]byte{checkpoint})
	mustFail(t, "a checkpoint of the other history", err, authority.ErrOtherLog)
	here := r.copy(t)
	var states [][16]byte
	for _, lists := range [][][]byte{{one, two}, {two, one}, {one}} {
		r.putBack(t, here)
		got := r.mustReopen(t, lists, nil)
		b, serials := r.listed(t, got.List.Bundle)
		if got.Merged != 1 || !slices.Equal(serials, []uint32{0, 1, 2}) || b.Generation != 2 || b.Sequence != 4 {
			t.Errorf("%+v, %v with %d", got, b.Order(), serials)
		}
		states = append(states, b.Previous)
		r.mustAudit(t)
	}
	if states[0] != states[1] || states[0] != states[2] {
		t.Errorf("the order of the lists matters: %x", states)
	}
}

func mustAddress(t *testing.T, s string) wire.Address {
	t.Helper()
	a, err := wire.ParseAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestLostTwice: checkpoints of a tail that was given up contradict the log, and that is known.
func TestLostTwice(t *testing.T) {
	r := busy(t)
	backup := r.copy(t)
	r.later(time.Minute)
	var tail [][]byte
	for i := range 4 {
		r.enrol(t, fmt.Sprintf("ferry-%d", i))
		tail = append(tail, r.head(t))
	}
	first := r.publish(t).Bundle
	r.restored(t, backup)
	r.later(time.Hour)
	r.mustReopen(t, [][]byte{first}, tail)

	r.later(time.Hour)
	backup = r.copy(t)
	second, head := r.publish(t).Bundle, r.head(t)
	r.restored(t, backup)
	r.later(time.Hour)
	got := r.mustReopen(t, [][]byte{first, second}, append(tail, head))
	if got.Generation != 3 || got.NextSerial != 7+2*65_536 {
		t.Errorf("%+v", got)
	}
	r.mustAudit(t)
}

// TestLostSerialsLeaveLate: nobody knows how long the keys of a lost serial last, so that it stays on the lists for as long as any
// package could have made them.
func TestLostSerialsLeaveLate(t *testing.T) {
	r := busy(t)
	backup := r.copy(t)
	r.revoke(t, r.enrol(t, "bus-3").Address)
	list := r.publish(t).Bundle
	r.restored(t, backup)
	r.mustReopen(t, [][]byte{list}, nil)
	month := r.Core().EpochLength
	r.muchLater(15 * month)
	if _, serials := r.listed(t, r.publish(t).Bundle); !slices.Equal(serials, []uint32{3}) {
		t.Errorf("after 15 epochs: %d", serials) // serial 1 is known, and its keys have run out
	}
	r.muchLater(50 * month)
	if _, serials := r.listed(t, r.publish(t).Bundle); !slices.Equal(serials, []uint32{3}) {
		t.Errorf("after 65 epochs: %d", serials)
	}
	r.muchLater(month)
	if _, serials := r.listed(t, r.publish(t).Bundle); len(serials) != 0 {
		t.Errorf("after 66 epochs: %d", serials)
	}
	r.mustAudit(t)
}

func TestNoSerialsLeft(t *testing.T) {
	r := busy(t)
	r.update(t, (*storage.Tx).SetRestored)
	b := r.honest(t, 1)
	b.N = wire.MaxSerials - 65_536
	r.fill(t, b, 1)
	payload, err := b.Marshal()
	_, err = r.Reopen([][]byte{r.sign(t, wire.TypeBundle, payload, err)}, nil)
	mustFail(t, "reopen", err, authority.ErrSerials)
}

// TestNobodyIsUnrevokedByARestore is the property: whoever is on any list that is shown at the reopening, or revoked in the database
// that was restored, is on every list from then on until his keys, as far as anybody knows them, have run out.
func TestNobodyIsUnrevokedByARestore(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 4 {
		r := busy(t)
		names := 0
		for range 3 { // restores, one after the other
			backup := r.copy(t)
			revoked := map[uint32]bool{}
			add := func(list []byte) {
				_, serials := r.listed(t, list)
				for _, s := range serials {
					revoked[s] = true
				}
			}
			lists := [][]byte{r.newest(t)}
			for range 2 + rng.IntN(6) {
				r.later(time.Duration(rng.IntN(100)) * time.Hour)
				switch rng.IntN(4) {
				case 0:
					lists = append(lists, r.publish(t).Bundle)
				case 1:
					backup = r.copy(t)
				default:
					a := r.enrol(t, fmt.Sprintf("bus-%d", 100+names)).Address
					if names++; rng.IntN(2) == 0 {
						r.revoke(t, a)
					}
				}
			}
			rng.Shuffle(len(lists), func(i, j int) { lists[i], lists[j] = lists[j], lists[i] })
			shown := lists[:1+rng.IntN(len(lists))]
			for _, l := range shown {
				add(l)
			}
			r.restored(t, backup)
			for id, err := range allIdentities(r) {
				if err != nil {
					t.Fatal(err)
				}
				if id.Revoked != nil {
					revoked[id.Address.Serial()] = true
				}
			}
			got := r.mustReopen(t, shown, nil)
			for _, list := range [][]byte{got.List.Bundle, r.publish(t).Bundle} {
				b, serials := r.listed(t, list)
				for s := range revoked {
					if !slices.Contains(serials, s) {
						t.Fatalf("serial %d was revoked and is not on list %v", s, b.Order())
					}
				}
			}
			r.mustAudit(t)
		}
	}
}

func allIdentities(r *realm) func(yield func(authority.Identity, error) bool) {
	return func(yield func(authority.Identity, error) bool) {
		for from := uint32(0); ; {
			ids, err := r.Identities(from, 100)
			if err != nil || len(ids) == 0 {
				if err != nil {
					yield(authority.Identity{}, err)
				}
				return
			}
			for _, id := range ids {
				if !yield(id, nil) {
					return
				}
				from = id.Address.Serial() + 1
			}
		}
	}
}
