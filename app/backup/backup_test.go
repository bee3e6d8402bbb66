package backup_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"marque/app/backup"
)

var key = [32]byte{1, 2, 3}

func header() *backup.Header {
	return &backup.Header{
		Core: [32]byte{7}, Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Counter: 9, LogSize: 12, List: 3,
		Vault: []byte("vault"), Officers: []byte("officers"), Bundle: []byte("bundle"),
	}
}

// archive returns one of n octets.
func archive(t *testing.T, n int) (octets, database []byte) {
	t.Helper()
	database = make([]byte, n)
	_, _ = rand.Read(database)
	var out bytes.Buffer
	w, err := backup.NewWriter(&out, header(), key, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for rest := database; len(rest) > 0; { // in odd pieces
		k := min(len(rest), 10007)
		if _, err := w.Write(rest[:k]); err != nil {
			t.Fatal(err)
		}
		rest = rest[k:]
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), database
}

func read(octets []byte, key [32]byte) (*backup.Header, []byte, error) {
	r, err := backup.NewReader(bytes.NewReader(octets))
	if err != nil {
		return nil, nil, err
	}
	var out bytes.Buffer
	n, err := r.CopyTo(&out, key)
	if err == nil && n != int64(out.Len()) {
		return nil, nil, errors.New("it counts wrong")
	}
	return r.Header, out.Bytes(), err
}

const chunk = 64 << 10

func TestArchiveComesBack(t *testing.T) {
	for _, n := range []int{0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 3*chunk + 5} {
		octets, database := archive(t, n)
		h, got, err := read(octets, key)
		if err != nil || !bytes.Equal(got, database) {
			t.Fatalf("%d octets: %d come back, %v", n, len(got), err)
		}
		want := header()
		want.Salt, want.Cards = h.Salt, []byte{}
		if h.Core != want.Core || !h.Time.Equal(want.Time) || h.Counter != 9 || h.LogSize != 12 || h.List != 3 ||
			string(h.Vault) != "vault" || string(h.Officers) != "officers" || len(h.Cards) != 0 || string(h.Bundle) != "bundle" {
			t.Fatalf("header %+v", h)
		}
		if !backup.Is(octets[:backup.MagicSize]) || backup.Is(octets[:backup.MagicSize-1]) || backup.Is(octets[1:]) {
			t.Fatal("it is not recognised")
		}
	}
}

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	octets, _ := archive(t, 2*chunk+100)
	for i := range octets {
		if i > 400 && i < len(octets)-64 && i%97 != 0 {
			continue
		}
		changed := bytes.Clone(octets)
		changed[i] ^= 1 << (i % 8)
		if _, _, err := read(changed, key); !errors.Is(err, backup.ErrArchive) && !errors.Is(err, backup.ErrKey) {
			t.Fatalf("octet %d: %v", i, err)
		}
	}
}

func TestChunksCannotBeMovedDroppedOrAdded(t *testing.T) {
	octets, _ := archive(t, 3*chunk)
	const sealed = chunk + 16
	start := len(octets) - 3*sealed
	part := func(i int) []byte { return octets[start+i*sealed : start+(i+1)*sealed] }
	join := func(parts ...[]byte) []byte { return bytes.Join(append([][]byte{octets[:start]}, parts...), nil) }
	for name, changed := range map[string][]byte{
		"last dropped":       join(part(0), part(1)),
		"first dropped":      join(part(1), part(2)),
		"swapped":            join(part(1), part(0), part(2)),
		"repeated":           join(part(0), part(0), part(1), part(2)),
		"last repeated":      join(part(0), part(1), part(2), part(2)),
		"one octet more":     append(bytes.Clone(octets), 0),
		"one octet less":     octets[:len(octets)-1],
		"cut within a chunk": octets[:start+1000],
		"no chunk":           octets[:start],
		"cut header":         octets[:40],
		"cut magic":          octets[:10],
		"empty":              nil,
	} {
		if _, _, err := read(changed, key); !errors.Is(err, backup.ErrArchive) && !errors.Is(err, backup.ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other, _ := archive(t, 3*chunk)
	spliced := join(part(0), other[start+sealed:start+2*sealed], part(2))
	if _, _, err := read(spliced, key); !errors.Is(err, backup.ErrArchive) {
		t.Errorf("chunk of another archive: %v", err)
	}
}

func TestOtherKeyIsToldFromDamage(t *testing.T) {
	octets, _ := archive(t, chunk+1)
	if _, _, err := read(octets, [32]byte{4}); !errors.Is(err, backup.ErrKey) {
		t.Fatal(err)
	}
}

func TestHeaderHasBounds(t *testing.T) {
	for name, spoil := range map[string]func(*backup.Header){
		"no vault":      func(h *backup.Header) { h.Vault = nil },
		"long vault":    func(h *backup.Header) { h.Vault = make([]byte, 1<<15+1) },
		"long officers": func(h *backup.Header) { h.Officers = make([]byte, 1<<17+1) },
		"long cards":    func(h *backup.Header) { h.Cards = make([]byte, 1<<14+1) },
		"no list":       func(h *backup.Header) { h.Bundle = nil },
		"half second":   func(h *backup.Header) { h.Time = h.Time.Add(1) },
		"year 10000":    func(h *backup.Header) { h.Time = time.Unix(253402300800, 0) },
	} {
		h := header()
		spoil(h)
		if _, err := backup.NewWriter(io.Discard, h, key, rand.Reader); !errors.Is(err, backup.ErrArchive) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type failing struct{ after int }

func (f *failing) Write(b []byte) (int, error) {
	if f.after -= len(b); f.after < 0 {
		return 0, io.ErrShortWrite
	}
	return len(b), nil
}

func TestFailuresOfTheDiskComeThrough(t *testing.T) {
	for _, after := range []int{0, 1000} {
		w, err := backup.NewWriter(&failing{after}, header(), key, rand.Reader)
		if err == nil {
			_, err = w.Write(make([]byte, 2*chunk))
		}
		if !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("after %d octets: %v", after, err)
		}
	}
	octets, _ := archive(t, 2*chunk)
	r, err := backup.NewReader(bytes.NewReader(octets))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.CopyTo(&failing{chunk}, key); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
	if _, err := backup.NewWriter(io.Discard, header(), key, strings.NewReader("short")); err == nil {
		t.Error("a salt was drawn from nothing")
	}
}

// FuzzReader looks for headers that are read but would be written in another way. It cannot pass the chunks.
func FuzzReader(f *testing.F) {
	var out bytes.Buffer
	w, err := backup.NewWriter(&out, header(), key, rand.Reader)
	if err := errors.Join(err, w.Close()); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, octets []byte) {
		h, _, err := read(octets, key)
		if err != nil {
			return
		}
		var again bytes.Buffer
		w, err := backup.NewWriter(&again, h, key, bytes.NewReader(h.Salt[:]))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(octets, again.Bytes()) {
			t.Fatal("another header")
		}
		_ = w.Close()
	})
}
