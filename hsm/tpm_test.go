package hsm_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-tpm/tpm2"

	"marque/hsm"
	"marque/hsm/hsmtest"
)

var (
	noon    = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	lockout = []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
)

func clock() time.Time { return noon }

// quorum is what one officer contributes who needs no other. Each test process has its own.
var quorum = sync.OnceValue(func() *hsm.QuorumSecret {
	_, secret, err := hsm.Appoint(1, []hsm.Appointment{{Name: "Ada", Role: hsm.SecurityOfficer, Passphrase: passphrase}}, cheap, rand.Reader)
	if err != nil {
		panic(err)
	}
	return secret
})

func credentials() hsm.Credentials { return hsm.Credentials{PIN: []byte("271828"), Quorum: quorum()} }

// appliance is a TPM, a vault under it, and the officers' key.
type appliance struct {
	t        testing.TB
	emulator *hsmtest.Emulator
	tpm      *hsm.TPM
	officers *ecdsa.PrivateKey
	cost     hsm.Cost
	vault    *hsm.Vault
	path     string
}

func protected(t testing.TB) (*hsmtest.Emulator, *hsm.TPM) {
	t.Helper()
	e := hsmtest.Start(t)
	tpm := hsm.NewTPM(e, clock)
	if err := tpm.Protect(lockout); err != nil {
		t.Fatal(err)
	}
	return e, tpm
}

func newAppliance(t testing.TB, cost hsm.Cost) *appliance {
	t.Helper()
	e, tpm := protected(t)
	officers, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &appliance{t: t, emulator: e, tpm: tpm, officers: officers, cost: cost, path: filepath.Join(t.TempDir(), "vault")}
	a.vault, err = hsm.CreateTPM(a.path, a.options())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *appliance) options() hsm.TPMOptions {
	return hsm.TPMOptions{TPM: a.tpm, Credentials: credentials(), Officers: a.officers, Cost: a.cost, Rand: rand.Reader}
}

// unlock opens the vault's file as a new process would.
func (a *appliance) unlock() error {
	a.t.Helper()
	return reopen(a.t, a.path).UnlockTPM(a.tpm, credentials())
}

// guess types a wrong PIN.
func (a *appliance) guess() error {
	c := credentials()
	c.PIN = []byte("314159")
	return reopen(a.t, a.path).UnlockTPM(a.tpm, c)
}

// approve approves the platform that runs for some bound beyond the counter of retired approvals.
func (a *appliance) approve(beyond uint64) *hsm.Approval {
	a.t.Helper()
	p, err := a.tpm.Platform(false)
	if err != nil {
		a.t.Fatal(err)
	}
	n, err := a.vault.Retired(a.tpm)
	if err != nil {
		a.t.Fatal(err)
	}
	approval, err := a.vault.Approve(a.tpm, p, n+beyond, a.officers, rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	return approval
}

func TestTPMVaultReopensTheSame(t *testing.T) {
	a := newAppliance(t, cheap)
	again := reopen(t, a.path)
	if again.Kind() != "tpm" || again.Grade() != "experimental" || !again.Locked() {
		t.Errorf("kind %q, grade %q, locked %v", again.Kind(), again.Grade(), again.Locked())
	}
	if err := again.UnlockTPM(a.tpm, credentials()); err != nil {
		t.Fatal(err)
	}
	if !a.vault.Public().(ed25519.PublicKey).Equal(again.Public()) {
		t.Error("another statement key")
	}
}

func TestTPMVaultByTheSocketsPath(t *testing.T) {
	a := newAppliance(t, cheap)
	tpm, err := hsm.OpenTPM(a.emulator.Path(), clock)
	if err != nil {
		t.Fatal(err)
	}
	if err := reopen(t, a.path).UnlockTPM(tpm, credentials()); err != nil {
		t.Error(err)
	}
	if err := tpm.Close(); err != nil {
		t.Error(err)
	}
}

func TestTPMVaultUnderAPassphrase(t *testing.T) {
	a := newAppliance(t, cheap)
	o := a.options()
	o.Credentials.Quorum, o.Credentials.Passphrase = nil, passphrase
	path := filepath.Join(t.TempDir(), "vault")
	if _, err := hsm.CreateTPM(path, o); err != nil {
		t.Fatal(err)
	}
	if err := reopen(t, path).UnlockTPM(a.tpm, o.Credentials); err != nil {
		t.Error(err)
	}
	o.Credentials.Passphrase = []byte("incorrect horse")
	if err := reopen(t, path).UnlockTPM(a.tpm, o.Credentials); !errors.Is(err, hsm.ErrPassphrase) {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if err := reopen(t, path).Unlock(passphrase); !errors.Is(err, hsm.ErrCredentials) {
		t.Errorf("the passphrase without the TPM: %v", err)
	}
	if err := reopen(t, path).UnlockTPM(a.tpm, credentials()); !errors.Is(err, hsm.ErrCredentials) {
		t.Errorf("shares where a passphrase is due: %v", err)
	}
}

func TestTPMVaultNeedsTheOfficersSecret(t *testing.T) {
	a := newAppliance(t, cheap)
	c := credentials()
	_, c.Quorum = appoint(t, 2)
	if err := reopen(t, a.path).UnlockTPM(a.tpm, c); !errors.Is(err, hsm.ErrQuorumSecret) {
		t.Error(err)
	}
}

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

func TestUnprotectedTPMIsRefused(t *testing.T) {
	a := &appliance{t: t, cost: cheap, tpm: hsm.NewTPM(hsmtest.Start(t), clock)}
	a.officers, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	path := filepath.Join(t.TempDir(), "vault")
	if _, err := hsm.CreateTPM(path, a.options()); !errors.Is(err, hsm.ErrTPMNotReady) {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("a refused TPM left a file")
	}
}

func TestFirmwareUpdateIsApprovedWithoutResealing(t *testing.T) {
	a := newAppliance(t, cheap)
	before, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	a.emulator.Extend(4, "another boot loader")
	err = a.unlock()
	if !errors.Is(err, hsm.ErrPlatformChanged) || !strings.Contains(err.Error(), "PCR 4, the boot loader") || strings.Contains(err.Error(), "PCR 0") {
		t.Fatalf("on another platform: %v", err)
	}
	if err := hsm.ForceUnlock(t, a.path, a.tpm, credentials(), 0); !errors.Is(err, hsm.ErrPlatformChanged) {
		t.Fatalf("the TPM opened on another platform: %v", err)
	}
	locked := reopen(t, a.path)
	if err := locked.AddApproval(a.tpm, a.approve(0)); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); err != nil {
		t.Errorf("on the approved platform: %v", err)
	}
	after, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	if seed := []byte(`"seed"`); !bytes.HasSuffix(after[:bytes.LastIndex(after, []byte(`"checksum"`))], before[bytes.Index(before, seed):bytes.LastIndex(before, []byte(`"checksum"`))]) {
		t.Error("the seed was encrypted anew")
	}
	a.emulator.Restart() // the old firmware is still approved
	if err := a.unlock(); err != nil {
		t.Errorf("back on the first platform: %v", err)
	}
}

func TestRetiredApprovalIsRefused(t *testing.T) {
	a := newAppliance(t, cheap)
	old, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.vault.RetireApprovals(a.tpm); !errors.Is(err, hsm.ErrApproval) {
		t.Fatalf("retired the last approval: %v", err)
	}
	a.emulator.Extend(0, "another firmware")
	if err := a.vault.AddApproval(a.tpm, a.approve(1)); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); err != nil {
		t.Fatal(err)
	}
	n, err := a.vault.RetireApprovals(a.tpm)
	if err != nil {
		t.Fatal(err)
	}
	if left := a.vault.Approvals(); len(left) != 1 || left[0].Bound != n {
		t.Errorf("kept %v, the counter is at %d", left, n)
	}
	if err := a.unlock(); err != nil {
		t.Errorf("on the new platform: %v", err)
	}
	a.emulator.Restart() // the old firmware, and an old copy of the vault's file
	if err := os.WriteFile(a.path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); !errors.Is(err, hsm.ErrApprovalRetired) {
		t.Errorf("on the old platform: %v", err)
	}
	if err := hsm.ForceUnlock(t, a.path, a.tpm, credentials(), 0); !errors.Is(err, hsm.ErrApprovalRetired) {
		t.Errorf("the TPM took a retired approval: %v", err)
	}
}

func TestForeignApprovalIsRefused(t *testing.T) {
	a := newAppliance(t, cheap)
	p, err := a.tpm.Platform(true)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.vault.Approve(a.tpm, p, 1, other, rand.Reader); !errors.Is(err, hsm.ErrApproval) {
		t.Errorf("another key: %v", err)
	}
	path := filepath.Join(t.TempDir(), "vault")
	if _, err := hsm.CreateTPM(path, a.options()); err != nil {
		t.Fatal(err)
	}
	for _, of := range reopen(t, path).Approvals() {
		if err := a.vault.AddApproval(a.tpm, &of); !errors.Is(err, hsm.ErrApproval) {
			t.Errorf("another vault's: %v", err)
		}
	}
	for _, wrong := range []hsm.Platform{nil, p[:3], p[1:], append(p[:5:5], p[0]), {{Index: 0}, {Index: 2}, {Index: 4}, {Index: 7}}} {
		if _, err := a.vault.Approve(a.tpm, wrong, 1, a.officers, rand.Reader); !errors.Is(err, hsm.ErrApproval) {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	swapped := *a.approve(0)
	swapped.Bound++
	if err := a.vault.AddApproval(a.tpm, &swapped); !errors.Is(err, hsm.ErrApproval) {
		t.Errorf("another bound: %v", err)
	}
}

// TestApprovalSignedElsewhere signs where the vault is not, as officers with a key on a card do.
func TestApprovalSignedElsewhere(t *testing.T) {
	a := newAppliance(t, cheap)
	a.emulator.Extend(2, "another network card")
	p, err := a.tpm.Platform(false)
	if err != nil {
		t.Fatal(err)
	}
	n, err := a.vault.Retired(a.tpm)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := a.vault.ApprovalDigest(a.tpm, p, n+1)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := ecdsa.SignASN1(rand.Reader, a.officers, digest)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.vault.AddApproval(a.tpm, &hsm.Approval{Platform: p, Bound: n + 1, Signature: signature}); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); err != nil {
		t.Error(err)
	}
}

func TestUnifiedImageCounts(t *testing.T) {
	a := newAppliance(t, cheap)
	o := a.options()
	o.Unified = true
	a.path = filepath.Join(t.TempDir(), "vault")
	if _, err := hsm.CreateTPM(a.path, o); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); err != nil {
		t.Fatal(err)
	}
	a.emulator.Extend(11, "another image")
	if err := a.unlock(); !errors.Is(err, hsm.ErrPlatformChanged) {
		t.Error(err)
	}
}

func TestOtherTPM(t *testing.T) {
	a := newAppliance(t, cheap)
	_, other := protected(t)
	if err := reopen(t, a.path).UnlockTPM(other, credentials()); !errors.Is(err, hsm.ErrOtherTPM) {
		t.Errorf("UnlockTPM: %v", err)
	}
	if _, err := a.vault.Counter(other); !errors.Is(err, hsm.ErrOtherTPM) {
		t.Errorf("Counter: %v", err)
	}
	_, err := tpm2.Clear{AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHLockout, Auth: tpm2.PasswordAuth(lockout)}}.Execute(a.emulator)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); !errors.Is(err, hsm.ErrOtherTPM) {
		t.Errorf("a TPM that was cleared: %v", err)
	}
}

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

// TestNothingSecretOnTheWire records all of a founding, an unlocking and a lock against guessed PINs, and looks for what was secret in it.
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
	record := a.emulator.Recorded()
	wire := bytes.Join(record, nil)
	if len(wire) < 4000 {
		t.Fatalf("recorded only %d octets", len(wire))
	}
	secrets := hsm.TPMSecrets(t, a.path, a.tpm, credentials())
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

func TestTPMVaultNeverOverwrites(t *testing.T) {
	a := newAppliance(t, cheap)
	if _, err := hsm.CreateTPM(a.path, a.options()); !errors.Is(err, hsm.ErrExists) {
		t.Error(err)
	}
	if err := a.unlock(); err != nil {
		t.Error(err)
	}
}

func TestTPMVaultChecksCredentials(t *testing.T) {
	a := newAppliance(t, cheap)
	_, gone := appoint(t, 2)
	gone.Erase()
	for want, c := range map[error]hsm.Credentials{
		hsm.ErrWeakPIN:        {PIN: []byte("12345"), Passphrase: passphrase},
		hsm.ErrWeakPassphrase: {PIN: []byte("123456")},
		hsm.ErrCredentials:    {PIN: []byte("123456"), Quorum: gone},
	} {
		o := a.options()
		o.Credentials = c
		path := filepath.Join(t.TempDir(), "vault")
		if _, err := hsm.CreateTPM(path, o); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
		if err := reopen(t, a.path).UnlockTPM(a.tpm, c); !errors.Is(err, hsm.ErrCredentials) {
			t.Errorf("unlock: %v", err)
		}
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

// taken returns how many counters there are.
func taken(t *testing.T, tpm *hsm.TPM) int {
	t.Helper()
	n := 0
	for index := uint32(0x01804d51); index < 0x01804d51+64; index++ {
		if _, err := tpm.ReadCounter(index); err == nil {
			n++
		} else if !errors.Is(err, hsm.ErrCounter) {
			t.Fatal(err)
		}
	}
	return n
}

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

func TestPassphraseVaultHasNoTPM(t *testing.T) {
	v, _ := create(t)
	_, tpm := protected(t)
	if err := v.UnlockTPM(tpm, credentials()); !errors.Is(err, hsm.ErrCredentials) {
		t.Errorf("UnlockTPM: %v", err)
	}
	if _, err := v.Counter(tpm); !errors.Is(err, hsm.ErrCredentials) {
		t.Errorf("Counter: %v", err)
	}
	if _, err := v.AdvanceCounter(tpm); !errors.Is(err, hsm.ErrCredentials) {
		t.Errorf("AdvanceCounter: %v", err)
	}
	if err := v.AddApproval(tpm, new(hsm.Approval)); !errors.Is(err, hsm.ErrCredentials) {
		t.Errorf("AddApproval: %v", err)
	}
}

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

func TestBrokenTPMIsReplacedFromShares(t *testing.T) {
	seed, err := hsm.NewSeed(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	commitments, shares, err := hsm.Split(seed, hsm.PurposeBackup, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	a := newAppliance(t, cheap)
	o := a.options()
	o.Seed = seed
	first, err := hsm.CreateTPM(filepath.Join(t.TempDir(), "first"), o)
	if err != nil {
		t.Fatal(err)
	}
	a.emulator.Kill()
	seed.Erase()
	if _, err := hsm.CreateTPM(filepath.Join(t.TempDir(), "erased"), o); !errors.Is(err, hsm.ErrCredentials) {
		t.Errorf("an erased seed: %v", err)
	}
	if o.Seed, err = hsm.Combine(commitments, shares[1:]); err != nil {
		t.Fatal(err)
	}
	_, o.TPM = protected(t)
	second, err := hsm.CreateTPM(filepath.Join(t.TempDir(), "second"), o)
	if err != nil {
		t.Fatal(err)
	}
	if !first.Public().(ed25519.PublicKey).Equal(second.Public()) {
		t.Error("another statement key")
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

func TestCredentialsDoNotPrint(t *testing.T) {
	c := credentials()
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("c", "c", c)
	for _, s := range []string{fmt.Sprintf("%v %+v %#v %s %x", c, c, c, c, c), fmt.Sprintf("%+v", &c), log.String()} {
		if strings.Contains(s, "271828") || strings.Contains(s, fmt.Sprintf("%x", c.PIN)) || !strings.Contains(s, "redacted") {
			t.Errorf("%q", s)
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

// TestShortNumbers takes keys and signatures whose numbers begin with a zero octet, as one in 128 does.
func TestShortNumbers(t *testing.T) {
	a := newAppliance(t, cheap)
	for {
		var err error
		if a.officers, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
		if point, err := a.officers.PublicKey.Bytes(); err != nil || point[1] == 0 || point[33] == 0 {
			break
		}
	}
	a.path = filepath.Join(t.TempDir(), "vault")
	var err error
	if a.vault, err = hsm.CreateTPM(a.path, a.options()); err != nil {
		t.Fatal(err)
	}
	a.emulator.Extend(7, "other settings")
	short := a.approve(0)
	for len(short.Signature) > 69 { // two numbers of 32 octets make 70 to 72
		short = a.approve(0)
	}
	if err := a.vault.AddApproval(a.tpm, short); err != nil {
		t.Fatal(err)
	}
	if err := a.unlock(); err != nil {
		t.Error(err)
	}
}

func TestFailedCreationLeavesNothing(t *testing.T) {
	_, tpm := protected(t)
	a := &appliance{t: t, tpm: tpm, cost: cheap}
	a.officers, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if _, err := hsm.CreateTPM(filepath.Join(t.TempDir(), "missing", "vault"), a.options()); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("made a vault in a folder that is not there: %v", err)
	}
	if n := taken(t, tpm); n != 0 {
		t.Errorf("%d counters stayed", n)
	}
}

func TestApprovalSurvivesALeftoverFile(t *testing.T) {
	a := newAppliance(t, cheap)
	if err := os.WriteFile(a.path+".new", []byte("half a vau"), 0o600); err != nil { // a power cut while replacing
		t.Fatal(err)
	}
	if err := a.unlock(); err != nil {
		t.Error(err)
	}
	if err := a.vault.AddApproval(a.tpm, a.approve(1)); err != nil {
		t.Error(err)
	}
	if n := len(reopen(t, a.path).Approvals()); n != 2 {
		t.Errorf("%d approvals", n)
	}
	if _, err := os.Stat(a.path + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Error("the new file stayed")
	}
}

func TestAtMost16Approvals(t *testing.T) {
	a := newAppliance(t, cheap)
	for range 15 {
		if err := a.vault.AddApproval(a.tpm, a.approve(1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.vault.AddApproval(a.tpm, a.approve(1)); !errors.Is(err, hsm.ErrApproval) {
		t.Errorf("a 17th: %v", err)
	}
	if err := a.unlock(); err != nil {
		t.Error(err)
	}
	if _, err := a.vault.RetireApprovals(a.tpm); err != nil {
		t.Error(err)
	}
	if err := a.unlock(); err != nil {
		t.Error(err)
	}
}

func TestTPMVaultConcurrentUse(t *testing.T) {
	a := newAppliance(t, cheap)
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			for range 3 {
				var err error
				switch i % 3 {
				case 0:
					err = a.vault.UnlockTPM(a.tpm, credentials())
				case 1:
					_, err = a.vault.AdvanceCounter(a.tpm)
				default:
					a.vault.Lock()
				}
				if err != nil && !errors.Is(err, hsm.ErrLocked) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
