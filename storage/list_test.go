package storage_test

import (
	"testing"

	"marque/storage"
)

func TestEmptyStoreHasNoStatements(t *testing.T) {
	s, _ := newStore(t)
	_ = s.View(func(tx *storage.Tx) error {
		_, err := tx.Core()
		wantErr(t, err, storage.ErrNotFound)
		_, err = tx.Policy()
		wantErr(t, err, storage.ErrNotFound)
		_, err = tx.Checkpoint()
		wantErr(t, err, storage.ErrNotFound)
		_, _, err = tx.LatestList()
		wantErr(t, err, storage.ErrNotFound)
		_, err = tx.List(1)
		wantErr(t, err, storage.ErrNotFound)
		return nil
	})
}

func TestStatementsKeepTheirOrder(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 3)
	for name, test := range map[string]struct {
		write func(*storage.Tx) error
		want  error
	}{
		"second core":            {func(tx *storage.Tx) error { return tx.SetCore([]byte("x")) }, storage.ErrExists},
		"list 0":                 {func(tx *storage.Tx) error { return tx.AddList(0, []byte("x")) }, storage.ErrOrder},
		"list again":             {func(tx *storage.Tx) error { return tx.AddList(2, []byte("x")) }, storage.ErrOrder},
		"empty list":             {func(tx *storage.Tx) error { return tx.AddList(3, nil) }, storage.ErrLimit},
		"policy too long":        {func(tx *storage.Tx) error { return tx.AddPolicy(9, make([]byte, 4097)) }, storage.ErrLimit},
		"list too long":          {func(tx *storage.Tx) error { return tx.AddList(3, make([]byte, 16<<20+1)) }, storage.ErrLimit},
		"checkpoint again":       {func(tx *storage.Tx) error { return tx.AddCheckpoint(3, []byte("x")) }, storage.ErrOrder},
		"checkpoint of the past": {func(tx *storage.Tx) error { return tx.AddCheckpoint(1, []byte("x")) }, storage.ErrOrder},
		"checkpoint too far":     {func(tx *storage.Tx) error { return tx.AddCheckpoint(4, []byte("x")) }, storage.ErrOrder},
	} {
		t.Run(name, func(t *testing.T) { wantErr(t, s.Update(test.write), test.want) })
	}
	update(t, s, func(tx *storage.Tx) error { return tx.AddPolicy(2, []byte("the next policy")) })
	update(t, s, func(tx *storage.Tx) error { return tx.AddList(256, []byte("list 256")) })
	_ = s.View(func(tx *storage.Tx) error {
		if sequence, list, err := tx.LatestList(); sequence != 256 || string(list) != "list 256" || err != nil {
			t.Errorf("latest list %d %q %v", sequence, list, err)
		}
		if policy, err := tx.Policy(); string(policy) != "the next policy" || err != nil {
			t.Errorf("policy %q %v", policy, err)
		}
		return nil
	})
}
