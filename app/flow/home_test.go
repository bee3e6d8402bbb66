package flow_test

import (
	"slices"
	"testing"
	"time"

	"marque/app/flow"
	"marque/app/localapi"
	"marque/device/wire"
)

func (w *window) kinds() (kinds []flow.TaskKind) {
	for _, t := range w.console.Home.Tasks {
		kinds = append(kinds, t.Kind)
	}
	return kinds
}

// withdraw has another program revoke the first identity.
func (w *window) withdraw() {
	w.t.Helper()
	other := w.other()
	if err := other.Unlock(localapi.Unlock{Passphrase: []byte(secret)}); err != nil {
		w.t.Fatal(err)
	}
	ids, err := other.Identities(0, 1)
	if err != nil || len(ids) != 1 {
		w.t.Fatal(err)
	}
	if _, err := other.Revoke(localapi.Revoke{Addresses: []string{ids[0].Address.String()}, Reason: "stolen"}); err != nil {
		w.t.Fatal(err)
	}
}

// What needs somebody is told once it does, and no longer than that.
func TestHomeFollowsTheAuthority(t *testing.T) {
	w := newWindow(t)
	w.found()
	c := w.console
	w.until("the overview", func() bool { return c.Home.Outlook != nil })
	if len(c.Home.Tasks) != 0 || c.Place != flow.PlaceHome {
		t.Errorf("of a new realm: %v at %s", w.kinds(), c.Place)
	}
	w.enrol("bus-1")
	w.until("the receipt that is missing", func() bool { return slices.Equal(w.kinds(), []flow.TaskKind{flow.TaskReceipts, flow.TaskUnsaved}) })
	w.until("the newcomer", func() bool { return c.Home.Outlook.Enrolled == 1 && c.Home.Missing() == 1 })
	c.Home.Outlook.Enrolled = 15
	if n := c.Home.Missing(); n != 0 {
		t.Errorf("%d receipts of 15 newcomers are missing, of whom one is known", n)
	}
	c.Home.Outlook.Enrolled = 1
	w.withdraw()
	c.Refresh()
	w.until("the change", func() bool { return slices.Equal(w.kinds(), []flow.TaskKind{flow.TaskChanges, flow.TaskUnsaved}) })
	w.until("its name", func() bool { return c.Home.Tasks[0].Why.Args["Names"] == "bus-1" })
	c.Home.Enter("")
	if c.Place != flow.PlacePublish {
		t.Errorf("the task leads to %s", c.Place)
	}
	c.Lock()
	w.until("the lock", func() bool { return c.Phase == flow.Locked })
	if c.Home.Outlook != nil || len(c.Home.Tasks) != 0 {
		t.Error("it is told after the lock")
	}
}

func TestListsThatEnd(t *testing.T) {
	w := newWindow(t)
	w.found()
	c := w.console
	for _, step := range []struct {
		later time.Duration
		why   string
	}{{6 * 24 * time.Hour, "ending"}, {2 * 24 * time.Hour, "stale"}, {30 * 24 * time.Hour, "refused"}} {
		w.pass(step.later)
		c.Refresh()
		w.until(step.why, func() bool {
			return len(c.Home.Tasks) == 1 && c.Home.Tasks[0].Why.Key == "home.task.list.why."+step.why
		})
	}
	if c.Home.Tasks[0].Urgency != flow.Danger {
		t.Errorf("%+v", c.Home.Tasks[0])
	}
}

// Every code and every name is sent where it belongs.
func TestCodesAreSentWhereTheyBelong(t *testing.T) {
	w := newWindow(t)
	w.found()
	c := w.console
	c.Open(flow.PlaceAudit)
	c.Scan(wire.RequestText(request(t, "bus-4711", w.clock())))
	w.until("the request card", func() bool { return c.Enrol.Step == flow.EnrolReview })
	if c.Place != flow.PlaceEnrol {
		t.Errorf("a request leads to %s", c.Place)
	}
	c.Enrol.Discard()
	for code, want := range map[string]flow.Place{
		"//fleet.example/Sbus-4711~17": flow.PlaceIdentities,
		"MQ1SABCDEF":                   flow.PlaceBackup,
	} {
		c.Open(flow.PlaceAudit)
		if c.Scan(code); c.Place != want {
			t.Errorf("%s leads to %s", code, c.Place)
		}
	}
	c.Open(flow.PlaceAudit)
	c.Scan("https://example.org/menu")
	if c.Place != flow.PlaceAudit || c.Notice == nil || !c.Dismiss() || c.Notice != nil {
		t.Errorf("a foreign code: at %s, %+v", c.Place, c.Notice)
	}
	c.Find("bus-47")
	if c.Place != flow.PlaceIdentities || c.Identities.Query != "bus-47" {
		t.Errorf("a name leads to %s, %q", c.Place, c.Identities.Query)
	}
	c.Open(flow.PlaceHome)
	c.Home.Enter(w.picture("bus-4712"))
	w.until("the request card", func() bool { return c.Enrol.Step == flow.EnrolReview })
	if c.Enrol.Review.Request.Name != "bus-4712" {
		t.Errorf("%+v", c.Enrol.Review)
	}
	c.Lock()
	w.until("the lock", func() bool { return c.Phase == flow.Locked })
	if c.Scan("https://example.org"); c.Notice != nil {
		t.Error("a locked console takes codes")
	}
}

func TestSortsOfCodes(t *testing.T) {
	for code, want := range map[string]flow.Sort{
		"":                             flow.SortUnknown,
		"bus-4711":                     flow.SortUnknown,
		"MQ1P":                         flow.SortUnknown,
		"MQ1P!!!!!!!!!!!!!!!!":         flow.SortUnknown,
		"//fleet.example/Sbus-4711~17": flow.SortAddress,
		"MQ1RSOMETHING":                flow.SortRequest,
		"MQ1SSOMETHING":                flow.SortCard,
	} {
		if got := flow.SortOf(code); got != want {
			t.Errorf("%q is of sort %d", code, got)
		}
	}
}

func TestGotoFindsIdentities(t *testing.T) {
	w := newWindow(t)
	w.found()
	w.enrol("bus-1")
	w.enrol("tram-1")
	g := w.console.Goto
	g.Begin()
	g.Type("bu")
	g.Type("bus")
	w.until("the vehicle", func() bool { return len(g.Hits) == 1 && g.Hits[0].Name == "bus-1" && g.More == 0 })
	g.Show(0)
	if w.console.Place != flow.PlaceIdentities {
		t.Errorf("it leads to %s", w.console.Place)
	}
	g.Begin()
	if g.Query != "" || g.Hits != nil {
		t.Error("it remembers what was typed before")
	}
}
