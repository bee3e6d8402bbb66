package storage_test

import (
	"encoding/binary"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"marque/storage"
)

const many = 4500 // identities: more than are verified in one go

// fleet makes a database of many identities, of which every 1,100th has a package and was renewed.
func fleet(t *testing.T) (*storage.Store, string) {
	t.Helper()
	s, path := newStore(t)
	update(t, s, func(tx *storage.Tx) error {
		for serial := range uint32(many) {
			id := identity(t, serial)
			binary.BigEndian.PutUint32(id.Request[:], serial)
			binary.BigEndian.PutUint32(id.EnrolmentKey[:], serial)
			if err := tx.AddIdentity(id); err != nil {
				return err
			}
			if serial%1100 != 0 {
				continue
			}
			id.Sequence, id.Request[31], id.EnrolmentKey[31] = 2, 0xff, 0xff
			if err := tx.UpdateIdentity(id); err != nil {
				return err
			}
			if err := tx.AddPackage(serial, 2, pkg(serial)); err != nil {
				return err
			}
		}
		return nil
	})
	return s, path
}

// What is verified in shares is verified to the last item, also those that no identity leads to.
func TestDamageInAnyShareIsNoticed(t *testing.T) {
	s, path := fleet(t)
	if err := s.View((*storage.Tx).VerifyRegistry); err != nil {
		t.Fatal(err)
	}
	old := identity(t, 4400)
	binary.BigEndian.PutUint32(old.Request[:], 4400)
	binary.BigEndian.PutUint32(old.EnrolmentKey[:], 4400)
	serial := binary.BigEndian.AppendUint32(nil, 4400)
	for _, item := range []struct {
		bucket string
		key    []byte
	}{
		{"identities", serial},
		{"names", []byte(old.Address.Name())},
		{"requests", old.Request[:]},
		{"keys", old.EnrolmentKey[:]},
		{"packages", append(serial, 0, 0, 0, 2)},
	} {
		var before []byte
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		edit(t, path, func(b *bbolt.Tx) error {
			bucket := b.Bucket([]byte(item.bucket))
			before = append(before, bucket.Get(item.key)...)
			changed := append([]byte(nil), before...)
			changed[len(changed)-1] ^= 1
			return bucket.Put(item.key, changed)
		})
		wantErr(t, verify(path), storage.ErrCorrupt)
		edit(t, path, func(b *bbolt.Tx) error { return b.Bucket([]byte(item.bucket)).Put(item.key, before) })
		var err error
		if s, err = storage.Open(path); err != nil {
			t.Fatal(err)
		}
	}
	defer s.Close()
	if err := s.Unlock(testKey); err != nil {
		t.Fatal(err)
	}
	if err := s.View((*storage.Tx).VerifyRegistry); err != nil {
		t.Errorf("after all was put back: %v", err)
	}
}

// Verifying neither hangs nor complains while the database changes and grows, so that the file is mapped anew.
func TestVerifyBesideChanges(t *testing.T) {
	s, _ := fleet(t)
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for range 3 {
				if err := s.View((*storage.Tx).VerifyRegistry); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for serial := range uint32(40) {
		update(t, s, func(tx *storage.Tx) error {
			id := identity(t, many+serial)
			binary.BigEndian.PutUint32(id.Request[:], many+serial)
			binary.BigEndian.PutUint32(id.EnrolmentKey[:], many+serial)
			if err := tx.AddIdentity(id); err != nil {
				return err
			}
			return tx.AddPackage(many+serial, 1, make([]byte, 60_000))
		})
	}
	group.Wait()
}
