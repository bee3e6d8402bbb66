package storage_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"marque/storage"
)

// damaged is a copy of a database that a test damages again and again.
type damaged struct {
	path    string
	content []byte
	dump    string // what the undamaged database holds
}

func newDamaged(t *testing.T) *damaged {
	t.Helper()
	s, path := newStore(t)
	fill(t, s, 4)
	want, err := dump(s)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return &damaged{path: filepath.Join(t.TempDir(), "damaged.db"), content: content, dump: want}
}

// read writes content to the disk and reads it all through the store.
func (d *damaged) read(t *testing.T, content []byte) (string, error) {
	t.Helper()
	if err := os.WriteFile(d.path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := storage.Open(d.path)
	if err != nil {
		return "", err
	}
	defer s.Close()
	if err := s.Unlock(testKey); err != nil {
		return "", err
	}
	return dump(s)
}

// flip flips one bit and reports whether the store noticed. Wrong data fails the test.
func (d *damaged) flip(t *testing.T, at int, bit byte) bool {
	t.Helper()
	content := bytes.Clone(d.content)
	content[at] ^= 1 << (bit % 8)
	got, err := d.read(t, content)
	if err == nil && got != d.dump {
		t.Fatalf("octet %d, bit %d: wrong data and no error:\n%s", at, bit, got)
	}
	return err != nil
}

// values returns keys and values of all buckets as they stand in the file.
func values(t *testing.T, path string) map[string][][]byte {
	t.Helper()
	all := make(map[string][][]byte)
	edit(t, path, func(b *bbolt.Tx) error {
		return b.ForEach(func(name []byte, bucket *bbolt.Bucket) error {
			return bucket.ForEach(func(_, value []byte) error {
				all[string(name)] = append(all[string(name)], bytes.Clone(value))
				return nil
			})
		})
	})
	return all
}

func TestEveryFlippedOctetOfAValueIsNoticed(t *testing.T) {
	d := newDamaged(t)
	if _, err := d.read(t, d.content); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for bucket, all := range values(t, d.path) {
		value := all[rng.IntN(len(all))]
		if bucket == "meta" {
			value = all[2] // the head; the four octets of the format are also in bbolt's page headers
		}
		for i := range value {
			noticed, bit := false, byte(rng.Uint32())
			// Pages that bbolt freed hold the value, too; a flip there is harmless.
			for at := 0; ; {
				next := bytes.Index(d.content[at:], value)
				if next < 0 {
					break
				}
				at += next
				noticed = d.flip(t, at+i, bit) || noticed
				at++
			}
			if !noticed {
				t.Fatalf("%s: octet %d of a value of %d is not protected", bucket, i, len(value))
			}
		}
	}
}

func TestFlippedBitsAnywhereNeverGiveWrongData(t *testing.T) {
	d := newDamaged(t)
	rng := rand.New(rand.NewPCG(3, 4))
	noticed := 0
	const flips = 600
	for range flips {
		if d.flip(t, rng.IntN(len(d.content)), byte(rng.Uint32())) {
			noticed++
		}
	}
	if noticed == 0 || noticed == flips {
		t.Fatalf("%d of %d flips were noticed: the test does not reach what it should", noticed, flips)
	}
}

func TestTruncatedFileIsRefused(t *testing.T) {
	d := newDamaged(t)
	page, refused := os.Getpagesize(), 0
	for size := 0; size < len(d.content); size += page / 2 {
		for range 2 { // the second time shows that no lock was left behind
			got, err := d.read(t, d.content[:size])
			if !errors.Is(err, storage.ErrCorrupt) && (err != nil || got != d.dump) {
				t.Fatalf("cut to %d of %d octets: error %v", size, len(d.content), err)
			}
			if err != nil {
				refused++
			}
		}
	}
	// bbolt keeps spare pages at the end, whose loss is harmless.
	if refused < 16 {
		t.Fatalf("only %d cuts were refused: the test does not reach what it should", refused)
	}
}

func TestFileTruncatedWhileOpenIsAnErrorNotACrash(t *testing.T) {
	s, path := newStore(t)
	fill(t, s, 4)
	if err := os.Truncate(path, int64(2*os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	_, err := dump(s)
	wantErr(t, err, storage.ErrCorrupt)
	wantErr(t, s.Update(func(tx *storage.Tx) error { return enrol(t, tx) }), storage.ErrCorrupt)
}

func TestLogIsNotExtendedOnADamagedTree(t *testing.T) {
	s, path := newStore(t)
	fill(t, s, 3)
	_ = s.Close()
	edit(t, path, func(b *bbolt.Tx) error {
		hashes := b.Bucket([]byte("hashes"))
		key := []byte{0, 0, 0, 0, 0, 0, 0, 2} // over entries 0 and 1
		h := bytes.Clone(hashes.Get(key))
		h[0] ^= 1
		return hashes.Put(key, h)
	})
	s, err := storage.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	wantErr(t, s.Update(func(tx *storage.Tx) error { _, err := tx.AppendLog([]byte("x")); return err }), storage.ErrCorrupt)
	wantErr(t, s.View((*storage.Tx).VerifyLog), storage.ErrCorrupt)
	wantErr(t, s.View(func(tx *storage.Tx) error { _, err := tx.ProveLog(2, 3); return err }), storage.ErrCorrupt)
}

func TestMissingOrForeignItemsAreNoticed(t *testing.T) {
	for name, damage := range map[string]func(b *bbolt.Tx) error{
		"name lost":      func(b *bbolt.Tx) error { return b.Bucket([]byte("names")).Delete([]byte("bus-1")) },
		"identity lost":  func(b *bbolt.Tx) error { return b.Bucket([]byte("identities")).Delete([]byte{0, 0, 0, 1}) },
		"log entry lost": func(b *bbolt.Tx) error { return b.Bucket([]byte("log")).Delete([]byte{0, 0, 0, 0, 0, 0, 0, 1}) },
		"log entry too far": func(b *bbolt.Tx) error {
			return b.Bucket([]byte("log")).Put([]byte{0, 0, 0, 0, 0, 0, 0, 4}, []byte("x"))
		},
		"hash too far": func(b *bbolt.Tx) error {
			return b.Bucket([]byte("hashes")).Put([]byte{1, 0, 0, 0, 0, 0, 0, 4}, []byte("x"))
		},
		"key never sealed": func(b *bbolt.Tx) error { return b.Bucket([]byte("keys")).Put(make([]byte, 32), []byte{0, 0, 0, 1}) },
		"bucket lost":      func(b *bbolt.Tx) error { return b.DeleteBucket([]byte("packages")) },
		"head lost":        func(b *bbolt.Tx) error { return b.Bucket([]byte("meta")).Delete([]byte("head")) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDamaged(t)
			if err := os.WriteFile(d.path, d.content, 0o600); err != nil {
				t.Fatal(err)
			}
			edit(t, d.path, damage)
			wantErr(t, verify(d.path), storage.ErrCorrupt)
		})
	}
}

func verify(path string) error {
	s, err := storage.Open(path)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Unlock(testKey); err != nil {
		return err
	}
	return s.View(func(tx *storage.Tx) error { return errors.Join(tx.VerifyLog(), tx.VerifyRegistry()) })
}
