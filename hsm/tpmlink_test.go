package hsm_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/google/go-tpm/tpm2"

	"marque/hsm"
)

func TestNoTPM(t *testing.T) {
	a := newAppliance(t, cheap)
	a.emulator.Kill()
	if err := a.unlock(); !errors.Is(err, hsm.ErrNoTPM) {
		t.Errorf("a TPM that stopped: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "tpmrm0"), file, os.DevNull, a.emulator.Path()} {
		if _, err := hsm.OpenTPM(path, clock); !errors.Is(err, hsm.ErrNoTPM) {
			t.Errorf("%s: %v", path, err)
		}
	}
	a.emulator.Restart()
	if err := a.unlock(); err != nil {
		t.Errorf("after the TPM came back: %v", err)
	}
}

// commands returns how often each command is in a record.
func commands(wire [][]byte) map[tpm2.TPMCC]int {
	n := map[tpm2.TPMCC]int{}
	for i := 0; i < len(wire); i += 2 {
		n[tpm2.TPMCC(binary.BigEndian.Uint32(wire[i][6:]))]++
	}
	return n
}

// codes returns the response codes in a record.
func codes(wire [][]byte) map[tpm2.TPMRC]int {
	n := map[tpm2.TPMRC]int{}
	for i := 1; i < len(wire); i += 2 {
		n[tpm2.TPMRC(binary.BigEndian.Uint32(wire[i][6:]))]++
	}
	return n
}

func TestRetryIsFollowed(t *testing.T) {
	a := newAppliance(t, cheap)
	a.emulator.Restart()
	a.emulator.Recorded()
	if err := a.unlock(); err != nil {
		t.Fatal(err)
	}
	wire := a.emulator.Recorded()
	if codes(wire)[tpm2.TPMRCRetry] == 0 {
		t.Fatal("the TPM asked for no retry, so this test tests nothing")
	}
	for i := 1; i+1 < len(wire); i += 2 {
		if rc := tpm2.TPMRC(binary.BigEndian.Uint32(wire[i][6:])); rc == tpm2.TPMRCRetry && !bytes.Equal(wire[i-1], wire[i+1]) {
			t.Error("the second try is another command")
		}
	}
}

// stubborn answers for ever the same: a request to try again later, or nothing, as go-tpm's transports do after many of them.
type stubborn struct {
	answer []byte
	sent   int
}

func (s *stubborn) Send([]byte) ([]byte, error) {
	s.sent++
	return s.answer, nil
}

func (*stubborn) Close() error { return nil }

func TestRetriesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // waits without waiting
		for _, answer := range [][]byte{{0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x09, 0x22}, nil} {
			s := &stubborn{answer: answer}
			if _, err := hsm.NewTPM(s, clock).Platform(false); !errors.Is(err, hsm.ErrTPMBusy) || s.sent > 20 {
				t.Errorf("%v after %d tries", err, s.sent)
			}
		}
	})
}

// TestNothingSecretOnTheWire records both directions of all that a vault does with its TPM, and looks for what was secret in it.
func TestNothingSecretOnTheWire(t *testing.T) {
	a := newAppliance(t, cheap)
	if err := a.unlock(); err != nil {
		t.Fatal(err)
	}
	if err := a.guess(); err == nil {
		t.Fatal("a wrong PIN")
	}
	if _, err := a.vault.AdvanceCounter(a.tpm); err != nil {
		t.Fatal(err)
	}
	if err := a.tpm.ResetLockout(lockout); err != nil {
		t.Fatal(err)
	}
	before := hsm.TPMSecrets(t, a.path, a.tpm, credentials())
	if err := a.vault.AddApproval(a.tpm, a.approve(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.vault.RetireApprovals(a.tpm); err != nil {
		t.Fatal(err)
	}
	if err := a.vault.Rekey(credentials(), a.options()); err != nil {
		t.Fatal(err)
	}
	seed, err := a.vault.SeedTPM(a.tpm, credentials())
	if err != nil {
		t.Fatal(err)
	}
	seed.Erase()
	record := a.emulator.Recorded()
	wire := bytes.Join(record, nil)
	if len(wire) < 4000 {
		t.Fatalf("recorded only %d octets", len(wire))
	}
	secrets := hsm.TPMSecrets(t, a.path, a.tpm, credentials())
	for name, secret := range before { // the PIN's depends on a salt, and was another
		secrets[name+" before"] = secret
	}
	secrets["lockout authorisation"], secrets["PIN"] = lockout, credentials().PIN
	for name, secret := range secrets {
		if len(secret) == 0 || bytes.Contains(wire, secret) || bytes.Contains(wire, secret[:len(secret)/2]) {
			t.Errorf("the %s (%d octets) is on the wire", name, len(secret))
		}
	}
	for i := 0; i < len(record); i += 2 {
		const handle, noKey = 10, uint32(0x40000007)
		if c := record[i]; tpm2.TPMCC(binary.BigEndian.Uint32(c[6:])) == tpm2.TPMCCStartAuthSession && binary.BigEndian.Uint32(c[handle:]) == noKey {
			t.Error("a session has no salt: whoever listens can decrypt it")
		}
	}
	for _, public := range a.vault.Approvals() { // the recorder sees what is not encrypted
		if !bytes.Contains(wire, public.Platform[0].Digest) {
			t.Error("the PCRs are not on the wire")
		}
	}
}

// TestKilledUnlock ends an unlocking at every command of it, and the power with it.
func TestKilledUnlock(t *testing.T) {
	a := newAppliance(t, cheap)
	for n, finished := 1, false; !finished; n++ {
		sent := 0
		losing := hsm.NewTPM(&faulty{a.emulator, func(tpm2.TPMCC, uint32) bool { sent++; return sent > n }}, clock)
		v := reopen(t, a.path)
		err := v.UnlockTPM(losing, credentials())
		if finished = err == nil; !finished {
			wantErr(t, err, hsm.ErrNoTPM)
			if !v.Locked() {
				t.Fatalf("unlocked after %d commands, %v", n, err)
			}
		}
		a.emulator.Restart()
		if left, locked, _, err := a.tpm.Tries(); err != nil || locked || left < 9 {
			t.Fatalf("after %d commands %d tries left, locked %v, %v", n, left, locked, err)
		}
		if err := a.unlock(); err != nil {
			t.Fatalf("after %d commands: %v", n, err)
		}
		if err := a.tpm.ResetLockout(lockout); err != nil {
			t.Fatal(err)
		}
	}
}
