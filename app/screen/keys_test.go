package screen_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"marque/app/flow"
	"marque/app/screen"
	"marque/device/wire"
)

var window = fyne.NewSize(1280, 800)

// control presses a key together with Ctrl, as the window driver would pass it on.
func (s *stage) control(key fyne.KeyName) {
	s.late += time.Second
	s.shortcut(key)
}

// shortcut is the same without the pause before it.
func (s *stage) shortcut(key fyne.KeyName) {
	shortcut := &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierControl}
	if f, ok := s.window.Canvas().Focused().(fyne.Shortcutable); ok {
		f.TypedShortcut(shortcut)
		return
	}
	s.window.Canvas().(fyne.Shortcutable).TypedShortcut(shortcut)
}

// shows reports whether a text can be seen.
func (s *stage) shows(text string) bool {
	for _, o := range s.objects() {
		if t, ok := o.(*canvas.Text); ok && t.Text == text {
			return true
		}
	}
	return false
}

func opened(t *testing.T) *stage {
	t.Helper()
	s := newStage(t, fleet(t), window, false)
	s.unlock()
	return s
}

func TestUnlockingByKeys(t *testing.T) {
	s := newStage(t, fleet(t), window, false)
	s.key(fyne.KeyReturn) // nothing typed yet
	s.typed("not " + string(passphrase))
	s.key(fyne.KeyReturn)
	s.settle()
	if s.console.Phase != flow.Locked || !s.shows("Wrong passphrase.") {
		t.Fatal("the wrong passphrase is not refused")
	}
	s.typed(string(passphrase))
	s.key(fyne.KeyEnter)
	s.settle()
	if s.console.Phase != flow.Open {
		t.Fatal("the right passphrase does not open")
	}
}

func TestKeysReachTheWindowPastAFocusedField(t *testing.T) {
	s := opened(t)
	s.control("3")
	if !s.shows("Identities") || s.window.Canvas().Focused() == nil {
		t.Fatal("Ctrl+3 does not lead to the identities, or nothing has the focus there")
	}
	s.typed("bus")
	before := s.console.Identities.Query
	s.control("D")
	if before != "bus" || s.console.Identities.Query != "bus" {
		t.Error("the look changed what was typed")
	}
	if c := fyne.CurrentApp().Settings().Theme().Color("background", 0); c != screen.NewTheme(true).Color("background", 0) {
		t.Error("Ctrl+D does not change the look")
	}
	s.key(fyne.KeyEscape)
	if s.console.Identities.Query != "" {
		t.Error("Esc does not show all again")
	}
	s.control("L")
	s.settle()
	if s.console.Phase != flow.Locked {
		t.Error("Ctrl+L does not lock")
	}
}

func TestEnrollingByKeys(t *testing.T) {
	s := opened(t)
	code := picture(t, wire.RequestText(request("key-1", wire.KindVehicle, today)))
	s.typed(code)
	s.key(fyne.KeyReturn)
	s.settle()
	if s.console.Enrol.Step != flow.EnrolReview || !s.shows("key-1") {
		t.Fatalf("step %d: %v", s.console.Enrol.Step, s.console.Enrol.Problem)
	}
	s.key(fyne.KeyEscape)
	if s.console.Enrol.Step != flow.EnrolWaiting {
		t.Fatal("Esc does not discard")
	}
	s.shell.Drop([]string{code})
	s.settle()
	s.key(fyne.KeyReturn)
	s.settle()
	want := filepath.Join(filepath.Dir(code), s.console.Enrol.Done[0].Issued.Address.Name()+"~")
	if s.console.Enrol.Step != flow.EnrolDone || s.saved[want+number(s)+".mqp"] == nil {
		t.Errorf("step %d, wrote %d files", s.console.Enrol.Step, len(s.saved))
	}
}

func number(s *stage) string {
	address := s.console.Enrol.Done[0].Issued.Address.String()
	for i := len(address) - 1; ; i-- {
		if address[i] == '~' {
			return address[i+1:]
		}
	}
}

// A scanner ends its text with Enter, some with two: the second must not issue keys.
func TestAScannersEnterIssuesNothing(t *testing.T) {
	s := opened(t)
	s.scans(wire.RequestText(request("scanned-1", wire.KindVehicle, today)))
	s.settle()
	s.press(fyne.KeyReturn)
	s.settle()
	if s.console.Enrol.Step != flow.EnrolReview {
		t.Fatalf("step %d", s.console.Enrol.Step)
	}
	s.key(fyne.KeyReturn)
	s.settle()
	if s.console.Enrol.Step != flow.EnrolDone {
		t.Errorf("step %d: the officer's Enter does not issue", s.console.Enrol.Step)
	}
}

func TestFoundingByKeys(t *testing.T) {
	s := newStage(t, "", window, false)
	s.typed("Fleet.example")
	s.key(fyne.KeyReturn)
	if s.console.Founding.Step != flow.FoundingRealm || !s.shows("Small letters only") {
		t.Error("a name with a capital letter was taken, or nobody says why not")
	}
	for range "Fleet.example" {
		s.key(fyne.KeyBackspace)
	}
	s.typed("fleet.example")
	s.key(fyne.KeyReturn)
	s.typed(string(passphrase))
	s.key(fyne.KeyReturn) // goes on to the repetition
	s.typed(string(passphrase))
	s.key(fyne.KeyReturn)
	s.settle()
	if s.console.Founding.Step != flow.FoundingWords {
		t.Fatalf("step %d: %v", s.console.Founding.Step, s.console.Founding.Problem)
	}
	s.key(fyne.KeyReturn)
	s.settle()
	if s.console.Phase != flow.Open {
		t.Error("Enter does not open the realm")
	}
	if _, err := os.Stat(filepath.Join(s.place.dir, "vault")); err != nil {
		t.Error(err)
	}
}

func TestDialogGoesWithEscAndWithLocking(t *testing.T) {
	s := opened(t)
	s.control("O")
	if s.window.Canvas().Overlays().Top() == nil {
		t.Fatal("Ctrl+O opens no dialog")
	}
	s.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if s.window.Canvas().Overlays().Top() != nil {
		t.Error("Esc leaves the dialog open")
	}
	s.control("O")
	s.window.Canvas().(fyne.Shortcutable).TypedShortcut(&desktop.CustomShortcut{KeyName: "L", Modifier: fyne.KeyModifierControl})
	s.settle()
	if s.window.Canvas().Overlays().Top() != nil || s.console.Phase != flow.Locked {
		t.Error("the dialog stands over the lock")
	}
}

func TestOfficersByKeys(t *testing.T) {
	s := newStage(t, fleet(t), window, false)
	s.altered(officers(nil))
	s.typed("half of a passphr")
	s.key(fyne.KeyF3)
	if s.console.Unlock.Chosen != 1 || !s.shows("Passphrase of J. Okafor") {
		t.Fatalf("F3 leads to officer %d", s.console.Unlock.Chosen)
	}
	s.key(fyne.KeyReturn) // what was typed for somebody else is gone
	if s.console.Unlock.Busy {
		t.Fatal("one officer's passphrase was given for another")
	}
	s.key(fyne.KeyUp)
	for range 2 {
		s.typed("theirs")
		s.key(fyne.KeyReturn)
		s.settle()
	}
	if !s.shows("Appliance PIN") || !s.shows("2 of 2 officers present") {
		t.Fatal("with enough officers the PIN is not asked for")
	}
	s.key(fyne.KeyEscape)
	s.place.present = nil
	s.console.Refresh()
	s.settle()
	if !s.shows("0 of 2 officers present") || !s.shows("Passphrase of M. Brandt") {
		t.Error("Esc does not sign everybody off")
	}
}

func TestCustodyByKeys(t *testing.T) {
	s := opened(t)
	s.control("I")
	if !s.shows("Custody of the master secret") || !s.shows("A passphrase") {
		t.Fatal("Ctrl+I does not show the custody")
	}
	s.typed("typed below")
	s.key(fyne.KeyEscape)
	if s.shows("Custody of the master secret") {
		t.Error("Esc leaves the custody there")
	}
	s.control("I")
	s.control("I")
	if s.shows("Custody of the master secret") {
		t.Error("Ctrl+I does not take the custody away")
	}
}

func TestCustodyByPointing(t *testing.T) {
	s := opened(t)
	s.layOut()
	test.MoveMouse(s.window.Canvas(), fyne.NewPos(window.Width-200, 18))
	if !s.shows("Custody of the master secret") {
		t.Error("pointing at the mark does not show why")
	}
	test.MoveMouse(s.window.Canvas(), fyne.NewPos(window.Width/2, window.Height/2))
	if s.shows("Custody of the master secret") {
		t.Error("it stays")
	}
	test.TapCanvas(s.window.Canvas(), fyne.NewPos(window.Width-200, 18))
	s.shell.Tick()
	if !s.shows("Custody of the master secret") {
		t.Error("a tap does not keep it")
	}
}

func TestStartingAGoneServiceAgain(t *testing.T) {
	s := opened(t)
	s.typed("half a code")
	s.place.fails = flow.ErrGone
	s.console.Identities.Refresh()
	s.settle()
	if !s.shows("The service is gone.") {
		t.Fatal("nobody says that the service is gone")
	}
	s.key(fyne.KeyReturn)
	s.settle()
	if s.console.Phase != flow.Shut {
		t.Fatalf("phase %d", s.console.Phase)
	}
	s.place.fails = nil
	s.key(fyne.KeyReturn)
	s.settle()
	s.typed(string(passphrase))
	s.key(fyne.KeyReturn)
	s.settle()
	field, ok := s.window.Canvas().Focused().(*screen.Field)
	if s.console.Phase != flow.Open || !ok || field.Text != "half a code" {
		t.Errorf("phase %d; what was typed is gone", s.console.Phase)
	}
}
