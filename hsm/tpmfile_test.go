package hsm_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"marque/hsm"
)

func TestEveryFlippedBitOfATPMVaultIsRefused(t *testing.T) {
	a := newAppliance(t, cheap)
	b, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 * len(b) {
		flipped := bytes.Clone(b)
		flipped[i/8] ^= 1 << (i % 8)
		if _, err := hsm.Reparse(flipped); !errors.Is(err, hsm.ErrVaultCorrupt) {
			t.Fatalf("bit %d: %v", i, err)
		}
	}
}

// TestForgedTPMVault changes a part of the file and mends the checksum.
func TestForgedTPMVault(t *testing.T) {
	a := newAppliance(t, cheap)
	for name, want := range map[string]error{
		"root": hsm.ErrVaultCorrupt, "instance": hsm.ErrVaultCorrupt, "counter": hsm.ErrVaultCorrupt, "bound": hsm.ErrVaultCorrupt,
		"key": hsm.ErrVaultCorrupt, "public": hsm.ErrVaultCorrupt, "private": hsm.ErrVaultCorrupt,
		"rollback": hsm.ErrQuorumSecret, "seed": hsm.ErrQuorumSecret, "salt": hsm.ErrWrongPIN, "second": hsm.ErrCredentials,
		"kind": hsm.ErrVaultCorrupt, "no approvals": hsm.ErrPlatformChanged,
		"short root": hsm.ErrVaultCorrupt, "no sealed object": hsm.ErrVaultCorrupt, "no counter": hsm.ErrVaultCorrupt,
		"no second secret": hsm.ErrVaultCorrupt, "no TPM": hsm.ErrVaultCorrupt, "no point": hsm.ErrVaultCorrupt,
		"long signature": hsm.ErrVaultCorrupt, "many approvals": hsm.ErrVaultCorrupt,
	} {
		t.Run(name, func(t *testing.T) {
			forged := *a
			forged.path = filepath.Join(t.TempDir(), "vault")
			if err := os.WriteFile(forged.path, hsm.ForgeTPM(t, a.path, name), 0o600); err != nil {
				t.Fatal(err)
			}
			v, err := hsm.Open(forged.path)
			if err == nil {
				err = v.UnlockTPM(a.tpm, credentials())
			}
			if !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		})
	}
}

// TestOldPassphraseVault opens a vault that was made once and is never made again.
func TestOldPassphraseVault(t *testing.T) {
	path := filepath.Join("testdata", "vault-passphrase.json")
	v := reopen(t, path)
	if err := v.Unlock(passphrase); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%x", v.Public()); got != "408943f878c9c8923a4bba8ba1a859a4e3d2f921e4fbed1d01bfd8857a0b6776" {
		t.Errorf("statement key %s", got)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := hsm.Reparse(b); err != nil || !bytes.Equal(b, again) {
		t.Errorf("its encoding changed, or %v", err)
	}
}
