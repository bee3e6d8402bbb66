package authority_test

import (
	"slices"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
)

func (r *realm) overview(t *testing.T, since time.Time) *authority.Overview {
	t.Helper()
	o, err := r.Overview(since)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOverviewOfAShift(t *testing.T) {
	r := found(t)
	gone := r.enrol(t, "bus-1")
	r.later(8 * time.Hour)
	begin := r.now
	bus := r.vehicle(t, "bus-2")
	r.later(time.Minute)
	r.enrol(t, "bus-3")
	r.accept(t, bus.receipt(t))
	if err := r.Revoke(gone.Address, wire.ReasonStolen, r.now); err != nil {
		t.Fatal(err)
	}
	o := r.overview(t, begin)
	if o.Enrolled != 2 || len(o.Newest) != 2 || o.Newest[0].Name != "bus-3" || o.Newest[0].Receipt || !o.Newest[1].Receipt {
		t.Errorf("%d enrolled, %+v", o.Enrolled, o.Newest)
	}
	if !slices.Equal(o.Unpublished, []string{"bus-1"}) || o.Active != 2 || o.Ending.Count != 0 {
		t.Errorf("%+v", o)
	}
	if o := r.overview(t, r.now.Add(time.Second)); o.Enrolled != 0 || len(o.Newest) != 0 {
		t.Errorf("of nobody: %+v", o)
	}
	r.later(authority.Epochs*authority.DefaultEpochLength - 10*24*time.Hour)
	if o := r.overview(t, r.now); o.Ending.Count != 2 || o.Ending.First.Sub(r.now) > 14*24*time.Hour {
		t.Errorf("ending: %+v", o.Ending)
	}
	r.store.Lock()
	o, err := r.Overview(begin)
	if err != nil || len(o.Newest) != 0 || o.Ending.Count != 2 {
		t.Errorf("locked: %+v, %v", o, err)
	}
}
