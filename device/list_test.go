package device_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"marque/device"
	"marque/device/revocation"
	"marque/device/wire"
)

func TestRevocation(t *testing.T) {
	f := newFleet(t)
	f.meet(t, f.bus, f.tram)
	sealed, _, err := f.tram.Seal(address(f.park), nil, device.SealOptions{})
	check(err)
	list := f.publish(1)
	a := must(f.bus.Apply(list))
	if !a.Changed || a.Count != 1 || a.N != 3 || a.Order.Sequence != 2 || a.Revoked || a.Forked {
		t.Errorf("%+v", a)
	}
	if a = must(f.bus.Apply(list)); a.Changed {
		t.Error("the same list again changed something")
	}
	must(f.park.Apply(list))

	_, err = f.bus.Verify(must(f.tram.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrRevoked, "broadcast")
	_, err = f.bus.Verify(must(f.tram.Sign(nil, device.SignOptions{Short: true})))
	wantErr(t, err, device.ErrRevoked, "short broadcast")
	_, err = f.park.Open(sealed)
	wantErr(t, err, device.ErrRevoked, "sealed message")
	for _, o := range []device.SealOptions{{RequireWarm: true}, {RequireCold: true}} {
		_, _, err = f.bus.Seal(address(f.tram), nil, o)
		wantErr(t, err, device.ErrRevoked, "seal to it")
	}

	if a = must(f.tram.Apply(list)); !a.Revoked || !f.tram.Status().Revoked {
		t.Error("the tram does not know that it is revoked")
	}
	_, err = f.tram.Sign(nil, device.SignOptions{})
	wantErr(t, err, device.ErrRevoked, "the revoked device signs")
	_, _, err = f.tram.Seal(address(f.park), nil, device.SealOptions{})
	wantErr(t, err, device.ErrRevoked, "the revoked device seals")
	f.tram = f.reload(t, f.tram, f.options())
	_, err = f.tram.Sign(nil, device.SignOptions{})
	wantErr(t, err, device.ErrRevoked, "after a restart")
}

func TestNoListTrustsNobody(t *testing.T) {
	f := newFleet(t)
	d := f.enrol(t, "new", wire.KindVehicle)
	_, err := d.Verify(must(f.bus.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrNoList, "verify")
	_, _, err = d.Seal(address(f.bus), nil, device.SealOptions{})
	wantErr(t, err, device.ErrNoList, "seal")
	msg := must(d.Sign(nil, device.SignOptions{})) // others judge by their own lists
	m := must(f.bus.Verify(msg))
	if !m.NewerThanList {
		t.Error("serial 3 is newer than a list of 3")
	}
	must(d.Apply(f.publish()))
	must(d.Verify(must(f.bus.Sign(nil, device.SignOptions{}))))
}

// Past next-update answers are marked, and the unknown are no longer accepted; past hard expiry nobody is.
func TestListAges(t *testing.T) {
	f := newFleet(t)
	d := f.enrol(t, "new", wire.KindVehicle)
	f.clock.add(week - time.Second)
	must(f.tram.Verify(must(d.Sign(nil, device.SignOptions{}))))
	if m := must(f.tram.Verify(must(f.bus.Sign(nil, device.SignOptions{})))); m.Stale {
		t.Error("stale before next-update")
	}
	f.clock.add(time.Second)
	_, err := f.tram.Verify(must(d.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrNoList, "newer than a stale list")
	if m := must(f.tram.Verify(must(f.bus.Sign(nil, device.SignOptions{})))); !m.Stale || !f.tram.Status().List.Stale {
		t.Error("not stale at next-update")
	}
	f.clock.add(7*week - time.Millisecond)
	must(f.tram.Verify(must(f.bus.Sign(nil, device.SignOptions{}))))
	f.clock.add(time.Millisecond)
	_, err = f.tram.Verify(must(f.bus.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrListExpired, "at hard expiry")
	_, _, err = f.tram.Seal(address(f.bus), nil, device.SealOptions{})
	wantErr(t, err, device.ErrListExpired, "seal at hard expiry")
	if !f.tram.Status().List.Expired {
		t.Error("the status does not say so")
	}
	must(f.tram.Apply(f.publish()))
	must(f.tram.Verify(must(f.bus.Sign(nil, device.SignOptions{}))))
}

func TestListCoverage(t *testing.T) {
	f := newFleet(t)
	f.list++
	must(f.tram.Apply(f.bundle(f.list, nil, func(b *wire.Bundle) {
		b.FirstEpoch, b.LastEpoch = 11, 20
		b.State = wire.ListState("fleet.example", 1, 1, 11, 20, b.N, nil)
	})))
	_, err := f.tram.Verify(must(f.bus.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrNoList, "epoch that the list does not cover")
}

func TestApplyRefuses(t *testing.T) {
	f, foreign := newFleet(t), newAuthority(7)
	newest := f.publish(0)
	must(f.tram.Apply(newest))
	before := f.tram.Status().List
	good := f.bundle(3, []uint32{0}, func(*wire.Bundle) {})
	for name, test := range map[string]struct {
		list []byte
		want error
	}{
		"lower sequence":    {f.bundle(1, nil, func(*wire.Bundle) {}), device.ErrOldList},
		"lower base":        {f.bundle(9, nil, func(b *wire.Bundle) { b.Base = 0 }), device.ErrOldList},
		"lower generation":  {f.bundle(9, nil, func(b *wire.Bundle) { b.Generation = 0 }), device.ErrOldList},
		"another realm":     {foreign.publish(), device.ErrTampered},
		"another core":      {f.bundle(3, nil, func(b *wire.Bundle) { b.Core[0] ^= 1 }), device.ErrUnknownRealm},
		"another state":     {f.bundle(3, nil, func(b *wire.Bundle) { b.State[0] ^= 1 }), device.ErrMalformed},
		"other serials":     {f.bundle(3, []uint32{1}, func(b *wire.Bundle) { b.State = wire.ListState("fleet.example", 1, 1, 9, 23, 3, []uint32{2}) }), device.ErrMalformed},
		"wrong count":       {f.bundle(3, []uint32{1}, func(b *wire.Bundle) { b.Count = 2 }), device.ErrMalformed},
		"unknown codec":     {f.bundle(3, []uint32{1}, func(b *wire.Bundle) { b.Codec = 99 }), device.ErrMalformed},
		"another statement": {f.policy, device.ErrMalformed},
		"cut off":           {good[:len(good)-1], device.ErrMalformed},
		"nothing":           {nil, device.ErrMalformed},
	} {
		_, err := f.tram.Apply(test.list)
		wantErr(t, err, test.want, name)
		if f.tram.Status().List != before {
			t.Fatalf("%s: the list changed", name)
		}
	}
	flips(good, 3, func(bit int, altered []byte) {
		if _, err := f.tram.Apply(altered); err == nil {
			t.Fatalf("bit %d flipped: applied", bit)
		}
	})
	must(f.tram.Apply(good))
}

// The status says how old the list is and what it covers, in epochs and in time.
func TestListStatus(t *testing.T) {
	f := newFleet(t)
	issued := f.clock.now().Truncate(time.Second)
	f.clock.add(30 * time.Hour)
	l := f.tram.Status().List
	if l.Age != f.clock.now().Sub(issued) || l.FirstEpoch != 9 || l.LastEpoch != 23 {
		t.Errorf("%+v", l)
	}
	if !l.From.Equal(epoch0.Add(36*week)) || !l.Until.Equal(epoch0.Add(96*week)) {
		t.Errorf("from %v until %v", l.From, l.Until)
	}
	must(f.tram.Apply(f.bundle(2, nil, func(b *wire.Bundle) { b.Issued = b.Issued.Add(time.Minute) })))
	if l := f.tram.Status().List; l.Age != 0 {
		t.Errorf("a list of a minute ahead is %v old", l.Age)
	}
}

// Two lists under one number: the device holds to both, says so for ever, and a later list settles who is revoked.
func TestFork(t *testing.T) {
	f := newFleet(t)
	first, second := f.bundle(2, []uint32{1}, func(*wire.Bundle) {}), f.bundle(2, []uint32{2}, func(*wire.Bundle) {})
	must(f.bus.Apply(first))
	a, err := f.bus.Apply(second)
	wantErr(t, err, device.ErrForked, "fork")
	if a == nil || !a.Forked || a.Count != 2 {
		t.Fatalf("%+v", a)
	}
	for range 2 {
		for _, d := range []*device.Device{f.tram, f.park} {
			_, err = f.bus.Verify(must(d.Sign(nil, device.SignOptions{})))
			wantErr(t, err, device.ErrRevoked, "on one of the two lists")
		}
		for _, again := range [][]byte{first, second} {
			if a := must(f.bus.Apply(again)); a.Changed || a.Count != 2 || !a.Forked {
				t.Errorf("%+v", a)
			}
		}
		if s := f.bus.Status(); len(s.Alarms) != 1 || !s.List.Forked {
			t.Errorf("alarms %v", s.Alarms)
		}
		f.bus = f.reload(t, f.bus, f.options())
	}
	f.list = 2
	must(f.bus.Apply(f.publish(1)))
	must(f.bus.Verify(must(f.park.Sign(nil, device.SignOptions{}))))
	if s := f.bus.Status(); len(s.Alarms) != 1 || s.List.Forked {
		t.Errorf("after the next list: alarms %v", s.Alarms)
	}
}

// One list under two dates: the earlier ones hold.
func TestForkOfDates(t *testing.T) {
	f := newFleet(t)
	must(f.bus.Apply(f.bundle(2, nil, func(*wire.Bundle) {})))
	_, err := f.bus.Apply(f.bundle(2, nil, func(b *wire.Bundle) { b.HardExpiry, b.NextUpdate = 2*week, 2*week }))
	wantErr(t, err, device.ErrForked, "other dates")
	s := f.bus.Status()
	if !s.List.HardExpiry.Equal(f.clock.now().Add(2*week)) || !s.List.NextUpdate.Equal(f.clock.now().Add(week)) || len(s.Alarms) != 1 {
		t.Errorf("%+v", s.List)
	}
}

// A crash between any two steps of Apply leaves the old list or the new one.
func TestCrashInApply(t *testing.T) {
	f := newFleet(t)
	dir := f.dirs[f.bus]
	oldList, oldState := must(os.ReadFile(filepath.Join(dir, "list"))), readState(dir)
	must(f.bus.Apply(f.publish(1)))
	for name, test := range map[string]struct {
		bend func(dir string)
		want uint32
	}{
		"before the list is renamed": {func(dir string) {
			check(os.Rename(filepath.Join(dir, "list"), filepath.Join(dir, "list.new")))
			check(os.WriteFile(filepath.Join(dir, "list"), oldList, 0o600))
			oldState.put(dir)
		}, 1},
		"list half written": {func(dir string) {
			b := must(os.ReadFile(filepath.Join(dir, "list")))
			check(os.WriteFile(filepath.Join(dir, "list.new"), b[:len(b)/2], 0o600))
			check(os.WriteFile(filepath.Join(dir, "list"), oldList, 0o600))
			oldState.put(dir)
		}, 1},
		"before the state is written": {func(dir string) {
			oldState.put(dir)
		}, 2},
		"state half written": {func(dir string) {
			b := must(os.ReadFile(filepath.Join(dir, "state-a")))
			check(os.WriteFile(filepath.Join(dir, "state-a.new"), b[:len(b)/2], 0o600))
			oldState.put(dir)
		}, 2},
		"one copy of the state written":       {func(dir string) { oldState.putOne(dir, 0) }, 2},
		"the other copy of the state written": {func(dir string) { oldState.putOne(dir, 1) }, 2},
		"after all":                           {func(string) {}, 2},
	} {
		copied := crash(t, dir)
		test.bend(copied)
		d := f.load(t, copied, f.options())
		if s := d.Status(); s.List.Order.Sequence != test.want || len(s.Alarms) != 0 {
			t.Errorf("%s: list %d, alarms %v", name, s.List.Order.Sequence, s.Alarms)
		}
		must(d.Apply(f.bundle(5, nil, func(*wire.Bundle) {})))
	}
}

// A list file that was set back, damaged or removed is noticed; then nobody is trusted until the newest list is applied again.
func TestListSetBack(t *testing.T) {
	f := newFleet(t)
	dir := f.dirs[f.bus]
	old := must(os.ReadFile(filepath.Join(dir, "list")))
	newest := f.publish(1)
	must(f.bus.Apply(newest))
	for name, bend := range map[string]func(path string){
		"set back": func(path string) { check(os.WriteFile(path, old, 0o600)) },
		"removed":  func(path string) { check(os.Remove(path)) },
		"damaged":  func(path string) { check(os.WriteFile(path, []byte("MQDF"), 0o600)) },
	} {
		copied := crash(t, dir)
		bend(filepath.Join(copied, "list"))
		d := f.load(t, copied, f.options())
		if s := d.Status(); s.List.Known || len(s.Alarms) != 1 {
			t.Errorf("%s: %+v", name, s.List)
		}
		f.clock.add(31 * time.Second) // past the lost record of messages
		_, err := d.Verify(must(f.park.Sign(nil, device.SignOptions{})))
		wantErr(t, err, device.ErrNoList, name)
		_, err = d.Apply(f.bundle(1, nil, func(*wire.Bundle) {}))
		wantErr(t, err, device.ErrOldList, name)
		must(d.Apply(newest))
		must(d.Verify(must(f.park.Sign(nil, device.SignOptions{}))))
	}
}

// A clock set far ahead raises the floor at most to the list's hard expiry, and erases no key.
func TestClockFarAhead(t *testing.T) {
	f := newFleet(t)
	expiry := f.bus.Status().List.HardExpiry
	f.clock.add(100 * 52 * week)
	f.bus = f.reload(t, f.bus, f.options())
	if s := f.bus.Status(); !s.Floor.Equal(expiry) {
		t.Errorf("floor %v, want %v", s.Floor, expiry)
	}
	if n := f.bus.LiveKeys(); n != 3 {
		t.Errorf("%d keys left", n)
	}
	f.clock.add(-100 * 52 * week)
	if s := f.bus.Status(); !s.Now.Equal(expiry) {
		t.Errorf("now %v", s.Now)
	}
	f.clock.add(8*week + time.Hour)
	must(f.bus.Apply(f.publish()))
	must(f.bus.Sign(nil, device.SignOptions{}))
}

// A list of a hundred thousand serials works as a small one does.
func TestLargeList(t *testing.T) {
	f := newFleet(t)
	var serials []uint32
	for i := range uint32(100_000) {
		serials = append(serials, 10+7*i)
	}
	f.next = 1_000_000
	list := f.publish(serials...)
	must(f.bus.Apply(list))
	f.bus = f.reload(t, f.bus, f.options())
	if s := f.bus.Status().List; s.Count != len(serials) || s.N != 1_000_000 {
		t.Errorf("%+v", s)
	}
	bound := revocation.Bound(1_000_000, len(serials)) / 8
	if size := float64(len(list)); size > 1.02*bound+400 {
		t.Errorf("%v octets, bound %v", size, bound)
	}
}
