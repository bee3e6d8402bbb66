package device

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"marque/device/revocation"
	"marque/device/wire"
)

// ApplyRegions takes a revocation list in regions into force: a signed statement of type regions, and the files of those of its regions that
// this device is to hold, in any order, at least one. The region with the device's own serial must be among them, or held already: a device
// that did not know whether it is revoked itself would go on. Who is in a region that is not held is unknown, [ErrRegionMissing], and
// never trusted. More regions of the list in force are added to those held, and once all are held the list is as good as the full one. A newer
// list replaces everything: of that one, too, only the given regions are held afterwards. Memory follows the regions held.
//
// Errors are those of [Device.Apply], [ErrRegionMissing] as above, and [ErrOtherRegion] for a region of another list. All of them
// but [ErrForked] change nothing.
func (d *Device) ApplyRegions(list []byte, regions ...[]byte) (*Applied, error) {
	a, err := d.applyRegions(list, regions)
	if err != nil {
		return a, fmt.Errorf("apply list in regions: %w", err)
	}
	return a, nil
}

func (d *Device) applyRegions(list []byte, regions [][]byte) (*Applied, error) {
	d.saving.Lock()
	defer d.saving.Unlock()
	s, err := d.situation()
	if err != nil {
		return nil, err
	}
	m, err := openRegions(list, s.of)
	if err != nil {
		return nil, s.rotated.explain(err, list, s.of)
	}
	if err := d.comparePlace(&m.List, s); err != nil {
		return nil, err
	}
	l, err := newRegional(m, regions, s.of, d.o.ListMemory)
	if err != nil {
		return nil, err
	}
	a, err := d.take(l, l.coded(), &m.List, s)
	if a != nil && a.Changed { // what led to the list before does not lead to this one, which nobody is given from here
		err = errors.Join(err, d.keep(nil))
	}
	return a, err
}

// openRegions checks everything about a list in regions that needs neither state nor regions.
func openRegions(statement []byte, r *public) (*wire.Regions, error) {
	payload, err := wire.OpenStatement(statement, wire.TypeRegions, r.core.Realm, r.core.StatementKey)
	if err != nil {
		return nil, statementError(err)
	}
	m, err := wire.ParseRegions(payload)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if m.List.Core != r.hash {
		return nil, fmt.Errorf("the list was signed for another core: %w", ErrUnknownRealm)
	}
	return m, nil
}

// newRegional takes the regions of a verified list. When they are all there, they have the list's state, or it is refused.
func newRegional(m *wire.Regions, files [][]byte, r *public, memory int) (*list, error) {
	parts := make(map[int]revocation.Part)
	var held []Span
	for i, file := range files {
		place, data, err := m.Find(file)
		if err != nil {
			return nil, fmt.Errorf("region %d of those given: %w", i+1, regionError(err))
		}
		from, end := m.Bounds(place)
		one := m.Regions[place]
		set, err := revocation.Decode(revocation.Codec(one.Codec), end-from, int(one.Count), data)
		if err != nil {
			return nil, fmt.Errorf("region %d of those given: %w: %w", i+1, ErrMalformed, err)
		}
		parts[place] = revocation.Part{From: from, Set: set}
		held = append(held, Span{from, end})
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("no region was given: %w", ErrRegionMissing)
	}
	set, err := join(m.List.N, parts)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	l := listOf(&m.List, memory)
	l.missing = normal(held).rest(m.List.N)
	return l.holding(set, r.core.Realm)
}

// join returns the serials of some regions, by their places.
func join(n uint64, parts map[int]revocation.Part) (*revocation.Set, error) {
	var all []revocation.Part
	for _, place := range slices.Sorted(maps.Keys(parts)) {
		all = append(all, parts[place])
	}
	return revocation.Join(n, all...)
}

// regionError gives a wire error about a region the meaning that it has here.
func regionError(err error) error {
	if errors.Is(err, wire.ErrRegion) {
		return fmt.Errorf("%w: %w", ErrOtherRegion, err)
	}
	return statementError(err)
}
