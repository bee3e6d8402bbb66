package hsm_test

import (
	"crypto/rand"
	"errors"
	"path/filepath"
	"testing"

	"marque/hsm"
)

func TestOfficersUnlockATPMVault(t *testing.T) {
	a := newAppliance(t, cheap)
	officers, secret := appoint(t, 2)
	open := func(s *hsm.QuorumSecret) hsm.Credentials { return hsm.Credentials{PIN: []byte("271828"), Quorum: s} }
	o := a.options()
	o.Credentials, o.Seed = open(secret), newSeed(t)
	path := filepath.Join(t.TempDir(), "vault")
	first, err := hsm.CreateTPM(path, o)
	if err != nil {
		t.Fatal(err)
	}
	before, err := officers.Rebuild(signOn(t, officers, "Cy", "Anna"))
	if err != nil {
		t.Fatal(err)
	}
	v := reopen(t, path)
	if err := v.UnlockTPM(a.tpm, open(before)); err != nil || !sameVault(t, first, v) {
		t.Fatalf("two officers: %v", err)
	}
	if _, err := v.Seed(passphrase); !errors.Is(err, hsm.ErrCredentials) {
		t.Errorf("without the TPM: %v", err)
	}

	// Bo leaves, and the shares from before open nothing any more.
	changed, fresh, err := officers.Reappoint(before, 2, []hsm.Appointment{
		{Name: "Anna", Role: hsm.SecurityOfficer}, {Name: "Cy", Role: hsm.SecurityOfficer},
	}, cheap, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o.Credentials = open(fresh)
	if err := v.Rekey(open(before), o); err != nil {
		t.Fatal(err)
	}
	if err := reopen(t, path).UnlockTPM(a.tpm, open(before)); !errors.Is(err, hsm.ErrQuorumSecret) {
		t.Errorf("the secret from before: %v", err)
	}
	now, err := changed.Rebuild(signOn(t, changed, "Anna", "Cy"))
	if err != nil {
		t.Fatal(err)
	}
	w := reopen(t, path)
	if err := w.UnlockTPM(a.tpm, open(now)); err != nil || !sameVault(t, first, w) {
		t.Errorf("the officers of today: %v", err)
	}

	// A backup is made of the vault as it is.
	again, err := w.SeedTPM(a.tpm, open(now))
	if err != nil || !same(t, o.Seed, again) {
		t.Errorf("another seed: %v", err)
	}
	if _, err := w.SeedTPM(a.tpm, open(before)); !errors.Is(err, hsm.ErrQuorumSecret) {
		t.Errorf("a backup by the officers from before: %v", err)
	}
}

// TestOneOfficerTooFew has the file, the TPM, the PIN and all but one of the officers who are needed.
func TestOneOfficerTooFew(t *testing.T) {
	a := newAppliance(t, cheap)
	officers, secret := appoint(t, 3)
	o := a.options()
	o.Credentials = hsm.Credentials{PIN: []byte("271828"), Quorum: secret}
	path := filepath.Join(t.TempDir(), "vault")
	if _, err := hsm.CreateTPM(path, o); err != nil {
		t.Fatal(err)
	}
	two := signOn(t, officers, "Anna", "Cy")
	_, err := officers.Rebuild(append(two, two...))
	wantErr(t, err, hsm.ErrQuorum, "2 of 3", "needs 1 more")

	// The same two in officers of their own making, of whom two suffice.
	_, forged, err := hsm.Appoint(2, people()[:3], cheap, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wantErr(t, reopen(t, path).UnlockTPM(a.tpm, hsm.Credentials{PIN: []byte("271828"), Quorum: forged}), hsm.ErrQuorumSecret)
	wantErr(t, reopen(t, path).UnlockTPM(a.tpm, hsm.Credentials{PIN: []byte("271828")}), hsm.ErrCredentials)
	all, err := officers.Rebuild(append(two, signOn(t, officers, "Bo Müller-Lee")...))
	if err != nil {
		t.Fatal(err)
	}
	if err := reopen(t, path).UnlockTPM(a.tpm, hsm.Credentials{PIN: []byte("271828"), Quorum: all}); err != nil {
		t.Error(err)
	}
}

// TestFormerOfficersWithTodaysPIN have the appliance, with a platform that is approved, a PIN that was never changed, and copies of
// vault and officers from the time when they were as many as it took. The TPM releases its secret for the vault of today.
func TestFormerOfficersWithTodaysPIN(t *testing.T) {
	a := newAppliance(t, cheap)
	_, former := appoint(t, 2)
	_, fresh := appoint(t, 2)
	o, pin := a.options(), []byte("271828")
	o.Credentials = hsm.Credentials{PIN: pin, Quorum: former}
	path := filepath.Join(t.TempDir(), "vault")
	v, err := hsm.CreateTPM(path, o)
	if err != nil {
		t.Fatal(err)
	}
	copied := copyOf(t, path)
	old := o.Credentials
	if err := hsm.OpenWithSecretOf(t, copied, path, a.tpm, old); err != nil {
		t.Fatalf("this test tests nothing: %v", err)
	}
	before, err := v.Counter(a.tpm)
	if err != nil {
		t.Fatal(err)
	}
	o.Credentials = hsm.Credentials{PIN: pin, Quorum: fresh}
	if err := v.Rekey(old, o); err != nil {
		t.Fatal(err)
	}
	wantErr(t, hsm.OpenWithSecretOf(t, copied, path, a.tpm, old), hsm.ErrPassphrase)
	wantErr(t, hsm.OpenWithSecretOf(t, path, path, a.tpm, old), hsm.ErrPassphrase)
	again := reopen(t, path)
	if err := again.UnlockTPM(a.tpm, o.Credentials); err != nil {
		t.Fatalf("the officers of today: %v", err)
	}
	if n, err := again.AdvanceCounter(a.tpm); err != nil || n != before+1 {
		t.Errorf("the counter is at %d, %v, want %d", n, err, before+1)
	}
}
