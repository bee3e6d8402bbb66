package device_test

import (
	"testing"

	"marque/device"
	"marque/device/wire"
)

// restored signs a list as an authority does after it was restored from a backup: with a generation of its own, which has nothing to do with
// the core's, and after the serials jumped.
func (a *authority) restored(generation, seq uint32, serials ...uint32) []byte {
	return a.bundle(seq, serials, func(b *wire.Bundle) {
		b.Generation = generation
		b.State = wire.ListState(a.core.Realm, generation, b.Base, b.FirstEpoch, b.LastEpoch, b.N, serials)
	})
}

// jump is how far an authority's serials jump when it was restored.
const jump = 65_536

// A restored authority begins its lists anew, in a higher generation; nothing of a lower one counts from then on, whatever its number.
func TestListsOfRestoredAuthority(t *testing.T) {
	f := newFleet(t)
	ahead := f.bundle(900, []uint32{1}, func(*wire.Bundle) {})
	must(f.bus.Apply(ahead))
	f.next += jump
	a := must(f.bus.Apply(f.restored(2, 1, 1)))
	if a.Order != (wire.Order{Generation: 2, Base: 1, Sequence: 1}) || a.N != 3+jump || a.Count != 1 {
		t.Errorf("%+v", a)
	}
	ship := f.enrol(t, "ship", wire.KindVehicle)
	if got := address(ship).Serial(); got != 3+jump {
		t.Fatalf("serial %d", got)
	}
	must(f.bus.Apply(f.restored(2, 2, 1)))
	for range 2 {
		must(f.bus.Verify(must(ship.Sign(nil, device.SignOptions{}))))
		must(f.bus.Verify(must(f.park.Sign(nil, device.SignOptions{}))))
		_, err := f.bus.Verify(must(f.tram.Sign(nil, device.SignOptions{})))
		wantErr(t, err, device.ErrRevoked, "revoked before the authority was lost")
		_, err = f.bus.Apply(ahead)
		wantErr(t, err, device.ErrOldList, "the generation before")
		_, err = f.bus.Apply(f.restored(1, 4_000_000_000))
		wantErr(t, err, device.ErrOldList, "a large number of the generation before")
		f.bus = f.reload(t, f.bus, f.options())
	}
	must(f.bus.Apply(f.restored(4_294_967_295, 1, 1)))
	_, err := f.bus.Apply(f.restored(3, 9))
	wantErr(t, err, device.ErrOldList, "between the two")
	if alarms := f.bus.Alarms(); len(alarms) != 0 {
		t.Errorf("alarms %v", alarms)
	}
}

// An authority that was restored twice from one backup gives one number away twice: the device keeps the union, as with any fork.
func TestForkOfRestoredAuthority(t *testing.T) {
	f := newFleet(t)
	f.next += jump
	must(f.bus.Apply(f.restored(2, 1, 1)))
	f.next += 10
	a, err := f.bus.Apply(f.restored(2, 1, 2, 3+jump))
	wantErr(t, err, device.ErrForked, "the same number")
	if a.Count != 3 || a.N != 13+jump {
		t.Errorf("%+v", a)
	}
	for _, d := range []*device.Device{f.tram, f.park} {
		_, err := f.bus.Verify(must(d.Sign(nil, device.SignOptions{})))
		wantErr(t, err, device.ErrRevoked, "on either list")
	}
	must(f.bus.Apply(f.restored(3, 1)))
	if s := f.bus.Status(); s.List.Forked || len(s.Alarms) != 1 {
		t.Errorf("%+v", s)
	}
}

// A restored log lacks what was added after the backup: the devices concerned say so once for each generation, not with every list.
func TestLogOfRestoredAuthority(t *testing.T) {
	f := newFleet(t)
	shorter := func(generation, seq uint32) []byte {
		return f.bundle(seq, nil, func(b *wire.Bundle) {
			b.Generation, b.LogSize = generation, 1
			b.State = wire.ListState(f.core.Realm, generation, b.Base, b.FirstEpoch, b.LastEpoch, b.N, nil)
		})
	}
	f.clock.add(week)
	for seq := range uint32(5) {
		must(f.bus.Apply(shorter(2, 1+seq)))
	}
	if alarms := f.bus.Alarms(); len(alarms) != 1 {
		t.Fatalf("alarms %v", alarms)
	}
	must(f.bus.Apply(shorter(3, 1)))
	f.bus = f.reload(t, f.bus, f.options())
	must(f.bus.Apply(shorter(3, 2)))
	if alarms := f.bus.Alarms(); len(alarms) != 2 || alarms[0].Text == alarms[1].Text {
		t.Errorf("alarms %v", alarms)
	}
}

// A list that speaks of fewer serials than the one before it forgets revocations; it is applied, and an alarm stays.
func TestListThatForgets(t *testing.T) {
	f := newFleet(t)
	f.next = 2
	must(f.bus.Apply(f.publish()))
	must(f.bus.Apply(f.publish()))
	if alarms := f.bus.Alarms(); len(alarms) != 1 {
		t.Errorf("alarms %v", alarms)
	}
	f.next = 1
	must(f.bus.Apply(f.restored(2, 1)))
	if alarms := f.bus.Alarms(); len(alarms) != 2 {
		t.Errorf("alarms %v", alarms)
	}
}
