package appliance_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"marque/app/appliance"
	"marque/authority"
	"marque/device/wire"
	"marque/hsm"
	"marque/hsm/hsmtest"
)

func TestRealmUnderTPMWorksAndComesBack(t *testing.T) {
	r := newRealm(t)
	f := r.founded
	if r.a.Locked() || len(f.Cards) != 5 || len(f.Next) != 3 || len(f.Commitments) != 2 {
		t.Fatalf("locked %v, %d and %d cards, %d commitments", r.a.Locked(), len(f.Cards), len(f.Next), len(f.Commitments))
	}
	core, err := wire.OpenCore(f.Core)
	if err != nil || core.Hash() != r.a.Authority().Core().Hash() || len(core.Next) == 0 {
		t.Fatalf("core %+v, %v", core, err)
	}
	_, err = r.a.Authority().Enrol(request(t, "bus-1"))
	wantErr(t, err, authority.ErrDrillPending)
	r.drill()
	address := r.enrol("bus-1")
	if c := r.custody(); c.Grade != appliance.GradeProduction || len(c.Reasons) != 0 || c.Drill != appliance.DrillPassed ||
		c.Needed != 2 || len(c.Officers) != 4 || len(c.Backup.Seen) != 5 || c.Backup.Needed != 3 || len(c.Next.Seen) != 3 ||
		c.TPM == nil || c.TPM.TriesLeft != 10 || c.TPM.Changed != "" || c.TPM.Counter != c.Counter || c.Counter == 0 || c.ReadOnly != nil {
		t.Fatalf("custody %+v, TPM %+v", c, c.TPM)
	}
	r.close()
	checkFolder(t, r.dir, "authority.db cards officers vault")

	r.tpm.Restart()
	r.open()
	if c := r.custody(); c.Vault != appliance.KindTPM || !r.a.Locked() || c.TPM == nil || c.TPM.Counter != c.Counter {
		t.Fatalf("custody %+v, TPM %+v", c, c.TPM)
	}
	r.unlock()
	if _, err := r.a.Authority().Identity(address); err != nil {
		t.Fatal(err)
	}
	if err := r.a.Authority().ReadOnly(); err != nil {
		t.Fatal(err)
	}
	r.enrol("bus-2")
}

func TestEveryFailureOfUnlockingIsTold(t *testing.T) {
	r := newRealm(t)
	r.close()
	r.open()
	one, two := r.present("Ada Berg"), r.present("Ada Berg", "Ben Cole")
	for _, test := range []struct {
		name    string
		tpm     string
		pin     string
		present []*hsm.Credential
		want    error
	}{
		{"one officer of two", r.tpm.Path(), string(pin), one, hsm.ErrQuorum},
		{"one officer twice", r.tpm.Path(), string(pin), append(one, r.present("Ada Berg")...), hsm.ErrQuorum},
		{"officer without a share", r.tpm.Path(), string(pin), append(one, r.present("Dora Egge")...), hsm.ErrQuorum},
		{"nobody", r.tpm.Path(), string(pin), nil, hsm.ErrQuorum},
		{"wrong PIN", r.tpm.Path(), "314159", two, hsm.ErrWrongPIN},
		{"short PIN", r.tpm.Path(), "1", two, hsm.ErrCredentials},
		{"other TPM", hsmtest.Start(t).Path(), string(pin), two, hsm.ErrOtherTPM},
		{"no TPM", filepath.Join(r.dir, "none"), string(pin), two, hsm.ErrNoTPM},
	} {
		t.Run(test.name, func(t *testing.T) {
			r.close()
			r.options.TPM = test.tpm
			r.open()
			wantErr(t, r.a.UnlockQuorum([]byte(test.pin), test.present), test.want)
			if !r.a.Locked() {
				t.Fatal("it is unlocked")
			}
		})
	}
	r.close()
	r.options.TPM = r.tpm.Path()
	r.open()
	err := r.a.UnlockQuorum([]byte("314159"), two)
	var wrong *hsm.PINError
	if !errors.As(err, &wrong) || wrong.Left != 8 || r.custody().TPM.TriesLeft != 8 {
		t.Fatalf("tries left: %v, custody %+v", err, r.custody().TPM)
	}
	wantErr(t, r.a.Unlock(passphrase), hsm.ErrCredentials)
	_, err = r.a.SignOn("Ada Berg", []byte("wrong passphrase"))
	wantErr(t, err, hsm.ErrOfficerPassphrase)
	_, err = r.a.SignOn("Nobody", []byte("wrong passphrase"))
	wantErr(t, err, hsm.ErrNoOfficer)
	r.unlock()
	wantErr(t, r.a.UnlockQuorum([]byte("314159"), two), hsm.ErrWrongPIN)
	if r.a.Locked() {
		t.Fatal("a wrong PIN locked what was unlocked")
	}
}

func TestLockedOutTPMTellsUntilWhen(t *testing.T) {
	r := newRealm(t)
	r.close()
	r.open()
	two := r.present("Ada Berg", "Ben Cole")
	var err error
	for range 10 {
		err = r.a.UnlockQuorum([]byte("314159"), two)
	}
	wantErr(t, r.a.UnlockQuorum(pin, two), hsm.ErrLockedOut)
	if c := r.custody().TPM; c == nil || !c.LockedOut || c.TriesLeft != 0 || !c.Until.After(r.clock) {
		t.Fatalf("custody %+v after %v", c, err)
	}
	if err := r.a.ResetLockout(r.lockout); err != nil {
		t.Fatal(err)
	}
	r.unlock()
}

func TestPassphraseVaultHasNeitherTPMNorOfficers(t *testing.T) {
	a := open(t, founded(t))
	_, err := a.SignOn("Ada Berg", passphrase)
	wantErr(t, err, appliance.ErrNoOfficers)
	wantErr(t, a.UnlockQuorum(pin, nil), hsm.ErrCredentials)
	wantErr(t, a.ChangeOfficers(nil, appliance.Reappointment{}), appliance.ErrNoOfficers)
	wantErr(t, a.ChangePassphrase("Ada Berg", passphrase, passphrase), appliance.ErrNoOfficers)
	_, err = a.Platform()
	wantErr(t, err, appliance.ErrNoTPMVault)
	wantErr(t, a.ApprovePlatform(nil, nil), appliance.ErrNoTPMVault)
	wantErr(t, a.ResetLockout(nil), appliance.ErrNoTPMVault)
	_, err = a.RetirePlatforms()
	wantErr(t, err, appliance.ErrNoTPMVault)
	if err := a.Unlock(passphrase); err != nil {
		t.Fatal(err)
	}
	wantErr(t, a.Drill(nil), appliance.ErrNoCards)
	c, err := a.Custody()
	if err != nil || c.Drill != appliance.DrillNone || c.Backup != nil || c.TPM != nil || len(c.Reasons) != 3 {
		t.Fatalf("custody %+v, %v", c, err)
	}
}

func TestFirmwareUpdateIsApprovedWhileLocked(t *testing.T) {
	r := newRealm(t)
	r.close()
	r.tpm.Extend(4, "another boot loader")
	r.open()
	two := r.present("Ada Berg", "Ben Cole")
	wantErr(t, r.a.UnlockQuorum(pin, two), hsm.ErrPlatformChanged)
	p, err := r.a.Platform()
	if err != nil || !strings.Contains(p.Changed, "PCR 4") || p.Approvals != 1 || len(p.Digest) != 32 || p.Bound != p.Retired+1 {
		t.Fatalf("platform %+v, %v", p, err)
	}
	if c := r.custody(); c.TPM == nil || c.TPM.Changed != p.Changed {
		t.Fatalf("custody %+v", c.TPM)
	}
	wantErr(t, r.a.ApprovePlatform(approvalKey(t), nil), hsm.ErrApproval)
	wantErr(t, r.a.ApprovePlatform(nil, []byte("no signature")), hsm.ErrApproval)
	_, err = r.a.RetirePlatforms()
	wantErr(t, err, hsm.ErrLocked)
	if err := r.a.ApprovePlatform(r.key, nil); err != nil {
		t.Fatal(err)
	}
	r.unlock()
	retired, err := r.a.RetirePlatforms()
	if err != nil || retired != p.Bound {
		t.Fatalf("%d, %v", retired, err)
	}
	if p, err := r.a.Platform(); err != nil || p.Approvals != 1 || p.Changed != "" {
		t.Fatalf("platform %+v, %v", p, err)
	}
	r.close()
	r.tpm.Restart() // the old boot loader, whose PCR the emulator begins with
	r.open()
	wantErr(t, r.a.UnlockQuorum(pin, r.present("Ada Berg", "Ben Cole")), hsm.ErrPlatformChanged)
}

func TestMistypedLockoutAuthorisationCostsNoDay(t *testing.T) {
	r := newRealm(t)
	for _, mistyped := range [][]byte{nil, r.lockout[:31], bytes.ToLower(r.lockout), bytes.Replace(r.lockout, r.lockout[:1], []byte("1"), 1)} {
		wantErr(t, r.a.ResetLockout(mistyped), appliance.ErrLockoutForm)
	}
	if err := r.a.ResetLockout(r.lockout); err != nil {
		t.Fatal(err)
	}
}

func TestLockSealsFirstAndLocksAnyway(t *testing.T) {
	r := newRealm(t)
	r.drill()
	r.enrol("bus-1")
	before := r.custody().Counter
	if err := r.a.Lock(); err != nil {
		t.Fatal(err)
	}
	if after := r.custody().Counter; !r.a.Locked() || after <= before {
		t.Fatalf("locked %v, counter %d after %d", r.a.Locked(), after, before)
	}
	r.unlock()
	r.enrol("bus-2")
	r.tpm.Kill()
	if err := r.a.Lock(); err == nil {
		t.Fatal("sealed without a TPM")
	}
	if !r.a.Locked() {
		t.Fatal("it stayed unlocked")
	}
	if c := r.custody(); c.TPM != nil || !errors.Is(c.TPMError, hsm.ErrNoTPM) {
		t.Fatalf("custody %+v", c)
	}
	r.tpm.Restart()
	r.unlock()
	if err := r.a.Authority().ReadOnly(); err != nil {
		t.Fatal(err)
	}
	r.enrol("bus-3")
}
