package device_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"marque/device"
	"marque/device/wire"
)

// A crash between any two steps of Rotate leaves the device as it was or rotated.
func TestCrashInRotate(t *testing.T) {
	f, next := rotatingFleet(t)
	dir := f.dirs[f.bus]
	oldList, oldState := must(os.ReadFile(filepath.Join(dir, "list"))), readState(dir)
	must(f.bus.Rotate(next.statement()))
	request := must(f.bus.Request())
	put := func(dir, name string, b []byte) { check(os.WriteFile(filepath.Join(dir, name), b, 0o600)) }
	for name, test := range map[string]struct {
		bend    func(dir string)
		rotated bool
	}{
		"before anything": {func(dir string) { oldState.put(dir); put(dir, "list", oldList) }, false},
		"state half written": {func(dir string) {
			put(dir, "state-b.new", []byte(oldState[1][:99]))
			oldState.put(dir)
			put(dir, "list", oldList)
		}, false},
		"before the list is removed":          {func(dir string) { put(dir, "list", oldList) }, true},
		"one copy of the state written":       {func(dir string) { oldState.putOne(dir, 0); put(dir, "list", oldList) }, true},
		"the other copy of the state written": {func(dir string) { oldState.putOne(dir, 1); put(dir, "list", oldList) }, true},
		"after all":                           {func(string) {}, true},
	} {
		copied := crash(t, dir)
		test.bend(copied)
		d := f.load(t, copied, f.options())
		s := d.Status()
		if s.Rotating != test.rotated || s.Installed == test.rotated || s.List.Known == test.rotated || len(s.Alarms) != 0 {
			t.Errorf("%s: %+v", name, s)
		}
		if !test.rotated {
			if r := must(d.Rotate(next.statement())); r.Again {
				t.Errorf("%s: rotated already", name)
			}
			continue
		}
		if !bytes.Equal(must(d.Request()), request) {
			t.Errorf("%s: another request", name)
		}
		must(d.Install(next.issue(request, edit{}), next.hash()))
		if d = f.reload(t, d, f.options()); d.Status().List.Known {
			t.Errorf("%s: the old list came back", name)
		}
	}
}

// A list file of the old core that somebody puts back is worth nothing.
func TestOldListPutBack(t *testing.T) {
	f, next := rotatingFleet(t)
	path := filepath.Join(f.dirs[f.bus], "list")
	old := must(os.ReadFile(path))
	succeed(t, f.bus, next)
	must(f.bus.Apply(next.publish()))
	check(f.bus.Close())
	check(os.WriteFile(path, old, 0o600))
	f.bus = f.load(t, f.dirs[f.bus], f.options())
	if s := f.bus.Status(); s.List.Known || len(s.Alarms) != 1 || s.Alarms[0].Core != next.hash() {
		t.Errorf("%+v", s)
	}
}

// A full disk, or any failure to write, leaves the device as it was.
func TestRotateWithoutDisk(t *testing.T) {
	f, next := rotatingFleet(t)
	for _, name := range stateFiles {
		blocked := filepath.Join(f.dirs[f.bus], name+".new")
		check(os.Mkdir(blocked, 0o700))
		if _, err := f.bus.Rotate(next.statement()); err == nil {
			t.Fatal("rotated")
		}
		if s := f.bus.Status(); s.Rotating || !s.Installed || !s.List.Known || s.Former != nil {
			t.Errorf("%+v", s)
		}
		must(f.tram.Verify(must(f.bus.Sign(nil, device.SignOptions{}))))
		must(f.bus.Verify(must(f.tram.Sign(nil, device.SignOptions{}))))
		check(os.Remove(blocked))
	}
	succeed(t, f.bus, next)
}

// A handshake that runs while the device rotates ends there: nothing more is said or learned under the old core.
func TestRotateDuringHandshake(t *testing.T) {
	f, next := rotatingFleet(t)
	a, b := connect(t)
	got := client(f.bus, a, address(f.tram))
	p := f.rawPeer(b, f.key(address(f.tram)))
	_, first, err := wire.ParseHello(must(readFrame(b)))
	check(err)
	succeed(t, f.bus, next)
	must(f.bus.Apply(next.publish()))
	p.start(false, address(f.tram))
	must3(p.noise.ReadMessage(nil, first))
	msg, k1, k2, err := p.noise.WriteMessage(nil, nil)
	check(err)
	p.split(k1, k2)
	writeFrames(b, msg, p.auth(32, "marque/v1/session/responder", nil))
	wantErr(t, (<-got).err, device.ErrRotated, "as the initiator")
	if rest, err := io.ReadAll(b); len(rest) != 0 {
		t.Errorf("the initiator sent %d more octets, %v", len(rest), err)
	}
	if s := f.bus.Status(); s.Peers != 0 || s.Sessions != 0 {
		t.Errorf("%+v", s)
	}
}

// Rotating while the device is busy is safe; run it with the race detector.
func TestRotateWhileBusy(t *testing.T) {
	f, next := rotatingFleet(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				if msg, err := f.tram.Sign([]byte("x"), device.SignOptions{}); err == nil {
					_, _ = f.bus.Verify(msg)
				}
				_, _, _ = f.bus.Seal(address(f.tram), []byte("x"), device.SealOptions{})
				_, _ = f.bus.Status(), f.bus.Alarms()
			}
		})
	}
	must(f.bus.Rotate(next.statement()))
	wg.Wait()
	if s := f.bus.Status(); s.Peers != 0 || s.Seen != 0 || !s.Rotating {
		t.Errorf("%+v", s)
	}
}

// A folder that was written before there was rotation still opens, and can be rotated.
func TestFolderBeforeRotation(t *testing.T) {
	f, next := rotatingFleet(t)
	_, err := f.bus.Verify(f.beacon(f.key(address(f.bus)), f.clock.now(), "substitute"))
	wantErr(t, err, device.ErrTwoKeys, "substitute")
	check(f.bus.SaveFirstState())
	f.bus = f.load(t, crash(t, f.dirs[f.bus]), f.options())
	if alarms := f.bus.Alarms(); len(alarms) != 1 || alarms[0].Core != f.hash() {
		t.Errorf("%+v", alarms)
	}
	succeed(t, f.bus, next)
}
