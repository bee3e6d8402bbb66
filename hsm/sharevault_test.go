package hsm_test

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"marque/hsm"
)

// sameVault reports whether two unlocked vaults hold the same seed.
func sameVault(t *testing.T, a, b *hsm.Vault) bool {
	t.Helper()
	var keys [2][32]byte
	for i, v := range []*hsm.Vault{a, b} {
		var err error
		if keys[i], err = v.StorageKey(); err != nil {
			t.Fatal(err)
		}
	}
	return keys[0] == keys[1]
}

func TestRestoreDrillIntoASecondVault(t *testing.T) {
	v, path := create(t)
	v.Lock()
	seed, err := v.Seed(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Locked() {
		t.Error("reading the seed unlocked the vault")
	}
	c, shares, err := hsm.Split(seed, hsm.PurposeBackup, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	again, err := hsm.Combine(c, []*hsm.Share{shares[2], shares[0]})
	if err != nil {
		t.Fatal(err)
	}
	other := []byte("the passphrase of the second vault")
	second, err := again.CreatePassphrase(filepath.Join(t.TempDir(), "vault"), other, cheap, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Unlock(passphrase); err != nil || !sameVault(t, v, second) {
		t.Errorf("the drill gave another seed: %v", err)
	}
	if _, err := v.Seed(other); !errors.Is(err, hsm.ErrPassphrase) {
		t.Errorf("another's passphrase: %v", err)
	}
	if _, err := v.SeedTPM(nil, hsm.Credentials{}); !errors.Is(err, hsm.ErrCredentials) {
		t.Errorf("as if it had a TPM: %v", err)
	}
	if _, err := again.CreatePassphrase(path, other, cheap, rand.Reader); !errors.Is(err, hsm.ErrExists) {
		t.Errorf("over the first vault: %v", err)
	}
	if _, err := again.CreatePassphrase(path, []byte("short"), cheap, rand.Reader); !errors.Is(err, hsm.ErrWeakPassphrase) {
		t.Errorf("weak: %v", err)
	}
	empty := filepath.Join(t.TempDir(), "vault")
	if _, err := again.CreatePassphrase(empty, other, hsm.Cost{}, rand.Reader); !errors.Is(err, hsm.ErrCost) {
		t.Errorf("no cost: %v", err)
	}
	if _, err := again.CreatePassphrase(empty, other, cheap, iotest.ErrReader(errors.New("no entropy"))); err == nil {
		t.Error("made a vault without randomness")
	}
	if _, err := os.Stat(empty); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left something behind: %v", err)
	}
}

// TestErasedSeed is of use to nobody: a vault or a set of cards of it would hold a seed that everybody knows.
func TestErasedSeed(t *testing.T) {
	seed, path := newSeed(t), filepath.Join(t.TempDir(), "vault")
	seed.Erase()
	_, err := seed.CreatePassphrase(path, passphrase, cheap, rand.Reader)
	wantErr(t, err, hsm.ErrCredentials, "erased")
	_, _, err = hsm.Split(seed, hsm.PurposeBackup, 2, 3)
	wantErr(t, err, hsm.ErrCredentials, "erased")
	_, err = seed.Params()
	wantErr(t, err, hsm.ErrCredentials, "erased")
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file: %v", err)
	}
}
