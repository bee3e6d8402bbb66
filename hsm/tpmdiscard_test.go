package hsm_test

import (
	"errors"
	"testing"

	"marque/hsm"
	"marque/hsm/hsmtest"
)

func TestDiscardedVaultNeverOpensAgain(t *testing.T) {
	a := newAppliance(t, cheap)
	if err := a.vault.Discard(hsm.NewTPM(hsmtest.Start(t), clock)); !errors.Is(err, hsm.ErrOtherTPM) {
		t.Fatalf("another TPM: %v", err)
	}
	if err := a.unlock(); err != nil {
		t.Fatalf("the wrong TPM discarded it: %v", err)
	}
	if err := a.vault.Discard(a.tpm); err != nil {
		t.Fatal(err)
	}
	if !a.vault.Locked() {
		t.Error("it is unlocked")
	}
	if err := a.unlock(); err == nil {
		t.Error("it opened")
	}
	if err := a.vault.Discard(a.tpm); !errors.Is(err, hsm.ErrCounter) {
		t.Errorf("again: %v", err)
	}
}

func TestHasLockoutAuth(t *testing.T) {
	tpm := hsm.NewTPM(hsmtest.Start(t), clock)
	for _, want := range []bool{false, true} {
		if has, err := tpm.HasLockoutAuth(); err != nil || has != want {
			t.Errorf("got %v, %v, want %v", has, err, want)
		}
		if err := tpm.Protect(lockout); err != nil {
			t.Fatal(err)
		}
	}
}
