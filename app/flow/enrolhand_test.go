package flow_test

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"marque/app/batch"
	"marque/app/flow"
	"marque/app/qr"
	"marque/device"
	"marque/device/wire"
)

// camera opens what pictures stand in the place of a camera.
func (w *window) camera() (qr.FrameSource, error) {
	if len(w.seen) == 0 {
		return nil, flow.ErrNoCamera
	}
	return qr.Files(w.seen...)
}

func (w *window) print(l flow.Label) (string, error) {
	w.labels = append(w.labels, l)
	return "", nil
}

// vehicle is a real device.
func (w *window) vehicle(name string) *device.Device {
	w.t.Helper()
	d, err := device.Create(filepath.Join(w.t.TempDir(), name), device.Wanted{Name: name, Kind: wire.KindVehicle}, device.Options{Clock: w.clock})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = d.Close() })
	return d
}

// issue enrols a vehicle, and returns its package.
func (w *window) issue(d *device.Device) []byte {
	w.t.Helper()
	e := w.console.Enrol
	request, err := d.Request()
	if err != nil {
		w.t.Fatal(err)
	}
	e.Scan(wire.RequestText(request))
	w.until("the request card", func() bool { return e.Step == flow.EnrolReview })
	e.Issue()
	w.until("the package", func() bool { return e.Step == flow.EnrolDone })
	pkg, err := os.ReadFile(e.Done[0].Path)
	if err != nil {
		w.t.Fatal(err)
	}
	return pkg
}

// receipt installs a package, and returns the code that the device shows then.
func (w *window) receipt(d *device.Device, pkg []byte) string {
	w.t.Helper()
	offer, err := d.Inspect(pkg)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := d.Install(pkg, offer.CoreHash); err != nil {
		w.t.Fatal(err)
	}
	b, err := d.Receipt()
	if err != nil {
		w.t.Fatal(err)
	}
	return wire.ReceiptText(b)
}

// The package goes to the vehicle by the codes alone, and its receipt closes the enrolment.
func TestPackageByCodesAndReceipt(t *testing.T) {
	w := newWindow(t)
	w.found()
	e := w.console.Enrol
	first, second := w.vehicle("bus-1"), w.vehicle("bus-2")
	firstPackage := w.issue(first)
	w.issue(second)
	e.Scan("https://example.org/") // leaves the package where it is
	w.until("the problem", func() bool { return e.Problem != nil })
	if e.Step != flow.EnrolDone || e.Codes.Parts == 0 {
		t.Fatalf("step %d", e.Step)
	}
	e.Scan(w.receipt(first, firstPackage))
	w.until("the receipt of the first", func() bool { return e.Receipt != nil })
	if e.Step != flow.EnrolDone || !e.Done[1].Receipt || e.Done[0].Receipt {
		t.Fatalf("step %d, %+v", e.Step, e.Done)
	}
	e.Codes.Speed(100)
	var joiner qr.Joiner
	var carried []byte
	w.until("enough codes", func() bool {
		if e.Codes.Modules == nil {
			return false
		}
		text, err := qr.Decode(pictureOf(e.Codes.Modules))
		if err != nil {
			t.Fatal(err)
		}
		joined, _, err := joiner.Add(text)
		if err != nil {
			t.Fatal(err)
		}
		if joined != nil {
			carried = bytes.Clone(joined.Payload)
		}
		return carried != nil
	})
	e.PrintLabel()
	w.until("the label", func() bool { return e.Label.Printed })
	if len(w.labels) != 1 || w.labels[0].Address.Name() != "bus-2" || w.labels[0].Realm != "fleet.example" {
		t.Errorf("%+v", w.labels)
	}
	e.Scan(w.receipt(second, carried))
	w.until("the receipt of the second", func() bool { return e.Step == flow.EnrolConfirmed })
	if !e.Done[0].Receipt || e.Codes.Parts != 0 {
		t.Errorf("%+v", e.Done[0])
	}
}

// pictureOf draws a code with four pixels to the module.
func pictureOf(code [][]bool) image.Image {
	const pixels = 4
	img := image.NewGray(image.Rect(0, 0, pixels*len(code), pixels*len(code)))
	for i := range img.Pix {
		if !code[i/img.Stride/pixels][i%img.Stride/pixels] {
			img.Pix[i] = 255
		}
	}
	return img
}

// A camera sees a request; it goes off when the card is there.
func TestCamera(t *testing.T) {
	w := newWindow(t)
	w.found()
	e := w.console.Enrol
	e.Lens.Start()
	w.until("no camera", func() bool { return e.Lens.Problem != nil })
	if e.Lens.Problem.What.Key != "problem.nocamera.what" || e.Lens.On {
		t.Errorf("%+v", e.Lens.Problem)
	}
	w.seen = []string{w.picture("bus-1"), w.picture("bus-2")}
	e.Lens.Start()
	w.until("the request card", func() bool { return e.Step == flow.EnrolReview })
	if e.Review.Request.Name != "bus-1" || e.Lens.On {
		t.Errorf("%+v, on %v", e.Review, e.Lens.On)
	}
}

// Whose name is taken is led to who has it, and can be enrolled once that one is revoked.
func TestReplace(t *testing.T) {
	w := newWindow(t)
	w.found()
	c := w.console
	e := c.Enrol
	w.issue(w.vehicle("bus-1"))
	c.Open(flow.PlaceEnrol)
	e.Scan(wire.RequestText(request(t, "bus-1", w.clock())))
	w.until("the refusal", func() bool { return e.Step == flow.EnrolReview && e.NameTaken() == "bus-1" })
	e.Replace()
	w.until("the one who has it", func() bool { return c.Place == flow.PlaceRevoke && len(c.Revoke.Items) == 1 })
	if c.Revoke.Reason != wire.ReasonSuperseded || c.Revoke.Items[0].Address.Name() != "bus-1" {
		t.Errorf("%+v", c.Revoke.Items)
	}
	if _, err := w.service.Revoke([]wire.Address{c.Revoke.Items[0].Address}, wire.ReasonSuperseded, time.Time{}); err != nil {
		t.Fatal(err)
	}
	c.Open(flow.PlaceEnrol)
	w.until("the card anew", func() bool { return e.CanIssue() })
}

// A batch changes nothing before it is agreed to, leaves out what it was told to, goes on after it was stopped, and exports what is wrong.
func TestEnrolBatch(t *testing.T) {
	w := newWindow(t)
	w.found()
	e := w.console.Enrol
	b := e.Batch
	w.issue(w.vehicle("bus-1"))
	dir := filepath.Join(t.TempDir(), "north")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	const n = 12
	for i := range n {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.mqr", i)), request(t, fmt.Sprintf("tram-%d", i), w.clock()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "x.mqr"), request(t, "bus-1", w.clock()), 0o600); err != nil {
		t.Fatal(err)
	}
	e.Choose(dir)
	w.until("the preview", func() bool { return b.Step == flow.BatchPreview })
	if !e.Many || b.Keys() != n || b.Preview.Count(batch.Error) != 1 || b.Row(0).Action != batch.Error {
		t.Fatalf("%d keys, %+v", b.Keys(), b.Preview.Rows)
	}
	b.Toggle(0) // an error stays one
	b.Toggle(n) // the last
	if b.Keys() != n-1 || !b.Left(n) {
		t.Errorf("%d keys", b.Keys())
	}
	b.Source = "/media/stick/...csv" // names no folder above
	if got := filepath.Base(b.Folder()); got != "batch" {
		t.Errorf("packages go to %q", got)
	}
	b.Source = dir
	b.Export()
	w.until("the table", func() bool { return b.Report != "" })
	if table, err := os.ReadFile(b.Report); err != nil || bytes.Count(table, []byte("\n")) != 2 || !bytes.Contains(table, []byte("x.mqr")) {
		t.Errorf("%q, %v", table, err)
	}
	b.Issue()
	b.Stop()
	w.until("the end", func() bool { return !b.Busy() })
	if !b.Stopped && b.Step != flow.BatchDone {
		t.Errorf("step %d, %+v", b.Step, b.Problem)
	}
	if b.Stopped {
		b.Issue()
		w.until("the rest", func() bool { return b.Step == flow.BatchDone })
	}
	if b.Preview.Done() != n-1 {
		t.Errorf("%d done", b.Preview.Done())
	}
	files, err := filepath.Glob(filepath.Join(b.Folder(), "*"))
	if err != nil || len(files) != n-1+4 || !slices.Contains(files, filepath.Join(b.Folder(), "manifest.mqm")) { // core, list, manifest, errors
		t.Errorf("%d files, %v", len(files), err)
	}
}
