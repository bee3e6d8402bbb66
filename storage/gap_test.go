package storage_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"marque/device/wire"
	"marque/storage"
)

func lost(t *testing.T, serial uint32) *storage.Lost {
	t.Helper()
	return &storage.Lost{
		Serial: serial, Address: address(t, serial), LastEpoch: 77,
		Revoked: storage.Revocation{Reason: wire.ReasonLost, Effective: start, At: start.Add(time.Hour), ListedIn: 3, Expired: true},
	}
}

func TestSkippedSerialsAreNeverGivenAway(t *testing.T) {
	s, path := newStore(t)
	fill(t, s, 2)
	update(t, s, func(tx *storage.Tx) error {
		if err := tx.SkipTo(70_000); err != nil {
			return err
		}
		return enrolAt(t, tx, 70_000)
	})
	update(t, s, func(tx *storage.Tx) error { return tx.SkipTo(70_002) })
	_ = s.Close()
	s, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Unlock(testKey); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *storage.Tx) error { return enrolAt(t, tx, 70_002) })
	err = s.View(func(tx *storage.Tx) error {
		gaps, err := tx.Gaps(0)
		if err != nil || !slices.Equal(gaps, []storage.Gap{{First: 2, Next: 70_000}, {First: 70_001, Next: 70_002}}) {
			t.Errorf("%+v, %v", gaps, err)
		}
		for from, want := range map[uint32]int{2: 2, 3: 2, 69_999: 2, 70_000: 1, 70_001: 1, 70_002: 0, 80_000: 0} {
			if gaps, err := tx.Gaps(from); err != nil || len(gaps) != want {
				t.Errorf("from %d: %+v, %v", from, gaps, err)
			}
		}
		if tx.Count() != 70_003 {
			t.Errorf("%d serials", tx.Count())
		}
		for from, want := range map[uint32][]uint32{
			0: {0, 1, 70_000, 70_002}, 1: {1, 70_000, 70_002}, 2: {70_000, 70_002}, 69_999: {70_000, 70_002}, 70_001: {70_002}, 70_003: nil,
		} {
			var got []uint32
			for id, err := range tx.Identities(from) {
				if err != nil {
					return err
				}
				got = append(got, id.Serial)
			}
			if !slices.Equal(got, want) {
				t.Errorf("from %d: %d, want %d", from, got, want)
			}
		}
		for _, serial := range []uint32{2, 69_999, 70_001, 70_003} {
			_, err := tx.Identity(serial)
			wantErr(t, err, storage.ErrNotFound)
			if skipped, err := tx.Skipped(serial); err != nil || skipped != (serial < 70_003) {
				t.Errorf("serial %d: skipped %v, %v", serial, skipped, err)
			}
		}
		return tx.VerifyRegistry()
	})
	if err != nil {
		t.Fatal(err)
	}
}

// enrolAt is enrol, whose records do not depend on the serial being small.
func enrolAt(t *testing.T, tx *storage.Tx, want uint32) error {
	t.Helper()
	if next, err := tx.NextSerial(); err != nil || next != want {
		t.Errorf("next is %d, %v", next, err)
	}
	return enrol(t, tx)
}

func TestSkippingBack(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 2)
	for _, serial := range []uint32{0, 1, 2} {
		wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.SkipTo(serial) }), storage.ErrOrder)
	}
}

func TestLostSerials(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 2)
	bare := lost(t, 4)
	bare.Address, bare.Revoked.Expired = wire.Address{}, false
	update(t, s, func(tx *storage.Tx) error { return tx.SkipTo(5) })
	update(t, s, func(tx *storage.Tx) error { return errors.Join(tx.PutLost(bare), tx.PutLost(lost(t, 3))) })
	for name, l := range map[string]*storage.Lost{
		"a known one": lost(t, 1), "a later one": lost(t, 5),
		"another address": {Serial: 3, Address: address(t, 4), Revoked: lost(t, 3).Revoked},
		"no reason":       {Serial: 3, Revoked: storage.Revocation{Effective: start, At: start}},
	} {
		if err := s.Update(func(tx *storage.Tx) error { return tx.PutLost(l) }); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := s.View(func(tx *storage.Tx) error {
		var got []*storage.Lost
		for l, err := range tx.AllLost() {
			if err != nil {
				return err
			}
			got = append(got, l)
		}
		if want := []*storage.Lost{lost(t, 3), bare}; !reflect.DeepEqual(got, want) {
			t.Errorf("%+v", got)
		}
		one, err := tx.Lost(4)
		if err != nil || !reflect.DeepEqual(one, bare) {
			t.Errorf("%+v, %v", one, err)
		}
		_, err = tx.Lost(2)
		wantErr(t, err, storage.ErrNotFound)
		return tx.VerifyRegistry()
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Lock()
	_ = s.View(func(tx *storage.Tx) error {
		_, err := tx.Lost(3)
		wantErr(t, err, storage.ErrLocked)
		for _, err := range tx.AllLost() {
			wantErr(t, err, storage.ErrLocked)
		}
		return nil
	})
}

func TestDamagedGapsAreNoticed(t *testing.T) {
	for name, damage := range map[string]func(b *bbolt.Tx) error{
		"the gap lost": func(b *bbolt.Tx) error { return b.Bucket([]byte("gaps")).Delete([]byte{0, 0, 0, 2}) },
		"the gap moved": func(b *bbolt.Tx) error {
			gaps := b.Bucket([]byte("gaps"))
			return gaps.Put([]byte{0, 0, 0, 1}, slices.Clone(gaps.Get([]byte{0, 0, 0, 2})))
		},
		"a lost serial moved": func(b *bbolt.Tx) error {
			all := b.Bucket([]byte("lost"))
			return all.Put([]byte{0, 0, 0, 4}, slices.Clone(all.Get([]byte{0, 0, 0, 3})))
		},
		"an open gap": func(b *bbolt.Tx) error { return b.Bucket([]byte("gaps")).Put([]byte{0, 0, 0, 7}, []byte{0, 0, 0, 9}) },
	} {
		t.Run(name, func(t *testing.T) {
			s, path := newStore(t)
			fill(t, s, 2)
			update(t, s, func(tx *storage.Tx) error { return errors.Join(tx.SkipTo(5), tx.PutLost(lost(t, 3)), enrol(t, tx)) })
			_ = s.Close()
			edit(t, path, damage)
			wantErr(t, verify(path), storage.ErrCorrupt)
		})
	}
}

func TestPolicies(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 0) // policy 1
	update(t, s, func(tx *storage.Tx) error { return tx.AddPolicy(2, []byte("the second")) })
	for _, sequence := range []uint32{0, 1, 2} {
		wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.AddPolicy(sequence, []byte("x")) }), storage.ErrOrder)
	}
	err := s.View(func(tx *storage.Tx) error {
		newest, err1 := tx.Policy()
		first, err2 := tx.PolicyAt(1)
		if err := errors.Join(err1, err2); err != nil || string(newest) != "the second" || string(first) != "the policy statement" {
			t.Errorf("%q, %q, %v", newest, first, err)
		}
		_, err := tx.PolicyAt(3)
		wantErr(t, err, storage.ErrNotFound)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
