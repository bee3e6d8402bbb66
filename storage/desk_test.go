package storage_test

import (
	"bytes"
	"iter"
	"testing"

	"marque/storage"
)

func TestProposalsAreSealed(t *testing.T) {
	s, path := newStore(t)
	one, two := [32]byte{1}, [32]byte{2}
	update(t, s, func(tx *storage.Tx) error {
		if err := tx.PutProposal(two, []byte("revoke the bus")); err != nil {
			return err
		}
		if err := tx.PutProposal(one, []byte("first")); err != nil {
			return err
		}
		return tx.PutProposal(one, []byte("again"))
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.View(func(tx *storage.Tx) error {
		_, err := tx.Proposal(one)
		for _, wrong := range tx.Proposals() {
			wantErr(t, wrong, storage.ErrLocked)
		}
		return err
	})
	wantErr(t, err, storage.ErrLocked)
	wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.PutProposal(one, []byte("x")) }), storage.ErrLocked)
	if err := s.Unlock(testKey); err != nil {
		t.Fatal(err)
	}
	if list := filed(t, s, (*storage.Tx).Proposals); len(list) != 2 || list[0].Digest != one || string(list[0].Value) != "again" || string(list[1].Value) != "revoke the bus" {
		t.Errorf("%q", list)
	}
	update(t, s, func(tx *storage.Tx) error { return tx.DeleteProposal(one) })
	wantErr(t, s.View(func(tx *storage.Tx) error { _, err := tx.Proposal(one); return err }), storage.ErrNotFound)
	for _, n := range []int{0, 1<<20 + 1} {
		wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.PutProposal(one, make([]byte, n)) }), storage.ErrLimit)
		wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.AddDecision(one, make([]byte, n)) }), storage.ErrLimit)
	}
}

func TestDecisionsStayForEver(t *testing.T) {
	s, _ := newStore(t)
	digest := [32]byte{7}
	wantErr(t, s.View(func(tx *storage.Tx) error { _, err := tx.Decision(digest); return err }), storage.ErrNotFound)
	update(t, s, func(tx *storage.Tx) error { return tx.AddDecision(digest, []byte("decided")) })
	wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.AddDecision(digest, []byte("otherwise")) }), storage.ErrExists)
	s.Lock() // an auditor has no key
	if list := filed(t, s, (*storage.Tx).Decisions); len(list) != 1 || list[0].Digest != digest || !bytes.Equal(list[0].Value, []byte("decided")) {
		t.Errorf("%q", list)
	}
}

func filed(t *testing.T, s *storage.Store, all func(*storage.Tx) iter.Seq2[storage.Filed, error]) (list []storage.Filed) {
	t.Helper()
	err := s.View(func(tx *storage.Tx) error {
		for f, err := range all(tx) {
			if err != nil {
				return err
			}
			list = append(list, f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
