package storage_test

import (
	"bytes"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"marque/device/wire"
	"marque/storage"
)

func TestReceiptsAndPoints(t *testing.T) {
	s, _ := newStore(t)
	at := time.Unix(1_800_000_000, 0).UTC()
	points := [][32]byte{{1}, {2}, {3}}
	update(t, s, func(tx *storage.Tx) error {
		if err := tx.AddPoints(7, 1, points); err != nil {
			return err
		}
		if err := tx.PutReceipt(9, storage.SlotNewest, &storage.Received{At: at, Receipt: []byte("nine")}); err != nil {
			return err
		}
		if err := tx.PutReceipt(8, storage.SlotTwo, &storage.Received{At: at, Receipt: []byte("evidence")}); err != nil {
			return err
		}
		return tx.PutReceipt(7, storage.SlotNewest, &storage.Received{At: at, Receipt: []byte("seven")})
	})
	err := s.View(func(tx *storage.Tx) error {
		got, err := tx.Points(7, 1)
		if err != nil || len(got) != 3 || got[2] != points[2] {
			t.Errorf("%v %v", got, err)
		}
		_, err = tx.Points(7, 2)
		wantErr(t, err, storage.ErrNotFound)
		r, err := tx.Receipt(9, storage.SlotNewest)
		if err != nil || !r.At.Equal(at) || !bytes.Equal(r.Receipt, []byte("nine")) {
			t.Errorf("%v %v", r, err)
		}
		_, err = tx.Receipt(8, storage.SlotNewest)
		wantErr(t, err, storage.ErrNotFound)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.AddPoints(7, 1, points) }), storage.ErrExists)
	wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.AddPoints(7, 2, make([][32]byte, 65)) }), storage.ErrLimit)
	wantErr(t, s.Update(func(tx *storage.Tx) error {
		return tx.PutReceipt(7, storage.SlotNewest, &storage.Received{At: at, Receipt: make([]byte, 1000)})
	}), storage.ErrInvalid)
	s.Lock()
	err = s.View(func(tx *storage.Tx) error {
		serials, err := receipted(tx)
		if len(serials) != 2 || serials[0] != 7 || serials[1] != 9 {
			t.Errorf("%v", serials)
		}
		_, locked := tx.Receipt(9, storage.SlotNewest)
		wantErr(t, locked, storage.ErrLocked)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A receipt that was answered counts no more, and stays as what it was.
func TestAnsweredReceipt(t *testing.T) {
	s, _ := newStore(t)
	at := time.Unix(1_800_000_000, 0).UTC()
	update(t, s, func(tx *storage.Tx) error {
		for serial := uint32(7); serial < 10; serial++ {
			if err := tx.PutReceipt(serial, storage.SlotNewest, &storage.Received{At: at, Receipt: []byte{byte(serial)}}); err != nil {
				return err
			}
		}
		return tx.AnswerReceipt(8)
	})
	wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.AnswerReceipt(8) }), storage.ErrNotFound)
	err := s.View(func(tx *storage.Tx) error {
		var left []uint32
		for serial, err := range tx.Receipted() {
			if err != nil {
				return err
			}
			left = append(left, serial)
		}
		if len(left) != 2 || left[0] != 7 || left[1] != 9 {
			t.Errorf("receipts of %d", left)
		}
		r, err := tx.Receipt(8, storage.SlotAnswered)
		if err != nil || !r.At.Equal(at) || !bytes.Equal(r.Receipt, []byte{8}) {
			t.Errorf("%v %v", r, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func receipted(tx *storage.Tx) (serials []uint32, err error) {
	for serial, err := range tx.Receipted() {
		if err != nil {
			return nil, err
		}
		serials = append(serials, serial)
	}
	return serials, nil
}

func TestNextKeysAreOfOneSerial(t *testing.T) {
	s, _ := newStore(t)
	u := [32]byte{5}
	for range 2 {
		update(t, s, func(tx *storage.Tx) error { return tx.AddNextKey(u, 3) })
	}
	wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.AddNextKey(u, 4) }), storage.ErrSeen)
}

// A database from before there were receipts gets what it lacks when it is opened for writing.
func TestOlderDatabase(t *testing.T) {
	s, path := newStore(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = b.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{"points", "receipts", "nextkeys"} {
			if err := tx.DeleteBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	reader, err := storage.OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	err = reader.View(func(tx *storage.Tx) error {
		_, missing := tx.Points(0, 1)
		wantErr(t, missing, storage.ErrNotFound)
		serials, err := receipted(tx)
		if len(serials) != 0 {
			t.Errorf("%v", serials)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = storage.Open(path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Unlock(testKey); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *storage.Tx) error { return tx.AddPoints(0, 1, [][32]byte{{1}}) })
}

func TestDepotLists(t *testing.T) {
	store, _ := newStore(t)
	key := [32]byte{7}
	want := storage.DepotList{List: wire.Order{Generation: 1, Base: 2, Sequence: 3}, At: time.Date(2026, 3, 2, 9, 30, 15, 0, time.UTC)}
	update(t, store, func(tx *storage.Tx) error { return tx.PutDepotList(key, &want) })
	store.Lock()
	err := store.View(func(tx *storage.Tx) error {
		got, err := tx.DepotList(key)
		if err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := tx.DepotList([32]byte{8}); err != nil || got != (storage.DepotList{}) {
			t.Errorf("of another depot: %+v, %v", got, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
