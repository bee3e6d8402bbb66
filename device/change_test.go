package device_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"marque/device"
	"marque/device/wire"
)

func asIs(*wire.Change) {}

// One change brings every list from its first one on to the newest, and what comes out is what the full list would have been.
func TestChangeFromAnyOlderList(t *testing.T) {
	f := newFleet(t)
	var fresh []*device.Device // before n grows no more
	for _, name := range []string{"bus-1", "bus-2", "bus-3"} {
		fresh = append(fresh, f.enrol(t, name, wire.KindVehicle))
	}
	first := f.publish()
	second := f.publish(0)
	third := f.publish(0, 1)
	fourth := f.publish(0, 1)
	change := f.change(fourth, 2, []uint32{0, 1}, asIs)
	if len(change) >= len(fourth) {
		t.Errorf("%d octets, the full list has %d", len(change), len(fourth))
	}
	for i, lists := range [][][]byte{nil, {second}, {second, third}} {
		d := fresh[i]
		must(d.Apply(first))
		for _, l := range lists {
			must(d.Apply(l))
		}
		a := must(d.Apply(change))
		if !a.Changed || a.Count != 2 || a.Order.Sequence != 5 {
			t.Errorf("%d lists further on: %+v", i, a)
		}
		if a := must(d.Apply(change)); a.Changed {
			t.Errorf("%d lists further on: the same change again changed something", i)
		}
		if a := must(d.Apply(fourth)); a.Changed {
			t.Errorf("%d lists further on: the full list of the same number changed something", i)
		}
		d = f.reload(t, d, f.options())
		if l := d.Status().List; l.Order.Sequence != 5 {
			t.Errorf("%d lists further on: after a restart %+v", i, l)
		}
	}
}

func TestChangeRefuses(t *testing.T) {
	f, foreign := newFleet(t), newAuthority(7)
	base := f.publish(0)
	skipped := f.publish(0, 1)
	newest := f.publish(0, 1)
	must(f.tram.Apply(base))
	before := f.tram.Status().List
	for name, test := range map[string]struct {
		change []byte
		want   error
	}{
		"skips a list":       {f.change(newest, 3, nil, asIs), device.ErrListGap},
		"lacks a serial":     {f.change(newest, 2, nil, asIs), device.ErrListGap},
		"adds one too many":  {f.change(newest, 2, []uint32{1, 2}, asIs), device.ErrListGap},
		"another state":      {f.change(newest, 2, []uint32{1}, func(c *wire.Change) { c.State[0] ^= 1 }), device.ErrListGap},
		"another n":          {f.change(newest, 2, []uint32{1}, func(c *wire.Change) { c.N++ }), device.ErrListGap},
		"a smaller n":        {f.change(newest, 2, []uint32{1}, func(c *wire.Change) { c.N-- }), device.ErrListGap},
		"other epochs":       {f.change(newest, 2, []uint32{1}, func(c *wire.Change) { c.LastEpoch++ }), device.ErrListGap},
		"another base":       {f.change(newest, 2, []uint32{1}, func(c *wire.Change) { c.Base++ }), device.ErrListGap},
		"another generation": {f.change(newest, 2, []uint32{1}, func(c *wire.Change) { c.Generation++ }), device.ErrListGap},
		"an older list":      {f.change(newest, 0, []uint32{1}, func(c *wire.Change) { c.Sequence = 1 }), device.ErrOldList},
		"damaged data":       {f.change(newest, 2, []uint32{1}, func(c *wire.Change) { c.Data = append(c.Data, 9, 9, 9, 9) }), device.ErrMalformed},
		"an unknown codec":   {f.change(newest, 2, []uint32{1}, func(c *wire.Change) { c.Codec = 9 }), device.ErrMalformed},
		"another core":       {f.change(newest, 2, []uint32{1}, func(c *wire.Change) { c.Core[0] ^= 1 }), device.ErrUnknownRealm},
		"another authority":  {foreign.change(foreign.publish(), 0, nil, asIs), device.ErrTampered},
	} {
		_, err := f.tram.Apply(test.change)
		wantErr(t, err, test.want, name)
	}
	forged := f.change(newest, 2, []uint32{1}, asIs)
	for i := range forged {
		bad := append([]byte(nil), forged...)
		bad[i] ^= 1
		if _, err := f.tram.Apply(bad); err == nil {
			t.Fatalf("octet %d of %d: accepted", i, len(forged))
		}
	}
	if l := f.tram.Status().List; l.Order != before.Order || l.Count != before.Count {
		t.Errorf("a refused change changed something: %+v, before %+v", l, before)
	}
	must(f.tram.Apply(skipped))
	must(f.tram.Apply(forged))
	d := f.enrol(t, "new", wire.KindVehicle)
	_, err := d.Apply(forged)
	wantErr(t, err, device.ErrListGap, "without any list")
}

// A change to the number in force that leads elsewhere shows that the authority signed two lists: whoever it adds counts as revoked, too.
func TestChangeShowsFork(t *testing.T) {
	f := newFleet(t)
	newest := f.publish(0)
	must(f.tram.Apply(newest))
	other := f.change(newest, 1, []uint32{1}, func(c *wire.Change) { c.State[3] ^= 1 })
	a, err := f.tram.Apply(other)
	wantErr(t, err, device.ErrForked, "another state")
	if a == nil || !a.Forked || a.Count != 2 {
		t.Fatalf("%+v", a)
	}
	if a := must(f.tram.Apply(other)); a.Changed {
		t.Error("the same again changed something")
	}
	_, err = f.tram.Apply(f.change(f.publish(0, 1), 2, []uint32{1}, asIs))
	wantErr(t, err, device.ErrListGap, "a change of a list that is a union")
	must(f.tram.Apply(f.publish(0, 1)))
	if f.tram.Status().List.Forked {
		t.Error("still forked")
	}
}

// Changes have the dates of their list: they hold off neither staleness nor expiry for longer.
func TestChangeAges(t *testing.T) {
	f := newFleet(t)
	f.clock.add(3 * 24 * time.Hour)
	must(f.tram.Apply(f.change(f.publish(), 1, nil, asIs)))
	f.clock.add(week - time.Second)
	if f.tram.Status().List.Stale {
		t.Error("stale before the next update of the new list")
	}
	f.clock.add(time.Second)
	if !f.tram.Status().List.Stale {
		t.Error("not stale afterwards")
	}
}

// What a weekly change of one in ten thousand takes, signed.
func TestChangeSizes(t *testing.T) {
	a := newAuthority(1)
	r := rand.New(rand.NewPCG(1, 2))
	for n, most := range map[uint32]int{100_000: 180, 1_000_000: 350, 10_000_000: 2000} {
		a.next = n
		added := map[uint32]bool{}
		for len(added) < int(n/10_000) {
			added[r.Uint32N(n)] = true
		}
		serials := slices.Sorted(maps.Keys(added))
		change := a.change(a.publish(serials...), a.list-1, serials, asIs)
		t.Logf("%d of %d: %d octets", len(serials), n, len(change))
		if len(change) > most {
			t.Errorf("%d of %d: %d octets, more than %d", len(serials), n, len(change), most)
		}
	}
}

// A change names its core with four octets only, so it is the key that tells: one of a core that was given up, or of the next one, does nothing,
// and the device says what has to be done.
func TestChangesAroundRotation(t *testing.T) {
	f, next := rotatingFleet(t)
	former := f.change(f.publish(0), 1, []uint32{0}, asIs)
	next.publish()
	_, err := f.tram.Apply(next.change(next.publish(), 1, nil, asIs))
	wantErr(t, err, device.ErrRotateFirst, "of the next core")
	succeed(t, f.tram, next)
	must(f.tram.Apply(next.publish()))
	_, err = f.tram.Apply(former)
	wantErr(t, err, device.ErrRotated, "of the former core")
	if l := f.tram.Status().List; l.Count != 0 {
		t.Errorf("%+v", l)
	}
}

// A device whose list file was lost or set back takes no change, however far back it reaches: what it would continue is not known.
func TestChangeOfLostList(t *testing.T) {
	f := newFleet(t)
	dir := f.dirs[f.tram]
	file := filepath.Join(dir, "list")
	before := must(os.ReadFile(file))
	must(f.tram.Apply(f.publish(0)))
	change := f.change(f.publish(0, 1), 1, []uint32{0, 1}, asIs)
	same := f.change(f.bundle(2, []uint32{0}, func(*wire.Bundle) {}), 1, []uint32{0}, asIs)
	for name, spoil := range map[string]func() error{
		"lost":     func() error { return os.Remove(file) },
		"set back": func() error { return os.WriteFile(file, before, 0o600) },
	} {
		check(spoil())
		check(f.tram.Close())
		f.tram = f.load(t, dir, f.options())
		for _, c := range [][]byte{change, same} {
			_, err := f.tram.Apply(c)
			wantErr(t, err, device.ErrListGap, name)
		}
	}
	must(f.tram.Apply(f.publish(0, 1)))
}

// A change that begins with nobody is a list in its shortest form: it needs no list, follows a list of another base, tells of forks, and is
// refused where a list is.
func TestCompactList(t *testing.T) {
	f := newFleet(t)
	compact := func(full []byte, serials ...uint32) []byte { return f.change(full, 0, serials, asIs) }
	d := f.enrol(t, "new", wire.KindVehicle)
	first := f.publish(0)
	if a := must(d.Apply(compact(first, 0))); !a.Changed || a.Count != 1 || a.Order.Sequence != f.list {
		t.Errorf("without any list: %+v", a)
	}
	if a := must(d.Apply(first)); a.Changed {
		t.Errorf("the full list afterwards: %+v", a)
	}
	if a := must(d.Apply(compact(first, 0))); a.Changed {
		t.Errorf("the same again: %+v", a)
	}
	second := f.publish(0, 1)
	must(d.Apply(second))
	_, err := d.Apply(compact(first, 0))
	wantErr(t, err, device.ErrOldList, "an older one")
	f.list++
	third := f.bundle(f.list, []uint32{1}, func(b *wire.Bundle) {
		b.Base = 2
		b.State = wire.ListState(f.core.Realm, 1, 2, b.FirstEpoch, b.LastEpoch, b.N, []uint32{1})
	})
	if a := must(d.Apply(compact(third, 1))); a.Count != 1 || a.Order.Base != 2 {
		t.Errorf("of the next base: %+v", a)
	}
	a, err := d.Apply(f.change(third, 0, []uint32{0, 1}, func(c *wire.Change) {
		c.State = wire.ListState(f.core.Realm, c.Generation, c.Base, c.FirstEpoch, c.LastEpoch, c.N, []uint32{0, 1})
	}))
	wantErr(t, err, device.ErrForked, "another one of that number")
	if a == nil || a.Count != 2 {
		t.Errorf("%+v", a)
	}
	later := f.bundle(f.list+1, []uint32{1}, func(b *wire.Bundle) { b.Base = 2 })
	_, err = d.Apply(f.change(later, 0, []uint32{0}, asIs))
	wantErr(t, err, device.ErrMalformed, "serials that are not of its state")
}

// The list of a million vehicles with the revocations of four weeks, one in ten thousand each week, in its shortest form.
func TestCompactSize(t *testing.T) {
	a := newAuthority(1)
	r := rand.New(rand.NewPCG(3, 4))
	a.next = 1_000_000
	revoked := map[uint32]bool{}
	for len(revoked) < 400 {
		revoked[r.Uint32N(a.next)] = true
	}
	serials := slices.Sorted(maps.Keys(revoked))
	full := a.publish(serials...)
	compact := a.change(full, 0, serials, asIs)
	t.Logf("%d of %d: %d octets, with what it says of the log %d", len(serials), a.next, len(compact), len(full))
	if len(compact) > 800 {
		t.Errorf("%d octets, more than 800", len(compact))
	}
}
