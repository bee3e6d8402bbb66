package device_test

import (
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// A clock that says 2040 for a while, by mistake or by an attacker, costs a device neither its keys nor its next list.
func TestClockIn2040(t *testing.T) {
	f := newFleet(t)
	before, honest := f.clock.now(), f.publish(1)
	f.clock.add(time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC).Sub(before))
	_, err := f.bus.Sign(nil, device.SignOptions{})
	wantErr(t, err, device.ErrEpoch, "there is no key for 2040")
	f.bus = f.reload(t, f.bus, f.options())
	must(f.bus.Apply(honest)) // in 2040, too
	f.bus = f.reload(t, f.bus, f.options())

	f.clock.add(before.Sub(f.clock.now()) + time.Minute)
	f.bus = f.reload(t, f.bus, f.options())
	if n := f.bus.LiveKeys(); n != 3 {
		t.Errorf("%d keys left", n)
	}
	next := f.publish(1, 2)
	if a := must(f.bus.Apply(next)); !a.Changed || a.Order.Sequence != 3 {
		t.Errorf("%+v", a)
	}
	if s := f.bus.Status(); s.List.Expired || s.Now.Before(s.List.Issued) {
		t.Errorf("now %v, list %+v", s.Now, s.List)
	}
	must(f.bus.Sign(nil, device.SignOptions{}))
}

// Not even one that was killed while its clock was wrong, and so lost its record of seen messages, stays deaf until then.
func TestCrashIn2040(t *testing.T) {
	f := newFleet(t)
	before := f.clock.now()
	f.clock.add(time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC).Sub(before))
	d := f.load(t, crash(t, f.dirs[f.park]), f.options())
	d = f.reload(t, d, f.options()) // the floor of the lost record is in the new one

	f.clock.add(before.Add(8*week + time.Minute).Sub(f.clock.now())) // past what the list in force vouched for
	f.refresh(t, f.bus, d)
	must(d.Verify(must(f.bus.Sign([]byte("back in 2026"), device.SignOptions{}))))
}

// Without a list nothing vouches for the clock, and message times vouch for nothing.
func TestWhatRaisesTheFloor(t *testing.T) {
	f := newFleet(t)
	d := f.enrol(t, "new", wire.KindVehicle)
	issued := d.Status().Floor
	if want := f.clock.now().Truncate(time.Second); !issued.Equal(want) {
		t.Errorf("floor %v, the package is of %v", issued, want)
	}
	f.clock.add(50 * week)
	d = f.reload(t, d, f.options())
	if s := d.Status(); !s.Floor.Equal(issued) {
		t.Errorf("the clock alone raised the floor to %v", s.Floor)
	}
	f.clock.add(-50 * week)

	floor := f.park.Status().Floor
	must(f.park.Verify(f.beacon(f.key(must(wire.ParseAddress("//fleet.example/Sother~9"))), f.clock.now().Add(30*time.Second), "ahead")))
	f.park = f.reload(t, f.park, f.options())
	if s := f.park.Status(); s.Floor.After(f.clock.now()) {
		t.Errorf("a message raised the floor from %v to %v", floor, s.Floor)
	}
	must(f.park.Apply(f.bundle(5, nil, func(b *wire.Bundle) { b.Issued = b.Issued.Add(time.Minute) })))
	if s := f.park.Status(); !s.Floor.Equal(f.clock.now().Truncate(time.Second).Add(time.Minute)) {
		t.Errorf("floor %v after a list of a minute ahead", s.Floor)
	}
}

// A key goes once the authority's own time has passed its epoch by more than the window for old messages, and not before.
func TestKeysEndByTheAuthoritysTime(t *testing.T) {
	f := newFleet(t)
	end := epoch0.Add(44 * week) // of the first epoch
	f.clock.add(end.Add(time.Hour).Sub(f.clock.now()))
	f.bus = f.reload(t, f.bus, f.options())
	if n := f.bus.LiveKeys(); n != 3 {
		t.Errorf("%d keys: the clock erased some", n)
	}
	for i, test := range []struct {
		issued time.Time
		keys   int
	}{
		{end.Add(300*time.Second - time.Second), 3},
		{end.Add(300 * time.Second), 2},
	} {
		must(f.bus.Apply(f.bundle(uint32(2+i), nil, func(b *wire.Bundle) { b.Issued = test.issued })))
		if n := f.bus.LiveKeys(); n != test.keys {
			t.Errorf("list of %v: %d keys, want %d", test.issued, n, test.keys)
		}
	}
}

// A list that expires earlier than the one before vouches for less of the clock. What was vouched for when messages were accepted counts.
func TestShorterListLowersNothing(t *testing.T) {
	f := newFleet(t)
	f.clock.add(time.Hour)
	must(f.park.Verify(must(f.bus.Sign([]byte("saves the floor"), device.SignOptions{}))))
	f.clock.add(40 * time.Minute)
	msg := must(f.bus.Sign([]byte("once"), device.SignOptions{}))
	must(f.park.Verify(msg))
	must(f.park.Apply(f.bundle(2, nil, func(b *wire.Bundle) {
		b.Issued, b.NextUpdate, b.HardExpiry = b.Issued.Add(-90*time.Minute), time.Minute, time.Hour
	})))
	d := f.load(t, crash(t, f.dirs[f.park]), f.options())
	must(d.Apply(f.bundle(3, nil, func(*wire.Bundle) {})))
	_, err := d.Verify(msg)
	wantErr(t, err, device.ErrStaleTime, "a message that was accepted before the crash")
}
