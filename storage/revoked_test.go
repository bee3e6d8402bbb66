package storage_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"marque/device/wire"
	"marque/storage"
)

// withRevoked makes a database of six identities and a gap, in which 1, 4 and 8 are revoked, 2 and 9 were, and the keys of 3 and 7 ran out.
func withRevoked(t *testing.T) (*storage.Store, string) {
	t.Helper()
	s, path := newStore(t)
	fill(t, s, 6)
	update(t, s, func(tx *storage.Tx) error {
		return errors.Join(tx.SkipTo(10), tx.PutLost(lostNow(t, 7, true)), tx.PutLost(lostNow(t, 8, false)), tx.PutLost(lostNow(t, 9, false)))
	})
	for serial, v := range map[uint32]*storage.Revocation{1: {}, 2: {}, 3: {}, 4: {ListedIn: 7}} {
		v.Reason, v.Effective, v.At = wire.ReasonLost, start, start
		revoke(t, s, serial, v)
	}
	revoke(t, s, 2, nil)
	revoke(t, s, 3, &storage.Revocation{Reason: wire.ReasonLost, Effective: start, At: start, ListedIn: 1, Expired: true})
	update(t, s, func(tx *storage.Tx) error { return tx.DeleteLost(9) })
	return s, path
}

func lostNow(t *testing.T, serial uint32, expired bool) *storage.Lost {
	l := lost(t, serial)
	l.Revoked.Expired = expired
	return l
}

func revoke(t *testing.T, s *storage.Store, serial uint32, v *storage.Revocation) {
	t.Helper()
	update(t, s, func(tx *storage.Tx) error {
		id := identity(t, serial)
		id.Revoked = v
		return tx.UpdateIdentity(id)
	})
}

func revoked(t *testing.T, run func(func(*storage.Tx) error) error) []storage.Standing {
	t.Helper()
	var all []storage.Standing
	err := run(func(tx *storage.Tx) (err error) {
		all, err = tx.Revoked()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func standings(t *testing.T) []storage.Standing {
	t.Helper()
	gap := lost(t, 8)
	return []storage.Standing{
		{Serial: 1, LastEpoch: 15},
		{Serial: 4, LastEpoch: 15, ListedIn: 7},
		{Serial: 8, LastEpoch: gap.LastEpoch, ListedIn: gap.Revoked.ListedIn},
	}
}

func TestRevokedFollowsTheRecords(t *testing.T) {
	s, _ := withRevoked(t)
	if got := revoked(t, s.View); !reflect.DeepEqual(got, standings(t)) {
		t.Errorf("%+v", got)
	}
	s.Lock()
	wantErr(t, s.View(func(tx *storage.Tx) error { _, err := tx.Revoked(); return err }), storage.ErrLocked)
}

// A database of an earlier program answers the same. The first update that asks makes the index.
func TestRevokedOfAnOlderDatabase(t *testing.T) {
	s, path := withRevoked(t)
	_ = s.Close()
	edit(t, path, func(b *bbolt.Tx) error { return b.DeleteBucket([]byte("revoked")) })
	s, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Unlock(testKey); err != nil {
		t.Fatal(err)
	}
	revoke(t, s, 5, &storage.Revocation{Reason: wire.ReasonLost, Effective: start, At: start})
	want := slices.Insert(standings(t), 2, storage.Standing{Serial: 5, LastEpoch: 15})
	for i, run := range []func(func(*storage.Tx) error) error{s.View, s.Update, s.View} {
		if got := revoked(t, run); !reflect.DeepEqual(got, want) {
			t.Errorf("time %d: %+v", i, got)
		}
		if err := s.View((*storage.Tx).VerifyRegistry); err != nil {
			t.Errorf("time %d: %v", i, err)
		}
	}
	_ = s.Close()
	indexed := false
	edit(t, path, func(b *bbolt.Tx) error {
		indexed = b.Bucket([]byte("revoked")).Get([]byte{0, 0, 0, 5}) != nil
		return nil
	})
	if !indexed {
		t.Error("no index was made")
	}
}

// Only what is revoked is read: a list must not depend on records that it does not speak of.
func TestRevokedReadsNoOtherRecords(t *testing.T) {
	s, path := withRevoked(t)
	_ = s.Close()
	edit(t, path, func(b *bbolt.Tx) error { return b.Bucket([]byte("identities")).Put([]byte{0, 0, 0, 0}, []byte("x")) })
	wantErr(t, verify(path), storage.ErrCorrupt)
	s, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Unlock(testKey); err != nil {
		t.Fatal(err)
	}
	if got := revoked(t, s.View); !reflect.DeepEqual(got, standings(t)) {
		t.Errorf("%+v", got)
	}
}

func TestDamagedIndexOfRevokedIsNoticed(t *testing.T) {
	one, four, eight := []byte{0, 0, 0, 1}, []byte{0, 0, 0, 4}, []byte{0, 0, 0, 8}
	for name, damage := range map[string]func(index *bbolt.Bucket) error{
		"an entry lost":          func(b *bbolt.Bucket) error { return b.Delete(one) },
		"an entry of a gap lost": func(b *bbolt.Bucket) error { return b.Delete(eight) },
		"an entry moved":         func(b *bbolt.Bucket) error { return b.Put(one, slices.Clone(b.Get(four))) },
		"an entry too many":      func(b *bbolt.Bucket) error { return b.Put([]byte{0, 0, 0, 2}, slices.Clone(b.Get(four))) },
		"an entry of nobody":     func(b *bbolt.Bucket) error { return b.Put([]byte{0, 0, 1, 0}, slices.Clone(b.Get(four))) },
	} {
		t.Run(name, func(t *testing.T) {
			s, path := withRevoked(t)
			_ = s.Close()
			edit(t, path, func(b *bbolt.Tx) error { return damage(b.Bucket([]byte("revoked"))) })
			wantErr(t, verify(path), storage.ErrCorrupt)
		})
	}
	// One from before is sealed for its place, and opens.
	s, path := withRevoked(t)
	old := values(t, closed(t, s, path))["revoked"][0]
	revive(t, path, func(s *storage.Store) {
		revoke(t, s, 1, &storage.Revocation{Reason: wire.ReasonLost, Effective: start, At: start, ListedIn: 9})
	})
	edit(t, path, func(b *bbolt.Tx) error { return b.Bucket([]byte("revoked")).Put(one, old) })
	wantErr(t, verify(path), storage.ErrCorrupt)
}

func closed(t *testing.T, s *storage.Store, path string) string {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func revive(t *testing.T, path string, f func(s *storage.Store)) {
	t.Helper()
	s, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Unlock(testKey); err != nil {
		t.Fatal(err)
	}
	f(s)
	closed(t, s, path)
}
