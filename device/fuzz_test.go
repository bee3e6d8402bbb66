package device_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// What comes from outside never panics, and is accepted only if it says what was really said. (Every fuzzing process has a fleet of its own
// in the same realm, so that the octets may be another process's.)

func FuzzVerify(f *testing.F) {
	fl := newFleet(f)
	good := must(fl.bus.Sign([]byte("at stop 7"), device.SignOptions{}))
	short := must(fl.bus.Sign([]byte("at stop 7"), device.SignOptions{Short: true}))
	f.Add(good)
	f.Add(short)
	f.Add(good[:50])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, msg []byte) {
		if m, err := fl.tram.Verify(msg); err == nil && (m.Sender != address(fl.bus) || string(m.Payload) != "at stop 7") {
			t.Errorf("accepted %x", msg)
		}
	})
}

func FuzzOpen(f *testing.F) {
	fl := newFleet(f)
	cold, _, err := fl.bus.Seal(address(fl.park), []byte("x"), device.SealOptions{})
	check(err)
	fl.meet(f, fl.bus, fl.park)
	warm, _, err := fl.bus.Seal(address(fl.park), []byte("x"), device.SealOptions{})
	check(err)
	f.Add(cold)
	f.Add(warm)
	several, _, err := fl.bus.SealAll([]wire.Address{address(fl.park), address(fl.tram)}, []byte("x"), device.SealOptions{})
	check(err)
	f.Add(several)
	f.Add(cold[:60])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, msg []byte) {
		fl.clock.add(time.Millisecond) // so that the bucket fills again
		if m, err := fl.park.Open(msg); err == nil && (m.Sender != address(fl.bus) || string(m.Payload) != "x") {
			t.Errorf("accepted %x", msg)
		}
	})
}

// A call that begins with data.
func FuzzCall(f *testing.F) {
	fl := openFleet(f)
	call := fl.recorded(f, "x")
	f.Add(call)
	f.Add(call[:60])
	f.Add([]byte{wire.ModeOpening})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, msg []byte) {
		if len(msg) > 65535 {
			return
		}
		fl.clock.add(10 * time.Millisecond) // so that the bucket fills again
		o := called(t, fl.park, msg)
		if o.err != nil {
			return
		}
		if early, ok := o.s.Early(); !ok || string(early) != "x" || o.s.Peer() != address(fl.bus) {
			t.Errorf("accepted %x", msg)
		}
		_ = o.s.Close()
	})
}

func FuzzApply(f *testing.F) {
	fl := newFleet(f)
	good := fl.publish(1)
	f.Add(good)
	f.Add(fl.change(good, 1, []uint32{1}, asIs))
	f.Add(good[:100])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, list []byte) {
		if a, err := fl.bus.Apply(list); err == nil && (a.Order.Sequence != 2 || a.Count != 1) {
			t.Errorf("applied %x", list)
		}
	})
}

func FuzzInstall(f *testing.F) {
	a := newAuthority(1)
	a.epochs = 1
	d, _ := a.create(f, "bus-4711", wire.KindVehicle)
	good := a.issue(must(d.Request()), edit{})
	f.Add(good)
	f.Add(good[:300])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, pkg []byte) {
		if in, err := d.Install(pkg, a.hash()); err == nil && in.Address.String() != "//fleet.example/Sbus-4711~0" {
			t.Errorf("installed %x", pkg)
		}
		_, _ = d.Inspect(pkg) // any core may be inspected, whoever made it
	})
}

func FuzzRotate(f *testing.F) {
	fl, next := rotatingFleet(f)
	good, present := next.statement(), fl.statement()
	f.Add(good)
	f.Add(present)
	f.Add(fl.sign(wire.TypeCore, next.raw))
	f.Add(good[:200])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, core []byte) {
		if r, err := fl.bus.Rotate(core); err == nil && !bytes.Equal(core, good) && !bytes.Equal(core, present) {
			t.Errorf("rotated to %x by %x", r.CoreHash, core)
		}
	})
}

// The state file is authenticated, but a bug of an older version may have written it.
func FuzzState(f *testing.F) {
	fl, next := rotatingFleet(f)
	_, err := fl.bus.Verify(fl.beacon(fl.key(address(fl.bus)), fl.clock.now(), "substitute"))
	wantErr(f, err, device.ErrTwoKeys, "substitute")
	f.Add(must(fl.bus.StateOnDisk(0)))
	must(fl.bus.Rotate(next.statement()))
	f.Add(must(fl.bus.StateOnDisk(0)))
	succeed(f, fl.tram, next)
	f.Add(must(fl.tram.StateOnDisk(0)))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := device.ReadState(b, fl.options()); err != nil && !errors.Is(err, device.ErrCorrupt) && !errors.Is(err, device.ErrMalformed) {
			t.Errorf("%v of %x", err, b)
		}
		if err := device.ReadState(b, fl.options()); err != nil && strings.Contains(err.Error(), "cannot be written") {
			t.Errorf("%v of %x", err, b)
		}
	})
}
