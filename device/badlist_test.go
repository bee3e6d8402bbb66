package device_test

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"marque/device"
	"marque/device/revocation"
	"marque/device/wire"
)

// TestBadLists offers a device that holds list 3 everything that is no later list of its realm, signed as well as the real ones unless the
// row is about that. Nothing of it changes the list in force, neither now nor after a restart.
func TestBadLists(t *testing.T) {
	f := newFleet(t)
	first := f.bundle(1, nil, func(*wire.Bundle) {})
	second := f.publish(0)
	third := f.publish(0)
	fourth := f.publish(0, 1)
	fifth := f.publish(0, 1)
	must(f.tram.Apply(third))
	before := f.tram.Status().List
	elsewhere := found(1, f.clock, func(c *wire.Core) { c.Realm, c.SPIDs = "other.example", []string{"other.example"} })
	impostor := newAuthority(9)
	elsewhere.next, impostor.next, elsewhere.list, impostor.list = 3, 3, 5, 5
	signedElsewhere := elsewhere.publish(0, 1)

	for name, test := range map[string]struct {
		list []byte
		want error
	}{
		"a change that begins later":                 {f.change(fifth, 4, nil, asIs), device.ErrListGap},
		"a change that leads back":                   {f.change(second, 1, []uint32{0}, asIs), device.ErrOldList},
		"the list before":                            {second, device.ErrOldList},
		"the first list":                             {first, device.ErrOldList},
		"of another realm":                           {signedElsewhere, device.ErrUnknownRealm},
		"a change of another realm":                  {elsewhere.change(signedElsewhere, 0, []uint32{0, 1}, asIs), device.ErrUnknownRealm},
		"by another authority":                       {impostor.publish(0, 1), device.ErrTampered},
		"a change by another authority":              {impostor.change(impostor.publish(0, 1), 3, []uint32{1}, asIs), device.ErrTampered},
		"a serial that is not below n":               {bend(f, 6, 2, 1, 1, []byte{0, 0, 0, 1, 0xc0}), device.ErrMalformed},
		"none below 0, with data":                    {bend(f, 6, 0, 0, 1, []byte{0}), device.ErrMalformed},
		"codec 0":                                    {bend(f, 6, 3, 1, 0, []byte{0, 0, 0, 1, 0}), device.ErrMalformed},
		"codec 3":                                    {bend(f, 6, 3, 1, 3, []byte{0, 0, 0, 1, 0}), device.ErrMalformed},
		"gaps that nobody would code so":             {bend(f, 6, 3, 1, 2, []byte{0, 0, 0, 1, 0, 7}), device.ErrMalformed},
		"Golomb codes without a divisor":             {bend(f, 6, 3, 1, 1, []byte{0, 0, 0, 0, 0}), device.ErrMalformed},
		"a list of the depots, which is none":        {f.policy, device.ErrMalformed},
		"the serials of list 4 under list 3's state": {bent(f, fourth, func(b *wire.Bundle) { b.State = before.State }), device.ErrMalformed},
	} {
		_, err := f.tram.Apply(test.list)
		wantErr(t, err, test.want, name)
		if l := f.tram.Status().List; l != before {
			t.Errorf("%s: %+v", name, l)
		}
	}
	f.tram = f.reload(t, f.tram, f.options())
	if l := f.tram.Status().List; l != before || len(f.tram.Alarms()) != 0 {
		t.Errorf("after a restart %+v, alarms %v", l, f.tram.Alarms())
	}

	must(f.tram.Apply(f.change(fourth, 3, []uint32{1}, asIs))) // in their order all is well
	must(f.tram.Apply(f.change(fifth, 4, nil, asIs)))
	for _, old := range [][]byte{f.change(fourth, 3, []uint32{1}, asIs), third, fourth} {
		_, err := f.tram.Apply(old)
		wantErr(t, err, device.ErrOldList, "again")
	}
}

// bend signs a list with some number, n, count and data, whatever they say.
func bend(f *fleet, sequence uint32, n uint64, count uint32, codec uint8, data []byte) []byte {
	return bent(f, f.bundle(sequence, nil, func(*wire.Bundle) {}), func(b *wire.Bundle) { b.N, b.Count, b.Codec, b.Data = n, count, codec, data })
}

// bent signs a list again after a change to it.
func bent(f *fleet, list []byte, change func(*wire.Bundle)) []byte {
	b := must(wire.ParseBundle(must(wire.OpenStatement(list, wire.TypeBundle, f.core.Realm, f.core.StatementKey))))
	change(b)
	return f.sign(wire.TypeBundle, must(b.Marshal()))
}

// Lists of nobody, of everybody, and of the smallest and largest fleets are lists as others are, in either form in memory.
func TestListsOfNobodyAndEverybody(t *testing.T) {
	for _, limit := range []int{1, 0} {
		f := newFleet(t)
		o := f.options()
		o.ListMemory = limit
		f.bus = f.reload(t, f.bus, o)
		for _, test := range []struct {
			n       uint64
			serials []uint32
		}{
			{0, nil},
			{1, nil},
			{1, []uint32{0}},
			{3, []uint32{0, 1, 2}},
			{1 << 32, nil},
			{1 << 32, []uint32{0, 1, 1<<32 - 1}},
		} {
			f.list++
			codec, data := revocation.Encode(must(revocation.NewSet(test.n, test.serials)))
			must(f.bus.Apply(f.bundle(f.list, nil, func(b *wire.Bundle) {
				b.N, b.Count, b.Codec, b.Data = test.n, uint32(len(test.serials)), uint8(codec), data
				b.State = wire.ListState(f.core.Realm, 1, 1, b.FirstEpoch, b.LastEpoch, test.n, test.serials)
			})))
			for range 2 {
				l := f.bus.Status().List
				if l.N != test.n || l.Count != len(test.serials) || l.Memory > 1<<10 {
					t.Errorf("%d of %d: %+v", len(test.serials), test.n, l)
				}
				m, err := f.bus.Verify(must(f.park.Sign(nil, device.SignOptions{}))) // serial 2
				switch {
				case len(test.serials) == 3 && test.n == 3:
					wantErr(t, err, device.ErrRevoked, "of everybody")
				case err != nil:
					t.Error(err)
				case m.NewerThanList != (test.n <= 2):
					t.Errorf("%d of %d: newer than the list: %v", len(test.serials), test.n, m.NewerThanList)
				}
				if f.bus.Status().Revoked != (len(test.serials) > 0) {
					t.Errorf("%d of %d: the device itself is wrong about it", len(test.serials), test.n)
				}
				f.bus = f.reload(t, f.bus, o)
				f.clock.add(time.Second)
			}
		}
	}
}

// A few octets that claim to be millions of serials cost little more than they may, and do not reach the disk.
func TestListThatIsABomb(t *testing.T) {
	f := newFleet(t)
	before := f.bus.Status().List
	for name, list := range map[string][]byte{
		"all of 2³², gaps":     bend(f, 2, 1<<32, 1<<32-1, 2, make([]byte, 9)),
		"all of 2³², Golomb":   bend(f, 2, 1<<32, 1<<32-1, 1, []byte{0, 0, 0, 1, 0, 0, 0, 0, 0}),
		"as many as are free":  bend(f, 2, 1<<32, 1<<22, 2, []byte{1}),
		"one more":             bend(f, 2, 1<<32, 1<<22+1, 2, []byte{1}),
		"divisor 2³² − 1":      bend(f, 2, 1<<32, 1<<20, 1, bytes.Repeat([]byte{0xff}, 100)),
		"megabytes of nothing": bend(f, 2, 1<<32, 1<<31, 2, make([]byte, 4<<20)),
		"megabytes of ones":    bend(f, 2, 1<<32, 1<<20, 1, append([]byte{0, 0, 0, 1}, bytes.Repeat([]byte{0xff}, 4<<20)...)),
	} {
		var start, end runtime.MemStats
		runtime.ReadMemStats(&start)
		_, err := f.bus.Apply(list)
		runtime.ReadMemStats(&end)
		wantErr(t, err, device.ErrMalformed, name)
		if took := int64(end.TotalAlloc-start.TotalAlloc) - 4*int64(len(list)); took > 18<<20 {
			t.Errorf("%s: %d octets for a list of %d", name, took, len(list))
		}
	}
	if l := f.bus.Status().List; l != before {
		t.Errorf("%+v", l)
	}
}

// A list from the future is taken, since the device cannot tell an authority that is ahead from a clock of its own that is behind, and says how
// far ahead it is; its time counts from then on (PROTOCOL.md, section 8). A clock that is set back afterwards brings nothing back.
func TestListFromTheFuture(t *testing.T) {
	f := newFleet(t)
	now := f.clock.now()
	if a := must(f.tram.Apply(f.publish())); a.Ahead != 0 {
		t.Errorf("a list of now is %v ahead", a.Ahead)
	}
	old := f.publish()
	f.clock.add(3 * week)
	future := f.publish(0)
	f.clock.add(-3 * week)
	a := must(f.tram.Apply(future))
	if want := 3*week - now.Sub(now.Truncate(time.Second)); a.Ahead != want {
		t.Errorf("%v ahead, want %v", a.Ahead, want)
	}
	for _, back := range []time.Duration{0, 30 * week} {
		f.clock.add(-back)
		for range 2 {
			s := f.tram.Status()
			if s.Now.Before(a.Issued) || s.List.Stale || s.List.Age != 0 || len(s.Alarms) != 0 {
				t.Errorf("now %v, %+v, alarms %v", s.Now, s.List, s.Alarms)
			}
			_, err := f.tram.Apply(old)
			wantErr(t, err, device.ErrOldList, "the clock was set back")
			f.tram = f.reload(t, f.tram, f.options())
		}
		f.clock.add(back)
	}
	_, err := f.tram.Verify(must(f.park.Sign(nil, device.SignOptions{})))
	wantErr(t, err, device.ErrStaleTime, "a peer that has the right time")
	f.clock.add(3*week + time.Minute)
	must(f.park.Apply(future))
	must(f.tram.Verify(must(f.park.Sign(nil, device.SignOptions{}))))
}

// A list that expired stays expired, however far the clock is set back.
func TestExpiredListAndClockSetBack(t *testing.T) {
	f := newFleet(t)
	f.clock.add(9 * week)
	f.tram = f.reload(t, f.tram, f.options())
	f.clock.add(-9 * week)
	_, err := f.tram.Verify(must(f.park.Sign(nil, device.SignOptions{})))
	if l := f.tram.Status().List; !l.Expired || err == nil {
		t.Errorf("%v, %+v", err, l)
	}
	f.clock.add(9*week + time.Hour)
	f.refresh(t, f.tram, f.park)
	must(f.tram.Verify(must(f.park.Sign(nil, device.SignOptions{}))))
}
