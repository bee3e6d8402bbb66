package inspect

import (
	"errors"
	"fmt"

	"marque/device/revocation"
	"marque/device/wire"
)

func (l *List) readRegions(payload []byte) error {
	r, err := wire.ParseRegions(payload)
	if err != nil {
		return err
	}
	l.Kind, l.regions = Regional, r
	l.take(&r.List)
	for i, one := range r.Regions {
		from, end := r.Bounds(i)
		l.Regions = append(l.Regions, Region{From: from, End: end, Count: one.Count})
	}
	return nil
}

// AddRegion gives the file of a region to the list that it belongs to, among several. Errors: [ErrNoList] for what is no region,
// [ErrNoPlace], and wire.ErrSignature for a file of that list which is not the one that was signed.
func AddRegion(lists []*List, file []byte) error {
	if _, err := wire.ParseRegionFile(file); err != nil {
		return fmt.Errorf("%s: %w", err.Error(), ErrNoList)
	}
	for _, l := range lists {
		if l.Kind != Regional {
			continue
		}
		place, data, err := l.regions.Find(file)
		if errors.Is(err, wire.ErrRegion) {
			continue
		}
		if err != nil {
			return err
		}
		l.addRegion(place, data)
		return nil
	}
	return ErrNoPlace
}

func (l *List) addRegion(place int, data []byte) {
	r := &l.Regions[place]
	if r.Given {
		return
	}
	set, err := revocation.Decode(revocation.Codec(l.regions.Regions[place].Codec), r.End-r.From, int(r.Count), data)
	if err != nil {
		l.complain("the serials of its region %d cannot be read: %v", place+1, err)
		return
	}
	r.Given, r.serials = true, set.Serials()
	for i := range r.serials {
		r.serials[i] += uint32(r.From)
	}
	l.Payload += len(data)
	l.unite()
}

// unite makes the whole set, once every region is there.
func (l *List) unite() {
	var all []uint32
	for _, r := range l.Regions {
		if !r.Given {
			return
		}
		all = append(all, r.serials...)
	}
	set, err := revocation.NewSet(l.N, all)
	if err != nil {
		l.complain("its regions do not make a list: %v", err)
		return
	}
	l.Set = set
	l.compareState()
}
