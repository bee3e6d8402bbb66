package flow_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"marque/app/flow"
	"marque/app/localapi"
	"marque/authority"
	"marque/device/wire"
)

// names are those of who was chosen.
func names(ids []authority.Identity) (all []string) {
	for i := range ids {
		all = append(all, ids[i].Address.Name())
	}
	return all
}

// chooses looks for names, one after the other.
func (w *window) chooses(typed ...string) {
	w.t.Helper()
	r := w.console.Revoke
	for _, name := range typed {
		n := len(r.Items)
		r.Add(name)
		w.until("the one who was looked for", func() bool { return len(r.Items) > n })
	}
	w.until("what it does", func() bool { return r.Impact != nil })
}

func TestRevokeAndTakeBack(t *testing.T) {
	w := newWindow(t)
	w.found()
	for _, name := range []string{"bus-1", "bus-2", "bus-22"} {
		w.enrol(name)
	}
	c, r := w.console, w.console.Revoke
	for typed, key := range map[string]string{"tram": "revoke.nobody", "b": "revoke.several", "https://example.org": "revoke.nobody"} {
		r.Note = flow.Text{}
		r.Add(typed)
		w.until("an answer", func() bool { return !r.Note.IsZero() })
		if r.Note.Key != key || r.Step != flow.RevokeEmpty {
			t.Errorf("%q: %s", typed, r.Note.Key)
		}
	}
	w.chooses("bus-2") // and not bus-22
	r.Add("BUS-2")
	w.until("the answer", func() bool { return r.Note.Key == "revoke.twice" })
	w.chooses(string("//fleet.example/Sbus-1~0"))
	if got := names(r.Items); !slices.Equal(got, []string{"bus-2", "bus-1"}) || r.Impact.After != 2 || r.Impact.Needed != 1 {
		t.Fatalf("%v, %+v", got, r.Impact)
	}
	for _, step := range []struct {
		why string
		do  func()
	}{
		{"revoke.why.reason", func() { r.MoveReason(1) }},
		{"revoke.why.count", func() { r.Typed = "3" }},
		{"revoke.why.count", func() { r.Typed = " 2 " }},
		{"", func() { r.SetFromDate(true) }},
		{"revoke.why.date", func() { r.Since = "2126-10-14" }},
		{"revoke.why.date", func() { r.Since = "14.10.2026" }},
	} {
		if why := r.WhyNot(false); why.Key != step.why || r.CanCommit(false) != (step.why == "") {
			t.Errorf("%q, want %q", why.Key, step.why)
		}
		r.Commit(nil)
		if step.why != "" && r.Step != flow.RevokeChosen {
			t.Fatal("revoked all the same")
		} else if step.why == "" {
			w.until("the end", func() bool { return r.Step == flow.RevokeDone })
			break
		}
		step.do()
	}
	if r.Result == nil || r.Result.Count != 2 || r.Result.Waits || r.Result.List != 2 {
		t.Fatalf("%+v", r.Result)
	}
	w.until("what no list has", func() bool { return len(r.Undoable) == 2 && c.Status.Now.Unpublished == 2 })
	if r.Undoable[0].Revoked.Reason != wire.ReasonKeyCompromise {
		t.Errorf("%+v", r.Undoable[0].Revoked)
	}
	r.Add("bus-1")
	w.until("the answer", func() bool { return r.Note.Key == "revoke.already" })
	r.TakeBack(r.Undoable[0])
	r.Commit(nil)
	w.until("the end", func() bool { return r.Step == flow.RevokeDone && r.Result.Undone })
	w.until("what no list has", func() bool { return len(r.Undoable) == 1 && c.Status.Now.Unpublished == 1 })
	r.Leave()

	// Somebody else publishes meanwhile.
	r.Back()
	if _, err := w.other().Publish(); err != nil {
		t.Fatal(err)
	}
	r.Commit(nil)
	w.until("the refusal", func() bool { return r.Problem != nil })
	if r.Problem.What.Key != "problem.listed.what" || r.Step != flow.RevokeUndo {
		t.Errorf("%+v, step %d", r.Problem, r.Step)
	}
}

// What was chosen survives the service, and a scan's date in the past counts.
func TestRevokeSurvivesTheService(t *testing.T) {
	w := newWindow(t)
	w.found()
	w.enrol("bus-1")
	r := w.console.Revoke
	w.chooses("bus-1")
	r.SetReason(wire.ReasonLost)
	w.kill()
	r.Commit(nil)
	w.until("the loss", func() bool { return w.console.Phase == flow.Shut })
	w.serve()
	w.start(flow.Locked)
	w.unlock()
	if r.Step != flow.RevokeChosen || r.Reason != wire.ReasonLost || len(r.Items) != 1 {
		t.Fatalf("step %d, %v", r.Step, r.Items)
	}
	r.Commit(nil)
	w.until("the end", func() bool { return r.Step == flow.RevokeDone })
	w.console.Lock()
	if r.Step != flow.RevokeEmpty || r.Result != nil || len(r.Undoable) > 0 {
		t.Error("something of the open authority is still shown")
	}
}

// Two officers beside each other: the second one is there for one thing.
func TestSecondOfficer(t *testing.T) {
	w := newGuarded(t)
	w.serve()
	ready := w.signedOn("Ada", "Ben")
	if err := ready.Unlock(localapi.Unlock{PIN: []byte(pin)}); err != nil {
		t.Fatal(err)
	}
	if err := ready.WaiveDrill(); err != nil {
		t.Fatal(err)
	}
	var all []wire.Address
	for _, name := range []string{"bus-1", "bus-2", "bus-3"} {
		issued, err := ready.Enrol(request(t, name, w.clock()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, issued.Address)
	}
	w.start(flow.Locked)
	w.console.Unlock.Choose(0)
	w.enter(passphraseOf("Ada"))
	c, r := w.console, w.console.Revoke
	w.until("the screens", func() bool { return c.Unlocked() && c.Status.Known })
	take := func(count string, addresses ...wire.Address) {
		t.Helper()
		r.Take(addresses)
		w.until("what it does", func() bool { return r.Step == flow.RevokeChosen && r.Impact != nil })
		r.SetReason(wire.ReasonStolen)
		r.Typed = count
	}
	take("2", all[:2]...)
	if s := r.Second; !s.Exists() || s.Name() != "Ben" || len(s.Officers()) != 2 || s.Enough(2) || !r.CanAsk() || r.CanCommit(false) {
		t.Fatalf("%q of %v", s.Name(), s.Officers())
	}
	r.Second.Other(1)
	wrong := passphraseOf("Ben") // but Cleo is asked
	r.Commit(wrong)
	w.until("the refusal", func() bool { return r.Second.Wrong })
	if r.Step != flow.RevokeChosen || r.Problem != nil || !bytes.Equal(wrong, make([]byte, len(wrong))) {
		t.Errorf("step %d, %+v, %q", r.Step, r.Problem, wrong)
	}
	r.Commit(passphraseOf("Cleo"))
	w.until("the end", func() bool { return r.Step == flow.RevokeDone })
	if r.Result.Waits || r.Second.Wrong {
		t.Errorf("%+v", r.Result)
	}
	c.Status.Refresh()
	w.until("Cleo to be gone", func() bool {
		return !slices.Contains(c.Status.Custody.Present, "Cleo") && c.Status.Now.Unpublished == 2
	})

	// One of them alone asks for it to be taken back, and another approves.
	w.until("what no list has", func() bool { return len(r.Undoable) == 2 })
	r.TakeBack(r.Undoable[0])
	r.Commit(nil)
	w.until("the end", func() bool { return r.Step == flow.RevokeDone })
	if !r.Result.Waits || !r.Result.Undone {
		t.Errorf("%+v", r.Result)
	}
	r.Leave()
	w.pass(time.Second)
	take("2", all[2]) // one alone needs nobody
	if needed, _ := r.Needs(); needed || !r.CanCommit(false) {
		t.Error("a second officer for one")
	}
	r.SetReason(wire.ReasonSuspended)
	r.Commit(nil)
	w.until("the end", func() bool { return r.Step == flow.RevokeDone && !r.Result.Waits && r.Result.Suspended })

	// One alone suspended, and two release.
	id, err := ready.Identity(all[2])
	if err != nil {
		t.Fatal(err)
	}
	r.Release(*id)
	if needed, optional := r.Needs(); r.Step != flow.RevokeUndo || !needed || optional || r.CanCommit(false) || !r.CanAsk() {
		t.Fatalf("step %d, %v, %v", r.Step, needed, optional)
	}
	w.pass(time.Second)
	r.Commit(passphraseOf(r.Second.Name()))
	w.until("the end", func() bool { return r.Step == flow.RevokeDone && r.Result.Released && !r.Result.Waits })
	if id, err = ready.Identity(all[2]); err != nil || id.Revoked != nil {
		t.Errorf("%+v %v", id.Revoked, err)
	}
}

// signedOn is another program in which officers signed on.
func (w *guarded) signedOn(names ...string) *localapi.Client {
	w.t.Helper()
	c, err := localapi.Dial(w.t.Context(), localapi.Options{Dir: w.dir})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, name := range names {
		if _, err := c.SignOn(localapi.SignOn{Officer: name, Passphrase: passphraseOf(name)}); err != nil {
			w.t.Fatal(err)
		}
	}
	return c
}
