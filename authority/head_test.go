package authority_test

import (
	"errors"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
	"marque/storage"
)

// Whoever can write to the database, but has no secret, can change the log with all its hashes. The authority does not sign for that.
func TestNothingIsSignedOnAnotherLog(t *testing.T) {
	r := busy(t)
	revoke := func(serial uint32) []byte {
		e := &wire.RevokeEntry{Serial: serial, Reason: wire.ReasonLost, Effective: founded}
		b, err := (&wire.LogEntry{Time: r.now.Truncate(time.Second), Entry: e}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	longer := busy(t)
	longer.update(t, func(tx *storage.Tx) error {
		_, err := tx.AppendLog(revoke(2))
		return err
	})
	longer.refuses(t)

	for name, edit := range map[string]func(i uint64, b []byte) [][]byte{
		"an entry removed": func(i uint64, b []byte) [][]byte {
			if i == 5 {
				return nil
			}
			return [][]byte{b}
		},
		"an entry in the place of another": func(i uint64, b []byte) [][]byte {
			if i != 5 {
				return [][]byte{b}
			}
			return [][]byte{revoke(0)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			forged := &realm{vault: r.vault, store: rewrite(t, r.store, edit), now: r.now}
			var err error
			if forged.Authority, err = authority.Open(forged.store, r.vault, r.clock); err != nil {
				t.Fatal(err)
			}
			forged.refuses(t)
		})
	}
}

// refuses fails the test unless the authority neither enrols, revokes nor publishes.
func (r *realm) refuses(t *testing.T) {
	t.Helper()
	address, err := wire.ParseAddress("//fleet.example/Sbus-0~0")
	if err != nil {
		t.Fatal(err)
	}
	size := r.logSize(t)
	_, enrol := r.Enrol(newRequester(t, "bus-9", r.now).request)
	_, publish := r.Publish()
	for what, err := range map[string]error{"enrol": enrol, "publish": publish, "revoke": r.Revoke(address, wire.ReasonLost, time.Time{})} {
		if !errors.Is(err, authority.ErrInconsistent) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if now := r.logSize(t); now != size {
		t.Errorf("the log grew from %d to %d", size, now)
	}
}

func (r *realm) logSize(t *testing.T) (size uint64) {
	t.Helper()
	if err := r.store.View(func(tx *storage.Tx) error { size = tx.LogSize(); return nil }); err != nil {
		t.Fatal(err)
	}
	return size
}
