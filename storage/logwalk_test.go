package storage_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"marque/storage"
)

func TestLogBackwards(t *testing.T) {
	s, _ := newStore(t)
	const n = 100
	update(t, s, func(tx *storage.Tx) error {
		for i := range n {
			if _, err := tx.AppendLog(fmt.Appendf(nil, "entry %d", i)); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx *storage.Tx) error {
		for _, before := range []uint64{0, 1, 50, n, n + 1, 1 << 63} {
			next := min(before, n)
			for e, err := range tx.LogBackwards(before) {
				if err != nil {
					return err
				}
				next--
				if e.Index != next || string(e.Entry) != fmt.Sprintf("entry %d", next) {
					t.Errorf("before %d: %d, %q", before, e.Index, e.Entry)
				}
			}
			if next != 0 {
				t.Errorf("before %d: ended above %d", before, next)
			}
		}
		for from := uint64(0); from <= n; from += 25 {
			if err := tx.VerifyEntries(from, n); err != nil {
				t.Errorf("from %d: %v", from, err)
			}
			if err := tx.VerifyEntries(0, from); err != nil {
				t.Errorf("to %d: %v", from, err)
			}
		}
		if err := tx.VerifyEntries(0, n+1); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("beyond the end: %v", err)
		}
		return nil
	})
}

func TestExportPublic(t *testing.T) {
	s, _ := newStore(t)
	update(t, s, func(tx *storage.Tx) error {
		for i := range 50_000 {
			if _, err := tx.AppendLog(fmt.Appendf(nil, "entry %d", i)); err != nil {
				return err
			}
		}
		return tx.AddCheckpoint(tx.LogSize(), []byte("a checkpoint"))
	})
	path := filepath.Join(t.TempDir(), "export.db")
	if err := s.ExportPublic(path); err != nil {
		t.Fatal(err)
	}
	if err := s.ExportPublic(path); !errors.Is(err, storage.ErrExists) {
		t.Errorf("over another file: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	out, err := storage.OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	var want, got [32]byte
	view(t, s, func(tx *storage.Tx) (err error) { want, err = tx.LogRoot(); return err })
	view(t, out, func(tx *storage.Tx) (err error) {
		if err := tx.VerifyLog(); err != nil {
			return err
		}
		c, err := tx.Checkpoint()
		if err != nil || c.Size != 50_000 || !bytes.Equal(c.Statement, []byte("a checkpoint")) {
			t.Errorf("%+v %v", c, err)
		}
		got, err = tx.LogRoot()
		return err
	})
	if got != want {
		t.Error("the export has another root")
	}
}

func view(t *testing.T, s *storage.Store, fn func(tx *storage.Tx) error) {
	t.Helper()
	if err := s.View(fn); err != nil {
		t.Fatal(err)
	}
}
