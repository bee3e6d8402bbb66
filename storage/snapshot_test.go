package storage_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"marque/storage"
)

// TestSnapshotWhileUpdatesRun: every copy holds whole updates only, and opens like the original.
func TestSnapshotWhileUpdatesRun(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 1)
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := s.Update(func(tx *storage.Tx) error { return enrol(t, tx) }); err != nil {
				t.Error(err)
				return
			}
		}
	})
	last := uint64(0)
	for i := range 8 {
		count := checkSnapshot(t, s)
		if count < last {
			t.Errorf("copy %d holds %d identities, the one before %d", i, count, last)
		}
		last = count
	}
	close(stop)
	writer.Wait()
}

func checkSnapshot(t *testing.T, s *storage.Store) (count uint64) {
	t.Helper()
	var b bytes.Buffer
	n, err := s.Snapshot(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("%d octets of %d, %v", n, b.Len(), err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Unlock(testKey); err != nil {
		t.Fatal(err)
	}
	err = c.View(func(tx *storage.Tx) error {
		count = tx.Count()
		newest, err := tx.Checkpoint()
		if err != nil {
			return err
		}
		if tx.LogSize() != count || newest.Size != count {
			t.Errorf("%d identities, %d entries, a checkpoint of %d", count, tx.LogSize(), newest.Size)
		}
		return errors.Join(tx.VerifyLog(), tx.VerifyRegistry())
	})
	if err != nil {
		t.Fatal(err)
	}
	return count
}

var errFull = errors.New("full")

type full struct{ left int }

func (f *full) Write(b []byte) (int, error) {
	if len(b) > f.left {
		return 0, errFull
	}
	f.left -= len(b)
	return len(b), nil
}

func TestSnapshotOfALockedStoreAndToAFullDisk(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 2)
	s.Lock()
	if checkSnapshot(t, s) != 2 {
		t.Error("not all of it")
	}
	_, err := s.Snapshot(&full{left: 10_000})
	wantErr(t, err, errFull)
}

func TestRestoredMark(t *testing.T) {
	s, path := newStore(t)
	fill(t, s, 1)
	marked := func(want bool) {
		t.Helper()
		_ = s.View(func(tx *storage.Tx) error {
			if tx.Restored() != want {
				t.Errorf("restored: %v", tx.Restored())
			}
			return nil
		})
	}
	marked(false)
	s.Lock()
	update(t, s, (*storage.Tx).SetRestored)
	marked(true)
	_ = s.Close()
	s, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	marked(true)
	update(t, s, (*storage.Tx).ClearRestored)
	marked(false)
	update(t, s, (*storage.Tx).ClearRestored)
}
