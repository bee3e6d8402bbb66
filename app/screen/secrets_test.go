package screen_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"marque/app/flow"
	"marque/app/screen"
	"marque/authority"
	"marque/device/wire"
)

// typedAt is what stands in the secret field that has the focus.
func typedAt(t *testing.T, s *stage) *screen.Field {
	t.Helper()
	f, ok := s.window.Canvas().Focused().(*screen.Field)
	if !ok {
		t.Fatalf("the focus is on %T", s.window.Canvas().Focused())
	}
	return f
}

// A passphrase that somebody typed and left must not approve anything for who comes next.
func TestLeftSecretsAreForgotten(t *testing.T) {
	s := newStage(t, fleet(t), window, false)
	proposed(s)
	for _, leave := range []struct {
		name string
		how  func()
	}{
		{"another screen", func() { s.control("1"); s.control("6") }},
		{"locked by the service", func() {
			s.altered(officers(func(s *flow.State) { s.Phase = flow.Locked }))
			s.altered(officers(func(s *flow.State) { s.Phase = flow.Open }))
			sign(s, 1)
			s.console.Open(flow.PlaceApprovals)
		}},
		{"locked", func() { s.control("L") }},
	} {
		s.typed("their passphrase")
		field := typedAt(t, s)
		if field.Text != "their passphrase" {
			t.Fatalf("%s: %d characters typed", leave.name, len(field.Text))
		}
		leave.how()
		s.settle()
		if field.Text != "" {
			t.Errorf("%s: the passphrase is still there", leave.name)
		}
	}
}

func TestAPaneForgetsThePassphrase(t *testing.T) {
	s := newStage(t, fleet(t), window, false)
	alone(s, flow.PlaceHome)
	s.key(fyne.KeyF3)
	s.typed("their passphrase")
	field := typedAt(t, s)
	if field.Text != "their passphrase" {
		t.Fatalf("%d characters typed", len(field.Text))
	}
	s.key(fyne.KeyEscape)
	if field.Text != "" {
		t.Error("the passphrase is still there")
	}
}

// A secret that can be read stays in its field, and the next one is hidden.
func TestSecretsAreNotCopied(t *testing.T) {
	f := screen.NewSecretField()
	w := test.NewTempWindow(t, f)
	w.Canvas().Focus(f)
	f.SetText("secret")
	f.Password = false // somebody looks behind the dots
	f.TypedShortcut(&fyne.ShortcutSelectAll{})
	clipboard := fyne.CurrentApp().Clipboard()
	clipboard.SetContent("before")
	f.TypedShortcut(&fyne.ShortcutCopy{Clipboard: clipboard})
	f.TypedShortcut(&fyne.ShortcutCut{Clipboard: clipboard})
	if clipboard.Content() != "before" || f.Text != "secret" {
		t.Error("a secret left its field")
	}
	clear(f.Take())
	if !f.Password || f.Text != "" {
		t.Error("the next secret is typed in sight")
	}
	if f.TypedShortcut(&fyne.ShortcutUndo{}); f.Text != "" {
		t.Error("a secret came back")
	}
}

// A share card that is scanned where none is asked for is neither shown nor looked for.
func TestAShareCardIsNotShown(t *testing.T) {
	s := opened(t)
	s.console.Open(flow.PlaceRevoke)
	card := "MQ1S" + strings.Repeat("ABCDEFG2", 21)
	s.shell.Scanned(card, nil)
	s.settle()
	if r := s.console.Revoke; !r.Note.IsZero() {
		t.Errorf("it was looked for: %s", r.Note.Key)
	}
	if n := s.console.Notice; n == nil || n.What.Key != "problem.route.card.what" {
		t.Errorf("notice %+v", n)
	}
}

// Who was looked for too late is not among those that are revoked.
func TestTooLateToBeRevoked(t *testing.T) {
	s := opened(t)
	s.console.Open(flow.PlaceRevoke)
	r := s.console.Revoke
	r.Add("bus-4711")
	s.settle()
	r.MoveReason(1)
	r.Add("bus-4712")
	r.Commit(nil)
	late := s.work[0] // it comes before the end of what was begun
	s.work = s.work[1:]
	late()
	if r.Step != flow.RevokeBusy || len(r.Items) != 1 {
		t.Fatalf("step %d, %d chosen", r.Step, len(r.Items))
	}
	s.settle()
	if r.Step != flow.RevokeDone || r.Result.Count != 1 {
		t.Errorf("step %d, %+v", r.Step, r.Result)
	}
}

// Nobody approves what this version cannot read, not even with the passphrase that was typed for something else.
func TestTheUnreadableIsNotApproved(t *testing.T) {
	s := newStage(t, fleet(t), window, false)
	s.place.proposals = []flow.Proposal{{
		Digest: [32]byte{1}, Action: authority.ActionBatch, Payload: []byte("what"), Requester: "J. Okafor", Time: today,
		Expires: today.Add(authority.ProposalLifetime), Approved: []string{"J. Okafor"}, Missing: 1, State: authority.StateOpen,
	}}
	alone(s, flow.PlaceApprovals)
	a := s.console.Approvals
	secret := []byte("their passphrase")
	if a.Approve(secret); a.Busy || !bytes.Equal(secret, make([]byte, len(secret))) {
		t.Error("it is being approved, or the passphrase is kept")
	}
}

// A code that is scanned while a secret is asked for is none: nobody is asked whether it is right, as wrong ones are counted.
func TestACodeIsNoSecret(t *testing.T) {
	s := newStage(t, fleet(t), window, false)
	for _, code := range []string{wire.RequestText(request("secret-1", wire.KindVehicle, today)), "MQ1S" + strings.Repeat("ABCDEFG2", 21), "//nordtal.example/Stram-112~8"} {
		s.scans("a" + code)
		if len(s.work) > 0 || s.console.Unlock.Busy || typedAt(t, s).Text != "" {
			t.Errorf("%.4s: it was tried, or is still there", code)
			s.settle()
		}
	}
	s.typed(string(passphrase))
	s.key(fyne.KeyReturn)
	if s.settle(); s.console.Phase != flow.Open {
		t.Error("the passphrase does not open")
	}
}

// No key that a scanner types beside a secret signs anybody off.
func TestAScanSignsNobodyOff(t *testing.T) {
	s := newStage(t, fleet(t), window, false)
	alone(s, flow.PlaceHome)
	s.key(fyne.KeyF3)
	s.key(fyne.KeyUp)
	if a := s.console.Attendance; !a.CanLeave() {
		t.Fatalf("officer %d cannot leave", a.At)
	}
	s.late += time.Second
	s.types("abcdefgh", 5*time.Millisecond)
	s.press(fyne.KeyF6)
	if len(s.work) > 0 || s.console.Attendance.Busy {
		t.Error("an officer was signed off")
	}
}

// Characters that turn what stands around them about, or cannot be seen, are shown as what they are.
func TestTextsAreNotTurnedAbout(t *testing.T) {
	s := opened(t)
	s.console.Open(flow.PlaceRevoke)
	s.console.Revoke.Add("bus\u202e1174\u200b\x1b")
	s.settle()
	seen := false
	for _, o := range s.objects() {
		if c, ok := o.(*canvas.Text); ok {
			if strings.ContainsAny(c.Text, "\u202e\u200b\x1b") {
				t.Errorf("%+q is shown", c.Text)
			}
			seen = seen || strings.Contains(c.Text, "bus\ufffd1174\ufffd\ufffd")
		}
	}
	if !seen {
		t.Error("what was looked for is not shown")
	}
}
