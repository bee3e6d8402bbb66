package wire_test

import (
	"bytes"
	"testing"
	"time"

	"marque/device/wire"
)

func TestRegionsRefuse(t *testing.T) {
	r := newRealm(t)
	whole := func(n int) (all []wire.Region) {
		for i := range n {
			all = append(all, wire.Region{End: uint64(i + 1), Codec: 255})
		}
		all[n-1] = wire.Region{End: 1 << 32, Count: 1<<32 - wire.MaxRegions, Codec: 255}
		return all
	}
	for what, c := range map[string]struct {
		change func(m *wire.Regions)
		want   error
	}{
		"no region":             {func(m *wire.Regions) { m.Regions = nil }, wire.ErrValue},
		"an empty region":       {func(m *wire.Regions) { m.Regions[0].End = 100 }, wire.ErrValue},
		"exchanged":             {func(m *wire.Regions) { m.Regions[0], m.Regions[1] = m.Regions[1], m.Regions[0] }, wire.ErrValue},
		"ends before n":         {func(m *wire.Regions) { m.Regions[1].End-- }, wire.ErrValue},
		"ends after n":          {func(m *wire.Regions) { m.Regions[1].End++ }, wire.ErrValue},
		"one revoked too many":  {func(m *wire.Regions) { m.Regions[1].Count++ }, wire.ErrValue},
		"one too few":           {func(m *wire.Regions) { m.Regions[0].Count-- }, wire.ErrValue},
		"more than it has":      {func(m *wire.Regions) { m.Regions[0].End, m.Regions[0].Count = 1, 2 }, wire.ErrValue},
		"a list of nobody":      {func(m *wire.Regions) { m.List.N, m.List.Count, m.Regions = 0, 0, []wire.Region{{}} }, wire.ErrValue},
		"with data":             {func(m *wire.Regions) { m.List.Data = []byte{0} }, wire.ErrValue},
		"with a codec":          {func(m *wire.Regions) { m.List.Codec = 1 }, wire.ErrValue},
		"n above 2^32":          {func(m *wire.Regions) { m.List.N, m.Regions[1].End = 1<<32+1, 1<<32+1 }, wire.ErrValue},
		"last before first":     {func(m *wire.Regions) { m.List.FirstEpoch, m.List.LastEpoch = 2, 1 }, wire.ErrValue},
		"expires before update": {func(m *wire.Regions) { m.List.HardExpiry = m.List.NextUpdate - time.Second }, wire.ErrValue},
		"issued before 1970":    {func(m *wire.Regions) { m.List.Issued = time.Unix(-1, 0) }, wire.ErrTime},
		"log of 2^63":           {func(m *wire.Regions) { m.List.LogSize = 1 << 63 }, wire.ErrValue},
		"one region too many":   {func(m *wire.Regions) { m.Regions = whole(wire.MaxRegions + 1) }, wire.ErrValue},
		"the most of everything": {func(m *wire.Regions) {
			m.List.N, m.List.Count, m.Regions = 1<<32, 1<<32-wire.MaxRegions, whole(wire.MaxRegions)
		}, nil},
		"a single one, all of it": {func(m *wire.Regions) { m.Regions = []wire.Region{{End: 100, Count: 2}} }, nil},
	} {
		m := r.regions()
		c.change(m)
		b, err := m.Marshal()
		if !isErr(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
		if err == nil {
			must(wire.ParseRegions(b))(t)
		}
	}
	long := &wire.RegionFile{Data: make([]byte, wire.MaxBundle)}
	if _, err := long.Marshal(); !isErr(err, wire.ErrTooLong) {
		t.Errorf("a region of more than 16 MiB: %v", err)
	}
}

// A region's file is taken for one place of one list only.
func TestFindRegion(t *testing.T) {
	r := newRealm(t)
	m := r.regions()
	for place := range m.Regions {
		file := must(r.region(uint32(place)).Marshal())(t)
		at, data, err := m.Find(file)
		if err != nil || at != place || !bytes.Equal(data, r.region(uint32(place)).Data) {
			t.Errorf("place %d: %d, %x, %v", place, at, data, err)
		}
		for bit := range 8 * len(file) {
			if _, _, err := m.Find(flipped(file, bit)); err == nil {
				t.Errorf("place %d, bit %d flipped: accepted", place, bit)
			}
		}
	}
	if from, end := m.Bounds(1); from != 64 || end != 100 {
		t.Errorf("the second region is %d to %d", from, end)
	}
	for what, c := range map[string]struct {
		change func(f *wire.RegionFile)
		want   error
	}{
		"another core":       {func(f *wire.RegionFile) { f.Core[3] ^= 1 }, wire.ErrRegion},
		"another generation": {func(f *wire.RegionFile) { f.Generation++ }, wire.ErrRegion},
		"another base":       {func(f *wire.RegionFile) { f.Base++ }, wire.ErrRegion},
		"another list":       {func(f *wire.RegionFile) { f.Sequence-- }, wire.ErrRegion},
		"no such place":      {func(f *wire.RegionFile) { f.Place = 2 }, wire.ErrRegion},
		"the last place":     {func(f *wire.RegionFile) { f.Place = 1<<32 - 1 }, wire.ErrRegion},
		"another's place":    {func(f *wire.RegionFile) { f.Place = 1 }, wire.ErrSignature},
		"other serials":      {func(f *wire.RegionFile) { f.Data = []byte{0x10} }, wire.ErrSignature},
		"no serials":         {func(f *wire.RegionFile) { f.Data = nil }, wire.ErrSignature},
	} {
		f := r.region(0)
		c.change(f)
		if _, _, err := m.Find(must(f.Marshal())(t)); !isErr(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
