package device_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"marque/device"
	"marque/device/wire"
)

func whole(*wire.Regions) {}

// trust says what a device thinks of another: nil, or the error.
func trust(d, of *device.Device) error {
	_, err := d.Verify(must(of.Sign(nil, device.SignOptions{})))
	return err
}

// A device answers for the regions that it holds, knows nothing of the others, and is given them later.
func TestRegions(t *testing.T) {
	f := newFleet(t)
	full := f.publish(1)
	list, regions := f.cut(full, whole, 1, 2, 3)
	a := must(f.bus.ApplyRegions(list, regions[0]))
	if !a.Changed || a.Count != 0 || a.N != 3 || a.Order.Sequence != 2 || !slices.Equal(a.Held, []device.Span{{From: 0, End: 1}}) {
		t.Errorf("%+v", a)
	}
	wantErr(t, trust(f.bus, f.tram), device.ErrRegionMissing, "revoked, in a region that is not held")
	wantErr(t, trust(f.bus, f.park), device.ErrRegionMissing, "in a region that is not held")
	_, _, err := f.bus.Seal(address(f.park), nil, device.SealOptions{})
	wantErr(t, err, device.ErrRegionMissing, "seal")
	wantErr(t, trust(f.bus, f.enrol(t, "new", wire.KindVehicle)), nil, "newer than the list")

	if a = must(f.bus.ApplyRegions(list, regions[1])); !a.Changed || a.Count != 1 || !slices.Equal(a.Held, []device.Span{{From: 0, End: 2}}) {
		t.Errorf("%+v", a)
	}
	for range 2 {
		wantErr(t, trust(f.bus, f.tram), device.ErrRevoked, "revoked, in a region that was added")
		wantErr(t, trust(f.bus, f.park), device.ErrRegionMissing, "in a region that is not held")
		if s := f.bus.Status(); !s.List.Regional || !slices.Equal(s.Held, []device.Span{{From: 0, End: 2}}) || len(s.Alarms) != 0 {
			t.Errorf("%+v", s)
		}
		if a := must(f.bus.ApplyRegions(list, regions[1], regions[0], regions[1])); a.Changed {
			t.Error("the same regions again changed something")
		}
		f.bus = f.reload(t, f.bus, f.options())
	}
	other, coarse := f.cut(full, whole, 1, 3) // the same list, cut otherwise
	if a = must(f.bus.ApplyRegions(other, coarse[1])); !a.Changed || !slices.Equal(a.Held, []device.Span{{From: 0, End: 3}}) {
		t.Errorf("%+v", a)
	}
	for range 2 {
		wantErr(t, trust(f.bus, f.tram), device.ErrRevoked, "revoked, all regions held")
		wantErr(t, trust(f.bus, f.park), nil, "all regions held")
		if a = must(f.bus.Apply(full)); a.Changed || f.bus.Status().List.Regional {
			t.Errorf("after all regions, the full list: %+v", a)
		}
		f.bus = f.reload(t, f.bus, f.options())
	}
	must(f.bus.Apply(f.change(f.publish(0, 1), 2, []uint32{0}, asIs)))
}

// A full list completes regions of its number, and regions take nothing away from it.
func TestRegionsAndFullList(t *testing.T) {
	f := newFleet(t)
	full := f.publish(1)
	list, regions := f.cut(full, whole, 2, 3)
	must(f.bus.ApplyRegions(list, regions[0]))
	if a := must(f.bus.Apply(full)); !a.Changed || a.Count != 1 || len(a.Held) != 1 || a.Held[0].End != 3 {
		t.Errorf("%+v", a)
	}
	if a := must(f.bus.ApplyRegions(list, regions[0])); a.Changed || f.bus.Status().List.Regional {
		t.Errorf("%+v", a)
	}
	list, regions = f.cut(f.publish(1), whole, 2, 3)
	if a := must(f.bus.ApplyRegions(list, regions[0])); !a.Changed || len(a.Held) != 1 || a.Held[0].End != 2 {
		t.Errorf("of the next list: %+v", a)
	}
	wantErr(t, trust(f.bus, f.park), device.ErrRegionMissing, "of the next list, in a region that is not held")
	must(f.bus.Apply(f.publish()))
	wantErr(t, trust(f.bus, f.park), nil, "after the full list that follows")
}

func TestRegionsRefuse(t *testing.T) {
	f, foreign := newFleet(t), newAuthority(7)
	f.next = 300
	early, earlier := f.cut(f.publish(0), whole, 100, 200, 300)
	before := f.publish(0, 120)
	must(f.tram.Apply(before))
	full := f.publish(0, 2, 120, 250)
	list, regions := f.cut(full, whole, 100, 200, 300)
	_, coarse := f.cut(full, whole, 150, 300)
	_, others := f.cut(before, whole, 100, 200, 300)
	foreign.next = 300
	alien, aliens := foreign.cut(foreign.publish(0), whole, 100, 200, 300)
	bent := func(change func(*wire.Regions)) []byte {
		list, _ := f.cut(full, change, 100, 200, 300)
		return list
	}
	swapped := must(wire.ParseRegionFile(regions[0]))
	swapped.Place = 1
	was := f.tram.Status().List
	for name, test := range map[string]struct {
		list    []byte
		regions [][]byte
		want    error
	}{
		"no region":                 {list, nil, device.ErrRegionMissing},
		"without its own":           {list, regions[1:], device.ErrRegionMissing},
		"an older list":             {early, earlier, device.ErrOldList},
		"another authority's":       {alien, aliens, device.ErrTampered},
		"another authority's part":  {list, [][]byte{regions[0], aliens[1]}, device.ErrOtherRegion},
		"an older list's part":      {list, [][]byte{regions[0], others[1]}, device.ErrOtherRegion},
		"cut otherwise":             {list, [][]byte{regions[0], coarse[1]}, device.ErrTampered},
		"in another's place":        {list, [][]byte{regions[0], must(swapped.Marshal())}, device.ErrTampered},
		"a region that is the list": {list, [][]byte{regions[0], full}, device.ErrMalformed},
		"a list that is a region":   {regions[0], regions, device.ErrMalformed},
		"a list that is full":       {full, regions, device.ErrMalformed},
		"no list":                   {nil, regions, device.ErrMalformed},
		"another core":              {bent(func(m *wire.Regions) { m.List.Core[9] ^= 1 }), regions[:2], device.ErrUnknownRealm},
		"another core's regions":    {bent(func(m *wire.Regions) { m.List.Core[0] ^= 1 }), regions[:2], device.ErrUnknownRealm},
		"another state":             {bent(func(m *wire.Regions) { m.List.State[0] ^= 1 }), regions, device.ErrMalformed},
		"an unknown codec":          {bent(func(m *wire.Regions) { m.Regions[1].Codec = 9 }), regions[:2], device.ErrMalformed},
		"counts that are wrong": {bent(func(m *wire.Regions) {
			m.Regions[0].Count, m.Regions[1].Count = 1, 2
		}), regions[:2], device.ErrMalformed},
	} {
		_, err := f.tram.ApplyRegions(test.list, test.regions...)
		wantErr(t, err, test.want, name)
		if f.tram.Status().List != was {
			t.Fatalf("%s: the list changed", name)
		}
	}
	_, err := f.tram.Apply(list)
	wantErr(t, err, device.ErrRegionMissing, "the list alone")
	flips(list, 3, func(bit int, altered []byte) {
		if _, err := f.tram.ApplyRegions(altered, regions...); err == nil {
			t.Fatalf("bit %d of the list flipped: applied", bit)
		}
	})
	flips(regions[0], 1, func(bit int, altered []byte) {
		if _, err := f.tram.ApplyRegions(list, altered); err == nil {
			t.Fatalf("bit %d of a region flipped: applied", bit)
		}
	})
	if f.tram.Status().List != was {
		t.Error("what was refused changed something")
	}
	must(f.tram.ApplyRegions(list, regions...))
	wantErr(t, trust(f.tram, f.park), device.ErrRevoked, "afterwards")
}

// No change continues a list in regions, since the state that it leads to could not be compared.
func TestChangeOfRegions(t *testing.T) {
	f := newFleet(t)
	list, regions := f.cut(f.publish(), whole, 1, 2, 3)
	must(f.tram.ApplyRegions(list, regions[:2]...))
	change := f.change(f.publish(0), 2, []uint32{0}, asIs)
	_, err := f.tram.Apply(change)
	wantErr(t, err, device.ErrListGap, "held in regions")
	must(f.tram.ApplyRegions(list, regions[2]))
	must(f.tram.Apply(change))
	wantErr(t, trust(f.tram, f.bus), device.ErrRevoked, "after all regions and the change")
}

// Two lists with one number, in regions: whoever is on either is revoked, and a serial is answered for only if both lists do.
func TestForkOfRegions(t *testing.T) {
	f := newFleet(t)
	one, ones := f.cut(f.bundle(2, []uint32{1}, func(*wire.Bundle) {}), whole, 1, 2, 3)
	full := f.bundle(2, []uint32{2}, func(*wire.Bundle) {})
	two, twos := f.cut(full, whole, 1, 2, 3)
	must(f.bus.ApplyRegions(one, ones[0], ones[2]))
	_, err := f.bus.ApplyRegions(two, twos[1])
	wantErr(t, err, device.ErrRegionMissing, "another state, without its own region")
	if s := f.bus.Status(); len(s.Alarms) != 1 || s.List.Forked {
		t.Errorf("%+v", s)
	}
	a, err := f.bus.ApplyRegions(two, twos[0], twos[1])
	wantErr(t, err, device.ErrForked, "another state")
	if a == nil || !a.Forked || !slices.Equal(a.Held, []device.Span{{From: 0, End: 1}}) {
		t.Fatalf("%+v", a)
	}
	for range 2 {
		for _, d := range []*device.Device{f.tram, f.park} {
			wantErr(t, trust(f.bus, d), device.ErrRegionMissing, "held of one of the two only")
		}
		if s := f.bus.Status(); len(s.Alarms) != 1 || !s.List.Forked || !s.List.Regional {
			t.Errorf("%+v", s)
		}
		if a := must(f.bus.ApplyRegions(one, ones...)); a.Changed {
			t.Error("a union of two is not completed by one of them")
		}
		f.bus = f.reload(t, f.bus, f.options())
	}
	_, err = f.bus.Apply(full)
	wantErr(t, err, device.ErrForked, "all of the other one")
	wantErr(t, trust(f.bus, f.park), device.ErrRevoked, "on the other one")
	f.list = 2
	must(f.bus.Apply(f.publish()))
	wantErr(t, trust(f.bus, f.park), nil, "after the next list")
}

// A session ends when the list that is applied has nothing to say about the peer any more.
func TestSessionOutsideRegions(t *testing.T) {
	f := newFleet(t)
	s, _ := f.session(t)
	a, b := connect(t)
	other, _ := join(t, f.bus, f.park, a, b)
	list, regions := f.cut(f.publish(), whole, 1, 2, 3)
	if a := must(f.bus.ApplyRegions(list, regions[0], regions[2])); a.Ended != 1 {
		t.Errorf("%d sessions ended", a.Ended)
	}
	_, err := s.Write([]byte("hello"))
	wantErr(t, err, device.ErrRegionMissing, "in a region that is not held")
	must(other.Write([]byte("hello")))
}

// Whoever lost the list file takes regions of its number; whoever has a serial that the list does not know needs no region of its own.
func TestRegionsAfterLoss(t *testing.T) {
	f := newFleet(t)
	list, regions := f.cut(f.publish(1), whole, 1, 2, 3)
	must(f.bus.ApplyRegions(list, regions[:2]...))
	dir := crash(t, f.dirs[f.bus])
	check(os.Remove(filepath.Join(dir, "list")))
	d := f.load(t, dir, f.options())
	if s := d.Status(); s.List.Known || len(s.Held) != 0 || len(s.Alarms) != 1 {
		t.Errorf("%+v", s)
	}
	other, others := f.cut(f.bundle(2, []uint32{2}, func(*wire.Bundle) {}), whole, 1, 2, 3)
	_, err := d.ApplyRegions(other, others...)
	wantErr(t, err, device.ErrOldList, "another list of that number")
	must(d.ApplyRegions(list, regions[0]))
	late := f.enrol(t, "new", wire.KindVehicle)
	must(late.ApplyRegions(list, regions[1]))
	wantErr(t, trust(late, f.bus), device.ErrRegionMissing, "serial 0")
}

// What a list takes in memory follows the regions that are held.
func TestMemoryOfRegions(t *testing.T) {
	f := newFleet(t)
	f.next = 1 << 20
	var serials []uint32
	var ends []uint64
	random := rand.New(rand.NewPCG(1, 2))
	for i := range f.next {
		if random.IntN(100) == 0 {
			serials = append(serials, i)
		}
	}
	for i := range uint64(64) {
		ends = append(ends, (i+1)<<14)
	}
	full := f.publish(serials...)
	list, regions := f.cut(full, whole, ends...)
	must(f.bus.Apply(full))
	must(f.tram.ApplyRegions(list, regions[0], regions[17]))
	all, held := f.bus.Status().List.Memory, f.tram.Status().List
	if held.Memory > all/16 || held.Count == 0 {
		t.Errorf("%d octets for two regions of 64, %d for all", held.Memory, all)
	}
	if size := len(list) + len(regions[0]); len(list) > 2100 || size > len(full)/5 {
		t.Errorf("%d octets for the list, %d for one of its regions; the full list has %d", len(list), len(regions[0]), len(full))
	}
	t.Logf("full list %d octets; in 64 regions %d, and %d for the first; memory %d octets, %d for two", len(full), len(list), len(regions[0]), all, held.Memory)
}

// Whoever holds a list in regions neither asks peers for lists, which are full ones, nor gives any away.
func TestRegionsDoNotSpread(t *testing.T) {
	f := newSpreading(t, nil)
	list, regions := f.cut(f.publish(), whole, 1, 2, 3)
	must(f.bus.ApplyRegions(list, regions[:2]...))
	_, err := f.bus.AnswerListRequest(must(f.enrol(t, "new", wire.KindVehicle).ListRequest(0)))
	wantErr(t, err, device.ErrNoAnswer, "a list in regions is asked for")
	_, err = f.bus.ListRequest(0)
	wantErr(t, err, device.ErrListGap, "who holds a list in regions asks")
	must(f.tram.Apply(f.publish()))
	a, b := connect(t)
	_, _, _ = f.open(t, f.bus, f.tram, a, b)
	c, d := connect(t)
	_, _, _ = f.open(t, f.park, f.tram, c, d)
	if l := f.wait(t); l.Order.Sequence != 3 || sequence(f.bus) != 2 {
		t.Errorf("the one with the full list has number %d, the one with regions %d", l.Order.Sequence, sequence(f.bus))
	}
	if n := f.bus.Status().Shared.Carried; n != 0 {
		t.Errorf("%d statements carried", n)
	}
}

// However a list is cut, and in whatever order regions come, a device holds what it was given, also after a restart.
func TestRegionsInAnyOrder(t *testing.T) {
	f := newFleet(t)
	f.next = 500
	r := rand.New(rand.NewPCG(3, 4))
	for range 4 {
		full := f.publish(uint32(r.IntN(499)), 499)
		held := make([]bool, 500)
		for range 6 {
			ends := []uint64{500}
			for range r.IntN(20) {
				ends = append(ends, 3+r.Uint64N(497)) // its own serial is 2
			}
			slices.Sort(ends)
			ends = slices.Compact(ends)
			list, regions := f.cut(full, whole, ends...)
			given := [][]byte{regions[0]}
			from := uint64(0)
			for i, end := range ends {
				if i == 0 || r.IntN(6) == 0 {
					given = append(given, regions[i])
					for serial := from; serial < end; serial++ {
						held[serial] = true
					}
				}
				from = end
			}
			r.Shuffle(len(given), func(i, j int) { given[i], given[j] = given[j], given[i] })
			a := must(f.park.ApplyRegions(list, given...))
			got := make([]bool, 500)
			for _, s := range a.Held {
				for serial := s.From; serial < s.End; serial++ {
					got[serial] = true
				}
			}
			if !slices.Equal(got, held) {
				t.Fatalf("holds %v, was given %v", a.Held, held)
			}
		}
		before := f.park.Status().Held
		f.park = f.reload(t, f.park, f.options())
		if s := f.park.Status(); !slices.Equal(s.Held, before) || s.List.Regional == slices.Equal(before, []device.Span{{From: 0, End: 500}}) {
			t.Errorf("holds %v, before the restart %v", s.Held, before)
		}
	}
}

// FuzzListFile: what is read of a list file is written the same again, and nothing in it can do harm.
func FuzzListFile(f *testing.F) {
	fl := newFleet(f)
	f.Add(must(fl.bus.ListOnDisk()))
	list, regions := fl.cut(fl.publish(1), whole, 1, 2, 3)
	must(fl.bus.ApplyRegions(list, regions[0]))
	f.Add(must(fl.bus.ListOnDisk()))
	must(fl.park.ApplyRegions(list, regions[2]))
	f.Add(must(fl.park.ListOnDisk()))
	f.Fuzz(func(t *testing.T, b []byte) {
		again, err := device.ReadListFile(b)
		if err != nil {
			wantErr(t, err, device.ErrCorrupt, "a list file")
			return
		}
		if once, err := device.ReadListFile(again); err != nil || !bytes.Equal(once, again) {
			t.Errorf("%x is written as %x: %v", b, again, err)
		}
	})
}
