package storage_test

import (
	"errors"
	"testing"

	"go.etcd.io/bbolt"

	"marque/device/wire"
	"marque/storage"
)

func TestTrustLists(t *testing.T) {
	s, path := newStore(t)
	newest := func(want uint32) {
		t.Helper()
		err := s.View(func(tx *storage.Tx) error {
			got, err := tx.LatestTrust()
			if got != want {
				t.Errorf("trust list %d, want %d", got, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	newest(0)
	update(t, s, func(tx *storage.Tx) error {
		return errors.Join(tx.AddTrust(1, []byte("the first")), tx.AddTrust(70_000, []byte("a later one")))
	})
	newest(70_000)
	for _, sequence := range []uint32{0, 1, 69_999, 70_000} {
		wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.AddTrust(sequence, []byte("x")) }), storage.ErrOrder)
	}
	for _, size := range []int{0, wire.MaxTrust + 1} {
		wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.AddTrust(70_001, make([]byte, size)) }), storage.ErrLimit)
	}
	err := s.View(func(tx *storage.Tx) error {
		if first, err := tx.Trust(1); err != nil || string(first) != "the first" {
			t.Errorf("%q, %v", first, err)
		}
		_, err := tx.Trust(2)
		wantErr(t, err, storage.ErrNotFound)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	// A database from before there were trust lists has none, and gets room for them when it is opened for writing.
	edit(t, path, func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("trust")) })
	if s, err = storage.OpenReadOnly(path); err != nil {
		t.Fatal(err)
	}
	newest(0)
	wantErr(t, s.View(func(tx *storage.Tx) error { _, err := tx.Trust(1); return err }), storage.ErrNotFound)
	_ = s.Close()
	if s, err = storage.Open(path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	update(t, s, func(tx *storage.Tx) error { return tx.AddTrust(1, []byte("the first")) })
	newest(1)
}
