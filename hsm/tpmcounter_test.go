package hsm_test

import (
	"errors"
	"testing"

	"marque/hsm"
	"marque/hsm/hsmtest"
)

func TestCounterOnlyAdvances(t *testing.T) {
	a := newAppliance(t, cheap)
	n, err := a.vault.Counter(a.tpm)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(3) {
		if got, err := a.vault.AdvanceCounter(a.tpm); err != nil || got != n+i+1 {
			t.Fatalf("%d, %v, want %d", got, err, n+i+1)
		}
	}
	a.emulator.Restart()
	if got, err := reopen(t, a.path).Counter(a.tpm); err != nil || got != n+3 {
		t.Errorf("after a power cut %d, %v, want %d", got, err, n+3)
	}
	a.vault.Lock()
	if _, err := a.vault.AdvanceCounter(a.tpm); !errors.Is(err, hsm.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
	if _, err := a.vault.RetireApprovals(a.tpm); !errors.Is(err, hsm.ErrLocked) {
		t.Errorf("retire, locked: %v", err)
	}
}

func TestCounterMadeAnewIsNoLower(t *testing.T) {
	tpm := hsm.NewTPM(hsmtest.Start(t), clock)
	auth, owner := []byte("first"), [32]byte{1}
	index, err := tpm.DefineCounter(owner, auth)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tpm.Advance(index, owner, []byte("other")); !errors.Is(err, hsm.ErrCounter) {
		t.Errorf("advanced with another authorisation: %v", err)
	}
	if _, err := tpm.Advance(index, [32]byte{2}, auth); !errors.Is(err, hsm.ErrCounter) {
		t.Errorf("advanced that of another vault: %v", err)
	}
	n, err := tpm.Advance(index, owner, auth)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := tpm.RemoveCounters([32]byte{2}); err != nil || n != 0 {
		t.Errorf("deleted %d of another vault, %v", n, err)
	}
	if n, err := tpm.RemoveCounters(owner); err != nil || n != 1 {
		t.Fatalf("deleted %d, %v", n, err)
	}
	if _, err := tpm.ReadCounter(index); !errors.Is(err, hsm.ErrCounter) {
		t.Errorf("read a deleted counter: %v", err)
	}
	again, err := tpm.DefineCounter(owner, []byte("second"))
	if err != nil || again != index {
		t.Fatalf("at %x, %v", again, err)
	}
	if m, err := tpm.ReadCounter(again); err != nil || m <= n {
		t.Errorf("%d after %d, %v", m, n, err)
	}
}

// TestCountersOfAnotherTPMStay asks a TPM that has counters at the same places.
func TestCountersOfAnotherTPMStay(t *testing.T) {
	a, b := newAppliance(t, cheap), newAppliance(t, cheap)
	n, err := b.vault.Counter(b.tpm)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.vault.AdvanceCounter(b.tpm); !errors.Is(err, hsm.ErrOtherTPM) {
		t.Errorf("AdvanceCounter: %v", err)
	}
	if _, err := a.vault.RetireApprovals(b.tpm); !errors.Is(err, hsm.ErrOtherTPM) {
		t.Errorf("RetireApprovals: %v", err)
	}
	if _, err := a.vault.Retired(b.tpm); !errors.Is(err, hsm.ErrOtherTPM) {
		t.Errorf("Retired: %v", err)
	}
	wantErr(t, a.vault.AddApproval(b.tpm, &a.vault.Approvals()[0]), hsm.ErrOtherTPM)
	if again, err := b.vault.Counter(b.tpm); err != nil || again != n {
		t.Errorf("%d, %v, want %d", again, err, n)
	}
}
