package authority

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"marque/device/revocation"
	"marque/device/wire"
	"marque/storage"
)

// RegionalList is a published list whose serials stand in regions, so that a device that meets few others need not hold all of it.
type RegionalList struct {
	Sequence  uint32
	Statement []byte       // of type regions
	Regions   []ListRegion // in the order of their serials
}

// ListRegion is one region of a list.
type ListRegion struct {
	From, End uint64 // its serials are From and above, and below End
	Revoked   uint32
	File      []byte // which the statement names by its hash
}

// Regions cuts the newest list into most regions at the most, 1 to [wire.MaxRegions], and signs that: what comes out depends on the list and on
// most alone, so that it may be made again at any time. All regions but the last have as many serials, a power of two: a serial stays in its
// region while the fleet grows to twice as many. Errors: [ErrRegions], [ErrLocked], [ErrSelfCheck].
func (a *Authority) Regions(most int) (*RegionalList, error) {
	if most < 1 || most > wire.MaxRegions {
		return nil, fmt.Errorf("regions of the newest list: %d: %w", most, ErrRegions)
	}
	var l *RegionalList
	err := a.store.View(func(tx *storage.Tx) error {
		_, statement, err := tx.LatestList()
		if err != nil {
			return err
		}
		b, err := openBundle(statement, a.core)
		if err != nil {
			return err
		}
		l, err = a.cut(b, uint64(most))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("regions of the newest list: %w", err)
	}
	return l, nil
}

// cut makes and signs the regions of a list. It reads them as a device will before that.
func (a *Authority) cut(b *wire.Bundle, most uint64) (*RegionalList, error) {
	if b.N == 0 {
		return nil, ErrRegions
	}
	set, err := revocation.Decode(revocation.Codec(b.Codec), b.N, int(b.Count), b.Data)
	if err != nil {
		return nil, fmt.Errorf("decode the list: %w", err)
	}
	table := &wire.Regions{List: *b}
	table.List.Codec, table.List.Data = 0, nil
	l := &RegionalList{Sequence: b.Sequence}
	size := uint64(1) << bits.Len64((b.N-1)/most) // the smallest that gives no more than most
	for from := uint64(0); from < b.N; from += size {
		end := min(from+size, b.N)
		part, err := set.Part(from, end)
		if err != nil {
			return nil, err
		}
		codec, data := revocation.Encode(part.Set)
		f := &wire.RegionFile{
			Core: a.core.Ref(), Generation: b.Generation, Base: b.Base, Sequence: b.Sequence, Place: uint32(len(l.Regions)), Data: data,
		}
		file, err := f.Marshal()
		if err != nil {
			return nil, err
		}
		one := wire.Region{End: end, Count: uint32(part.Set.Len()), Codec: uint8(codec), Hash: f.Hash()}
		table.Regions = append(table.Regions, one)
		l.Regions = append(l.Regions, ListRegion{From: from, End: end, Revoked: one.Count, File: file})
	}
	payload, err := table.Marshal()
	if err != nil {
		return nil, err
	}
	if err := checkRegions(payload, l.Regions, set); err != nil {
		return nil, errors.Join(ErrSelfCheck, err)
	}
	l.Statement, err = a.sign(wire.TypeRegions, payload)
	return l, err
}

// checkRegions reads all regions, and compares what they say together with the list.
func checkRegions(payload []byte, files []ListRegion, want *revocation.Set) error {
	table, err := wire.ParseRegions(payload)
	if err != nil {
		return err
	}
	parts := make([]revocation.Part, len(files))
	for i, f := range files {
		place, data, err := table.Find(f.File)
		if err != nil {
			return err
		}
		from, end := table.Bounds(place)
		r := table.Regions[place]
		set, err := revocation.Decode(revocation.Codec(r.Codec), end-from, int(r.Count), data)
		if err != nil {
			return err
		}
		parts[i] = revocation.Part{From: from, Set: set}
	}
	got, err := revocation.Join(table.List.N, parts...)
	if err == nil && (len(files) != len(table.Regions) || got.N() != want.N() || !slices.Equal(got.Serials(), want.Serials())) {
		err = errors.New("the regions do not have the serials of the list")
	}
	return err
}
