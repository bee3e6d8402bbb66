package authority_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
)

const day = 24 * time.Hour

func TestArrivals(t *testing.T) {
	r := found(t)
	var fleet []*vehicle
	for i := range 5 {
		fleet = append(fleet, r.vehicle(t, fmt.Sprintf("bus-%d", i)))
	}
	r.search(t, authority.Query{})
	arrivals := func() *authority.Arrivals {
		t.Helper()
		a, err := r.Arrivals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := arrivals(); a.Lists != 0 || len(a.Shares) != 0 {
		t.Errorf("nothing is known: %+v", a)
	}
	for list := range 5 {
		r.later(day)
		b := r.publish(t).Bundle
		for i, v := range fleet {
			if i > 0 || list < 3 { // the first one misses the last two
				if _, err := v.Apply(b); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	r.later(day - time.Hour)
	r.vehicle(t, "new") // got the newest list with its keys, which says nothing of how lists travel
	for _, v := range fleet {
		r.accept(t, v.receipt(t))
	}
	// The newest list is one day old, the oldest of the five five.
	want := []authority.ArrivalShare{{day, 800}, {2 * day, 800}, {4 * day, 1000}}
	if a := arrivals(); a.Lists != 5 || a.Observed != 25 || !reflect.DeepEqual(a.Shares, want) {
		t.Errorf("%+v", a)
	}
}

func TestImpact(t *testing.T) {
	r := busy(t)
	r.search(t, authority.Query{})
	first, revoked, nobody := parsed(t, "//fleet.example/Sbus-0~0"), parsed(t, "//fleet.example/Sbus-1~1"), parsed(t, "//fleet.example/Sbus-9~2")
	m, err := r.Impact([]wire.Address{first, revoked, nobody})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Problems) != 2 || !errors.Is(m.Problems[0].Err, authority.ErrAlreadyRevoked) || !errors.Is(m.Problems[1].Err, authority.ErrNotFound) {
		t.Errorf("%+v", m.Problems)
	}
	id, err := r.Identity(first)
	if err != nil || !m.Until.Equal(id.Until) || m.Before != 1 || m.After != 2 || m.N != 3 || m.Needed != 1 {
		t.Errorf("%+v %v", m, err)
	}
	r.revoke(t, first)
	p := r.publish(t)
	if got, want := len(p.Bundle), m.SizeAfter; got < want-2 || got > want+2 { // the log's size may take an octet more
		t.Errorf("a list of %d octets, foretold were %d", got, want)
	}
	b := newBoard(t, 2)
	buses := b.buses(t, "bus-1", "bus-2")
	for n, needed := range map[int]int{1: 1, 2: 2} {
		if m, err := b.Impact(buses[:n]); err != nil || m.Needed != needed {
			t.Errorf("%d: %+v %v", n, m, err)
		}
	}
}
