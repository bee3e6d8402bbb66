package device_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

// Of two lists with one number the stricter half of everything holds, in whatever order they came, and after a restart.
func TestForkUnion(t *testing.T) {
	for _, reversed := range []bool{false, true} {
		f := newFleet(t)
		now := f.clock.now()
		list := func(n uint64, first, last uint32, serial uint32, issued, next, hard time.Duration) []byte {
			f.next = uint32(n)
			return f.bundle(2, []uint32{serial}, func(b *wire.Bundle) {
				b.FirstEpoch, b.LastEpoch = first, last
				b.Issued, b.NextUpdate, b.HardExpiry = b.Issued.Add(issued), next, hard
				b.State = wire.ListState("fleet.example", 1, 1, first, last, n, []uint32{serial})
			})
		}
		lists := [][]byte{list(3, 9, 10, 1, 0, week, 6*week), list(50, 10, 30, 40, time.Second, 2*week, 5*week)}
		if reversed {
			lists[0], lists[1] = lists[1], lists[0]
		}
		must(f.bus.Apply(lists[0]))
		_, err := f.bus.Apply(lists[1])
		wantErr(t, err, device.ErrForked, "fork")
		for range 2 {
			l := f.bus.Status().List
			if !l.Forked || l.N != 50 || l.Count != 2 || !l.NextUpdate.Equal(now.Add(week)) || !l.HardExpiry.Equal(now.Add(5*week+time.Second)) {
				t.Errorf("reversed %v: %+v", reversed, l)
			}
			f.bus = f.reload(t, f.bus, f.options())
		}
		other := must(wire.ParseAddress("//fleet.example/Sother~45"))
		if m := must(f.bus.Verify(f.beacon(f.key(other), now, "x"))); m.NewerThanList {
			t.Error("serial 45 is newer than the shorter list only")
		}
		f.clock.add(4 * week) // epoch 11, which one of the lists speaks of
		_, err = f.bus.Verify(f.beacon(f.key(other), f.clock.now(), "x"))
		wantErr(t, err, device.ErrNoList, "epoch of one list only")
	}
}

// Lists that differ in nothing but when they were issued are two lists all the same.
func TestForkOfIssued(t *testing.T) {
	f := newFleet(t)
	must(f.bus.Apply(f.bundle(2, nil, func(*wire.Bundle) {})))
	_, err := f.bus.Apply(f.bundle(2, nil, func(b *wire.Bundle) {
		b.Issued, b.NextUpdate, b.HardExpiry = b.Issued.Add(time.Hour), b.NextUpdate-time.Hour, b.HardExpiry-time.Hour
	}))
	wantErr(t, err, device.ErrForked, "issued later")
	if n := len(f.bus.Status().Alarms); n != 1 {
		t.Errorf("%d alarms", n)
	}
}

// When the list's file was lost, another list of its number would bring back whoever only the lost one revoked: only the very list helps, or
// a later one.
func TestForkWithoutItsFile(t *testing.T) {
	for name, forked := range map[string]bool{"union": true, "one list": false} {
		f := newFleet(t)
		first, second := f.bundle(2, []uint32{1}, func(*wire.Bundle) {}), f.bundle(2, []uint32{2}, func(*wire.Bundle) {})
		must(f.bus.Apply(first))
		refused := [][]byte{second, f.bundle(2, []uint32{1}, func(b *wire.Bundle) { b.HardExpiry += week })}
		if forked {
			_, err := f.bus.Apply(second)
			wantErr(t, err, device.ErrForked, name)
			refused = append(refused, first)
		}
		f.bus = f.withoutList(t, f.bus)
		for _, half := range refused {
			_, err := f.bus.Apply(half)
			wantErr(t, err, device.ErrOldList, name)
		}
		if s := f.bus.Status(); s.List.Known || len(s.Alarms) != 2 {
			t.Errorf("%s: %+v, alarms %v", name, s.List, s.Alarms)
		}
		if !forked {
			must(f.bus.Apply(first))
			_, err := f.bus.Verify(must(f.tram.Sign(nil, device.SignOptions{})))
			wantErr(t, err, device.ErrRevoked, name)
		}
		f.list = 2
		must(f.bus.Apply(f.publish(1)))
		must(f.bus.Verify(must(f.park.Sign(nil, device.SignOptions{}))))
	}
}

// withoutList closes a device and opens it again without its list file.
func (f *fleet) withoutList(t *testing.T, d *device.Device) *device.Device {
	t.Helper()
	dir := f.dirs[d]
	check(d.Close())
	check(os.Remove(filepath.Join(dir, "list")))
	return f.load(t, dir, f.options())
}
