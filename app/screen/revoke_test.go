package screen_test

import (
	"testing"

	"fyne.io/fyne/v2"

	"marque/app/flow"
)

// TestRevokeByKeys revokes with the keyboard alone, two by their names and one by a scan, whose own Enter confirms nothing.
func TestRevokeByKeys(t *testing.T) {
	s := newStage(t, fleet(t), sizes[0], false)
	s.unlock()
	s.control("4")
	s.settle()
	r := s.console.Revoke
	adds(s, "bus-4711", "bus-4712")
	s.scans("//nordtal.example/Stram-112~8")
	s.settle()
	if r.Step != flow.RevokeChosen || len(r.Items) != 3 {
		t.Fatalf("step %d, %d chosen, %q", r.Step, len(r.Items), r.Note.Key)
	}
	s.late += 2e9
	s.control(fyne.KeyReturn)
	s.settle()
	s.key(fyne.KeyDown)
	s.typed("3")
	if r.Step != flow.RevokeChosen || !r.CanCommit(false) {
		t.Fatalf("step %d, typed %q, %q", r.Step, r.Typed, r.WhyNot(false).Key)
	}
	s.scans("//nordtal.example/Stram-112~8")
	s.settle()
	if r.Step != flow.RevokeChosen || len(r.Items) != 3 {
		t.Fatalf("a scan confirmed: step %d", r.Step)
	}
	s.late += 2e9
	if r.Typed != "" {
		t.Errorf("of the scan %q is left where the number is typed", r.Typed)
	}
	s.typed("3")
	s.control(fyne.KeyReturn)
	s.settle()
	if r.Step != flow.RevokeDone || r.Result.Count != 3 {
		t.Fatalf("step %d, %+v", r.Step, r.Problem)
	}
	s.key(fyne.KeyReturn)
	if s.console.Place != flow.PlacePublish {
		t.Errorf("then %s", s.console.Place)
	}
}
