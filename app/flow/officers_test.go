package flow_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"marque/app/appliance"
	"marque/app/flow"
	"marque/app/localapi"
	"marque/authority"
	"marque/hsm"
	"marque/hsm/hsmtest"
)

const pin = "271828"

// guarded is a window before a realm whose vault a TPM guards. Ada, Ben and Cleo are security officers, of whom two unlock; Dora
// enrols, and Eve reads.
type guarded struct {
	*window

	emulator *hsmtest.Emulator
	backup   [][]byte // cards
}

func passphraseOf(name string) []byte { return []byte("the passphrase of " + name) }

func newGuarded(t *testing.T) *guarded {
	t.Helper()
	w := &guarded{window: newWindow(t), emulator: hsmtest.Start(t)}
	w.tpm = w.emulator.Path()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	lockout, err := hsm.NewLockoutAuth(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := appliance.Founding{
		Realm: authority.Founding{Realm: "fleet.example"}, Needed: 2, Cost: cheap,
		TPM:    &appliance.NewTPM{Path: w.tpm, PIN: []byte(pin), Lockout: lockout, ApprovalKey: key},
		Backup: appliance.Cards{Needed: 2, Total: 3}, Next: appliance.Cards{Needed: 2, Total: 3},
	}
	for i, name := range []string{"Ada", "Ben", "Cleo", "Dora", "Eve"} {
		role := []hsm.Role{hsm.SecurityOfficer, hsm.SecurityOfficer, hsm.SecurityOfficer, hsm.DepotOperator, hsm.Auditor}[i]
		f.Officers = append(f.Officers, hsm.Appointment{Name: name, Role: role, Passphrase: passphraseOf(name)})
	}
	founded, err := appliance.Found(w.dir, f, appliance.Options{Clock: w.clock, TPM: w.tpm})
	if err != nil {
		t.Fatal(err)
	}
	w.backup = founded.Cards
	if err := founded.Appliance.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

// enter types a secret and waits for what comes of it.
func (w *guarded) enter(secret []byte) {
	w.t.Helper()
	u := w.console.Unlock
	u.Enter(secret)
	w.until("an answer", func() bool { return !u.Busy })
}

// problem returns the key of the problem that the lock screen shows.
func (w *guarded) problem() string {
	if p := w.console.Unlock.Problem; p != nil {
		return strings.TrimSuffix(strings.TrimPrefix(p.What.Key, "problem."), ".what")
	}
	return ""
}

// unlockBy signs officers on and gives the PIN.
func (w *guarded) unlockBy(names ...string) {
	w.t.Helper()
	u := w.console.Unlock
	for _, name := range names {
		u.Choose(slices.IndexFunc(u.Officers(), func(o flow.Officer) bool { return o.Name == name }))
		w.enter(passphraseOf(name))
	}
	if u.Asks() != flow.AsksPIN {
		w.t.Fatalf("asks for %d, problem %q", u.Asks(), w.problem())
	}
	w.enter([]byte(pin))
}

func TestOfficersUnlock(t *testing.T) {
	w := newGuarded(t)
	w.serve()
	w.start(flow.Locked)
	c, u := w.console, w.console.Unlock
	if present, needed := u.Count(); present != 0 || needed != 2 || u.Asks() != flow.AsksOfficer || u.Chosen != 0 || len(u.Officers()) != 5 {
		t.Fatalf("%d of %d, asks for %d of officer %d", present, needed, u.Asks(), u.Chosen)
	}
	if k := c.Status.Custody; !k.TPM || k.Chip == nil || k.Chip.TriesLeft != flow.MaxTries || k.Drill != flow.DrillPending || u.Obstacle() != nil {
		t.Errorf("custody %+v, chip %+v, obstacle %+v", k, k.Chip, u.Obstacle())
	}
	w.enter([]byte("not Ada's"))
	if w.problem() != "officer" || !u.Wrong || u.Chosen != 0 {
		t.Errorf("problem %q, chosen %d", w.problem(), u.Chosen)
	}
	w.enter(passphraseOf("Ada"))
	if present, _ := u.Count(); present != 1 || u.Chosen != 1 || u.Asks() != flow.AsksOfficer {
		t.Fatalf("%d present, officer %d, problem %q", present, u.Chosen, w.problem())
	}
	u.Choose(3) // who may sign on, and does not count
	w.enter(passphraseOf("Dora"))
	if present, _ := u.Count(); present != 1 || u.Asks() != flow.AsksOfficer || u.Chosen != 1 {
		t.Errorf("%d present, officer %d", present, u.Chosen)
	}
	w.enter(passphraseOf("Ben"))
	if u.Asks() != flow.AsksPIN {
		t.Fatalf("asks for %d", u.Asks())
	}
	w.enter([]byte("314159"))
	if w.problem() != "pin" || u.Problem.What.Args["Count"] != flow.MaxTries-1 || u.Asks() != flow.AsksPIN || c.Phase != flow.Locked {
		t.Errorf("problem %+v", u.Problem)
	}
	w.until("the tries left", func() bool { return c.Status.Custody.Chip.TriesLeft == flow.MaxTries-1 })
	w.enter([]byte(pin))
	if c.Phase != flow.Open || w.problem() != "" {
		t.Fatalf("phase %d, problem %q", c.Phase, w.problem())
	}
	c.Lock()
	w.until("the closed vault", func() bool { return c.Status.Phase == flow.Locked && len(c.Status.Custody.Present) == 0 })
	if present, _ := u.Count(); present != 0 || u.Asks() != flow.AsksOfficer {
		t.Errorf("%d present after locking", present)
	}
}

func TestOfficersChooseAndLeave(t *testing.T) {
	w := newGuarded(t)
	w.serve()
	w.start(flow.Locked)
	u := w.console.Unlock
	u.Other(1)
	u.Other(1)
	u.Other(1)
	if u.Chosen != 3 {
		t.Errorf("officer %d", u.Chosen)
	}
	u.Other(-1)
	w.enter(passphraseOf("Cleo"))
	u.Other(-1)
	if u.Chosen != 4 { // from Ada, the first who is missing, to the last
		t.Errorf("officer %d", u.Chosen)
	}
	u.SignOff()
	w.until("nobody", func() bool { w.console.Refresh(); return len(w.console.Status.Custody.Present) == 0 })
	if u.CanSignOff() || u.Asks() != flow.AsksOfficer || u.Chosen != 0 {
		t.Errorf("asks for %d of officer %d", u.Asks(), u.Chosen)
	}
}

// With enough officers present, another one may still sign on before the PIN is given.
func TestMoreOfficersThanNeeded(t *testing.T) {
	w := newGuarded(t)
	w.serve()
	w.start(flow.Locked)
	u := w.console.Unlock
	for _, name := range []string{"Ada", "Ben"} {
		w.enter(passphraseOf(name))
	}
	u.Other(1)
	if u.Asks() != flow.AsksOfficer || u.Chosen != 2 {
		t.Fatalf("asks for %d of officer %d", u.Asks(), u.Chosen)
	}
	u.Other(-1)
	if u.Asks() != flow.AsksPIN {
		t.Errorf("asks for %d", u.Asks())
	}
	u.Other(1)
	w.enter(passphraseOf("Cleo"))
	w.enter([]byte(pin))
	if w.console.Phase != flow.Open {
		t.Errorf("phase %d, problem %q", w.console.Phase, w.problem())
	}
}

// Nothing is issued before the restore drill, and the console says so before anybody tries.
func TestDrillPendingBlocks(t *testing.T) {
	w := newGuarded(t)
	w.serve()
	w.start(flow.Locked)
	w.unlockBy("Ada", "Cleo")
	e := w.console.Enrol
	e.Choose(w.picture("bus-1"))
	w.until("the request card", func() bool { return e.Step == flow.EnrolReview })
	want := "marque authority cards drill --dir " + w.dir + " --officer Ada --officer Cleo"
	if e.CanIssue() || e.Blocked == nil || e.Blocked.Next.Args["Command"] != want {
		t.Fatalf("%+v", e.Blocked)
	}
	second, err := localapi.Dial(t.Context(), localapi.Options{Dir: w.dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Ada", "Ben"} {
		if _, err := second.SignOn(localapi.SignOn{Officer: name, Passphrase: passphraseOf(name)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := second.Drill(w.backup[:2]); err != nil {
		t.Fatal(err)
	}
	w.console.Refresh()
	w.until("the drill", func() bool { return e.Blocked == nil })
	if !w.console.Status.Custody.Production {
		t.Errorf("custody %+v", w.console.Status.Custody)
	}
	e.Issue()
	w.until("the package", func() bool { return e.Step == flow.EnrolDone })
}

// An operator and an auditor work with a vault that others opened, as far as their roles go.
func TestSignOnToAnOpenVault(t *testing.T) {
	w := newGuarded(t)
	w.serve()
	second, err := localapi.Dial(t.Context(), localapi.Options{Dir: w.dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Ada", "Ben"} {
		if _, err := second.SignOn(localapi.SignOn{Officer: name, Passphrase: passphraseOf(name)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := second.Unlock(localapi.Unlock{PIN: []byte(pin)}); err != nil {
		t.Fatal(err)
	}
	w.start(flow.Locked)
	u := w.console.Unlock
	u.Choose(4)
	w.enter(passphraseOf("Eve"))
	w.until("the list", func() bool { return w.console.Phase == flow.Open && w.console.Identities.Loaded })
	e := w.console.Enrol
	e.Choose(w.picture("bus-1"))
	w.until("the refusal", func() bool { return e.Problem != nil })
	if e.Problem.What.Key != "problem.role.what" {
		t.Errorf("%v", e.Problem)
	}
}

func TestVaultFailures(t *testing.T) {
	for name, c := range map[string]struct {
		harm     func(w *guarded)
		obstacle string // that is shown before anything is typed
		problem  string // of the PIN
	}{
		"platform changed": {func(w *guarded) { w.emulator.Extend(4, "another boot loader") }, "platform", "platform"},
		"another TPM":      {func(w *guarded) { w.tpm = hsmtest.Start(w.t).Path() }, "silent", "othertpm"},
		"no TPM":           {func(w *guarded) { w.emulator.Kill() }, "silent", "notpm"},
		"locked out":       {lockOut, "lockedout", "lockedout"},
		"officers' file":   {otherGeneration, "", "officersfile"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newGuarded(t)
			c.harm(w)
			w.serve()
			w.start(flow.Locked)
			got := ""
			if p := w.console.Unlock.Obstacle(); p != nil {
				got = p.What.Key
			}
			if want := c.obstacle; want != "" && got != "problem."+want+".what" || want == "" && got != "" {
				t.Errorf("obstacle %q, want %q", got, want)
			}
			w.unlockBy("Ada", "Ben")
			if w.problem() != c.problem || w.console.Phase != flow.Locked {
				t.Errorf("problem %q: %+v", w.problem(), w.console.Unlock.Problem)
			}
		})
	}
}

// lockOut types wrong PINs until the TPM takes no more.
func lockOut(w *guarded) {
	w.serve()
	w.start(flow.Locked)
	w.unlockBy("Ada", "Ben")
	w.console.Lock()
	w.until("the lock", func() bool { return w.console.Status.Phase == flow.Locked })
	for _, name := range []string{"Ada", "Ben"} {
		w.enter(passphraseOf(name))
	}
	for i := range 2 * flow.MaxTries {
		w.enter(fmt.Appendf(nil, "wrong %d", i))
		if w.problem() == "lockedout" {
			break
		}
	}
	w.kill()
	w.console.Refresh()
	w.until("the loss", func() bool { return w.console.Phase == flow.Shut })
}

// otherGeneration puts an officers' file in its place that is not the vault's newest, with the same people and passphrases.
func otherGeneration(w *guarded) {
	path := filepath.Join(w.dir, "officers")
	old, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	other := newGuarded(w.t)
	strange, err := os.ReadFile(filepath.Join(other.dir, "officers"))
	if err != nil {
		w.t.Fatal(err)
	}
	if slices.Equal(old, strange) {
		w.t.Fatal("two foundings have the same officers' file")
	}
	if err := os.WriteFile(path, strange, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// A database that is older than the TPM's counter can be read, and not changed.
func TestRolledBackIsReadOnly(t *testing.T) {
	w := newGuarded(t)
	path := filepath.Join(w.dir, "authority.db")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	w.serve()
	w.start(flow.Locked)
	w.unlockBy("Ada", "Ben")
	second, err := localapi.Dial(t.Context(), localapi.Options{Dir: w.dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.SignOn(localapi.SignOn{Officer: "Ada", Passphrase: passphraseOf("Ada")}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := second.Publish(); err != nil {
			t.Fatal(err)
		}
	}
	w.kill()
	w.console.Refresh()
	w.until("the loss", func() bool { return w.console.Phase == flow.Shut })
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	w.serve()
	w.start(flow.Locked)
	w.unlockBy("Ada", "Ben")
	s := w.console.Status
	if w.console.Phase != flow.ReadOnly || s.Custody.ReadOnly != flow.RolledBack || s.Custody.Chip.Counter <= s.Custody.Counter {
		t.Fatalf("phase %d, custody %+v", w.console.Phase, s.Custody)
	}
	p := s.ReadOnly()
	if want := "marque authority reopen --dir " + w.dir + " --officer Ada --officer Ben --media FOLDER"; p.Next.Args["Command"] != want {
		t.Errorf("%+v", p)
	}
	w.until("the list", func() bool { return w.console.Identities.Loaded })
	e := w.console.Enrol
	e.Choose(w.picture("bus-1"))
	w.until("the request card", func() bool { return e.Step == flow.EnrolReview })
	if e.CanIssue() || e.Blocked == nil {
		t.Error("keys can be issued all the same")
	}
}
