package hsm_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"marque/device/ibc"
	"marque/hsm"
)

var (
	passphrase = []byte("correct horse battery staple")
	cheap      = hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 1}
)

func create(t *testing.T) (*hsm.Vault, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vault")
	v, err := hsm.CreatePassphraseCost(path, passphrase, cheap, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return v, path
}

func reopen(t testing.TB, path string) *hsm.Vault {
	t.Helper()
	v, err := hsm.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func identity() ibc.Identity {
	return ibc.Identity{Core: [32]byte{1}, Address: "//fleet.example/Sbus-4711~0", Epoch: 3}
}

func enrolmentKey(t *testing.T) *ibc.EnrolmentKey {
	t.Helper()
	u, err := ibc.NewEnrolmentKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestReopenedVaultIsTheSame(t *testing.T) {
	v, path := create(t)
	want, err := v.Params()
	if err != nil {
		t.Fatal(err)
	}
	key, err := v.StorageKey()
	if err != nil {
		t.Fatal(err)
	}
	again := reopen(t, path)
	if again.Public() != nil || !again.Locked() {
		t.Fatal("a vault that was only opened knows its keys")
	}
	if err := again.Unlock(passphrase); err != nil {
		t.Fatal(err)
	}
	got, err := again.Params()
	if err != nil {
		t.Fatal(err)
	}
	if got.X() != want.X() || got.Z() != want.Z() {
		t.Error("another X or Z")
	}
	if k, err := again.StorageKey(); err != nil || k != key {
		t.Errorf("another storage key, or %v", err)
	}
	if !v.Public().(ed25519.PublicKey).Equal(again.Public()) {
		t.Error("another statement key")
	}
	if again.Kind() != "passphrase" || again.Unified() {
		t.Errorf("kind %q, unified %v", again.Kind(), again.Unified())
	}
}

func TestDefaultCostIsThatOfTheRFC(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vault")
	if _, err := hsm.CreatePassphrase(path, passphrase, rand.Reader); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Argon2id hsm.Cost }
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	if want := (hsm.Cost{Time: 3, MemoryKiB: 65536, Threads: 4}); f.Argon2id != want {
		t.Errorf("%+v, want %+v", f.Argon2id, want)
	}
	if err := reopen(t, path).Unlock(passphrase); err != nil {
		t.Error(err)
	}
}

func TestExtractedKeysComplete(t *testing.T) {
	v, _ := create(t)
	p, err := v.Params()
	if err != nil {
		t.Fatal(err)
	}
	u := enrolmentKey(t)
	partial, err := v.Extract(identity(), u.Public())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Complete(p, identity(), partial); err != nil {
		t.Error(err)
	}
}

func TestSignIsPureEd25519(t *testing.T) {
	v, _ := create(t)
	m := []byte("a statement")
	sig, err := v.Sign(rand.Reader, m, crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	if !ed25519.Verify(v.Public().(ed25519.PublicKey), m, sig) {
		t.Error("the signature does not verify")
	}
	if _, err := v.Sign(rand.Reader, make([]byte, 64), crypto.SHA512); err == nil {
		t.Error("signed a hash")
	}
}

func TestWrongPassphrase(t *testing.T) {
	_, path := create(t)
	v := reopen(t, path)
	for _, p := range [][]byte{nil, []byte("correct horse battery stapl"), append(bytes.Clone(passphrase), '\n'), make([]byte, 4096)} {
		if err := v.Unlock(p); !errors.Is(err, hsm.ErrPassphrase) {
			t.Errorf("%d octets: %v", len(p), err)
		}
	}
	if !v.Locked() {
		t.Error("unlocked after wrong passphrases")
	}
}

func TestWrongPassphraseLeavesAnOpenVaultOpen(t *testing.T) {
	v, _ := create(t)
	if err := v.Unlock([]byte("something else")); !errors.Is(err, hsm.ErrPassphrase) {
		t.Fatal(err)
	}
	if _, err := v.StorageKey(); err != nil {
		t.Error(err)
	}
}

func TestWeakPassphrase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vault")
	for _, n := range []int{0, 7, 1025} {
		_, err := hsm.CreatePassphraseCost(path, make([]byte, n), cheap, rand.Reader)
		if !errors.Is(err, hsm.ErrWeakPassphrase) {
			t.Errorf("%d octets: %v", n, err)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a refused passphrase left a file")
	}
}

func TestNeverOverwrites(t *testing.T) {
	_, path := create(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hsm.CreatePassphraseCost(path, passphrase, cheap, rand.Reader); !errors.Is(err, hsm.ErrExists) {
		t.Error(err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Error("the vault changed")
	}
}

func TestFileIsPrivate(t *testing.T) {
	_, path := create(t)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestBrokenGeneratorLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vault")
	if _, err := hsm.CreatePassphraseCost(path, passphrase, cheap, io.LimitReader(rand.Reader, 40)); err == nil {
		t.Error("made a vault from 40 random octets")
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("left a file")
	}
}

// unlock opens a vault file with the right passphrase, as far as it goes.
func unlock(b []byte, path string) error {
	if err := os.WriteFile(path, b, 0o600); err != nil {
		return err
	}
	v, err := hsm.Open(path)
	if err != nil {
		return err
	}
	return v.Unlock(passphrase)
}

func TestEveryFlippedBitIsRefused(t *testing.T) {
	_, path := create(t)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "flipped")
	if err := unlock(b, out); err != nil {
		t.Fatal(err)
	}
	for i := range 8 * len(b) {
		flipped := bytes.Clone(b)
		flipped[i/8] ^= 1 << (i % 8)
		err := unlock(flipped, out)
		if !errors.Is(err, hsm.ErrVaultCorrupt) && !errors.Is(err, hsm.ErrPassphrase) {
			t.Fatalf("bit %d: %v", i, err)
		}
	}
	for _, n := range []int{0, 1, len(b) / 2, len(b) - 1} {
		if err := unlock(b[:n], out); !errors.Is(err, hsm.ErrVaultCorrupt) {
			t.Errorf("cut to %d octets: %v", n, err)
		}
	}
	if err := unlock(append(bytes.Clone(b), '\n'), out); !errors.Is(err, hsm.ErrVaultCorrupt) {
		t.Errorf("an octet more: %v", err)
	}
}

// TestForgedHeader changes the cost and mends the checksum, as an attacker would
// who wants guesses to be cheaper, or the appliance to run out of memory.
func TestForgedHeader(t *testing.T) {
	_, path := create(t)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		cost hsm.Cost
		want error
	}{
		{"dearer", hsm.Cost{Time: 2, MemoryKiB: 8, Threads: 1}, hsm.ErrPassphrase},
		{"no passes", hsm.Cost{Time: 0, MemoryKiB: 8, Threads: 1}, hsm.ErrCost},
		{"no threads", hsm.Cost{Time: 1, MemoryKiB: 8, Threads: 0}, hsm.ErrCost},
		{"too little memory", hsm.Cost{Time: 1, MemoryKiB: 15, Threads: 2}, hsm.ErrCost},
		{"too many passes", hsm.Cost{Time: 17, MemoryKiB: 8, Threads: 1}, hsm.ErrCost},
		{"too much memory", hsm.Cost{Time: 1, MemoryKiB: 1<<20 + 1, Threads: 1}, hsm.ErrCost},
		{"too many threads", hsm.Cost{Time: 1, MemoryKiB: 1024, Threads: 17}, hsm.ErrCost},
	} {
		t.Run(c.name, func(t *testing.T) {
			forged := hsm.Forge(t, b, c.cost)
			if err := unlock(forged, filepath.Join(t.TempDir(), "forged")); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	if err := unlock(hsm.Forge(t, b, cheap), filepath.Join(t.TempDir(), "same")); err != nil {
		t.Errorf("forging nothing: %v", err)
	}
}

func TestCreateRefusesCosts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vault")
	if _, err := hsm.CreatePassphraseCost(path, passphrase, hsm.Cost{}, rand.Reader); !errors.Is(err, hsm.ErrCost) {
		t.Error(err)
	}
}

func TestLockedVaultDoesNothing(t *testing.T) {
	v, _ := create(t)
	public := v.Public()
	v.Lock()
	v.Lock()
	if !v.Locked() {
		t.Error("not locked")
	}
	if _, err := v.Extract(identity(), enrolmentKey(t).Public()); !errors.Is(err, hsm.ErrLocked) {
		t.Errorf("Extract: %v", err)
	}
	if _, err := v.Sign(rand.Reader, []byte("m"), crypto.Hash(0)); !errors.Is(err, hsm.ErrLocked) {
		t.Errorf("Sign: %v", err)
	}
	if _, err := v.Params(); !errors.Is(err, hsm.ErrLocked) {
		t.Errorf("Params: %v", err)
	}
	if k, err := v.StorageKey(); !errors.Is(err, hsm.ErrLocked) || k != [32]byte{} {
		t.Errorf("StorageKey: %v", err)
	}
	if err := v.Unlock(passphrase); err != nil {
		t.Fatal(err)
	}
	if !public.(ed25519.PublicKey).Equal(v.Public()) {
		t.Error("another statement key")
	}
}

func TestVaultDoesNotPrint(t *testing.T) {
	v, _ := create(t)
	key, err := v.StorageKey()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("vault", "v", v)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("vault", "v", v)
	j, err := json.Marshal(map[string]any{"v": v})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		fmt.Sprintf("%v", v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), fmt.Sprintf("%s", v), fmt.Sprintf("%x", v), fmt.Sprintf("%d", v),
		fmt.Sprintf("%v", struct{ V *hsm.Vault }{v}), log.String(), string(j),
	} {
		if !strings.Contains(s, "redacted") {
			t.Errorf("%q", s)
		}
		for _, secret := range []string{fmt.Sprintf("%x", key), fmt.Sprint(key), string(key[:])} {
			if strings.Contains(s, secret) {
				t.Errorf("the storage key is in %q", s)
			}
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	v, _ := create(t)
	u := enrolmentKey(t).Public()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 5 {
				switch i % 4 {
				case 0:
					v.Lock()
				case 1:
					if err := v.Unlock(passphrase); err != nil {
						t.Error(err)
					}
				case 2:
					if _, err := v.Extract(identity(), u); err != nil && !errors.Is(err, hsm.ErrLocked) {
						t.Error(err)
					}
				default:
					m := []byte("m")
					sig, err := v.Sign(nil, m, crypto.Hash(0))
					if errors.Is(err, hsm.ErrLocked) {
						continue
					}
					if err != nil || !ed25519.Verify(v.Public().(ed25519.PublicKey), m, sig) {
						t.Errorf("a signature under a key half erased, or %v", err)
					}
				}
			}
		})
	}
	wg.Wait()
}
