package appliance_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"marque/app/appliance"
	"marque/authority"
	"marque/hsm"
)

// newOfficers are without Cleo, and with Emil in her place.
func newOfficers() []hsm.Appointment {
	return []hsm.Appointment{
		{Name: "Ada Berg", Role: hsm.SecurityOfficer},
		{Name: "Ben Cole", Role: hsm.SecurityOfficer},
		{Name: "Emil Falk", Role: hsm.SecurityOfficer, Passphrase: []byte("emil's passphrase")},
	}
}

func (r *realm) change() appliance.Reappointment {
	return appliance.Reappointment{Needed: 2, People: newOfficers(), PIN: pin, NewPIN: []byte("161803"), ApprovalKey: r.key}
}

func TestFormerOfficersOpenNothing(t *testing.T) {
	r := newRealm(t)
	r.drill()
	r.enrol("bus-1")
	old := filepath.Join(t.TempDir(), "old")
	if err := os.CopyFS(old, os.DirFS(r.dir)); err != nil {
		t.Fatal(err)
	}
	before := r.present("Ada Berg", "Cleo Dahl")
	if err := r.a.ChangeOfficers(before, r.change()); err != nil {
		t.Fatal(err)
	}
	r.enrol("bus-2") // it stays unlocked
	people["Emil Falk"] = []byte("emil's passphrase")
	r.close()
	checkFolder(t, r.dir, "authority.db cards officers vault")

	r.open()
	wantErr(t, r.a.UnlockQuorum([]byte("161803"), before), hsm.ErrOtherOfficers)
	_, err := r.a.SignOn("Cleo Dahl", people["Cleo Dahl"])
	wantErr(t, err, hsm.ErrNoOfficer)
	wantErr(t, r.a.UnlockQuorum(pin, r.present("Ada Berg", "Emil Falk")), hsm.ErrWrongPIN)
	if err := r.a.UnlockQuorum([]byte("161803"), r.present("Ada Berg", "Emil Falk")); err != nil {
		t.Fatal(err)
	}
	r.close()

	// The copy of the vault from before, with everything that opened it.
	r.dir = old
	r.open()
	wantErr(t, r.a.UnlockQuorum(pin, r.present("Ada Berg", "Cleo Dahl")), hsm.ErrOldVault)
}

func TestChangeOfOfficersIsDecidedByThem(t *testing.T) {
	r := newRealm(t)
	r.drill()
	for name, test := range map[string]struct {
		present []string
		spoil   func(*appliance.Reappointment)
		want    error
	}{
		"one of two":      {[]string{"Ada Berg"}, func(*appliance.Reappointment) {}, hsm.ErrQuorum},
		"operator":        {[]string{"Ada Berg", "Dora Egge"}, func(*appliance.Reappointment) {}, hsm.ErrQuorum},
		"one left":        {[]string{"Ada Berg", "Ben Cole"}, func(c *appliance.Reappointment) { c.People, c.Needed = c.People[:1], 1 }, authority.ErrRoster},
		"no approval key": {[]string{"Ada Berg", "Ben Cole"}, func(c *appliance.Reappointment) { c.ApprovalKey = nil }, hsm.ErrApproval},
		"weak PIN":        {[]string{"Ada Berg", "Ben Cole"}, func(c *appliance.Reappointment) { c.NewPIN = []byte("1") }, hsm.ErrWeakPIN},
		"wrong PIN":       {[]string{"Ada Berg", "Ben Cole"}, func(c *appliance.Reappointment) { c.PIN = []byte("314159") }, hsm.ErrWrongPIN},
		"too many":        {[]string{"Ada Berg", "Ben Cole"}, func(c *appliance.Reappointment) { c.Needed = 4 }, hsm.ErrAppointment},
	} {
		change := r.change()
		test.spoil(&change)
		if err := r.a.ChangeOfficers(r.present(test.present...), change); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := r.a.Lock(); err != nil {
		t.Fatal(err)
	}
	wantErr(t, r.a.ChangeOfficers(r.present("Ada Berg", "Ben Cole"), r.change()), hsm.ErrLocked)
	r.unlock()
	checkNothingAnnounced(t, r.dir)
}

// One officer unlocks, but two decide who the officers are.
func TestOneOfThreeDoesNotChangeTheOfficers(t *testing.T) {
	r := unfounded(t)
	f := r.founding()
	f.Needed = 1
	founded, err := appliance.Found(r.dir, f, r.options)
	if err != nil {
		t.Fatal(err)
	}
	r.a = founded.Appliance
	size := r.logSize()
	wantErr(t, r.a.ChangeOfficers(r.present("Ada Berg"), r.change()), authority.ErrApprovalsMissing)
	if r.logSize() != size {
		t.Fatal("something was recorded")
	}
	if err := r.a.ChangeOfficers(r.present("Ada Berg", "Ben Cole"), r.change()); err != nil {
		t.Fatal(err)
	}
	if r.logSize() == size || r.custody().Needed != 2 {
		t.Fatal("nothing was recorded")
	}
}

func (r *realm) logSize() uint64 {
	r.t.Helper()
	s, err := r.a.Authority().Status()
	if err != nil {
		r.t.Fatal(err)
	}
	return s.LogSize
}

func checkNothingAnnounced(t *testing.T, dir string) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(dir, "*.n*")); err != nil || len(left) != 0 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
}

func TestOfficerChangesTheirPassphrase(t *testing.T) {
	r := newRealm(t)
	next := []byte("another passphrase")
	wantErr(t, r.a.ChangePassphrase("Ada Berg", people["Ben Cole"], next), hsm.ErrOfficerPassphrase)
	wantErr(t, r.a.ChangePassphrase("Ada Berg", people["Ada Berg"], []byte("short")), hsm.ErrWeakPassphrase)
	wantErr(t, r.a.ChangePassphrase("Nobody", next, next), hsm.ErrNoOfficer)
	ada := r.present("Ada Berg")
	if err := r.a.ChangePassphrase("Ada Berg", people["Ada Berg"], next); err != nil {
		t.Fatal(err)
	}
	r.close()
	r.open()
	_, err := r.a.SignOn("Ada Berg", people["Ada Berg"])
	wantErr(t, err, hsm.ErrOfficerPassphrase)
	c, err := r.a.SignOn("Ada Berg", next)
	if err != nil {
		t.Fatal(err)
	}
	c.Erase()
	// Who signed on before is still signed on.
	if err := r.a.UnlockQuorum(pin, append(ada, r.present("Ben Cole")...)); err != nil {
		t.Fatal(err)
	}
}
