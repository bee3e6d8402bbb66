package wire

import (
	"fmt"
)

// Regions is a revocation list whose serials stand in files of their own, one for each range of them: payload of a statement of type regions
// (section 8 of the protocol). A device fetches it and the regions that it needs; each is bound by its hash.
type Regions struct {
	// List is what the full list of the same number says, State included. Its Codec is 0, its Data empty, and its N 1 at least.
	List Bundle
	// Regions are 1 to MaxRegions; they follow each other, the first from serial 0 on, and the last ends at N.
	Regions []Region
}

// Region says what the file of a region holds.
type Region struct {
	End   uint64   // the region's serials are below it, from the end of the one before on
	Count uint32   // revoked serials in it
	Codec uint8    // how they are coded, relative to the region's first serial
	Hash  [16]byte // RegionFile.Hash
}

type regionsArray struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Core       [32]byte
	Generation uint32
	Base       uint32
	Sequence   uint32
	Previous   [16]byte
	State      [16]byte
	Issued     uint64
	NextUpdate uint32
	HardExpiry uint32
	N          uint64
	Count      uint32
	FirstEpoch uint32
	LastEpoch  uint32
	LogSize    uint64
	LogRoot    [32]byte
	Regions    []regionArray
}

type regionArray struct {
	_     struct{} `cbor:",toarray"`
	End   uint64
	Count uint32
	Codec uint8
	Hash  [16]byte
}

// Marshal returns the encoding of r, at most MaxRegionList octets: ErrValue, ErrTime.
func (r *Regions) Marshal() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("regions: %w", err)
	}
	l := &r.List
	a := regionsArray{
		Version: 1, Core: l.Core, Generation: l.Generation, Base: l.Base, Sequence: l.Sequence, Previous: l.Previous, State: l.State,
		Issued: unixSeconds(l.Issued), NextUpdate: spanSeconds(l.NextUpdate), HardExpiry: spanSeconds(l.HardExpiry),
		N: l.N, Count: l.Count, FirstEpoch: l.FirstEpoch, LastEpoch: l.LastEpoch, LogSize: l.LogSize, LogRoot: l.LogRoot,
	}
	for _, one := range r.Regions {
		a.Regions = append(a.Regions, regionArray{End: one.End, Count: one.Count, Codec: one.Codec, Hash: one.Hash})
	}
	return encode(&a), nil
}

// ParseRegions reads the payload of a statement of type regions.
func ParseRegions(in []byte) (*Regions, error) {
	var a regionsArray
	if err := decodeIn(longMode, in, MaxRegionList, &a); err != nil {
		return nil, fmt.Errorf("regions: %w", err)
	}
	if a.Version != 1 {
		return nil, fmt.Errorf("regions: %w: version must be 1", ErrValue)
	}
	r := &Regions{List: Bundle{
		Core: a.Core, Generation: a.Generation, Base: a.Base, Sequence: a.Sequence, Previous: a.Previous, State: a.State,
		Issued: fromSeconds(a.Issued), NextUpdate: fromSpan(a.NextUpdate), HardExpiry: fromSpan(a.HardExpiry),
		N: a.N, Count: a.Count, FirstEpoch: a.FirstEpoch, LastEpoch: a.LastEpoch, LogSize: a.LogSize, LogRoot: a.LogRoot,
	}}
	for _, one := range a.Regions {
		r.Regions = append(r.Regions, Region{End: one.End, Count: one.Count, Codec: one.Codec, Hash: one.Hash})
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("regions: %w", err)
	}
	return r, nil
}

func (r *Regions) check() error {
	if err := r.List.check(); err != nil {
		return err
	}
	if n := len(r.Regions); n < 1 || n > MaxRegions {
		return fmt.Errorf("regions: %w: 1 to %d", ErrValue, MaxRegions)
	}
	if r.List.Codec != 0 || len(r.List.Data) != 0 {
		return fmt.Errorf("regions: %w: the serials stand in the regions only", ErrValue)
	}
	var from, count uint64
	for _, one := range r.Regions {
		if one.End <= from || uint64(one.Count) > one.End-from {
			return fmt.Errorf("regions: %w: one without serials, or with more revoked ones than it has", ErrValue)
		}
		from, count = one.End, count+uint64(one.Count)
	}
	if from != r.List.N || count != uint64(r.List.Count) {
		return fmt.Errorf("regions: %w: they do not add up to the list", ErrValue)
	}
	return nil
}

// Bounds returns the serials of the region at a place: from the first one, and below the second.
func (r *Regions) Bounds(place int) (from, end uint64) {
	if place > 0 {
		from = r.Regions[place-1].End
	}
	return from, r.Regions[place].End
}

// Find reads a region's file, at most MaxBundle octets, and returns its place among r.Regions and the coded serials: ErrRegion for a file of
// another list or realm, ErrSignature for one that is not the one whose hash was signed, ErrTooLong, ErrEncoding and ErrValue.
func (r *Regions) Find(file []byte) (place int, data []byte, err error) {
	f, err := ParseRegionFile(file)
	if err != nil {
		return 0, nil, err
	}
	if f.Core != [4]byte(r.List.Core[:4]) || f.Order() != r.List.Order() || uint64(f.Place) >= uint64(len(r.Regions)) {
		return 0, nil, fmt.Errorf("region: %w", ErrRegion)
	}
	if f.Hash() != r.Regions[f.Place].Hash {
		return 0, nil, fmt.Errorf("region: %w: another hash than was signed", ErrSignature)
	}
	return int(f.Place), f.Data, nil
}

// RegionFile holds the revoked serials of one region. Nobody signs it: the statement of type regions with its hash does.
type RegionFile struct {
	Core       [4]byte // Core.Ref; this and the next four tell where the file belongs, and are covered by the hash
	Generation uint32
	Base       uint32
	Sequence   uint32
	Place      uint32 // among the regions of the list, from 0
	Data       []byte // the serials, relative to the first one of the region
}

type regionFileArray struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Core       [4]byte
	Generation uint32
	Base       uint32
	Sequence   uint32
	Place      uint32
	Data       []byte
}

// Order returns the place of the list that f is a part of.
func (f *RegionFile) Order() Order { return Order{f.Generation, f.Base, f.Sequence} }

// Hash returns what a statement of type regions says of f: 16 octets of SHA-256 over its encoding, behind a label.
func (f *RegionFile) Hash() [16]byte {
	h := labelled("marque/v1/region", f.encoding())
	return [16]byte(h[:16])
}

func (f *RegionFile) encoding() []byte {
	return encode(&regionFileArray{
		Version: 1, Core: f.Core, Generation: f.Generation, Base: f.Base, Sequence: f.Sequence, Place: f.Place, Data: f.Data,
	})
}

// Marshal returns the encoding of f: ErrTooLong above MaxBundle octets.
func (f *RegionFile) Marshal() ([]byte, error) {
	out := f.encoding()
	if len(out) > MaxBundle {
		return nil, fmt.Errorf("region: %w: %d octets, at most %d", ErrTooLong, len(out), MaxBundle)
	}
	return out, nil
}

// ParseRegionFile reads a region's file. What it says counts only once its hash was compared: see [Regions.Find].
func ParseRegionFile(in []byte) (*RegionFile, error) {
	var a regionFileArray
	if err := decode(in, MaxBundle, &a); err != nil {
		return nil, fmt.Errorf("region: %w", err)
	}
	if a.Version != 1 {
		return nil, fmt.Errorf("region: %w: version must be 1", ErrValue)
	}
	return &RegionFile{Core: a.Core, Generation: a.Generation, Base: a.Base, Sequence: a.Sequence, Place: a.Place, Data: a.Data}, nil
}
