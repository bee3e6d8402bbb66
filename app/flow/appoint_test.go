package flow_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"marque/app/flow"
	"marque/app/localapi"
)

// approvalKey writes a key to a file, as it lies in a safe.
func approvalKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "approval-key.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func twice(text string) flow.Fresh {
	return flow.Fresh{First: []byte(text), Again: []byte(text)}
}

// openFor opens the vault by Ada and Ben in another program, and signs names on in the window.
func (w *guarded) openFor(names ...string) {
	w.t.Helper()
	w.serve()
	second, err := localapi.Dial(w.t.Context(), localapi.Options{Dir: w.dir})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, name := range []string{"Ada", "Ben"} {
		if _, err := second.SignOn(localapi.SignOn{Officer: name, Passphrase: passphraseOf(name)}); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := second.Unlock(localapi.Unlock{PIN: []byte(pin)}); err != nil {
		w.t.Fatal(err)
	}
	if err := second.Drill(w.backup[:2]); err != nil {
		w.t.Fatal(err)
	}
	w.start(flow.Locked)
	u := w.console.Unlock
	for _, name := range names {
		u.Choose(slices.IndexFunc(u.Officers(), func(o flow.Officer) bool { return o.Name == name }))
		w.enter(passphraseOf(name))
	}
	w.until("the vault", func() bool { return w.console.Phase == flow.Open && w.console.Realm.Rules != nil })
}

// refused says with which key a problem was explained; empty for none.
func refused(p *flow.Problem) string {
	if p == nil {
		return ""
	}
	return p.What.Key
}

func TestOfficersAreChangedTogether(t *testing.T) {
	w := newGuarded(t)
	w.openFor("Ada") // Ben is beside her, and not signed on here
	o := w.console.Officers
	if !o.NeedsSecond() || o.Blocked() != nil || o.Presence("Ada") != flow.Here || o.Presence("Ben") != flow.Elsewhere || o.Presence("Eve") != flow.Away {
		t.Fatalf("blocked %+v", o.Blocked())
	}
	o.Change()
	if o.Seal(); o.Step != flow.OfficersDraft || o.Obstacle().Key != "officers.nothing" {
		t.Fatalf("step %d, %v", o.Step, o.Obstacle())
	}
	if o.Appoint("ada") || refused(o.Problem) != "problem.officername.what" {
		t.Errorf("a name twice: %v", o.Problem)
	}
	if !o.Appoint("Finn") {
		t.Fatal("Finn is not appointed")
	}
	o.Select(2)
	o.Renew() // Cleo forgot hers
	o.Select(4)
	o.Dismiss() // Eve
	o.SetNeeded(9)
	if o.Needed != 4 || o.Security() != 4 {
		t.Errorf("%d of %d", o.Needed, o.Security())
	}
	o.SetNeeded(3)
	o.Seal()
	if got := o.Newcomers(); !slices.Equal(got, []string{"Cleo", "Finn"}) || len(o.Changes()) != 4 || o.Step != flow.OfficersSeal {
		t.Fatalf("%v, %v", got, o.Changes())
	}
	key := approvalKey(t)
	ask := func(s flow.SealSecrets) {
		t.Helper()
		s.PIN = append([]byte(nil), s.PIN...)
		o.Commit(s)
		w.until("an answer", func() bool { return !o.Busy })
		for _, secret := range [][]byte{s.PIN, s.Second, s.Passphrases[0].First, s.Passphrases[1].Again} {
			if len(bytes.Trim(secret, "\x00")) > 0 {
				t.Errorf("a secret is left: %q", secret)
			}
		}
	}
	fresh := func() []flow.Fresh { return []flow.Fresh{twice("cleo's own words"), twice("finn's own words")} }
	for _, c := range []struct {
		problem string
		with    flow.SealSecrets
	}{
		{"problem.differ.what", flow.SealSecrets{Passphrases: []flow.Fresh{twice("cleo's own words"), {First: []byte("finn's"), Again: []byte("others")}}}},
		{"problem.weak.what", flow.SealSecrets{Passphrases: []flow.Fresh{twice("short"), twice("finn's own words")}}},
		{"problem.together.what", flow.SealSecrets{Passphrases: fresh(), PIN: []byte(pin), KeyFile: key}},
		{"problem.nofile.what", flow.SealSecrets{Passphrases: fresh(), PIN: []byte(pin), KeyFile: key + ".bak", Second: passphraseOf("Ben")}},
		{"problem.approvalkey.what", flow.SealSecrets{Passphrases: fresh(), PIN: []byte(pin), KeyFile: "/etc/hostname", Second: passphraseOf("Ben")}},
		{"problem.officer.what", flow.SealSecrets{Passphrases: fresh(), PIN: []byte(pin), KeyFile: key, Second: []byte("not Ben's")}},
		{"problem.pin.what", flow.SealSecrets{Passphrases: fresh(), PIN: []byte("000000"), KeyFile: key, Second: passphraseOf("Ben")}},
	} {
		if ask(c.with); refused(o.Problem) != c.problem || o.Step != flow.OfficersSeal {
			t.Fatalf("want %s, got %+v", c.problem, o.Problem)
		}
	}
	ask(flow.SealSecrets{Passphrases: fresh(), PIN: []byte(pin), KeyFile: key, Second: passphraseOf("Ben"), NewPIN: twice("161803")})
	u := w.console.Unlock
	if w.console.Phase != flow.Locked || refused(u.Notice) != "problem.officerschanged.what" {
		t.Fatalf("phase %d, %+v, %+v", w.console.Phase, u.Notice, o.Problem)
	}
	w.until("the officers", func() bool { return len(u.Officers()) == 5 && u.Officers()[4].Name == "Finn" })
	if _, needed := u.Count(); needed != 3 {
		t.Errorf("%d unlock", needed)
	}
}

func TestOfficerChangesPassphrase(t *testing.T) {
	w := newGuarded(t)
	w.openFor("Ada")
	o := w.console.Officers
	o.Passphrase() // of nobody
	o.Select(3)
	o.Passphrase()
	if o.Step != flow.OfficersPassphrase || o.Chosen().Name != "Dora" {
		t.Fatalf("step %d", o.Step)
	}
	ask := func(from string, to flow.Fresh) string {
		t.Helper()
		o.ChangePassphrase([]byte(from), to)
		w.until("an answer", func() bool { return !o.Busy })
		return refused(o.Problem)
	}
	if got := ask("not Dora's", twice("dora's other words")); got != "problem.officer.what" || !o.Wrong {
		t.Errorf("a wrong one: %s", got)
	}
	if got := ask(string(passphraseOf("Dora")), flow.Fresh{First: []byte("dora's other words"), Again: []byte("dora's")}); got != "problem.differ.what" {
		t.Errorf("two that differ: %s", got)
	}
	if got := ask(string(passphraseOf("Dora")), twice("dora's other words")); got != "" || o.Changed != "Dora" || o.Step != flow.OfficersShown {
		t.Errorf("%s, changed %q", got, o.Changed)
	}
}

// Too few who are here, or nobody who could, is said before anything is typed.
func TestWhoCannotChangeOfficers(t *testing.T) {
	w := newGuarded(t)
	w.openFor("Eve")
	o := w.console.Officers
	if refused(o.Blocked()) != "problem.together.what" {
		t.Errorf("%+v", o.Blocked())
	}
	if o.Change(); o.Step != flow.OfficersShown {
		t.Error("an auditor changes officers")
	}
	alone := newWindow(t)
	alone.found()
	if p := alone.console.Officers.Blocked(); refused(p) != "problem.noofficers.what" || len(alone.console.Officers.All()) != 0 {
		t.Errorf("%+v", p)
	}
}
