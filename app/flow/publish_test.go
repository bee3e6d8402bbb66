package flow_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"marque/app/depot"
	"marque/app/flow"
	"marque/app/usb"
	"marque/app/usb/usbtest"
	"marque/app/words"
	"marque/device/wire"
)

// port is where sticks are inserted: folders, which package usb reads and writes.
type port struct {
	t        *testing.T
	inserted []flow.Drive
	changed  func([]flow.Drive, error)
	count    uint64
	pullAt   int // files of a write after which the stick is pulled; 0 for never
	hold     chan struct{}
	ejected  chan string

	pullBefore int // step of a write, of a stick that can be pulled; 0 for none
}

func newPort(t *testing.T) *port { return &port{t: t, ejected: make(chan string, 10)} }

// insert makes an inserted stick of a folder.
func (p *port) insert(model, folder string) {
	p.count++
	p.inserted = append(p.inserted, flow.Drive{Drive: usb.Drive{Device: "sdb1", Sequence: p.count, Model: model, Size: 16e9, Mount: folder, Format: "exfat"}, Free: 15e9})
	p.tell()
}

func (p *port) pull() { p.inserted = nil; p.tell() }

func (p *port) tell() {
	if p.changed != nil {
		p.changed(append([]flow.Drive(nil), p.inserted...), nil)
	}
}

func (p *port) Watch(changed func([]flow.Drive, error)) (stop func()) {
	p.changed = changed
	p.tell()
	return func() { p.changed = nil }
}

func (*port) Folder(path string) (flow.Drive, error) {
	d, err := usb.Folder(path)
	return flow.Drive{Drive: d, Free: -1}, err
}

func (p *port) Write(ctx context.Context, d flow.Drive, files []usb.File, progress func(usb.Progress)) ([]usb.Written, error) {
	if p.hold != nil {
		<-p.hold
	}
	if p.pullBefore > 0 {
		steps, tell := 0, progress
		progress = func(now usb.Progress) {
			if steps++; steps == p.pullBefore {
				if err := usbtest.Pull(d.Mount); err != nil {
					p.t.Error(err)
				}
			}
			tell(now)
		}
	}
	if p.pullAt > 0 {
		done, err := usb.Write(ctx, d.Drive, usb.InboxFolder, files[:p.pullAt-1], progress)
		return done, errors.Join(usb.ErrGone, err)
	}
	return usb.Write(ctx, d.Drive, usb.InboxFolder, files, progress)
}

func (*port) Examine(d flow.Drive, files []usb.File) ([]usb.State, error) {
	return usb.Examine(d.Drive, usb.InboxFolder, files)
}

func (*port) Read(d flow.Drive, wanted func(string) bool) ([]usb.File, error) {
	in, err := usb.ReadSome(d.Drive, wanted)
	if err != nil {
		return nil, err
	}
	return in.Files, nil
}

func (p *port) Eject(d flow.Drive) error { p.ejected <- d.Model; return nil }

// publishing opens a realm with a stick in it.
func publishing(t *testing.T) (*window, *flow.Publish) {
	w := newWindow(t)
	w.found()
	p := w.console.Publish
	w.until("the drives", func() bool { return w.console.Sticks.Known })
	return w, p
}

func looked(p *flow.Publish) func() bool {
	return func() bool { d := p.Destination(); return d != nil && d.Looked }
}

func TestPublishToAStick(t *testing.T) {
	w, p := publishing(t)
	if p.CanWrite() || !p.CanSign() || p.Due() || p.Destination() != nil {
		t.Fatal("something can be written to no drive, or nothing be signed, or something is due at once")
	}
	folder := t.TempDir()
	w.port.insert("Ultra", folder)
	w.until("what the stick holds", looked(p))
	if d := p.Destination(); d.Held != 0 || d.Name() != filepath.Base(folder) {
		t.Errorf("%+v", d)
	}
	p.Sign()
	w.until("the stick", func() bool { return p.Step == flow.PublishWritten })
	checkStick(t, w, folder, 2)
	if p.Proof.Sequence != 2 || p.Proof.Drive.Model != "Ultra" || p.Destination().Held != 2 || !p.Destination().Written {
		t.Errorf("%+v", p.Proof)
	}
	w.until("the status", func() bool { return w.console.Status.Now.List.Sequence == 2 })

	other := t.TempDir()
	w.port.insert("Other", other)
	w.until("the second stick", func() bool { return len(p.Destinations) == 2 && p.Destinations[1].Looked })
	if p.Step != flow.PublishWritten || p.Chosen != 0 {
		t.Error("another stick took the proof away")
	}
	p.Done()
	if p.Chosen != 1 || <-w.port.ejected != "Ultra" {
		t.Errorf("destination %d is next", p.Chosen)
	}
	p.Write()
	w.until("the second stick", func() bool { return p.Step == flow.PublishWritten })
	checkStick(t, w, other, 2)
	p.Done()
	if d := p.Destination(); d == nil || !d.Written {
		t.Error("nothing is chosen, though everything is written")
	}
}

// checkStick checks what a stick holds as a depot and a device do.
func checkStick(t *testing.T, w *window, folder string, sequence uint32) {
	t.Helper()
	inbox := filepath.Join(folder, usb.InboxFolder)
	b, err := os.ReadFile(filepath.Join(inbox, flow.CoreFile))
	if err != nil {
		t.Fatal(err)
	}
	core, err := wire.OpenCore(b)
	if err != nil {
		t.Fatal(err)
	}
	checked, err := depot.CheckFolder(inbox, core, nil)
	if err != nil || len(checked.Wrong) > 0 || len(checked.Manifest.Files) != 2+len(w.console.Publish.ListChanges()) {
		t.Errorf("%+v, %v", checked, err)
	}
	list, err := os.ReadFile(filepath.Join(inbox, flow.ListFile(sequence)))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := wire.OpenStatement(list, wire.TypeBundle, core.Realm, core.StatementKey)
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := wire.ParseBundle(payload)
	if err != nil || bundle.Sequence != sequence {
		t.Errorf("%+v, %v", bundle, err)
	}
	checkChanges(t, w, inbox, core, bundle)
	if p := w.console.Publish.Proof; p.Size != len(list) || p.Words() != words.Of(p.Hash[:]) {
		t.Errorf("%+v", p)
	}
}

// checkChanges checks that what leads to a list lies beside it: from the one before, and from the first.
func checkChanges(t *testing.T, w *window, inbox string, core *wire.Core, to *wire.Bundle) {
	t.Helper()
	from := []uint32{to.Sequence - 1, 1}[:min(to.Sequence-1, 2)]
	if to.Sequence == 2 {
		from = from[:1]
	}
	told := w.console.Publish.ListChanges()
	if len(told) != len(from) {
		t.Fatalf("%d changes to list %d", len(told), to.Sequence)
	}
	for i, c := range told {
		b, err := os.ReadFile(filepath.Join(inbox, flow.ChangeFile(to.Sequence, from[i])))
		if err != nil || c.From != from[i] || !bytes.Equal(b, c.Statement) {
			t.Fatalf("%+v, %v", c, err)
		}
		payload, err := wire.OpenStatement(b, wire.TypeChange, core.Realm, core.StatementKey)
		if err != nil {
			t.Fatal(err)
		}
		if change, err := wire.ParseChange(payload); err != nil || change.From != from[i] || change.Sequence != to.Sequence || change.State != to.State {
			t.Errorf("%+v, %v", change, err)
		}
	}
}

// Whatever was on a stick that was pulled is told once it is back; and it is written on, or proved to be all there.
func TestStickPulled(t *testing.T) {
	for _, c := range []struct {
		at       int
		held     uint32
		why      string
		complete bool
	}{
		{1, 1, "publish.pulled.old", false},
		{2, 2, "publish.pulled.half", false},
		{3, 2, "publish.pulled.half", false}, // the change is there, the core of old
		{5, 2, "", true},
	} {
		w, p := publishing(t)
		folder := t.TempDir()
		w.port.insert("Ultra", folder)
		w.until("what the stick holds", looked(p))
		p.Write() // list 1
		w.until("the stick", func() bool { return p.Step == flow.PublishWritten })
		p.Done()
		w.port.pullAt = c.at
		p.Sign()
		w.until("the pull", func() bool { return p.Step == flow.PublishPulled })
		w.port.pull()
		w.until("the loss", func() bool { return len(p.Destinations) == 0 })
		if p.Step != flow.PublishPulled || p.Lost.Model != "Ultra" || p.CanWrite() {
			t.Fatalf("step %d", p.Step)
		}
		w.port.insert("Another", t.TempDir())
		w.until("another stick", looked(p))
		if p.Step != flow.PublishPulled {
			t.Fatal("another stick was taken for the one that was pulled")
		}
		w.port.pull()
		w.port.insert("Ultra", folder)
		w.until("the stick again", func() bool { return p.Step != flow.PublishPulled })
		if p.Destination().Held != c.held {
			t.Errorf("pulled after %d: it holds list %d", c.at-1, p.Destination().Held)
		}
		if c.complete {
			if p.Step != flow.PublishWritten || !p.Proof.Again {
				t.Errorf("step %d, %+v", p.Step, p.Proof)
			}
			continue
		}
		if p.Problem == nil || p.Problem.Why.Key != c.why {
			t.Errorf("pulled after %d: %+v", c.at-1, p.Problem)
		}
		w.port.pullAt = 0
		p.Write()
		w.until("the stick", func() bool { return p.Step == flow.PublishWritten })
		checkStick(t, w, folder, 2)
	}
}

// What leads to the newest list from earlier ones goes out with it, and is known again after a restart.
func TestChangesGoOut(t *testing.T) {
	w, p := publishing(t)
	folder := t.TempDir()
	w.port.insert("Ultra", folder)
	w.until("what the stick holds", looked(p))
	if len(p.ListChanges()) != 0 {
		t.Error("something leads to the first list")
	}
	for sequence := uint32(2); sequence <= 4; sequence++ {
		p.Sign()
		w.until("the stick", func() bool { return p.Step == flow.PublishWritten && w.console.Status.Now.List.Sequence == sequence })
		checkStick(t, w, folder, sequence)
		p.Done()
	}
	w.kill()
	p.Sign()
	w.until("the loss", func() bool { return w.console.Phase == flow.Shut })
	w.serve()
	w.start(flow.Locked)
	w.unlock()
	w.until("the changes", func() bool { return len(p.ListChanges()) == 2 })
	if c := p.ListChanges(); c[0].From != 3 || c[1].From != 1 {
		t.Errorf("%+v", c)
	}
}

func TestWriteStops(t *testing.T) {
	w, p := publishing(t)
	w.port.insert("Ultra", t.TempDir())
	w.until("what the stick holds", looked(p))
	w.port.hold = make(chan struct{})
	p.Write()
	if w.console.CanLock() || p.CanSign() || p.CanWrite() {
		t.Error("something else can be done while it is written")
	}
	p.Leave()
	close(w.port.hold)
	w.until("the end", func() bool { return p.Step == flow.PublishResting })
	if p.Problem != nil || p.Destination().Held != 0 {
		t.Errorf("%+v, %+v", p.Problem, p.Destination())
	}
	w.until("what the stick holds", looked(p))
}

func TestFolderAsDestination(t *testing.T) {
	w, p := publishing(t)
	p.SetFolder(filepath.Join(t.TempDir(), "none"))
	w.until("the refusal", func() bool { return p.Problem != nil })
	folder := t.TempDir()
	p.SetFolder(folder)
	w.until("the folder", looked(p))
	if d := p.Destination(); p.Problem != nil || !d.IsFolder() || d.Name() != folder {
		t.Fatalf("%+v", d)
	}
	p.Write()
	w.until("the folder", func() bool { return p.Step == flow.PublishWritten })
	checkStick(t, w, folder, 1)
	p.Done()
	if len(w.port.ejected) > 0 {
		t.Error("a folder was ejected")
	}
	w.console.Lock()
	if len(p.Destinations) > 0 || p.Proof != nil {
		t.Error("the folder is still there after the lock")
	}
}

func TestDue(t *testing.T) {
	w, p := publishing(t)
	if w.console.Status.ListState() != flow.ListGood || p.Due() {
		t.Fatal("a fresh list is due")
	}
	w.pass(13 * 24 * time.Hour)
	if !p.Due() {
		t.Error("an old list is not due")
	}
}

func TestPastLists(t *testing.T) {
	w, p := publishing(t)
	w.until("the first list", func() bool { return len(p.History) == 1 })
	w.pass(time.Hour)
	p.Sign()
	w.until("the second list", func() bool { return len(p.History) == 2 })
	for i, l := range p.History {
		if int(l.Sequence) != 2-i || l.Size == 0 || l.NextUpdate.Sub(l.Issued) <= 0 || l.Revoked != 0 || l.Held != 0 {
			t.Errorf("%+v", l)
		}
	}
	if _, err := w.other().Publish(); err != nil { // elsewhere
		t.Fatal(err)
	}
	w.console.Refresh()
	w.until("the third list", func() bool { return len(p.History) == 3 && p.Size() > 0 })
	w.console.Lock()
	if len(p.History) > 0 {
		t.Error("the history is still there after the lock")
	}
}

// Whoever made a stick has chosen its label.
func TestLabelsAreLegible(t *testing.T) {
	for mount, want := range map[string]string{
		"/media/officer/DIST-01": "DIST-01", "/media/officer/Übergabe 1": "Übergabe 1", "/media/officer/a\x1b[2J\u202egpj\n": "a?[2J?gpj?",
	} {
		d := flow.Drive{Drive: usb.Drive{Device: "sdb1", Mount: mount}}
		if got := d.Name(); got != want {
			t.Errorf("%q is called %q, want %q", mount, got, want)
		}
	}
}

// A service that dies while it signs leaves the console where it can be seen what became of it.
func TestServiceGoneWhileSigning(t *testing.T) {
	w, p := publishing(t)
	w.port.insert("Ultra", t.TempDir())
	w.until("what the stick holds", looked(p))
	w.kill()
	p.Sign()
	w.until("the loss", func() bool { return w.console.Phase == flow.Shut })
	if p.Step != flow.PublishResting || p.Problem != nil {
		t.Errorf("step %d, %+v", p.Step, p.Problem)
	}
	w.serve()
	w.start(flow.Locked)
	w.unlock()
	w.until("the list", func() bool { return p.Size() > 0 })
	p.Write()
	w.until("the stick", func() bool { return p.Step == flow.PublishWritten })
	if p.Proof.Sequence != w.console.Status.Now.List.Sequence {
		t.Errorf("list %d was written, %d is the newest", p.Proof.Sequence, w.console.Status.Now.List.Sequence)
	}
}
