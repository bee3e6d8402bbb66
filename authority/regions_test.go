package authority_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"marque/authority"
	"marque/device/revocation"
	"marque/device/wire"
)

// TestRegions: however a list is cut, the statement says what the list says, and the regions together have its serials.
func TestRegions(t *testing.T) {
	r := found(t)
	if _, err := r.Regions(1); !errors.Is(err, authority.ErrRegions) {
		t.Errorf("of a list of nobody: %v", err)
	}
	for i := range 21 {
		if id := r.enrol(t, fmt.Sprintf("bus-%d", i)); i%8 == 7 || i == 14 {
			r.revoke(t, id.Address)
		}
	}
	r.publish(t)
	whole, revoked := r.listed(t, r.newest(t))
	for most, want := range map[int]int{1: 1, 2: 2, 3: 3, 4: 3, 5: 3, 6: 6, 10: 6, 11: 11, 20: 11, 21: 21, wire.MaxRegions: 21} {
		l, err := r.Regions(most)
		if err != nil || len(l.Regions) != want || l.Sequence != whole.Sequence {
			t.Fatalf("at most %d: %v", most, err)
		}
		payload, err := wire.OpenStatement(l.Statement, wire.TypeRegions, r.Core().Realm, r.Core().StatementKey)
		if err != nil {
			t.Fatal(err)
		}
		table, err := wire.ParseRegions(payload)
		if err != nil {
			t.Fatal(err)
		}
		bare := *whole
		bare.Codec, bare.Data = 0, []byte(nil)
		if fmt.Sprint(table.List) != fmt.Sprint(bare) {
			t.Errorf("at most %d: it says %+v of list %+v", most, table.List, bare)
		}
		var got []uint32
		for i, one := range l.Regions {
			place, data, err := table.Find(one.File)
			from, end := table.Bounds(i)
			if err != nil || place != i || from != one.From || end != one.End {
				t.Fatalf("at most %d, region %d: place %d, %d to %d, %v", most, i, place, from, end, err)
			}
			set, err := revocation.Decode(revocation.Codec(table.Regions[i].Codec), end-from, int(one.Revoked), data)
			if err != nil {
				t.Fatal(err)
			}
			for serial := range set.All() {
				got = append(got, uint32(from)+serial)
			}
		}
		if !slices.Equal(got, revoked) {
			t.Errorf("at most %d: %v revoked, the list has %v", most, got, revoked)
		}
		again, err := r.Regions(most)
		if err != nil || !bytes.Equal(again.Statement, l.Statement) || !bytes.Equal(again.Regions[want-1].File, l.Regions[want-1].File) {
			t.Errorf("at most %d: made again it differs, %v", most, err)
		}
	}
	for _, most := range []int{-1, 0, wire.MaxRegions + 1} {
		if _, err := r.Regions(most); !errors.Is(err, authority.ErrRegions) {
			t.Errorf("%d regions: %v", most, err)
		}
	}
}
