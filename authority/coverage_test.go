package authority_test

import (
	"testing"
	"time"

	"marque/authority"
	"marque/device"
	"marque/device/wire"
	"marque/storage"
)

// TestListsSpeakOfEveryEpochUntilTheyExpire: where an epoch is short, messages of many epochs arrive while one list is in force, also of
// those whose packages were made after it.
func TestListsSpeakOfEveryEpochUntilTheyExpire(t *testing.T) {
	r := vaultAndStore(t)
	r.foundWith(t, authority.Founding{Realm: "fleet.example", EpochLength: time.Hour, NextUpdate: 20 * time.Hour, HardExpiry: 30 * time.Hour})
	reader := r.bus(t, "reader")
	b, _ := r.listed(t, r.newest(t))
	made, err := r.Core().Epoch(b.Issued)
	if err != nil {
		t.Fatal(err)
	}
	if want := made + 30; b.LastEpoch != want {
		t.Errorf("last epoch %d, want %d: that of the hard expiry", b.LastEpoch, want)
	}
	r.later(19 * time.Hour)
	late := r.bus(t, "late")
	msg, err := late.Sign([]byte("Line 7 is late"), device.SignOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if m, err := reader.Verify(msg); err != nil || !m.NewerThanList {
		t.Errorf("%+v, %v", m, err)
	}
	r.mustAudit(t)
}

// TestListsSpeakOfTheEpochsOfOldMessages: what a policy lets arrive late is of epochs that lists speak of, and those whose keys are of
// these stay on the lists. What left a list stays out of them.
func TestListsSpeakOfTheEpochsOfOldMessages(t *testing.T) {
	r := found(t)
	epoch := r.Core().EpochLength
	r.revoke(t, r.enrol(t, "bus-1").Address) // epochs 0 to 12
	late := r.enrol(t, "bus-2").Address
	r.publish(t)
	past := func(d time.Duration) {
		t.Helper()
		if err := r.SetPolicy(authority.PolicyChange{Past: d}); err != nil {
			t.Fatal(err)
		}
	}
	next := func(first, count uint32) {
		t.Helper()
		b, _ := r.listed(t, r.publish(t).Bundle)
		if b.FirstEpoch != first || b.Count != count {
			t.Errorf("from epoch %d with %d serials, want %d with %d", b.FirstEpoch, b.Count, first, count)
		}
	}
	past(3 * epoch)
	r.muchLater(14 * epoch)
	next(10, 1)
	r.muchLater(2 * epoch)
	next(12, 1)
	r.muchLater(epoch)
	next(13, 0)
	past(6 * epoch)
	next(13, 0) // not epoch 10, of which this list could not say that bus-1 was revoked
	r.revoke(t, late)
	next(13, 0)
	r.mustAudit(t)
}

// TestListsSpeakOfEveryKey: the last epoch of a list is that of the last key that anybody has, or could have.
func TestListsSpeakOfEveryKey(t *testing.T) {
	t.Run("a longer package", func(t *testing.T) {
		r := busy(t)
		address, err := wire.NewAddress("fleet.example", "", "tram", 3)
		if err != nil {
			t.Fatal(err)
		}
		r.log(t, &wire.IssueEntry{Address: address, Request: [32]byte{7}, Sequence: 1, Count: wire.MaxKeys, Keys: [32]byte{8}})
		b := r.honest(t, 1)
		b.N = 4
		b.LastEpoch = wire.MaxKeys - 1
		r.fill(t, b, 1)
		r.list(t, b)
		r.mustAudit(t)
		b.Previous, b.Sequence, b.LastEpoch = b.State, b.Sequence+1, 13
		b.LogSize, b.LogRoot = r.status(t).LogSize, r.status(t).LogRoot
		r.fill(t, b, 1)
		r.list(t, b)
		r.mustFind(t, "list 4: it speaks of other epochs")
	})
	t.Run("lost serials", func(t *testing.T) {
		r := busy(t)
		r.restored(t, r.copy(t))
		if b, _ := r.listed(t, r.mustReopen(t, nil, nil).List.Bundle); b.LastEpoch != wire.MaxKeys {
			t.Errorf("last epoch %d", b.LastEpoch)
		}
		r.mustAudit(t)
	})
}

// TestListsOfEarlierVersions: the log keeps lists from when they spoke of the epochs around their own, whatever keys there were. Once a
// list spoke of all, none falls back.
func TestListsOfEarlierVersions(t *testing.T) {
	r := busy(t)
	n := uint32(r.honest(t, 1).N)
	r.log(t, &wire.LostEntry{NextSerial: n + 64})
	r.update(t, func(tx *storage.Tx) error { return tx.SkipTo(n + 64) })
	old := r.honest(t, 1)
	old.N, old.LastEpoch = uint64(n)+64, 13
	r.fill(t, old, 1)
	r.list(t, old)
	r.mustAudit(t)
	r.reopen(t)
	if b, _ := r.listed(t, r.publish(t).Bundle); b.LastEpoch != wire.MaxKeys {
		t.Errorf("last epoch %d", b.LastEpoch)
	}
	r.mustAudit(t)
	again := r.honest(t, 1)
	again.N, again.LastEpoch = uint64(n)+64, 13
	r.fill(t, again, 1)
	r.list(t, again)
	r.mustFind(t, "it speaks of other epochs")
}
