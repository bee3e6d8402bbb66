package screen_test

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"marque/app/flow"
	"marque/app/qr"
	"marque/app/scan"
	"marque/app/screen"
	"marque/device/wire"
)

// Whatever is on the card, a scan is a code: nothing that it types does anything else.
func TestAMaliciousBarcodeReachesNothing(t *testing.T) {
	s := opened(t)
	s.scans(wire.RequestText(request("malicious-1", wire.KindVehicle, today)))
	s.settle()
	s.late += time.Second
	before := len(s.console.Enrol.Done)
	s.types("abcdefgh", 5*time.Millisecond)
	for _, key := range []fyne.KeyName{"L", "2", "D", "S"} {
		s.shortcut(key)
	}
	for _, key := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyEscape, fyne.KeyF2, fyne.KeyReturn, fyne.KeySpace} {
		s.press(key)
	}
	s.settle()
	e := s.console.Enrol
	if s.console.Phase != flow.Open || e.Step != flow.EnrolReview || len(e.Done) != before || !s.shows("malicious-1") {
		t.Fatalf("phase %d, step %d, %d issued", s.console.Phase, e.Step, len(e.Done))
	}
	if e.Problem == nil || e.Problem.What.Key != "problem.hotkey.what" {
		t.Errorf("problem %v", e.Problem)
	}
}

func TestScannersUnderAnotherLayout(t *testing.T) {
	s := opened(t)
	code := wire.RequestText(request("layout-1", wire.KindVehicle, today))
	german := strings.Map(func(r rune) rune {
		switch r {
		case 'Z':
			return 'y'
		case 'Y':
			return 'z'
		}
		return []rune(strings.ToLower(string(r)))[0] // Caps Lock is on
	}, code)
	s.scans(german)
	s.settle()
	if s.console.Enrol.Step != flow.EnrolReview || !s.shows("layout-1") {
		t.Fatalf("step %d, %v", s.console.Enrol.Step, s.console.Enrol.Problem)
	}
}

func TestAScanWithoutEnterIsTakenAfterAPause(t *testing.T) {
	s := opened(t)
	s.late += time.Second
	s.types(wire.RequestText(request("pause-1", wire.KindVehicle, today)), 5*time.Millisecond)
	s.pauses()
	s.settle()
	if s.console.Enrol.Step != flow.EnrolReview {
		t.Errorf("step %d, %v", s.console.Enrol.Step, s.console.Enrol.Problem)
	}
}

// A code that names a file does not open it, and what a person types fast is not lost.
func TestAScanOpensNoFile(t *testing.T) {
	s := opened(t)
	s.scans("/etc/passwd")
	if s.settle(); s.console.Enrol.Step != flow.EnrolWaiting || s.console.Enrol.Problem != nil {
		t.Fatalf("step %d, %v", s.console.Enrol.Step, s.console.Enrol.Problem)
	}
	s.key(fyne.KeyReturn)
	if s.settle(); s.console.Enrol.Problem == nil || s.console.Enrol.Problem.What.Key != "problem.nocode.what" {
		t.Errorf("%v", s.console.Enrol.Problem)
	}
}

// A busy machine hands over at once what was typed one by one.
func TestTheCaretStaysBehindWhatWasTypedFast(t *testing.T) {
	s := opened(t)
	s.console.Open(flow.PlaceHome)
	s.settle()
	s.typed("/media/")
	s.types("NORD-03", 5*time.Millisecond)
	s.pauses()
	box, ok := s.window.Canvas().Focused().(*screen.Field)
	if !ok || box.Text != "/media/NORD-03" {
		t.Fatalf("%+v", box)
	}
	if box.CursorColumn != len(box.Text) {
		t.Errorf("the caret stands behind %d of %d characters", box.CursorColumn, len(box.Text))
	}
	s.typed("/bus.png")
	if box.Text != "/media/NORD-03/bus.png" {
		t.Errorf("what was typed last stands elsewhere: %s", box.Text)
	}
}

func TestAGrabbedScanner(t *testing.T) {
	s := opened(t)
	s.shell.Scanned("", scan.ErrFlood)
	if p := s.console.Enrol.Problem; p == nil || p.What.Key != "problem.flood.what" {
		t.Fatalf("%v", p)
	}
	s.shell.Scanned("https://example.org", nil)
	if s.settle(); s.console.Enrol.Problem == nil || s.console.Enrol.Problem.What.Args["Seems"] != "a web link" {
		t.Fatalf("%v", s.console.Enrol.Problem)
	}
	s.console.Lock()
	s.shell.Scanned(wire.RequestText(request("grabbed-1", wire.KindVehicle, today)), nil)
	if s.settle(); s.console.Enrol.Step != flow.EnrolWaiting {
		t.Error("a scan was taken while locked")
	}
}

// parts returns the codes of a request that was split.
func parts(t *testing.T, kind qr.Type, payload []byte) (codes []string) {
	t.Helper()
	series, err := qr.Split(kind, payload, qr.Density{Octets: 60})
	if err != nil {
		t.Fatal(err)
	}
	for i := range series.Total() {
		codes = append(codes, series.Text(i))
	}
	return codes
}

func TestPartsComeTogether(t *testing.T) {
	s := opened(t)
	codes := parts(t, 'R', request("parts-1", wire.KindVehicle, today))
	for i, code := range codes {
		s.scans(code)
		s.settle()
		if e := s.console.Enrol; i < len(codes)-1 && (e.Series == nil || e.Series.Arrived() != i+1 || e.Problem != nil) {
			t.Fatalf("after part %d: %+v, %v", i, e.Series, e.Problem)
		}
	}
	if s.console.Enrol.Step != flow.EnrolReview || !s.shows("parts-1") {
		t.Errorf("step %d, %v", s.console.Enrol.Step, s.console.Enrol.Problem)
	}
}
