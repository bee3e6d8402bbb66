package authority_test

import (
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"marque/storage"
)

// A program without the index of what is revoked changed the database meanwhile, or the index was damaged: lists hold what they should.
func TestIndexThatDoesNotFollow(t *testing.T) {
	stale := func(t *testing.T, change func(b *bbolt.Bucket) error) *realm {
		t.Helper()
		r := found(t)
		r.revoke(t, r.enrol(t, "bus-1").Address)
		r.publish(t)
		r.revoke(t, r.enrol(t, "bus-2").Address)
		if err := r.store.Close(); err != nil {
			t.Fatal(err)
		}
		db, err := bbolt.Open(r.path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Update(func(tx *bbolt.Tx) error { return change(tx.Bucket([]byte("revoked"))) }); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		r.open(t)
		return r
	}
	for what, change := range map[string]func(b *bbolt.Bucket) error{
		"one is missing":    func(b *bbolt.Bucket) error { return b.Delete([]byte{0, 0, 0, 1}) },
		"one was altered":   func(b *bbolt.Bucket) error { return b.Put([]byte{0, 0, 0, 0}, make([]byte, 36)) },
		"one is too much":   func(b *bbolt.Bucket) error { return b.Put([]byte{0, 0, 0, 9}, b.Get([]byte{0, 0, 0, 1})) },
		"one has no serial": func(b *bbolt.Bucket) error { return b.Put([]byte{1}, []byte{1}) },
	} {
		t.Run(what, func(t *testing.T) {
			r := stale(t, change)
			if p := r.publish(t); p.Added != 1 {
				t.Errorf("%d were added", p.Added)
			}
			if _, serials := r.listed(t, r.newest(t)); !slices.Equal(serials, []uint32{0, 1}) {
				t.Errorf("on the list: %v", serials)
			}
			if err := r.store.View((*storage.Tx).VerifyRegistry); err != nil {
				t.Error(err)
			}
			r.mustAudit(t)
		})
	}
	t.Run("reopened", func(t *testing.T) {
		r := stale(t, func(b *bbolt.Bucket) error { return b.Delete([]byte{0, 0, 0, 1}) })
		r.restored(t, r.copy(t))
		r.later(time.Hour)
		if _, serials := r.listed(t, r.mustReopen(t, nil, nil).List.Bundle); !slices.Equal(serials, []uint32{0, 1}) {
			t.Errorf("on the list: %v", serials)
		}
		r.mustAudit(t)
	})
}
