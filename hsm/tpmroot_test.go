package hsm_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-tpm/tpm2"

	"marque/hsm"
)

// loaded returns how many keys are loaded in the TPM.
func loaded(t *testing.T, tpm *hsm.TPM) int {
	t.Helper()
	n, err := tpm.Objects()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRootIsKeptBehindAResourceManager(t *testing.T) {
	a := newAppliance(t, cheap)
	if n := loaded(t, a.tpm); n != 0 {
		t.Errorf("%d keys stay in a TPM that nobody takes them out of", n)
	}
	a.tpm.KeepRoot()
	for range 3 {
		if err := a.unlock(); err != nil {
			t.Fatal(err)
		}
		if n := loaded(t, a.tpm); n != 1 {
			t.Errorf("%d keys stay, want 1", n)
		}
	}
	a.emulator.Recorded()
	if _, err := a.vault.AdvanceCounter(a.tpm); err != nil {
		t.Fatal(err)
	}
	if commands(a.emulator.Recorded())[tpm2.TPMCCCreatePrimary] > 0 {
		t.Error("made the key anew")
	}
	if err := a.tpm.Close(); err != nil {
		t.Fatal(err)
	}
	if n := loaded(t, a.tpm); n != 0 {
		t.Errorf("%d keys stay after Close", n)
	}
}

func TestKeptRootOutlivesAReset(t *testing.T) {
	a := newAppliance(t, cheap)
	a.tpm.KeepRoot()
	if err := a.unlock(); err != nil {
		t.Fatal(err)
	}
	a.emulator.Restart()
	if _, err := a.vault.AdvanceCounter(a.tpm); err != nil {
		t.Errorf("after a reset: %v", err)
	}
	a.emulator.Restart()
	other := tpm2.ECCSRKTemplate
	other.ObjectAttributes.NoDA = false
	if _, err := (tpm2.CreatePrimary{PrimaryHandle: tpm2.TPMRHOwner, InPublic: tpm2.New2B(other)}).Execute(a.emulator); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); err != nil {
		t.Errorf("with another key under its handle: %v", err)
	}
	if _, err := (tpm2.Clear{AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHLockout, Auth: tpm2.PasswordAuth(lockout)}}).Execute(a.emulator); err != nil {
		t.Fatal(err)
	}
	wantErr(t, a.unlock(), hsm.ErrOtherTPM)
}

// TestVaultStandsWhateverBecomesOfTheRoot loses the commands that take the storage root key out of the TPM.
func TestVaultStandsWhateverBecomesOfTheRoot(t *testing.T) {
	a := newAppliance(t, cheap)
	const first = 0x80000000 // the handle of what is loaded before anything else
	o, lost := a.options(), 0
	losing := hsm.NewTPM(&faulty{a.emulator, func(cc tpm2.TPMCC, handle uint32) bool {
		if cc != tpm2.TPMCCFlushContext || handle != first {
			return false
		}
		lost++
		return true
	}}, clock)
	a.path, o.TPM = filepath.Join(t.TempDir(), "vault"), losing
	v, err := hsm.CreateTPM(a.path, o)
	if err != nil || v == nil || v.Locked() {
		t.Fatalf("%v, %v", v, err)
	}
	if _, err := v.AdvanceCounter(losing); err != nil {
		t.Error(err)
	}
	if lost != 2 {
		t.Errorf("lost %d commands, want 2", lost)
	}
	if n := loaded(t, losing); n != 1 {
		t.Errorf("%d keys stay, want the one that is used again", n)
	}
	if err := a.unlock(); err != nil {
		t.Error(err)
	}
}
