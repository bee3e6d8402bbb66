package appliance_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/authority"
	"marque/hsm"
	"marque/hsm/hsmtest"
)

var pin = []byte("271828")

// firstCounter is the index at which an unused TPM makes its first counter, by hsm.TPM.DefineCounter.
const firstCounter = 0x01804D51

func newTPM(t *testing.T, e *hsmtest.Emulator) appliance.NewTPM {
	t.Helper()
	officers, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	lockout, err := hsm.NewLockoutAuth(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return appliance.NewTPM{TPM: appliance.TPM{Path: e.Path(), PIN: pin}, Officers: officers, Lockout: lockout}
}

func withTPM(t *testing.T, e *hsmtest.Emulator, do func(*hsm.TPM)) {
	t.Helper()
	opened, err := hsm.OpenTPM(e.Path(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	do(opened)
	if err := opened.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestApplianceOverTPMWorksAndComesBack(t *testing.T) {
	e, dir := hsmtest.Start(t), filepath.Join(t.TempDir(), "fleet")
	a, err := appliance.FoundTPM(dir, founding, newTPM(t, e), passphrase, options)
	if err != nil {
		t.Fatal(err)
	}
	if a.Locked() || a.Kind() != appliance.KindTPM || a.Grade() != "experimental" {
		t.Fatalf("locked %v, kind %s, grade %s", a.Locked(), a.Kind(), a.Grade())
	}
	issued, err := a.Authority().Enrol(request(t, "bus-1"))
	if err := errors.Join(err, a.Close()); err != nil {
		t.Fatal(err)
	}
	checkFolder(t, dir)

	e.Restart()
	again := open(t, dir)
	if again.Kind() != appliance.KindTPM || !again.Locked() {
		t.Fatalf("kind %s, locked %v", again.Kind(), again.Locked())
	}
	if err := again.UnlockTPM(appliance.TPM{Path: e.Path(), PIN: pin}, passphrase); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Authority().Identity(issued.Address); err != nil {
		t.Fatal(err)
	}
}

func TestEveryFailureOfTheTPMIsTold(t *testing.T) {
	e, dir := hsmtest.Start(t), filepath.Join(t.TempDir(), "fleet")
	founded, err := appliance.FoundTPM(dir, founding, newTPM(t, e), passphrase, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := founded.Close(); err != nil {
		t.Fatal(err)
	}
	a, right := open(t, dir), appliance.TPM{Path: e.Path(), PIN: pin}
	for name, test := range map[string]struct {
		tpm        appliance.TPM
		passphrase string
		want       error
	}{
		"wrong PIN":        {appliance.TPM{Path: e.Path(), PIN: []byte("314159")}, string(passphrase), hsm.ErrWrongPIN},
		"short PIN":        {appliance.TPM{Path: e.Path(), PIN: []byte("1")}, string(passphrase), hsm.ErrCredentials},
		"wrong passphrase": {right, "wrong horse", hsm.ErrPassphrase},
		"other TPM":        {appliance.TPM{Path: hsmtest.Start(t).Path(), PIN: pin}, string(passphrase), hsm.ErrOtherTPM},
		"no TPM":           {appliance.TPM{Path: filepath.Join(dir, "none"), PIN: pin}, string(passphrase), hsm.ErrNoTPM},
	} {
		t.Run(name, func(t *testing.T) {
			wantErr(t, a.UnlockTPM(test.tpm, []byte(test.passphrase)), test.want)
			if !a.Locked() {
				t.Fatal("it is unlocked")
			}
		})
	}
	wantErr(t, a.Unlock(passphrase), hsm.ErrCredentials)
	e.Extend(4, "another boot loader")
	wantErr(t, a.UnlockTPM(right, passphrase), hsm.ErrPlatformChanged)
	if !a.Locked() {
		t.Fatal("it is unlocked")
	}
}

func TestPassphraseVaultTakesNoTPM(t *testing.T) {
	a := open(t, founded(t))
	wantErr(t, a.UnlockTPM(appliance.TPM{Path: hsmtest.Start(t).Path(), PIN: pin}, passphrase), hsm.ErrCredentials)
	if a.Kind() != appliance.KindPassphrase || !a.Locked() {
		t.Fatalf("kind %s, locked %v", a.Kind(), a.Locked())
	}
}

// A founding that fails late leaves nothing in the TPM but the protection, and the next one works with it.
func TestFailedFoundingLeavesTheTPMTidy(t *testing.T) {
	e, dir := hsmtest.Start(t), filepath.Join(t.TempDir(), "fleet")
	n := newTPM(t, e)
	if _, err := appliance.FoundTPM(dir, authority.Founding{Realm: "no realm"}, n, passphrase, options); err == nil {
		t.Fatal("founded a realm that has no name")
	}
	if entries, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(entries) != 0 {
		t.Fatalf("left behind: %v, %v", entries, err)
	}
	withTPM(t, e, func(opened *hsm.TPM) {
		if has, err := opened.HasLockoutAuth(); err != nil || !has {
			t.Errorf("lockout authorisation: %v, %v", has, err)
		}
		for i := range uint32(2) {
			if _, err := opened.ReadCounter(firstCounter + i); !errors.Is(err, hsm.ErrCounter) {
				t.Errorf("counter %d: %v", i, err)
			}
		}
	})
	n.Lockout = nil // it has one
	a, err := appliance.FoundTPM(dir, founding, n, passphrase, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	withTPM(t, e, func(opened *hsm.TPM) {
		if _, err := opened.ReadCounter(firstCounter); err != nil {
			t.Error(err)
		}
	})
}

func TestFoundingNeedsAProtectedTPM(t *testing.T) {
	e, dir := hsmtest.Start(t), filepath.Join(t.TempDir(), "fleet")
	n := newTPM(t, e)
	n.Lockout = nil
	_, err := appliance.FoundTPM(dir, founding, n, passphrase, options)
	wantErr(t, err, hsm.ErrTPMNotReady)
	withTPM(t, e, func(opened *hsm.TPM) {
		if has, err := opened.HasLockoutAuth(); err != nil || has {
			t.Errorf("lockout authorisation: %v, %v", has, err)
		}
	})
}
