package authority_test

import (
	"testing"
	"time"
)

func TestPastLists(t *testing.T) {
	r := found(t)
	for i := range 4 {
		a := r.enrol(t, "bus-"+string(rune('a'+i))).Address
		r.revoke(t, a)
		r.later(time.Hour)
		r.publish(t)
	}
	all, err := r.PastLists(0, 100)
	if err != nil || len(all) != 5 {
		t.Fatalf("%d lists, %v", len(all), err)
	}
	_, newest, err := r.NewestList()
	if err != nil || all[0].Size != len(newest) || all[0].List != r.status(t).List {
		t.Errorf("%+v, %v", all[0], err)
	}
	for i, l := range all {
		if int(l.Sequence) != 5-i || int(l.Count) != 4-i || l.Generation != 1 || i > 0 && l.Issued.After(all[i-1].Issued) {
			t.Errorf("%d: %+v", i, l)
		}
	}
	for _, c := range []struct {
		before uint32
		n      int
		want   []uint32
	}{{0, 2, []uint32{5, 4}}, {4, 2, []uint32{3, 2}}, {2, 9, []uint32{1}}, {1, 9, nil}, {99, 1, []uint32{5}}, {0, 0, nil}} {
		some, err := r.PastLists(c.before, c.n)
		if err != nil || len(some) != len(c.want) {
			t.Errorf("%d before %d: %+v, %v", c.n, c.before, some, err)
			continue
		}
		for i, l := range some {
			if l.Sequence != c.want[i] {
				t.Errorf("%d before %d: list %d, want %d", c.n, c.before, l.Sequence, c.want[i])
			}
		}
	}
}

// The history of two years of weekly lists is read at once.
func BenchmarkPastLists(b *testing.B) {
	r := found(b)
	for range 99 {
		if _, err := r.Publish(); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if all, err := r.PastLists(0, 100); err != nil || len(all) != 100 {
			b.Fatal(len(all), err)
		}
	}
}
