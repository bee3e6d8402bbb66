package hsm_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-tpm/tpm2"

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
		"founding": hsm.ErrVaultCorrupt, "short founding": hsm.ErrVaultCorrupt, "counter of changes": hsm.ErrVaultCorrupt,
		"no counter of changes": hsm.ErrVaultCorrupt, "changes": hsm.ErrVaultCorrupt, "unified": hsm.ErrVaultCorrupt,
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

// begun returns the file of a vault whose founding was killed before it had counters.
func begun(t testing.TB) []byte {
	t.Helper()
	e, _ := protected(t)
	a := &appliance{t: t, cost: cheap, path: filepath.Join(t.TempDir(), "vault")}
	a.tpm = hsm.NewTPM(&faulty{e, func(cc tpm2.TPMCC, _ uint32) bool {
		return cc == tpm2.TPMCCNVDefineSpace || cc == tpm2.TPMCCGetCapability && begunAt(a.path)
	}}, clock)
	var err error
	if a.officers, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if _, err := hsm.CreateTPM(a.path, a.options()); !errors.Is(err, hsm.ErrNoTPM) {
		t.Fatal(err)
	}
	b, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func begunAt(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestEveryFlippedBitOfABegunVaultIsRefused(t *testing.T) {
	b := begun(t)
	if again, err := hsm.Reparse(b); err != nil || !bytes.Equal(b, again) {
		t.Fatalf("its own encoding: %v", err)
	}
	for i := range 8 * len(b) {
		flipped := bytes.Clone(b)
		flipped[i/8] ^= 1 << (i % 8)
		if _, err := hsm.Reparse(flipped); !errors.Is(err, hsm.ErrVaultCorrupt) {
			t.Fatalf("bit %d: %v", i, err)
		}
	}
}

// TestBegunVaultHoldsNothing adds to the file what only a whole vault has.
func TestBegunVaultHoldsNothing(t *testing.T) {
	a := newAppliance(t, cheap)
	for _, part := range []string{"begun with a seed", "begun with a counter", "begun with approvals", "begun with nothing"} {
		if _, err := hsm.Reparse(hsm.ForgeTPM(t, a.path, part)); !errors.Is(err, hsm.ErrVaultCorrupt) {
			t.Errorf("%s: %v", part, err)
		}
	}
}
