package flow_test

import (
	"path/filepath"
	"testing"
	"time"

	"marque/app/flow"
	"marque/device/wire"
)

// A service that dies takes nothing with it that somebody had typed or chosen.
func TestServiceGoneAndBack(t *testing.T) {
	w := newWindow(t)
	w.found()
	c := w.console
	w.enrol("bus-1")
	c.Enrol.Choose(w.picture("bus-2"), w.picture("bus-3"))
	w.until("the request card", func() bool { return c.Enrol.Step == flow.EnrolReview })
	c.Identities.Search("bus")
	w.kill()
	c.Enrol.Issue()
	w.until("the loss", func() bool { return c.Phase == flow.Shut })
	if c.Problem.What.Key != "problem.gone.what" {
		t.Errorf("%v", c.Problem)
	}
	c.Start()
	w.until("the second failure", func() bool { return c.Phase == flow.Shut && c.Problem != nil })
	if c.Problem.What.Key != "problem.noservice.what" {
		t.Errorf("%v", c.Problem)
	}
	w.serve()
	w.start(flow.Locked)
	w.unlock()
	e := c.Enrol
	if e.Step != flow.EnrolReview || !e.CanIssue() || e.Review.Request.Name != "bus-2" || e.Waiting() != 1 || c.Identities.Query != "bus" {
		t.Fatalf("step %d, %d wait, query %q", e.Step, e.Waiting(), c.Identities.Query)
	}
	e.Issue()
	w.until("the package", func() bool { return e.Step == flow.EnrolDone })
	if len(e.Done) != 2 || !e.Done[0].Written {
		t.Errorf("%+v", e.Done)
	}
}

// What was being read when the service died is read again.
func TestServiceGoneWhileReading(t *testing.T) {
	w := newWindow(t)
	w.found()
	c := w.console
	w.kill()
	c.Enrol.Scan(wire.RequestText(request(t, "bus-4711", w.clock())))
	w.until("the loss", func() bool { return c.Phase == flow.Shut })
	w.serve()
	w.start(flow.Locked)
	w.unlock()
	w.until("the request card", func() bool { return c.Enrol.Step == flow.EnrolReview })
	if c.Enrol.Review.Request.Name != "bus-4711" || c.Enrol.Problem != nil {
		t.Errorf("%+v", c.Enrol.Review)
	}
}

// When nobody does anything the service locks; the console follows, and keeps what was on its screens.
func TestIdleLock(t *testing.T) {
	w := newWindow(t)
	w.idle = 15 * time.Minute
	w.found()
	c := w.console
	c.Enrol.Choose(w.picture("bus-1"))
	w.until("the request card", func() bool { return c.Enrol.Step == flow.EnrolReview })
	w.pass(16 * time.Minute)
	c.Refresh()
	w.until("the lock", func() bool { return c.Phase == flow.Locked })
	if n := c.Unlock.Notice; n == nil || n.What.Key != "problem.meanwhile.what" || n.Why.Args["Minutes"] != 15 {
		t.Errorf("%+v", n)
	}
	c.Enrol.Issue()
	w.unlock()
	if c.Enrol.Step != flow.EnrolReview || !c.Enrol.CanIssue() || c.Unlock.Notice != nil {
		t.Errorf("step %d", c.Enrol.Step)
	}
}

// The session may end while others keep the vault open: the console asks for the passphrase again.
func TestSessionEnds(t *testing.T) {
	w := newWindow(t)
	w.found()
	c := w.console
	if err := w.service.SignOff(); err != nil { // as being idle does
		t.Fatal(err)
	}
	c.Enrol.Choose(w.picture("bus-1"))
	w.until("the lock", func() bool { return c.Phase == flow.Locked })
	w.until("the state", func() bool { return c.Unlock.OpenElsewhere() })
	w.unlock()
	w.until("the request card", func() bool { return c.Enrol.Step == flow.EnrolReview })
}

// Another console's lock is this one's as well.
func TestLockedElsewhere(t *testing.T) {
	w := newWindow(t)
	w.found()
	if err := w.other().Lock(); err != nil {
		t.Fatal(err)
	}
	w.console.Identities.Refresh()
	w.until("the lock", func() bool { return w.console.Phase == flow.Locked && w.console.Unlock.Notice != nil })
}

func TestFoundedElsewhere(t *testing.T) {
	w := newWindow(t)
	w.serve()
	w.start(flow.Absent)
	if _, err := w.service.Found(flow.Evaluation("fleet.example"), &flow.Secrets{Passphrase: []byte(secret)}); err != nil {
		t.Fatal(err)
	}
	w.console.Refresh()
	w.until("the lock", func() bool { return w.console.Phase == flow.Locked })
}

func TestCommands(t *testing.T) {
	for dir, want := range map[string]string{
		"/var/lib/marque": "marque authority found --dir /var/lib/marque --ceremony FILE",
		"/home/o'b/a b":   `marque authority found --dir '/home/o'\''b/a b' --ceremony FILE`,
	} {
		if got := flow.FoundCommand(filepath.Clean(dir)); got != want {
			t.Errorf("%s", got)
		}
	}
}
