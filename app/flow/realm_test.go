package flow_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"marque/app/flow"
	"marque/app/localapi"
	"marque/app/words"
	"marque/authority"
	"marque/device"
	"marque/device/wire"
)

func TestSpans(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"14 days": 14 * day, "14d": 14 * day, "2 Wochen": 14 * day, "1 h 30 min": 90 * time.Minute, "90min": 90 * time.Minute,
		"45 s": 45 * time.Second, "3 Tage": 3 * day, "2 Stunden": 2 * time.Hour, "2 Std": 2 * time.Hour, "1 Sekunde": time.Second, " 7  TAGE ": 7 * day,
		"": 0, "14": 0, "days": 0, "1 month": 0, "-3 days": 0, "0 days": 0, "1.5 days": 0, "3 x": 0, "99999999999 d": 0, "1 d 1 h 1 m 1 s 1 s": 0,
	} {
		if got, ok := flow.ParseSpan(text); got != want || ok != (want > 0) {
			t.Errorf("%q is %v, %v", text, got, ok)
		}
	}
	for d, want := range map[time.Duration]string{7 * day: "day", 36 * time.Hour: "hour", 90 * time.Minute: "minute", 61 * time.Second: "second"} {
		if _, unit := flow.Span(d); unit != want {
			t.Errorf("%v is in %ss", d, unit)
		}
	}
}

func FuzzParseSpan(f *testing.F) {
	for _, text := range []string{"14 days", "1h30m", "2 Wochen", "٣ days", "9 9 9"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := flow.ParseSpan(text)
		if ok != (d > 0) || d < 0 {
			t.Errorf("%q is %v, %v", text, d, ok)
		}
	})
}

func TestPolicyOfAPassphraseVault(t *testing.T) {
	w := newWindow(t)
	w.found()
	r := w.console.Realm
	w.until("the rules", func() bool { return r.Rules != nil })
	for typed, want := range map[string]string{"": "realm.nothing", "7 days": "realm.nothing", "soon": "realm.wrong", "90 days": "realm.order"} {
		r.Type(flow.TermStale, typed)
		if got := r.Obstacle().Key; got != want {
			t.Errorf("%q: %s, want %s", typed, got, want)
		}
		r.Change(nil)
		if r.Busy {
			t.Fatalf("%q is asked for", typed)
		}
	}
	r.Type(flow.TermStale, "3 days")
	r.Type(flow.TermPast, "10 min")
	r.Change(nil)
	w.until("the change", func() bool { return !r.Busy })
	if got := r.Terms(); r.Policy != flow.Carried || got[flow.TermStale] != 72*time.Hour || got[flow.TermPast] != 10*time.Minute || r.Rules.Policy.Sequence != 2 {
		t.Errorf("%v, %+v, %+v", got, r.Problem, r.Rules.Policy)
	}
	r.Confirm(nil)
	w.until("the clock", func() bool { return !r.Busy })
	if r.Clock != flow.Carried || r.NeedsSecond() {
		t.Errorf("%+v", r.Problem)
	}
	folder := filepath.Join(t.TempDir(), "statements")
	r.Export(folder)
	w.until("the export", func() bool { return !r.Busy })
	core, err := os.ReadFile(filepath.Join(folder, "core.mqs"))
	if err != nil || r.Exported != folder {
		t.Fatalf("%v, %+v", err, r.Problem)
	}
	c, err := wire.OpenCore(core)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := os.ReadFile(filepath.Join(folder, "policy-2.mqs"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wire.OpenStatement(policy, wire.TypePolicy, c.Realm, c.StatementKey); err != nil {
		t.Error(err)
	}
	w.saveErr = flow.ErrWrite
	r.Export(filepath.Join(t.TempDir(), "full"))
	w.until("the export", func() bool { return !r.Busy })
	if refused(r.Problem) != "problem.write.what" {
		t.Errorf("%+v", r.Problem)
	}
}

// Two officers decide about the policy: here together, or one after the other.
func TestPolicyTakesTwo(t *testing.T) {
	w := newGuarded(t)
	w.openFor("Ada")
	r := w.console.Realm
	if !r.NeedsSecond() || r.Rules.Deciders != 2 {
		t.Fatalf("%+v", r.Rules)
	}
	change := func(typed, passphrase string) {
		t.Helper()
		r.Type(flow.TermStale, typed)
		r.Change([]byte(passphrase))
		w.until("the answer", func() bool { return !r.Busy })
	}
	change("3 days", "not Ben's")
	if refused(r.Problem) != "problem.officer.what" || !r.Second.Wrong || r.Policy != flow.NotAsked {
		t.Errorf("%+v", r.Problem)
	}
	change("3 days", "")
	if r.Policy != flow.Waits || r.Terms()[flow.TermStale] == 72*time.Hour {
		t.Errorf("alone: %d, %+v", r.Policy, r.Problem)
	}
	approveBy(t, w, "Ben")
	w.console.Open(flow.PlaceRealm) // which looks how it is now
	w.until("the policy", func() bool { return r.Terms()[flow.TermStale] == 72*time.Hour })
	change("4 days", string(passphraseOf("Ben")))
	if r.Policy != flow.Carried || r.Terms()[flow.TermStale] != 96*time.Hour {
		t.Errorf("together: %d, %+v", r.Policy, r.Problem)
	}
}

// approveBy has an officer approve all that waits, elsewhere.
func approveBy(t *testing.T, w *guarded, name string) {
	t.Helper()
	c, err := localapi.Dial(t.Context(), localapi.Options{Dir: w.dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.SignOn(localapi.SignOn{Officer: name, Passphrase: passphraseOf(name)}); err != nil {
		t.Fatal(err)
	}
	all, err := c.Proposals()
	if err != nil || len(all) == 0 {
		t.Fatalf("%d proposals, %v", len(all), err)
	}
	for _, p := range all {
		if o, err := c.Approve(p.Digest); err != nil || !o.Done {
			t.Fatalf("%+v, %v", o, err)
		}
	}
}

// files reads papers as they are.
type files struct{}

func (files) File(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, flow.ErrNoFile
	}
	return b, nil
}

func (files) Text(code string) ([]byte, error) { return wire.ParseRegistrationText(code) }

func readKey(path string) ([]byte, error) { return files{}.File(path) }

// yard is a depot that is not part of the authority.
type yard struct {
	key  ed25519.PrivateKey
	core *wire.Core
	hand wire.HandOver
}

func newYard(core *wire.Core, seed byte) *yard {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	return &yard{key, core, wire.HandOver{
		Core: core.Hash(), Name: "south", Key: [32]byte(key.Public().(ed25519.PublicKey)), Sequence: 1, Time: time.Date(2026, 10, 14, 12, 0, 0, 0, time.UTC),
	}}
}

func (y *yard) registration(t *testing.T) []byte {
	t.Helper()
	b, err := wire.SignRegistration(y.key, y.core.Realm, &wire.Registration{Core: y.hand.Core, Name: y.hand.Name, Key: y.hand.Key, Time: y.hand.Time})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func paper(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "paper")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDepots(t *testing.T) {
	w := newWindow(t)
	w.found()
	d := w.console.Depots
	w.until("the rules", func() bool { return w.console.Realm.Rules != nil && d.Loaded })
	y := newYard(w.console.Realm.Rules.Core, 1)
	settle := func() {
		t.Helper()
		w.until("an answer", func() bool { return d.Step != flow.DepotsReading && d.Step != flow.DepotsBusy })
	}
	d.Choose(paper(t, []byte("something else")))
	if settle(); refused(d.Problem) != "problem.depotpaper.what" || d.Step != flow.DepotsShown {
		t.Errorf("%+v", d.Problem)
	}
	other := *y.core
	other.Realm, other.SPIDs = "other.example", []string{"other.example"}
	d.Choose(paper(t, newYard(&other, 2).registration(t)))
	if settle(); refused(d.Problem) != "problem.otherrealm.what" {
		t.Errorf("%+v", d.Problem)
	}
	d.Scan(wire.RegistrationText(y.registration(t)))
	if settle(); d.Step != flow.DepotsReview || d.Card.Name != "south" || !d.Card.Known.IsZero() || d.NeedsSecond() {
		t.Fatalf("step %d, %+v", d.Step, d.Problem)
	}
	d.Leave()
	if d.Card != nil || len(d.All) != 0 {
		t.Error("it is still there")
	}
	d.Choose(paper(t, y.registration(t)))
	settle()
	d.Register(nil)
	settle()
	if len(d.All) != 1 || d.All[0].Name != "south" || d.Done.Key != "depots.registered" || d.Waiting {
		t.Fatalf("%+v, %+v", d.All, d.Problem)
	}
	if d.Words(&d.All[0]) == ([8]string{}) {
		t.Error("it has no words")
	}
	receiptsOf(t, w, y, settle)
	d.Select(0)
	d.Revoke()
	if d.CanConfirm() {
		t.Error("without a reason")
	}
	d.Turn(1)
	d.Turn(1)
	if d.Reason != wire.ReasonStolen || !d.CanConfirm() {
		t.Errorf("reason %v", d.Reason)
	}
	d.Confirm()
	settle()
	if flow.DepotState(&d.All[0]) != flow.DepotRevoked || d.Done.Key != "depots.revoked" || d.Chosen() == nil {
		t.Errorf("%+v, %+v", d.All, d.Problem)
	}
	d.Choose(paper(t, y.registration(t)))
	settle()
	d.Register(nil)
	if settle(); d.Step != flow.DepotsReview || refused(d.Problem) != "problem.depotrevoked.what" || d.Card.Known.Key != "depots.known.revoked" {
		t.Errorf("step %d, %+v", d.Step, d.Problem)
	}
}

// receiptsOf hands over a real receipt and one that is damaged.
func receiptsOf(t *testing.T, w *window, y *yard, settle func()) {
	t.Helper()
	v, err := device.Create(filepath.Join(t.TempDir(), "bus"), device.Wanted{Name: "bus-1", Kind: wire.KindVehicle}, device.Options{Clock: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	request, err := v.Request()
	if err != nil {
		t.Fatal(err)
	}
	issued, err := w.service.Enrol(request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Install(issued.Package, y.hand.Core); err != nil {
		t.Fatal(err)
	}
	receipt, err := v.Receipt()
	if err != nil {
		t.Fatal(err)
	}
	together, err := wire.SignReceipts(y.key, y.core.Realm, &wire.Receipts{HandOver: y.hand, Receipts: [][]byte{{0x8e}, receipt}})
	if err != nil {
		t.Fatal(err)
	}
	d := w.console.Depots
	d.Choose(paper(t, together))
	settle()
	if h := d.Handed; h == nil || h.Depot != "south" || h.Taken != 1 || len(h.Refused) != 1 || !errors.Is(h.Refused[0], wire.ErrEncoding) {
		t.Fatalf("%+v, %+v", h, d.Problem)
	}
	d.Choose(paper(t, receipt))
	settle()
	if h := d.Handed; h == nil || h.Depot != "" || h.Again != 1 || h.Taken != 0 {
		t.Errorf("%+v, %+v", h, d.Problem)
	}
}

// Two officers register a depot: here together, or one after the other.
func TestDepotTakesTwo(t *testing.T) {
	w := newGuarded(t)
	w.openFor("Ada")
	d := w.console.Depots
	w.until("the depots", func() bool { return d.Loaded })
	y := newYard(w.console.Realm.Rules.Core, 1)
	ask := func(passphrase []byte) {
		t.Helper()
		if d.Step != flow.DepotsReview {
			d.Choose(paper(t, y.registration(t)))
			w.until("the card", func() bool { return d.Step == flow.DepotsReview })
		}
		d.Register(passphrase)
		w.until("an answer", func() bool { return d.Step != flow.DepotsBusy })
	}
	if ask([]byte("not Ben's")); refused(d.Problem) != "problem.officer.what" || !d.Second.Wrong || d.Step != flow.DepotsReview {
		t.Errorf("%+v", d.Problem)
	}
	if ask(nil); !d.Waiting || len(d.All) != 0 {
		t.Errorf("alone: %+v, %+v", d.All, d.Problem)
	}
	if ask(passphraseOf("Ben")); d.Waiting || len(d.All) != 1 {
		t.Errorf("together: %+v, %+v", d.All, d.Problem)
	}
}

func TestAbout(t *testing.T) {
	w := newWindow(t)
	w.found()
	a := w.console.About
	w.until("the service", func() bool { return a.Service != nil })
	if a.Sound() || a.OtherVersion() {
		t.Errorf("%+v", a)
	}
	a.Test()
	w.until("the results", func() bool { return !a.Testing })
	if !a.Sound() || len(a.Results) < 10 || a.Problem != nil {
		t.Errorf("%+v, %+v", a.Results, a.Problem)
	}
}

// Other realms that are trusted are shown, and whoever approves that sees the words of their core.
func TestTrustedRealms(t *testing.T) {
	w := newWindow(t)
	w.found()
	r, c := w.console.Realm, w.other()
	w.until("the rules", func() bool { return r.Rules != nil })
	if r.Trusted() != nil || r.Rules.Trusted.Sequence != 0 {
		t.Errorf("%+v", r.Rules.Trusted)
	}
	other := *c.Core()
	other.Realm, other.SPIDs = "ferries.example", []string{"ferries.example"}
	core, err := other.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := c.Trust(localapi.Trust{Realm: other.Realm, Core: core}); err != nil || !out.Done {
		t.Fatalf("%+v, %v", out, err)
	}
	w.console.Open(flow.PlaceRealm)
	w.until("the trust list", func() bool { return slices.Equal(r.Trusted(), []string{"ferries.example"}) })
	folder := filepath.Join(t.TempDir(), "statements")
	r.Export(folder)
	w.until("the export", func() bool { return !r.Busy })
	list, err := os.ReadFile(filepath.Join(folder, "trust-1.mqf"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wire.OpenTrust(list, c.Core()); err != nil {
		t.Error(err)
	}
	payload, err := (&authority.TrustPayload{Realm: other.Realm, Core: core}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	hash := other.Hash()
	content := (&flow.Proposal{Action: authority.ActionTrust, Payload: payload}).Content()
	if content == nil || content.Facts[len(content.Facts)-1].Words == nil || *content.Facts[len(content.Facts)-1].Words != words.Of(hash[:]) {
		t.Errorf("%+v", content)
	}
}
