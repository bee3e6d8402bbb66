package screen_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"

	"marque/app/flow"
	"marque/app/qr"
	"marque/device"
	"marque/device/wire"
)

// vehicle is a real device that asks to be enrolled.
func vehicle(s *stage, name string) *device.Device {
	s.t.Helper()
	d, err := device.Create(filepath.Join(s.t.TempDir(), name), device.Wanted{Name: name, Kind: wire.KindVehicle}, device.Options{Clock: func() time.Time { return today }})
	must(err)
	s.t.Cleanup(func() { _ = d.Close() })
	return d
}

// enrols enrols a vehicle and returns its package.
func enrols(s *stage, d *device.Device) []byte {
	s.t.Helper()
	request, err := d.Request()
	must(err)
	s.console.Enrol.Scan(wire.RequestText(request))
	s.settle()
	s.console.Enrol.Issue()
	s.settle()
	return s.saved[s.console.Enrol.Done[0].Path]
}

// confirms installs a package and scans the receipt.
func confirms(s *stage, d *device.Device, pkg []byte) {
	s.t.Helper()
	offer, err := d.Inspect(pkg)
	must(err)
	_, err = d.Install(pkg, offer.CoreHash)
	must(err)
	receipt, err := d.Receipt()
	must(err)
	s.console.Scan(wire.ReceiptText(receipt))
	s.settle()
}

// requestsIn writes requests into a folder: new ones, one that was enrolled before, one whose name is taken, one that was altered.
func requestsIn(s *stage) string {
	s.t.Helper()
	dir := filepath.Join(folder(s.t), "depot-north")
	must(os.Mkdir(dir, 0o700))
	write := func(name string, b []byte) { must(os.WriteFile(filepath.Join(dir, name), b, 0o600)) }
	n := 100 * s.counter()
	for i := range 6 {
		name := fmt.Sprintf("tram-%d", 40_000+n+i)
		write(name+".mqr", request(name, wire.KindVehicle, today))
	}
	write("taken.mqr", bytes.Clone(otherRequest("bus-4711")))
	altered := request(fmt.Sprintf("van-%d", n), wire.KindVehicle, today)
	altered[len(altered)-1] ^= 1
	write("van.mqr", altered)
	write("notes.txt", []byte("x"))
	return dir
}

// otherRequest is a request for a name by another device.
func otherRequest(name string) []byte {
	return requestBy("another "+name, name, wire.KindVehicle, today)
}

var enrolStates = []state{
	{"enrol-taken", true, func(s *stage) {
		s.unlock()
		s.console.Enrol.Scan(wire.RequestText(otherRequest("bus-4711")))
		s.settle()
	}},
	{"enrol-confirmed", true, func(s *stage) {
		s.unlock()
		d := vehicle(s, fmt.Sprintf("ferry-%d", s.counter()))
		confirms(s, d, enrols(s, d))
		if s.console.Enrol.Step != flow.EnrolConfirmed {
			s.t.Errorf("step %d, %+v", s.console.Enrol.Step, s.console.Enrol.Problem)
		}
	}},
	{"enrol-receipt", true, func(s *stage) {
		s.unlock()
		first, second := vehicle(s, fmt.Sprintf("ferry-%d", s.counter())), vehicle(s, fmt.Sprintf("ferry-%d", s.counter()))
		pkg := enrols(s, first)
		enrols(s, second)
		confirms(s, first, pkg)
		if e := s.console.Enrol; e.Step != flow.EnrolDone || e.Receipt == nil || !e.Done[1].Receipt || e.Done[0].Receipt {
			s.t.Errorf("step %d, %+v", e.Step, e.Done)
		}
	}},
	{"enrol-foreignscan", true, func(s *stage) {
		s.unlock()
		enrols(s, vehicle(s, fmt.Sprintf("ferry-%d", s.counter())))
		s.console.Enrol.Scan("https://example.org/menu")
		s.settle()
		if e := s.console.Enrol; e.Step != flow.EnrolDone || e.Codes.Parts == 0 {
			s.t.Error("a foreign code took the package away")
		}
	}},
	{"enrol-stick", true, func(s *stage) {
		s.unlock()
		s.port.insert("NORD-03", 16<<30, 8<<30, nil)
		enrols(s, vehicle(s, fmt.Sprintf("ferry-%d", s.counter())))
		s.console.Enrol.PrintLabel()
		s.settle()
	}},
	{"enrol-pulled", true, func(s *stage) {
		s.unlock()
		s.port.insert("NORD-03", 16<<30, 8<<30, nil)
		s.port.pulled = true
		enrols(s, vehicle(s, fmt.Sprintf("ferry-%d", s.counter())))
	}},
	{"enrol-codes", true, func(s *stage) {
		s.unlock()
		enrols(s, vehicle(s, fmt.Sprintf("ferry-%d", s.counter())))
		s.key(fyne.KeyRight)
		s.key(fyne.KeyDown)
		s.pauses()
		s.settle()
		s.key(fyne.KeyF11)
	}},
	{"enrol-camera", true, func(s *stage) {
		s.unlock()
		s.frames = []string{blank(s.t), blank(s.t)}
		s.key(fyne.KeyF2)
		for range 3 { // it is opened, and sees a picture
			s.step()
		}
		if s.console.Enrol.Lens.Picture == nil {
			s.t.Error("no picture")
		}
	}},
	{"enrol-nocamera", true, func(s *stage) {
		s.unlock()
		s.key(fyne.KeyF2)
		s.settle()
	}},
	{"enrol-batch-empty", true, func(s *stage) { s.unlock(); s.console.Enrol.Switch(true) }},
	{"enrol-batch-error", true, func(s *stage) {
		s.unlock()
		s.console.Enrol.Switch(true)
		s.console.Enrol.Batch.Choose(s.t.TempDir())
		s.settle()
	}},
	{"enrol-batch-busy", true, func(s *stage) { s.unlock(); s.console.Enrol.Choose(requestsIn(s)) }},
	{"enrol-batch-preview", true, func(s *stage) {
		s.unlock()
		s.console.Enrol.Choose(requestsIn(s))
		s.settle()
		s.key(fyne.KeyF4)
	}},
	{"enrol-batch-done", true, func(s *stage) {
		s.unlock()
		s.console.Enrol.Choose(requestsIn(s))
		s.settle()
		s.control(fyne.KeyReturn)
		s.settle()
		if b := s.console.Enrol.Batch; b.Step != flow.BatchDone || b.Preview.Done() != 6 {
			s.t.Errorf("step %d, %d done, %+v", b.Step, b.Preview.Done(), b.Problem)
		}
	}},
}

// camera opens what pictures stand in the place of a camera.
func (s *stage) camera() (qr.FrameSource, error) {
	if len(s.frames) == 0 {
		return nil, flow.ErrNoCamera
	}
	return qr.Files(s.frames...)
}

// step lets the present work go on, and not what comes of it.
func (s *stage) step() {
	work := s.work
	s.work = nil
	for _, f := range work {
		f()
	}
}
