package screen_test

import (
	"bytes"
	"testing"

	"fyne.io/fyne/v2"

	"marque/app/flow"
	"marque/app/qr"
	"marque/device/wire"
)

// Publishing by keys alone: sign and write, the next stick, write, done.
func TestPublishingByKeys(t *testing.T) {
	s := opened(t)
	s.port.insert("DIST-01", 16e9, 149e8, nil)
	s.port.insert("DIST-02", 8e9, 71e8, nil)
	s.settle()
	s.control("5")
	p := s.console.Publish
	if !s.shows("List 3 brings 1 change") || p.Chosen != 0 {
		t.Fatal("Ctrl+5 does not lead to what is to be published")
	}
	s.key(fyne.KeyReturn)
	s.settle()
	if !s.shows("hash equal") || p.Proof == nil || p.Proof.Sequence != 3 || !s.shows(p.Proof.Words()[7]) {
		t.Fatal("Enter does not sign and write")
	}
	s.key(fyne.KeyReturn)
	s.settle()
	if p.Step != flow.PublishResting || p.Chosen != 1 || !s.shows("Write list 3 to DIST-02") {
		t.Fatal("Enter does not go on to the next stick")
	}
	s.key(fyne.KeyUp)
	if p.Chosen != 0 {
		t.Error("the arrow does not choose the stick above")
	}
	s.key(fyne.KeySpace)
	if p.Chosen != 1 {
		t.Error("the space bar does not choose the next stick")
	}
	s.key(fyne.KeyReturn)
	s.settle()
	if p.Step != flow.PublishWritten || p.Proof.Sequence != 3 || p.Waits() != 0 {
		t.Fatal("Enter does not write to the second stick")
	}
	s.key(fyne.KeyEscape)
	if p.Step != flow.PublishResting || s.console.Status.Now.List.Sequence != 3 {
		t.Error("Escape does not leave what is done")
	}
	s.key(fyne.KeyF6)
	s.settle()
	if s.console.Status.Now.List.Sequence != 4 || p.Proof == nil || p.Proof.Sequence != 4 {
		t.Error("F6 does not sign afresh")
	}
}

func TestHistoryByKeys(t *testing.T) {
	s := opened(t)
	s.console.Open(flow.PlacePublish)
	s.settle()
	s.key(fyne.KeyF7)
	if !s.shows("Good until") || s.window.Canvas().Focused() == nil {
		t.Fatal("F7 does not show the history, or nothing has the focus there")
	}
	s.key(fyne.KeyReturn)
	s.settle()
	if s.console.Status.Now.List.Sequence != 2 {
		t.Error("Enter in the history signed a list")
	}
	s.key(fyne.KeyEscape)
	if !s.shows("Write to") {
		t.Error("Escape does not lead back")
	}
}

// Whatever a scanner types, nothing is signed or written by it.
func TestScansPublishNothing(t *testing.T) {
	s := opened(t)
	s.port.insert("DIST-01", 16e9, 149e8, nil)
	s.console.Open(flow.PlacePublish)
	s.settle()
	s.scans(wire.RequestText(request("bus-4799", wire.KindVehicle, today)))
	s.press(fyne.KeyReturn) // some send two
	s.settle()
	if p := s.console.Publish; p.Step != flow.PublishResting || s.console.Status.Now.List.Sequence != 2 {
		t.Error("a scan published")
	}
}

// The list that the window shows as codes is read off it as a camera would.
func TestListAsCodes(t *testing.T) {
	s := opened(t)
	s.console.Open(flow.PlacePublish)
	s.settle()
	s.key(fyne.KeyF8)
	s.settle()
	s.layOut()
	text, err := qr.Decode(s.window.Canvas().Capture())
	if err != nil {
		t.Fatal(err)
	}
	var joiner qr.Joiner
	joined, _, err := joiner.Add(text)
	if err != nil || joined == nil {
		t.Fatal(joined, err)
	}
	_, list, err := s.place.NewestList()
	if err != nil || !bytes.Equal(joined.Payload, list) {
		t.Errorf("the codes hold %d octets, the list has %d, %v", len(joined.Payload), len(list), err)
	}
	s.control("2")
	if s.console.Publish.Codes.Parts != 0 {
		t.Error("the codes go on while another screen is shown")
	}
	s.control("5")
	if !s.shows("Write to") {
		t.Error("the screen does not begin at its beginning")
	}
}

// What no list has yet is taken back from here, all of it by a key or one of it by a click.
func TestTakingBackBeforeItIsPublished(t *testing.T) {
	s := opened(t)
	s.revoke("bus-4708", 0)
	s.console.Refresh()
	s.settle()
	s.console.Open(flow.PlacePublish)
	s.settle()
	if !s.shows("bus-4708") || !s.shows("List 3 brings 2 changes") {
		t.Fatal("the changes are not shown")
	}
	s.key(fyne.KeyBackspace)
	if r := s.console.Revoke; s.console.Place != flow.PlaceRevoke || r.Step != flow.RevokeUndo || len(r.Items) != 2 {
		t.Fatalf("Backspace leads to %s, step %d", s.console.Place, r.Step)
	}
	s.console.Publish.TakeBack(0)
	if r := s.console.Revoke; len(r.Items) != 1 || r.Items[0].Address.Name() != "bus-4708" {
		t.Errorf("%+v", r.Items)
	}
	s.console.Revoke.Commit(nil)
	s.settle()
	s.console.Open(flow.PlacePublish)
	if !s.shows("List 3 brings 1 change") || s.shows("bus-4708") {
		t.Error("what was taken back is still to be published")
	}
	s.key(fyne.KeyReturn)
	s.settle()
	if s.console.Status.Now.List.Count != 2 || len(s.console.Publish.Changes()) != 0 {
		t.Errorf("%d are on the list", s.console.Status.Now.List.Count)
	}
}
