package device_test

import (
	"bytes"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// What comes from outside never panics, and is accepted only if it is one of the messages that were really made.

func FuzzVerify(f *testing.F) {
	fl := newFleet(f)
	good := must(fl.bus.Sign([]byte("at stop 7"), device.SignOptions{}))
	short := must(fl.bus.Sign([]byte("at stop 7"), device.SignOptions{Short: true}))
	f.Add(good)
	f.Add(short)
	f.Add(good[:50])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, msg []byte) {
		if _, err := fl.tram.Verify(msg); err == nil && !bytes.Equal(msg, good) && !bytes.Equal(msg, short) {
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
	f.Add(cold[:60])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, msg []byte) {
		fl.clock.add(time.Millisecond) // so that the bucket fills again
		if _, err := fl.park.Open(msg); err == nil && !bytes.Equal(msg, cold) && !bytes.Equal(msg, warm) {
			t.Errorf("accepted %x", msg)
		}
	})
}

func FuzzApply(f *testing.F) {
	fl := newFleet(f)
	good := fl.publish(1)
	f.Add(good)
	f.Add(good[:100])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, list []byte) {
		if _, err := fl.bus.Apply(list); err == nil && !bytes.Equal(list, good) {
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
		if _, err := d.Install(pkg, a.hash()); err == nil && !bytes.Equal(pkg, good) {
			t.Errorf("installed %x", pkg)
		}
		_, _ = d.Inspect(pkg) // any core may be inspected, whoever made it
	})
}
