package hsm_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-tpm/tpm2"

	"marque/hsm"
)

func TestTPMVaultReopensTheSame(t *testing.T) {
	a := newAppliance(t, cheap)
	again := reopen(t, a.path)
	if again.Kind() != "tpm" || !again.Locked() {
		t.Errorf("kind %q, locked %v", again.Kind(), again.Locked())
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
