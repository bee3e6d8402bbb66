package flow_test

import (
	"path/filepath"
	"strings"
	"testing"

	"marque/app/appliance"
	"marque/app/flow"
	"marque/app/localapi"
	"marque/authority"
)

func (w *window) audit() *flow.Audit {
	w.t.Helper()
	w.console.Open(flow.PlaceAudit)
	a := w.console.Audit
	w.until("the log", func() bool { return a.Loaded })
	return a
}

func TestAuditShowsTheLog(t *testing.T) {
	w := newWindow(t)
	w.found()
	w.enrol("bus-1")
	w.enrol("bus-2")
	a := w.audit()
	w.until("all entries", func() bool { return a.Len() == 5 })
	if got := flow.EntryText(a.Row(0)); got.Key != "audit.entry.issue" || got.Args["Name"] != "bus-2~1" || got.Args["Reason"] != "" {
		t.Errorf("%+v", got)
	}
	if a.Row(4).Kind != "found" || a.Row(5) != nil || a.Row(-1) != nil || a.HeadText() == "" {
		t.Error("the rows are not those of the log")
	}
	a.Search("bus-1")
	w.until("the entry", func() bool { return !a.Looking && a.Len() == 1 })
	a.Select(0)
	if a.Selected().Name != "bus-1" || a.Index() != 0 || a.More() {
		t.Errorf("%+v", a.Selected())
	}
	a.Prove()
	w.until("the proof", func() bool { return a.Proof != nil })
	if a.Proof.Head.Size != a.Size || len(a.Proof.Path) == 0 {
		t.Errorf("%+v", a.Proof)
	}
	if _, err := w.other().Enrol(request(t, "bus-3", w.clock())); err != nil {
		t.Fatal(err)
	}
	w.console.Refresh()
	w.until("what somebody else did", func() bool { return a.Size == 6 })
	a.Search("")
	a.SetClass(authority.LogPublished)
	w.until("the list", func() bool { return !a.Looking && a.Len() == 1 })
	w.console.Lock()
	if a.Len() != 0 || a.Selected() != nil || a.Class != "" {
		t.Error("something of the log is still shown")
	}
}

func TestAuditVerifiesAndExports(t *testing.T) {
	w := newWindow(t)
	w.found()
	w.enrol("bus-1")
	a := w.audit()
	a.VerifyAll()
	w.until("the report", func() bool { return a.Verify.Report != nil })
	if !a.Verify.Report.OK() || a.Verify.Busy || a.Verify.Report.Size != a.Size {
		t.Errorf("%+v", a.Verify.Report)
	}
	a.VerifyAll()
	if !a.StopVerifying() || a.StopVerifying() || a.Verify.Busy {
		t.Error("it was not stopped once")
	}
	dir := t.TempDir()
	a.ExportTo(dir)
	w.until("the export", func() bool { return !a.Export.Busy })
	if a.Export.Problem != nil || filepath.Dir(a.Export.Path) != dir || !strings.HasSuffix(a.Export.VerifyCommand(), a.Export.Path) {
		t.Fatalf("%+v", a.Export)
	}
	if report, err := appliance.Audit(a.Export.Path); err != nil || !report.OK() || report.Size != a.Size {
		t.Errorf("%+v %v", report, err)
	}
	a.ExportTo(filepath.Join(w.dir, "authority.db")) // below a file
	w.until("the failure", func() bool { return a.Export.Problem != nil })
	if a.Export.Problem.What.Key != "problem.write.what" {
		t.Errorf("%+v", a.Export.Problem)
	}
}

func TestApprovalsTakeASecondOfficer(t *testing.T) {
	w := newGuarded(t)
	w.serve()
	w.start(flow.Locked)
	w.unlockBy("Ada", "Ben")
	c := w.console
	if _, err := cleo(w).ConfirmClock(w.clock()); err != nil { // nothing stands against it
		t.Fatal(err)
	}
	a := c.Approvals
	a.Refresh()
	w.until("the proposal", func() bool { return len(a.All) == 1 })
	p := a.Selected()
	if p.State != authority.StateOpen || a.Group(p) != flow.WaitsForYou || a.Waiting() != 1 || p.Requester != "Cleo" {
		t.Fatalf("%+v", p)
	}
	content := p.Content()
	if content == nil || content.Title.Key != "approvals.action.clock" || len(content.Facts) == 0 {
		t.Fatalf("%+v", content)
	}
	a.Approve([]byte("not theirs"))
	w.until("the refusal", func() bool { return !a.Busy })
	if !a.Second.Wrong || !a.Open() {
		t.Errorf("%+v", a.Problem)
	}
	secret := passphraseOf(a.Second.Name())
	a.Approve(secret)
	w.until("the decision", func() bool { return !a.Busy })
	if a.Problem != nil || a.Done.Key != "approvals.done" || a.Selected().State != authority.StateDecided || secret[0] != 0 {
		t.Errorf("%+v %+v", a.Problem, a.Done)
	}
}

func TestApprovalsAreRefused(t *testing.T) {
	w := newGuarded(t)
	w.serve()
	w.start(flow.Locked)
	w.unlockBy("Ada", "Ben")
	if _, err := cleo(w).ConfirmClock(w.clock()); err != nil {
		t.Fatal(err)
	}
	a := w.console.Approvals
	a.Refresh()
	w.until("the proposal", func() bool { return len(a.All) == 1 })
	a.AskWhy(true)
	a.Refuse("")
	if a.Busy || !a.Refusing {
		t.Error("it was refused without a reason")
	}
	a.Refuse("the clock is right")
	w.until("the refusal", func() bool { return !a.Busy })
	if a.Problem != nil || a.Selected().State != authority.StateRefused || a.Selected().Refused != "Ada: the clock is right" || a.Refusing {
		t.Errorf("%+v %+v", a.Problem, a.Selected())
	}
}

// cleo is another console, at which Cleo is signed on alone.
func cleo(w *guarded) *localapi.Client {
	w.t.Helper()
	c, err := localapi.Dial(w.t.Context(), localapi.Options{Dir: w.dir})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	if _, err := c.SignOn(localapi.SignOn{Officer: "Cleo", Passphrase: passphraseOf("Cleo")}); err != nil {
		w.t.Fatal(err)
	}
	return c
}
