package hsm_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"marque/hsm"
)

func TestWrongPINCountsDown(t *testing.T) {
	a := newAppliance(t, cheap)
	for left := 9; left >= 7; left-- {
		err := a.guess()
		var pin *hsm.PINError
		if !errors.Is(err, hsm.ErrWrongPIN) || !errors.As(err, &pin) || pin.Left != left {
			t.Fatalf("%v, want %d tries left", err, left)
		}
		if !strings.Contains(err.Error(), fmt.Sprintf("locks itself: %d;", left)) {
			t.Errorf("does not say how many tries are left: %v", err)
		}
	}
	if err := a.unlock(); err != nil {
		t.Errorf("the right PIN: %v", err)
	}
}

func TestLockoutOutlivesAPowerCut(t *testing.T) {
	a := newAppliance(t, cheap)
	for range 10 {
		if err := a.guess(); !errors.Is(err, hsm.ErrWrongPIN) {
			t.Fatal(err)
		}
	}
	for _, when := range []string{"at once", "after a power cut"} {
		err := a.unlock()
		var lock *hsm.LockoutError
		if err == nil || !strings.Contains(err.Error(), "until 2026-11-23 14:00 UTC") {
			t.Errorf("does not say until when: %v", err)
		}
		if !errors.Is(err, hsm.ErrLockedOut) || !errors.As(err, &lock) || !lock.Until.Equal(noon.Add(2*time.Hour)) {
			t.Fatalf("the right PIN %s: %v", when, err)
		}
		a.emulator.Restart()
	}
	if err := a.tpm.ResetLockout(lockout); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); err != nil {
		t.Errorf("after the officers' reset: %v", err)
	}
}

func TestLockoutAuthorisation(t *testing.T) {
	_, tpm := protected(t)
	if err := tpm.Protect(lockout); err != nil {
		t.Errorf("a second time: %v", err)
	}
	if err := tpm.ResetLockout([]byte("WRONG")); !errors.Is(err, hsm.ErrLockoutAuth) {
		t.Errorf("a wrong one: %v", err)
	}
	if err := tpm.ResetLockout(lockout); !errors.Is(err, hsm.ErrLockoutAuth) {
		t.Errorf("the right one after a wrong one: %v", err)
	}
	b, err := hsm.NewLockoutAuth(rand.Reader)
	if err != nil || len(b) != 32 || bytes.IndexByte(b, 0) >= 0 {
		t.Errorf("drew %d octets, %v", len(b), err)
	}
}

func TestManyUnlocksLeaveNothingInTheTPM(t *testing.T) {
	a := newAppliance(t, cheap)
	for range 20 { // a TPM holds three sessions and three objects
		if err := a.guess(); !errors.Is(err, hsm.ErrWrongPIN) {
			t.Fatal(err)
		}
		if err := a.tpm.ResetLockout(lockout); err != nil {
			t.Fatal(err)
		}
		if err := a.unlock(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestShutdownSavesATry reboots after a right PIN. A TPM that was not told counts that as a wrong one.
func TestShutdownSavesATry(t *testing.T) {
	for name, c := range map[string]struct {
		told bool
		left int
	}{"told": {true, 9}, "power cut": {false, 8}} {
		t.Run(name, func(t *testing.T) {
			a := newAppliance(t, cheap)
			if err := a.unlock(); err != nil {
				t.Fatal(err)
			}
			if c.told {
				if err := a.tpm.Close(); err != nil {
					t.Fatal(err)
				}
			}
			a.emulator.Restart()
			var pin *hsm.PINError
			if err := a.guess(); !errors.As(err, &pin) || pin.Left != c.left {
				t.Errorf("%v, want %d tries left", err, c.left)
			}
		})
	}
}

func TestTries(t *testing.T) {
	a := newAppliance(t, cheap)
	check := func(left int, locked bool, until time.Time) {
		t.Helper()
		n, l, u, err := a.tpm.Tries()
		if err != nil || n != left || l != locked || !u.Equal(until) {
			t.Errorf("%d tries, locked %v until %v, %v; want %d, %v, %v", n, l, u, err, left, locked, until)
		}
	}
	check(10, false, time.Time{})
	for left := 9; left >= 1; left-- {
		wantErr(t, a.guess(), hsm.ErrWrongPIN)
		check(left, false, time.Time{})
	}
	wantErr(t, a.guess(), hsm.ErrWrongPIN)
	check(0, true, noon.Add(2*time.Hour))
	a.emulator.Restart()
	check(0, true, noon.Add(2*time.Hour))
	if err := a.tpm.ResetLockout(lockout); err != nil {
		t.Fatal(err)
	}
	check(10, false, time.Time{})
	a.emulator.Kill()
	if _, _, _, err := a.tpm.Tries(); !errors.Is(err, hsm.ErrNoTPM) {
		t.Errorf("without a TPM: %v", err)
	}
}

// TestEveryFailureSaysWhatToDo is what the person at the keyboard reads.
func TestEveryFailureSaysWhatToDo(t *testing.T) {
	a := newAppliance(t, cheap)
	_, other := protected(t)
	wantErr(t, a.guess(), hsm.ErrWrongPIN, "tries left before the TPM locks itself: 9", "type it again")
	wantErr(t, reopen(t, a.path).UnlockTPM(other, credentials()), hsm.ErrOtherTPM, "put the disk back", "backup shares")
	for range 9 {
		wantErr(t, a.guess(), hsm.ErrWrongPIN)
	}
	wantErr(t, a.unlock(), hsm.ErrLockedOut, "until 2026-11-23 14:00 UTC", "leave the appliance switched on", "ceremony's envelope")
	a.emulator.Extend(0, "another firmware")
	wantErr(t, a.unlock(), hsm.ErrPlatformChanged, "PCR 0, the firmware", "let the officers approve", "look for tampering")
	a.emulator.Kill()
	wantErr(t, a.unlock(), hsm.ErrNoTPM, "switch it on", "backup shares")
}
