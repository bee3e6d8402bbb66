package localapi_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"marque/app/localapi"
	"marque/authority"
)

func TestOverview(t *testing.T) {
	dir := fleet(t)
	c := dial(t, dir)
	founded(t, c)
	before := time.Now().Add(-time.Minute)
	issued, err := c.Enrol(request(t, "bus-4711"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Revoke(localapi.Revoke{Addresses: []string{issued.Address.String()}, Reason: "stolen"}); err != nil {
		t.Fatal(err)
	}
	o, err := c.Overview(before)
	if err != nil || o.Enrolled != 1 || o.Newest[0].Name != "bus-4711" || !o.Newest[0].Revoked || !slices.Equal(o.Unpublished, []string{"bus-4711"}) {
		t.Errorf("%+v %v", o, err)
	}
	if o.Disk.Free == 0 || o.Disk.Total < o.Disk.Free || o.Active != 0 {
		t.Errorf("%+v", o)
	}
	if _, err := dial(t, dir).Overview(before); !errors.Is(err, localapi.ErrSignOn) {
		t.Errorf("for somebody who is not signed on: %v", err)
	}
	if err := c.Lock(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Overview(before); err == nil {
		t.Error("it is told after the lock")
	}
}

// waits looks for a proposal in what an officer's client is told.
func waits(t *testing.T, c *localapi.Client, digest [32]byte, yours bool) {
	t.Helper()
	o, err := c.Overview(time.Time{})
	if err != nil || !slices.ContainsFunc(o.Proposals, func(w localapi.Waiting) bool {
		return w.Digest == digest && w.Yours == yours && w.Requester == "Ada" && w.Missing == 1 && w.Action == authority.ActionPolicy
	}) {
		t.Errorf("%+v %v", o, err)
	}
}
