package appliance_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"math/big"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"marque/app/appliance"
	"marque/authority"
	"marque/hsm"
	"marque/storage"
)

// The environment of a victim: this test binary, as a program that is killed.
const (
	victimIn   = "APPLIANCE_TEST_VICTIM_IN" // the authority's folder
	victimDoes = "APPLIANCE_TEST_DOES"      // found, unlock, change
	victimTPM  = "APPLIANCE_TEST_TPM"
	victimDies = "APPLIANCE_TEST_DIES_AT" // a step, or nothing
	victimTime = "APPLIANCE_TEST_TIME"    // RFC 3339
)

// The secrets that victim and test have in common.
var fixedLockout = []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")

func fixedKey() *ecdsa.PrivateKey {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), big.NewInt(4711).FillBytes(make([]byte, 32)))
	if err != nil {
		panic(err)
	}
	return key
}

// victim founds, unlocks or changes, and dies by its own hand at the step that was named, if any.
func victim(dir string) error {
	clock, err := time.Parse(time.RFC3339, os.Getenv(victimTime))
	if err != nil {
		return err
	}
	o := appliance.WithStep(appliance.Options{
		Clock: func() time.Time { return clock }, TPM: os.Getenv(victimTPM), Cost: cheap,
	}, func(step string) {
		if step == os.Getenv(victimDies) {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	r := &realm{lockout: fixedLockout, key: fixedKey()}
	if os.Getenv(victimDoes) == "found" {
		_, err := appliance.Found(dir, r.founding(), o)
		return err
	}
	a, err := appliance.Open(dir, o)
	if err != nil {
		return err
	}
	var present []*hsm.Credential
	for _, name := range []string{"Ada Berg", "Ben Cole"} {
		c, err := a.SignOn(name, people[name])
		if err != nil {
			return err
		}
		present = append(present, c)
	}
	if err := a.UnlockQuorum(pin, present); err != nil {
		return err
	}
	if os.Getenv(victimDoes) == "unlock" {
		return a.Close()
	}
	c := r.change()
	c.NewPIN = nil
	return errors.Join(a.ChangeOfficers(present, c), a.Close())
}

// kill runs a victim until the step, or for the time, and reports whether it was killed.
func (r *realm) kill(does, step string, after time.Duration) bool {
	r.t.Helper()
	child := exec.CommandContext(r.t.Context(), os.Args[0])
	child.Env = append(os.Environ(), victimIn+"="+r.dir, victimDoes+"="+does, victimTPM+"="+r.tpm.Path(), victimDies+"="+step,
		victimTime+"="+r.clock.Format(time.RFC3339))
	var out strings.Builder
	child.Stdout, child.Stderr = &out, &out
	if err := child.Start(); err != nil {
		r.t.Fatal(err)
	}
	if after > 0 {
		timer := time.AfterFunc(after, func() { _ = child.Process.Kill() })
		defer timer.Stop()
	}
	_ = child.Wait()
	r.reboot()
	status, ok := child.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() && strings.TrimSpace(out.String()) != "<nil>" {
		r.t.Fatalf("%s, to be killed at %q: %s", does, step, &out)
	}
	return status.Signaled()
}

// reboot starts the TPM again, in good order: what a program that was killed has loaded into it stays there otherwise, since nothing
// manages its resources.
func (r *realm) reboot() {
	r.t.Helper()
	opened, err := hsm.OpenTPM(r.tpm.Path(), time.Now)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := opened.Close(); err != nil {
		r.t.Fatal(err)
	}
	r.tpm.Restart()
}

func fixed(t *testing.T) *realm {
	r := unfounded(t)
	r.lockout, r.key = fixedLockout, fixedKey()
	return r
}

// wantCounters makes sure that the TPM has the counters of one vault, and no others.
func (r *realm) wantCounters(want int) {
	r.t.Helper()
	opened, err := hsm.OpenTPM(r.tpm.Path(), time.Now)
	if err != nil {
		r.t.Fatal(err)
	}
	n := 0
	for i := range uint32(12) {
		if _, err := opened.ReadCounter(firstCounter + i); err == nil {
			n++
		}
	}
	if err := opened.Close(); err != nil || n != want {
		r.t.Fatalf("%d counters, want %d, %v", n, want, err)
	}
}

func TestFoundingKilledAtEveryStep(t *testing.T) {
	for _, step := range []string{"begun", "officers", "vault", "split", "database", "cards", "written", "checked"} {
		t.Run(step, func(t *testing.T) {
			r := fixed(t)
			if !r.kill("found", step, 0) {
				t.Fatal("there is no such step")
			}
			_, err := appliance.Open(r.dir, r.options)
			wantErr(t, err, appliance.ErrInterrupted)
			founded, err := appliance.Found(r.dir, r.founding(), r.options)
			if err != nil {
				t.Fatal(err)
			}
			r.founded, r.a = founded, founded.Appliance
			r.drill()
			r.enrol("bus-1")
			r.close()
			checkFolder(t, r.dir, "authority.db cards officers vault")
			r.wantCounters(3)
		})
	}
}

// Once the authority is at its place it is founded, although nobody has seen its cards: it says that its drill is pending, and issues
// nothing.
func TestFoundingKilledAtTheEnd(t *testing.T) {
	r := fixed(t)
	r.kill("found", "moved", 0)
	_, err := appliance.Found(r.dir, r.founding(), r.options)
	wantErr(t, err, authority.ErrFounded)
	r.open()
	r.unlock()
	if c := r.custody(); c.Drill != appliance.DrillPending || len(c.Backup.Seen) != 0 {
		t.Fatalf("custody %+v", c)
	}
	_, err = r.a.Authority().Enrol(request(t, "bus-1"))
	wantErr(t, err, authority.ErrDrillPending)
	wantErr(t, appliance.Discard(r.dir, r.options), storage.ErrBusy)
	r.close()

	if err := appliance.Discard(r.dir, r.options); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Dir(r.dir)); err != nil || len(left) != 0 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
	r.wantCounters(0)
	founded, err := appliance.Found(r.dir, r.founding(), r.options)
	if err != nil {
		t.Fatal(err)
	}
	r.founded, r.a = founded, founded.Appliance
	r.drill()
	r.close()
	wantErr(t, appliance.Discard(r.dir, r.options), appliance.ErrUsed)
	r.wantCounters(3)
	checkFolder(t, r.dir, "authority.db cards officers vault")
}

// An old copy of a realm that lives looks as if it had never been used; its vault's counters are the living one's.
func TestCopyOfALivingRealmIsNotDiscarded(t *testing.T) {
	r := newRealm(t)
	archive := r.backup()
	r.close()
	old, restored := filepath.Join(t.TempDir(), "old"), filepath.Join(t.TempDir(), "restored")
	if err := os.CopyFS(old, os.DirFS(r.dir)); err != nil {
		t.Fatal(err)
	}
	r.open()
	r.unlock()
	r.drill()
	r.enrol("bus-1")
	r.close()
	wantErr(t, appliance.Discard(old, r.options), appliance.ErrUsed)
	a, err := appliance.Restore(restored, bytes.NewReader(archive), keys(), r.options)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	wantErr(t, appliance.Discard(restored, r.options), appliance.ErrUsed)
	r.wantCounters(3)
	r.open()
	r.unlock()
}

// A stale vault is cleared away with the TPM that it was made on, and by no other.
func TestStaleFoundingNeedsItsTPM(t *testing.T) {
	r := fixed(t)
	r.kill("found", "written", 0)
	other := fixed(t)
	f := other.founding()
	_, err := appliance.Found(r.dir, f, other.options)
	wantErr(t, err, hsm.ErrOtherTPM)
	f = founding
	_, err = appliance.Found(r.dir, f, options)
	wantErr(t, err, hsm.ErrNoTPM)
	o := options
	o.TPM = r.tpm.Path()
	founded, err := appliance.Found(r.dir, f, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := founded.Appliance.Close(); err != nil {
		t.Fatal(err)
	}
	r.wantCounters(0)
}

func TestFoundingKilledAtAnyMoment(t *testing.T) {
	r := fixed(t)
	for i := range 12 {
		killed := r.kill("found", "", time.Duration(5+rand.IntN(110))*time.Millisecond)
		a, err := appliance.Open(r.dir, r.options)
		if err == nil {
			err = a.Close()
		}
		if !killed || err == nil {
			break // it is founded
		}
		if !errors.Is(err, appliance.ErrInterrupted) && !errors.Is(err, authority.ErrNotFounded) {
			t.Fatalf("round %d: %v", i, err)
		}
	}
	if _, err := os.Stat(r.dir); err != nil {
		founded, err := appliance.Found(r.dir, r.founding(), r.options)
		if err != nil {
			t.Fatal(err)
		}
		r.founded, r.a = founded, founded.Appliance
		r.close()
	}
	r.wantCounters(3)
	r.open()
	r.unlock()
}

func TestUnlockingKilledAtAnyMoment(t *testing.T) {
	r := fixed(t)
	founded, err := appliance.Found(r.dir, r.founding(), r.options)
	if err != nil {
		t.Fatal(err)
	}
	r.founded, r.a = founded, founded.Appliance
	r.drill()
	r.enrol("bus-1")
	r.close()
	for range 12 {
		r.kill("unlock", "", time.Duration(5+rand.IntN(120))*time.Millisecond)
	}
	r.open()
	r.unlock()
	if err := r.a.Authority().ReadOnly(); err != nil {
		t.Fatal(err)
	}
	r.enrol("bus-2")
	r.close()
	r.wantCounters(3)
}

func TestChangeOfOfficersKilledAtEveryStep(t *testing.T) {
	people["Emil Falk"] = []byte("emil's passphrase")
	for step, changed := range map[string]bool{"announced": false, "rekeyed": true, "settled": true} {
		t.Run(step, func(t *testing.T) {
			r := fixed(t)
			founded, err := appliance.Found(r.dir, r.founding(), r.options)
			if err != nil {
				t.Fatal(err)
			}
			r.a = founded.Appliance
			r.close()
			if !r.kill("change", step, 0) {
				t.Fatal("there is no such step")
			}
			r.checkOfficers(changed)
		})
	}
}

// checkOfficers opens the authority twice, with Emil if the officers have changed, and with Cleo if not.
func (r *realm) checkOfficers(changed bool) {
	r.t.Helper()
	third, gone := "Cleo Dahl", "Emil Falk"
	if changed {
		third, gone = gone, third
	}
	for range 2 {
		r.open()
		_, err := r.a.SignOn(gone, people[gone])
		wantErr(r.t, err, hsm.ErrNoOfficer)
		if err := r.a.UnlockQuorum(pin, r.present("Ben Cole", third)); err != nil {
			r.t.Fatal(err)
		}
		checkNothingAnnounced(r.t, r.dir)
		r.close()
	}
}

func TestChangeOfOfficersKilledAtAnyMoment(t *testing.T) {
	people["Emil Falk"] = []byte("emil's passphrase")
	r := fixed(t)
	founded, err := appliance.Found(r.dir, r.founding(), r.options)
	if err != nil {
		t.Fatal(err)
	}
	r.a = founded.Appliance
	r.close()
	for range 10 {
		r.clock = r.clock.Add(time.Second) // or else it is the same proposal
		r.kill("change", "", time.Duration(30+rand.IntN(150))*time.Millisecond)
		r.open()
		changed := len(r.a.Officers().List()) == 3
		r.close()
		r.checkOfficers(changed)
	}
}
