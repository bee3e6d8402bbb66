package localapi_test

import (
	"errors"
	"testing"

	"marque/app/localapi"
	"marque/authority"
	"marque/device/wire"
)

func TestUndo(t *testing.T) {
	c := dial(t, fleet(t))
	founded(t, c)
	var buses []wire.Address
	for _, name := range []string{"bus-1", "bus-2"} {
		issued, err := c.Enrol(request(t, name))
		if err != nil {
			t.Fatal(err)
		}
		buses = append(buses, issued.Address)
	}
	nobody, err := wire.ParseAddress("//fleet.example/Sbus-9~9")
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Impact(append(buses, nobody))
	if err != nil || m.After != 2 || m.Needed != 1 || m.SizeNow == 0 || m.SizeAfter < m.SizeNow || len(m.Problems) != 1 ||
		m.Problems[0].Address != nobody || !errors.Is(m.Problems[0].Err, authority.ErrNotFound) {
		t.Fatalf("%+v %v", m, err)
	}
	if _, err := c.Undo(buses); !errors.Is(err, authority.ErrNotRevoked) {
		t.Errorf("nothing to take back: %v", err)
	}
	if _, err := c.Revoke(localapi.Revoke{Addresses: []string{buses[0].String(), buses[1].String()}, Reason: "lost"}); err != nil {
		t.Fatal(err)
	}
	if ids, err := c.Undoable(); err != nil || len(ids) != 2 || ids[1].Address != buses[1] {
		t.Errorf("%+v %v", ids, err)
	}
	if out, err := c.Undo(buses[:1]); err != nil || !out.Done {
		t.Errorf("%+v %v", out, err)
	}
	if _, err := c.Publish(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Undo(buses[1:]); !errors.Is(err, authority.ErrListed) {
		t.Errorf("after the list: %v", err)
	}
	if _, err := c.Release(buses); !errors.Is(err, authority.ErrNotSuspended) {
		t.Errorf("not suspended: %v", err)
	}
	if _, err := c.Revoke(localapi.Revoke{Addresses: []string{buses[0].String()}, Reason: "suspended"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Revoke(localapi.Revoke{Addresses: []string{buses[0].String()}, Reason: "suspended"}); !errors.Is(err, authority.ErrSuspended) {
		t.Errorf("twice: %v", err)
	}
	if out, err := c.Release(buses[:1]); err != nil || !out.Done {
		t.Errorf("%+v %v", out, err)
	}
	if a, err := c.Arrivals(); err != nil && !errors.Is(err, authority.ErrIndexing) || err == nil && a.Lists != 0 {
		t.Errorf("%+v %v", a, err)
	}
}
