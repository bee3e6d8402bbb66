package flow_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marque/app/flow"
	"marque/device/wire"
)

func TestFoundingChecksWhatWasTyped(t *testing.T) {
	f := newWindow(t).console.Founding
	for typed, key := range map[string]string{
		"": "founding.realm.empty", " ": "founding.realm.empty", "Fleet.example": "founding.realm.case", "fleet": "founding.realm.dot",
		"fleet..example": "founding.realm.bad", "flotte.münchen": "founding.realm.bad", "fleet.example": "", " fleet.example ": "",
	} {
		if got := f.CheckRealm(typed).Key; got != key {
			t.Errorf("realm %q: %q, want %q", typed, got, key)
		}
	}
	for _, c := range []struct{ first, second, key string }{
		{"short", "short", "founding.secret.short"},
		{strings.Repeat("x", 1025), "", "founding.secret.long"},
		{secret, "", "founding.secret.again"},
		{secret, secret + " ", "founding.secret.differ"},
		{secret, secret, ""},
	} {
		if got := f.CheckSecret([]byte(c.first), []byte(c.second)).Key; got != c.key {
			t.Errorf("passphrase of %d octets: %q, want %q", len(c.first), got, c.key)
		}
	}
}

func TestFoundingCannotBeBegunWithoutAName(t *testing.T) {
	f := newWindow(t).console.Founding
	f.SetRealm("FLEET")
	if f.Step != flow.FoundingRealm {
		t.Error("a name that is none was taken")
	}
	p := []byte(secret)
	f.Found(p)
	if f.Step != flow.FoundingRealm || !bytes.Equal(p, make([]byte, len(p))) {
		t.Error("founding without a name, or the passphrase was kept")
	}
}

func TestFoundLockUnlock(t *testing.T) {
	w := newWindow(t)
	w.serve()
	w.start(flow.Absent)
	c := w.console
	c.Founding.SetRealm("fleet.example")
	c.Founding.Found([]byte(secret))
	w.until("the words", func() bool { return c.Founding.Step == flow.FoundingWords })
	c.Status.Refresh() // as happens from time to time: the words stay
	w.until("the state", func() bool { return c.Status.Known })
	if !c.Founding.Ahead() {
		t.Fatal("the words of the realm were passed over")
	}
	c.Founding.Finish()
	w.until("the list of identities", func() bool { return c.Identities.Loaded && c.Status.Known })
	if c.Phase != flow.Open || c.Status.Now.Realm != "fleet.example" || c.Founding.Words() != c.Status.Words() {
		t.Fatalf("phase %d, realm %q", c.Phase, c.Status.Now.Realm)
	}
	if k := c.Status.Custody; k.TPM || k.Production || len(k.Reasons) == 0 || k.Drill != flow.DrillNone || c.Enrol.Blocked != nil {
		t.Errorf("custody %+v", k)
	}
	w.enrol("bus-4711")
	c.Lock()
	if c.Phase != flow.Locked || c.Identities.Matches() > 0 || len(c.Enrol.Done) > 0 {
		t.Error("something of the open authority is still shown")
	}
	w.until("the closed vault", func() bool { return c.Status.Phase == flow.Locked })

	wrong := []byte("wrong " + secret)
	c.Unlock.Enter(wrong)
	w.until("the refusal", func() bool { return c.Unlock.Problem != nil })
	if c.Unlock.Problem.What.Key != "problem.passphrase.what" || !c.Unlock.Wrong || c.Phase != flow.Locked || !bytes.Equal(wrong, make([]byte, len(wrong))) {
		t.Errorf("problem %v, phase %d, passphrase %q", c.Unlock.Problem, c.Phase, wrong)
	}
	w.unlock()
	if c.Phase != flow.Open || c.Identities.Total() != 1 || c.Unlock.Problem != nil {
		t.Errorf("phase %d, %d identities", c.Phase, c.Identities.Total())
	}
}

func TestStartWithoutAService(t *testing.T) {
	w := newWindow(t)
	w.start(flow.Shut)
	if w.console.Problem.What.Key != "problem.noservice.what" {
		t.Errorf("%v", w.console.Problem)
	}
	w.serve()
	w.start(flow.Absent)
}

func TestEnrolWritesPackageAndListBesideThePicture(t *testing.T) {
	w := newWindow(t)
	w.found()
	e := w.console.Enrol
	picture := w.picture("bus-4711")
	e.Choose(picture)
	w.until("the request card", func() bool { return e.Step == flow.EnrolReview })
	if !e.CanIssue() || e.Review.Request.Name != "bus-4711" || e.Target() != filepath.Dir(picture) {
		t.Fatalf("%+v", e.Review)
	}
	e.Issue()
	w.until("the package", func() bool { return e.Step == flow.EnrolDone })
	for _, name := range []string{"bus-4711~0.mqp", "list-1.mql"} {
		if got := <-w.saved; got != filepath.Join(filepath.Dir(picture), name) {
			t.Errorf("wrote %s", got)
		}
	}
	w.until("the identity in the list", func() bool { return w.console.Identities.Total() == 1 })

	e.Choose(picture)
	w.until("the same request again", func() bool { return e.Step == flow.EnrolReview })
	if !e.Review.Again || !e.CanIssue() {
		t.Error("the same request is not known again")
	}
	e.Issue()
	w.until("the same package again", func() bool { return e.Step == flow.EnrolDone })
	if !e.Done[0].Issued.Again || e.Done[0].Path != e.Done[1].Path {
		t.Errorf("%+v", e.Done)
	}
}

func TestEnrolUnderAClockFarAhead(t *testing.T) {
	w := newWindow(t)
	w.found()
	w.pass(29 * 24 * time.Hour)
	e := w.console.Enrol
	e.Scan(wire.RequestText(request(t, "bus-4711", w.clock())))
	w.until("the request card", func() bool { return e.Step == flow.EnrolReview })
	e.Issue()
	w.until("the refusal", func() bool { return e.Step == flow.EnrolReview })
	if e.Problem == nil || e.Problem.What.Key != "problem.clockahead.what" {
		t.Fatalf("%+v", e.Problem)
	}
	if _, err := w.other().ConfirmClock(w.clock()); err != nil {
		t.Fatal(err)
	}
	e.Issue()
	w.until("the package", func() bool { return e.Step == flow.EnrolDone })
}

func TestEnrolRefuses(t *testing.T) {
	w := newWindow(t)
	w.found()
	w.enrol("bus-4711")
	e := w.console.Enrol
	damaged := request(t, "bus-4712", w.clock())
	damaged[len(damaged)-1] ^= 1
	for code, key := range map[string]string{
		"https://example.org":                                          "problem.foreign.what",
		wire.RequestText(damaged):                                      "problem.proof.what",
		wire.RequestText(request(t, "bus-4711", w.clock())):            "problem.usedname.what",
		wire.RequestText([]byte("this is no request, but well coded")): "problem.notrequest.what",
	} {
		e.Scan(code)
		w.until("the problem", func() bool { return e.Problem != nil })
		if e.Problem.What.Key != key || e.CanIssue() {
			t.Errorf("%v, want %s", e.Problem, key)
		}
		e.Issue()
		e.Discard()
	}
	if e.Step != flow.EnrolWaiting || len(e.Done) != 1 {
		t.Errorf("step %d, %d done", e.Step, len(e.Done))
	}
	if ids, err := w.other().Identities(0, 10); err != nil || len(ids) != 1 {
		t.Errorf("%d identities, %v", len(ids), err)
	}
}

func TestEnrolSeveralPictures(t *testing.T) {
	w := newWindow(t)
	w.found()
	e := w.console.Enrol
	e.Choose(w.picture("bus-1"), w.picture("bus-2"), w.picture("bus-3"))
	for left := 2; left >= 0; left-- {
		w.until("the request card", func() bool { return e.Step == flow.EnrolReview })
		if e.Waiting() != left {
			t.Errorf("%d wait, want %d", e.Waiting(), left)
		}
		e.Issue()
		w.until("the package", func() bool { return e.Step == flow.EnrolDone })
		e.Next()
	}
	if len(e.Done) != 3 || e.Done[0].Issued.Address.Serial() != 2 {
		t.Errorf("%+v", e.Done)
	}
}

func TestEnrolKeepsAPackageThatCannotBeWritten(t *testing.T) {
	w := newWindow(t)
	w.found()
	w.saveErr = flow.ErrWrite
	e := w.console.Enrol
	e.Scan(wire.RequestText(request(t, "bus-4711", w.clock())))
	w.until("the request card", func() bool { return e.Step == flow.EnrolReview })
	e.Issue()
	w.until("the failure", func() bool { return e.Step == flow.EnrolUnwritten })
	if e.Problem.What.Key != "problem.write.what" || e.Done[0].Written {
		t.Errorf("%v, %+v", e.Problem, e.Done)
	}
	e.Discard()
	e.Choose(w.picture("bus-4712"))
	if e.Step != flow.EnrolUnwritten {
		t.Fatal("the package was left behind")
	}
	e.Write()
	w.until("the second failure", func() bool { return e.Step == flow.EnrolUnwritten })
	e.SetFolder(filepath.Join(t.TempDir(), "good"))
	w.until("the package", func() bool { return e.Step == flow.EnrolDone })
	if len(e.Done) != 1 || !e.Done[0].Written || e.Done[0].Path != filepath.Join(e.Folder, "bus-4711~0.mqp") {
		t.Errorf("%+v", e.Done)
	}
}

// Results that arrive after the officer went on must not bring anything back.
func TestLateResultsAreDropped(t *testing.T) {
	w := newWindow(t)
	w.found()
	e := w.console.Enrol
	e.Choose(w.picture("bus-4711"))
	e.Discard()
	e.Scan("https://example.org")
	w.until("the second result", func() bool { return e.Problem != nil })
	if e.Review != nil {
		t.Error("a discarded request came back")
	}
	e.Choose(w.picture("bus-4712"))
	w.console.Identities.Refresh()
	w.console.Lock()
	w.until("the closed vault", func() bool { return w.console.Status.Phase == flow.Locked && len(w.results) == 0 })
	if e.Step != flow.EnrolWaiting || e.Review != nil || w.console.Identities.Loaded || w.console.Identities.Loading {
		t.Errorf("step %d after locking", e.Step)
	}
}

func TestListGrowsOld(t *testing.T) {
	w := newWindow(t)
	w.found()
	s := w.console.Status
	w.until("the state", func() bool { return s.Known })
	for _, c := range []struct {
		days  int
		state flow.ListState
		left  int
	}{{0, flow.ListGood, 7}, {4, flow.ListGood, 3}, {2, flow.ListEnding, 1}, {2, flow.ListStale, -1}, {30, flow.ListRefused, -31}} {
		w.pass(time.Duration(c.days) * 24 * time.Hour)
		if s.ListState() != c.state || s.ListDays() != c.left {
			t.Errorf("after %d days more: state %d, %d days left", c.days, s.ListState(), s.ListDays())
		}
	}
}
