package localapi_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"marque/app/localapi"
	"marque/authority"
	"marque/device/wire"
)

func TestSearch(t *testing.T) {
	c := dial(t, fleet(t))
	founded(t, c)
	var first wire.Address
	for i := range 3 {
		issued, err := c.Enrol(request(t, fmt.Sprintf("bus-%d", i)))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = issued.Address
		}
	}
	if _, err := c.Revoke(localapi.Revoke{Addresses: []string{first.String()}, Reason: "stolen"}); err != nil {
		t.Fatal(err)
	}
	var found *authority.Results
	for {
		var err error
		if found, err = c.Search(authority.Query{
			Text: "bus", Standings: []authority.Standing{authority.StandingRevoked, authority.StandingActive}, Descending: true, Count: 2,
		}); err == nil {
			break
		} else if !errors.Is(err, authority.ErrIndexing) {
			t.Fatal(err)
		}
	}
	if found.Matches != 3 || found.Total != 3 || found.Active != 2 || found.Revoked != 1 || len(found.Rows) != 2 || found.Rows[0].Address.Name() != "bus-2" {
		t.Errorf("%+v", found)
	}
	h, err := c.History(first)
	if err != nil || h.Address != first || h.Standing != authority.StandingRevoked || h.Revoked.Reason != wire.ReasonStolen || len(h.Events) != 2 {
		t.Errorf("%+v, %v", h, err)
	}
	if _, err := c.History(wire.Address{}); !errors.Is(err, authority.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
	f, err := c.Fleet(time.Now().Add(-time.Hour))
	if err != nil || f.Active != 2 || f.Unreceived != 2 || f.Recent != 3 {
		t.Errorf("%+v, %v", f, err)
	}
	if err := c.Lock(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Search(authority.Query{}); err == nil {
		t.Error("found while it is locked")
	}
}
