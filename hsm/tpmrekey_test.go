package hsm_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-tpm/tpm2"

	"marque/hsm"
)

func TestRekey(t *testing.T) {
	a := newAppliance(t, cheap)
	public := a.vault.Public().(ed25519.PublicKey)
	old, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	wrong, o := credentials(), a.options()
	wrong.PIN = []byte("314159")
	o.Credentials.PIN = []byte("161803")
	_, o.Credentials.Quorum = appoint(t, 2)
	if err := a.vault.Rekey(wrong, o); !errors.Is(err, hsm.ErrWrongPIN) {
		t.Fatalf("with a wrong PIN: %v", err)
	}
	if err := a.unlock(); err != nil {
		t.Fatalf("after a refused change: %v", err)
	}
	counter, err := a.vault.AdvanceCounter(a.tpm)
	if err != nil {
		t.Fatal(err)
	}
	if err := reopen(t, a.path).Rekey(credentials(), o); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); !errors.Is(err, hsm.ErrWrongPIN) {
		t.Errorf("the old credentials: %v", err)
	}
	v := reopen(t, a.path)
	if err := v.UnlockTPM(a.tpm, o.Credentials); err != nil {
		t.Fatalf("the new credentials: %v", err)
	}
	if !public.Equal(v.Public()) {
		t.Error("another seed")
	}
	if n, err := v.AdvanceCounter(a.tpm); err != nil || n != counter+1 {
		t.Errorf("the counter is at %d, %v, want %d", n, err, counter+1)
	}
	if err := os.WriteFile(a.path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); !errors.Is(err, hsm.ErrOldVault) {
		t.Errorf("an old copy of the vault with the old credentials: %v", err)
	}
	if err := hsm.ForceUnlock(t, a.path, a.tpm, credentials(), 0); !errors.Is(err, hsm.ErrOldVault) {
		t.Errorf("the TPM opened the old copy: %v", err)
	}
	if err := reopen(t, a.path).AddApproval(a.tpm, &v.Approvals()[0]); !errors.Is(err, hsm.ErrApproval) {
		t.Errorf("the new approval in the old copy: %v", err)
	}
}

// TestOldApprovalKeyDoesNotReviveAnOldCopy is what somebody can do who was an officer, kept a copy of the vault's file and all that
// opened it, and has the appliance for an hour.
func TestOldApprovalKeyDoesNotReviveAnOldCopy(t *testing.T) {
	a := newAppliance(t, cheap)
	copied := copyOf(t, a.path)
	o := a.options()
	o.Credentials.PIN = []byte("161803")
	var err error
	if o.Officers, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if err := a.vault.Rekey(credentials(), o); err != nil {
		t.Fatal(err)
	}
	p, err := a.tpm.Platform(false)
	if err != nil {
		t.Fatal(err)
	}
	hsm.ForgeApproval(t, copied, p, math.MaxUint64, a.officers)
	wantErr(t, reopen(t, copied).UnlockTPM(a.tpm, credentials()), hsm.ErrOldVault, "newest")
	wantErr(t, hsm.ForceUnlock(t, copied, a.tpm, credentials(), 1), hsm.ErrOldVault)
	if err := reopen(t, a.path).UnlockTPM(a.tpm, o.Credentials); err != nil {
		t.Errorf("the vault itself: %v", err)
	}
}

// TestRekeyThatWasCutOff loses the command that ends the copies from before.
func TestRekeyThatWasCutOff(t *testing.T) {
	a := newAppliance(t, cheap)
	copied := copyOf(t, a.path)
	o := a.options()
	o.Credentials.PIN = []byte("161803")
	o.TPM = hsm.NewTPM(&faulty{a.emulator, func(cc tpm2.TPMCC, _ uint32) bool { return cc == tpm2.TPMCCNVIncrement }}, clock)
	wantErr(t, a.vault.Rekey(credentials(), o), hsm.ErrNoTPM, "unlock the vault")
	a.emulator.Restart() // a command that is lost leaves a session in the TPM
	if err := reopen(t, copied).UnlockTPM(a.tpm, credentials()); err != nil {
		t.Fatalf("this test tests nothing, the copy is refused: %v", err)
	}
	wantErr(t, reopen(t, a.path).UnlockTPM(o.TPM, o.Credentials), hsm.ErrNoTPM)
	a.emulator.Restart()
	if err := reopen(t, a.path).UnlockTPM(a.tpm, o.Credentials); err != nil {
		t.Fatalf("with the new credentials: %v", err)
	}
	wantErr(t, reopen(t, copied).UnlockTPM(a.tpm, credentials()), hsm.ErrOldVault)
	if err := reopen(t, a.path).UnlockTPM(a.tpm, o.Credentials); err != nil {
		t.Errorf("again: %v", err)
	}
}

// TestRekeyAfterOneThatWasCutOff must not count one of them only.
func TestRekeyAfterOneThatWasCutOff(t *testing.T) {
	a := newAppliance(t, cheap)
	copies := []string{copyOf(t, a.path)}
	o := a.options()
	o.TPM = hsm.NewTPM(&faulty{a.emulator, func(cc tpm2.TPMCC, _ uint32) bool { return cc == tpm2.TPMCCNVIncrement }}, clock)
	wantErr(t, a.vault.Rekey(credentials(), o), hsm.ErrNoTPM)
	copies = append(copies, copyOf(t, a.path))
	if err := a.vault.Rekey(credentials(), a.options()); err != nil {
		t.Fatal(err)
	}
	for _, path := range copies {
		wantErr(t, reopen(t, path).UnlockTPM(a.tpm, credentials()), hsm.ErrOldVault)
	}
	seed, err := reopen(t, a.path).SeedTPM(a.tpm, credentials())
	if err != nil {
		t.Fatal(err)
	}
	seed.Erase()
}

func TestRekeyKeepsToTheUnifiedImage(t *testing.T) {
	a := newAppliance(t, cheap)
	o := a.options()
	o.Unified = true
	a.path = filepath.Join(t.TempDir(), "vault")
	v, err := hsm.CreateTPM(a.path, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Rekey(credentials(), a.options()); err != nil {
		t.Fatal(err)
	}
	if !v.Unified() || a.vault.Unified() {
		t.Errorf("unified: %v and %v, want true and false", v.Unified(), a.vault.Unified())
	}
	if err := a.unlock(); err != nil {
		t.Fatal(err)
	}
	a.emulator.Extend(11, "another image")
	wantErr(t, a.unlock(), hsm.ErrPlatformChanged, "PCR 11, the system image")
}

// TestVaultThatWasRekeyedElsewhere is that of a program which opened it before. It must not write an old header over the new one: no
// credentials would open the file any more.
func TestVaultThatWasRekeyedElsewhere(t *testing.T) {
	a := newAppliance(t, cheap)
	approval := a.approve(1)
	if err := a.vault.AddApproval(a.tpm, approval); err != nil {
		t.Fatal(err)
	}
	o := a.options()
	o.Credentials.PIN = []byte("161803")
	if err := reopen(t, a.path).Rekey(credentials(), o); err != nil {
		t.Fatal(err)
	}
	wantErr(t, a.vault.AddApproval(a.tpm, approval), hsm.ErrOldVault)
	_, err := a.vault.RetireApprovals(a.tpm)
	wantErr(t, err, hsm.ErrOldVault)
	if err := reopen(t, a.path).UnlockTPM(a.tpm, o.Credentials); err != nil {
		t.Errorf("the new credentials: %v", err)
	}
}

// TestRekeyThatWasCutOffBeforeItsFileWasThere leaves the file of a change beside the vault. Whoever copied it has a vault that opens
// with the credentials of that change, until another one is made.
func TestRekeyThatWasCutOffBeforeItsFileWasThere(t *testing.T) {
	a := newAppliance(t, cheap)
	old := copyOf(t, a.path)
	lost, o := a.options(), a.options()
	lost.Credentials.PIN, o.Credentials.PIN = []byte("161803"), []byte("141421")
	lost.TPM = hsm.NewTPM(&faulty{a.emulator, func(cc tpm2.TPMCC, _ uint32) bool { return cc == tpm2.TPMCCNVIncrement }}, clock)
	wantErr(t, a.vault.Rekey(credentials(), lost), hsm.ErrNoTPM)
	a.emulator.Restart()
	copied := copyOf(t, a.path)
	for from, to := range map[string]string{copied: a.path + ".rekeyed", old: a.path} {
		if err := os.Rename(copyOf(t, from), to); err != nil {
			t.Fatal(err)
		}
	}
	v := reopen(t, a.path)
	if err := v.AddApproval(a.tpm, &v.Approvals()[0]); err != nil { // replaces the vault's file as well
		t.Fatal(err)
	}
	if err := v.Rekey(credentials(), o); err != nil {
		t.Fatal(err)
	}
	for path, c := range map[string]hsm.Credentials{old: credentials(), copied: lost.Credentials} {
		wantErr(t, reopen(t, path).UnlockTPM(a.tpm, c), hsm.ErrOldVault)
		wantErr(t, hsm.ForceUnlock(t, path, a.tpm, c, 0), hsm.ErrOldVault)
	}
	if err := reopen(t, a.path).UnlockTPM(a.tpm, o.Credentials); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(a.path + ".rekeyed"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what the change left: %v", err)
	}
}
