package storage_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"marque/storage"
)

func TestReopenedStoreHoldsTheSame(t *testing.T) {
	s, path := newStore(t)
	fill(t, s, 5)
	want, err := dump(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Unlock(testKey); err != nil {
		t.Fatal(err)
	}
	if got, err := dump(s); err != nil || got != want {
		t.Fatalf("after reopening: error %v\n%s\nwant\n%s", err, got, want)
	}
}

func TestCreateTouchesNoExistingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "authority.db")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := storage.Create(path, testKey)
	wantErr(t, err, storage.ErrExists)
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Fatalf("the file is now %q, %v", b, err)
	}
}

func TestCreateMakesAPrivateFile(t *testing.T) {
	_, path := newStore(t)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
}

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.db")
	db, err := bbolt.Open(other, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"empty": "", "text": "hello", "long": string(make([]byte, 1<<16))} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"empty", "text", "long", "other.db", "."} {
		_, err := storage.Open(filepath.Join(dir, name))
		if !errors.Is(err, storage.ErrCorrupt) {
			t.Errorf("%s: got error %v", name, err)
		}
	}
	_, err = storage.Open(filepath.Join(dir, "missing"))
	wantErr(t, err, fs.ErrNotExist)
	if _, err := os.Stat(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("Open made a file")
	}
}

func TestSecondOpenerIsToldThatTheStoreIsBusy(t *testing.T) {
	s, path := newStore(t)
	_, err := storage.Open(path)
	wantErr(t, err, storage.ErrBusy)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}

func TestReadersThatChangeNothing(t *testing.T) {
	s, path := newStore(t)
	fill(t, s, 2)
	want, err := dump(s)
	if err != nil {
		t.Fatal(err)
	}
	_, err = storage.OpenReadOnly(path)
	wantErr(t, err, storage.ErrBusy)
	_ = s.Close()
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the first stays open
		s, err := storage.OpenReadOnly(path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Unlock(testKey); err != nil {
			t.Fatal(err)
		}
		if got, err := dump(s); err != nil || got != want {
			t.Fatalf("read-only: %v\n%s", err, got)
		}
		if err := s.Update(func(tx *storage.Tx) error { return enrol(t, tx) }); err == nil {
			t.Fatal("a reader wrote")
		}
	}
}

func TestLockedStoreShowsPublicValuesOnly(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 2)
	s.Lock()
	if !s.Locked() {
		t.Fatal("not locked")
	}
	err := s.View(func(tx *storage.Tx) error {
		for _, read := range []func() error{
			func() error { _, err := tx.Identity(0); return err },
			func() error { _, err := tx.IdentityByName("bus-0"); return err },
			func() error { _, err := tx.IdentityByName("nobody"); return err },
			func() error { _, err := tx.Package(0); return err },
			func() error { _, _, err := tx.HasU([32]byte{}); return err },
			func() error { _, _, err := tx.HasRequest([32]byte{}); return err },
			tx.VerifyRegistry,
		} {
			wantErr(t, read(), storage.ErrLocked)
		}
		if _, err := tx.Core(); err != nil {
			return err
		}
		if _, _, err := tx.LatestList(); err != nil {
			return err
		}
		return tx.VerifyLog()
	})
	if err != nil {
		t.Fatal(err)
	}
	wantErr(t, s.Update(func(tx *storage.Tx) error { return tx.AddIdentity(identity(t, 2)) }), storage.ErrLocked)
}

func TestUnlockRefusesAnotherKey(t *testing.T) {
	s, _ := newStore(t)
	s.Lock()
	wantErr(t, s.Unlock([32]byte{9}), storage.ErrKey)
	if !s.Locked() {
		t.Fatal("a wrong key unlocked the store")
	}
	if err := s.Unlock(testKey); err != nil {
		t.Fatal(err)
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	s, path := newStore(t)
	_ = s.Close()
	edit(t, path, func(b *bbolt.Tx) error {
		return b.Bucket([]byte("meta")).Put([]byte("format"), binary.BigEndian.AppendUint32(nil, 3))
	})
	_, err := storage.Open(path)
	wantErr(t, err, storage.ErrFormat)
}

func TestFailedUpdateLeavesNothing(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 3)
	before, err := dump(s)
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	wantErr(t, s.Update(func(tx *storage.Tx) error { return errors.Join(enrol(t, tx), stop) }), stop)
	func() {
		defer func() {
			if recover() != "bug" {
				t.Error("a panic of the caller was swallowed")
			}
		}()
		_ = s.Update(func(tx *storage.Tx) error { _ = enrol(t, tx); panic("bug") })
	}()
	if after, err := dump(s); err != nil || after != before {
		t.Fatalf("something stayed: %v\n%s", err, after)
	}
	update(t, s, func(tx *storage.Tx) error { return enrol(t, tx) })
}

func TestTransactionIsUselessAfterItsEnd(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 1)
	var kept *storage.Tx
	_ = s.View(func(tx *storage.Tx) error { kept = tx; return nil })
	if _, err := kept.Core(); err == nil || errors.Is(err, storage.ErrCorrupt) {
		t.Fatalf("got error %v", err)
	}
	if err := s.View(func(tx *storage.Tx) error { return tx.AddPolicy(2, []byte("x")) }); err == nil {
		t.Fatal("a view wrote")
	}
}

// edit changes the file behind the store's back.
func edit(t *testing.T, path string, fn func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(fn), db.Close()); err != nil {
		t.Fatal(err)
	}
}
