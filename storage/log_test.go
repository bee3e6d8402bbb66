package storage_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"marque/storage"
)

// mth and path are the definitions of RFC 6962 sections 2.1 and 2.1.1, word by word.
func mth(d [][]byte) [32]byte {
	switch len(d) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, d[0]...))
	}
	k := split(len(d))
	left, right := mth(d[:k]), mth(d[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

func path(m int, d [][]byte) [][32]byte {
	if len(d) <= 1 {
		return nil
	}
	k := split(len(d))
	if m < k {
		return append(path(m, d[:k]), mth(d[k:]))
	}
	return append(path(m-k, d[k:]), mth(d[:k]))
}

func split(n int) int {
	k := 1
	for k*2 < n {
		k *= 2
	}
	return k
}

func TestLogIsTheTreeOfRFC6962(t *testing.T) {
	s, _ := newStore(t)
	var entries [][]byte
	for n := range 40 {
		err := s.View(func(tx *storage.Tx) error {
			root, err := tx.LogRoot()
			if err == nil && (root != mth(entries) || tx.LogSize() != uint64(n)) {
				t.Errorf("root of %d entries is %x", n, root)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, fmt.Appendf(nil, "entry %d", n))
		update(t, s, func(tx *storage.Tx) error {
			index, err := tx.AppendLog(entries[n])
			if err == nil && index != uint64(n) {
				t.Errorf("entry %d got index %d", n, index)
			}
			return err
		})
	}
	err := s.View(func(tx *storage.Tx) error {
		for size := 1; size <= len(entries); size++ {
			checkProofs(t, tx, entries[:size])
		}
		return tx.VerifyLog()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkProofs(t *testing.T, tx *storage.Tx, entries [][]byte) {
	t.Helper()
	size := len(entries)
	root, err := tx.LogRootAt(uint64(size))
	if err != nil || root != mth(entries) {
		t.Fatalf("root at %d is %x, %v", size, root, err)
	}
	for i := range entries {
		got, err := tx.ProveLog(uint64(i), uint64(size))
		if err != nil {
			t.Fatal(err)
		}
		if want := path(i, entries); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("path of %d in %d is %x", i, size, got)
		}
		var proof tlog.RecordProof
		for _, h := range got {
			proof = append(proof, h)
		}
		if err := tlog.CheckRecord(proof, int64(size), root, int64(i), tlog.RecordHash(entries[i])); err != nil {
			t.Fatalf("entry %d of %d: %v", i, size, err)
		}
	}
}

func TestManyEntriesInOneTransaction(t *testing.T) {
	s, _ := newStore(t)
	var entries [][]byte
	update(t, s, func(tx *storage.Tx) error {
		for n := range 1000 {
			entries = append(entries, fmt.Append(nil, n))
			if _, err := tx.AppendLog(entries[n]); err != nil {
				return err
			}
			if root, err := tx.LogRoot(); err != nil || n%97 == 0 && root != mth(entries) {
				return fmt.Errorf("root of %d: %x, %w", n+1, root, err)
			}
		}
		path, err := tx.ProveLog(3, 1000)
		if err == nil && len(path) != 10 {
			t.Errorf("a path of %d hashes", len(path))
		}
		return err
	})
	err := s.View(func(tx *storage.Tx) error {
		n := 990
		for e, err := range tx.LogEntries(990) {
			if err != nil || !bytes.Equal(e, entries[n]) {
				return fmt.Errorf("entry %d is %q: %w", n, e, err)
			}
			n++
		}
		if n != 1000 {
			t.Errorf("stopped at %d", n)
		}
		return tx.VerifyLog()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLogRefusesWhatIsNotThere(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 3)
	_ = s.View(func(tx *storage.Tx) error {
		_, err := tx.LogEntry(3)
		wantErr(t, err, storage.ErrNotFound)
		_, err = tx.ProveLog(3, 3)
		wantErr(t, err, storage.ErrNotFound)
		_, err = tx.ProveLog(0, 4)
		wantErr(t, err, storage.ErrNotFound)
		_, err = tx.LogRootAt(4)
		wantErr(t, err, storage.ErrNotFound)
		return nil
	})
	wantErr(t, s.Update(func(tx *storage.Tx) error {
		_, err := tx.AppendLog(make([]byte, 1025))
		return err
	}), storage.ErrLimit)
}

func BenchmarkEnrol(b *testing.B) {
	s, _ := newStore(b)
	b.ResetTimer()
	for b.Loop() {
		update(b, s, func(tx *storage.Tx) error { return enrol(b, tx) })
	}
}

func BenchmarkVerify(b *testing.B) {
	s, _ := newStore(b)
	const n = 10_000
	update(b, s, func(tx *storage.Tx) error {
		for range n {
			if err := enrol(b, tx); err != nil {
				return err
			}
		}
		return nil
	})
	for name, verify := range map[string]func(*storage.Tx) error{"Log": (*storage.Tx).VerifyLog, "Registry": (*storage.Tx).VerifyRegistry} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := s.View(verify); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/item")
		})
	}
}
