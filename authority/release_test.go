package authority_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
)

// suspend suspends identities, as the only person.
func (r *realm) suspend(t *testing.T, addresses ...wire.Address) {
	t.Helper()
	if err := r.RevokeAll(addresses, wire.ReasonSuspended, time.Time{}); err != nil {
		t.Fatal(err)
	}
}

// release ends suspensions, as the only person.
func (r *realm) release(t *testing.T, addresses ...wire.Address) {
	t.Helper()
	p, err := r.Release(addresses)
	if err == nil {
		_, err = r.Propose(nil, p.Action(), marshal(t, p))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// onList returns the serials on a list.
func onList(t *testing.T, r *realm, p *authority.Published) []uint32 {
	t.Helper()
	_, serials := r.listed(t, p.Bundle)
	return serials
}

func TestReleaseTakesOffTheListInANewBase(t *testing.T) {
	r := found(t)
	one, two, three := r.enrol(t, "bus-1").Address, r.enrol(t, "bus-2").Address, r.enrol(t, "bus-3").Address
	r.suspend(t, one, two)
	r.revoke(t, three)
	before := r.publish(t)
	if got := onList(t, r, before); !slices.Equal(got, []uint32{0, 1, 2}) {
		t.Errorf("on the list: %v", got)
	}
	r.release(t, one)
	if s := r.status(t); s.Revoked != 2 || s.Unpublished != 0 {
		t.Errorf("%d revoked, %d unpublished", s.Revoked, s.Unpublished)
	}
	r.reopen(t)
	r.mustAudit(t)
	after := r.publish(t)
	if got := onList(t, r, after); !slices.Equal(got, []uint32{1, 2}) {
		t.Errorf("on the list: %v", got)
	}
	if after.Base != before.Base+1 || len(after.Changes) != 0 || after.Released != 1 || after.Left != 0 || after.Added != 0 {
		t.Errorf("%+v", after)
	}
	next := r.publish(t)
	if next.Base != after.Base || len(next.Changes) != 1 || next.Released != 0 {
		t.Errorf("%+v", next)
	}
	if id, err := r.Identity(one); err != nil || id.Revoked != nil {
		t.Errorf("%+v %v", id, err)
	}
	r.mustAudit(t)
	for what, address := range map[string]wire.Address{"released": one, "revoked for ever": three} {
		if _, err := r.Release([]wire.Address{address}); !errors.Is(err, authority.ErrNotSuspended) {
			t.Errorf("%s: %v", what, err)
		}
	}
	r.suspend(t, one) // as often as it takes
	r.publish(t)
	r.release(t, one, two)
	if last := r.publish(t); last.Base != after.Base+1 || !slices.Equal(onList(t, r, last), []uint32{2}) {
		t.Errorf("%+v", last)
	}
	r.mustAudit(t)
}

// What no list had never gets on one, and the base goes on.
func TestReleaseBeforeAnyListHasIt(t *testing.T) {
	r := found(t)
	one := r.enrol(t, "bus-1").Address
	before := r.publish(t)
	r.suspend(t, one)
	r.release(t, one)
	after := r.publish(t)
	if after.Base != before.Base || after.Count != 0 || after.Released != 0 || len(after.Changes) != 2 {
		t.Errorf("%+v", after)
	}
	r.mustAudit(t)
}

// Keys run out and a suspension ends before the same list: that is one new base, not two.
func TestReleaseAndExpiryInOneList(t *testing.T) {
	r := found(t)
	const epoch = authority.DefaultEpochLength
	one := r.enrol(t, "bus-1").Address
	r.revoke(t, one)
	r.muchLater(2 * epoch)
	two := r.enrol(t, "bus-2").Address
	r.suspend(t, two)
	before := r.publish(t)
	r.muchLater((authority.Epochs - 1) * epoch)
	r.release(t, two)
	after := r.publish(t)
	if after.Base != before.Base+1 || after.Left != 1 || after.Released != 1 || after.Count != 0 {
		t.Errorf("%+v", after)
	}
	r.mustAudit(t)
}

func TestSuspendedIsRevokedForEver(t *testing.T) {
	r := found(t)
	one := r.enrol(t, "bus-1").Address
	r.suspend(t, one)
	if err := r.Revoke(one, wire.ReasonSuspended, time.Time{}); !errors.Is(err, authority.ErrSuspended) {
		t.Errorf("suspended twice: %v", err)
	}
	r.publish(t)
	if err := r.Revoke(one, wire.ReasonStolen, r.now.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if s := r.status(t); s.Revoked != 1 || s.Unpublished != 0 {
		t.Errorf("%d revoked, %d unpublished", s.Revoked, s.Unpublished)
	}
	if id, err := r.Identity(one); err != nil || id.Revoked.Reason != wire.ReasonStolen || id.Revoked.List != 2 {
		t.Errorf("%+v %v", id.Revoked, err)
	}
	if _, err := r.Release([]wire.Address{one}); !errors.Is(err, authority.ErrNotSuspended) {
		t.Errorf("released: %v", err)
	}
	if err := r.Revoke(one, wire.ReasonLost, time.Time{}); !errors.Is(err, authority.ErrAlreadyRevoked) {
		t.Errorf("revoked for ever twice: %v", err)
	}
	r.reopen(t)
	if p := r.publish(t); p.Count != 1 || p.Added != 0 {
		t.Errorf("%+v", p)
	}
	r.mustAudit(t)
}

// Taking back what was revoked for ever leaves the suspension before it: a mistake about the one is none about the other.
func TestUndoLeavesTheSuspension(t *testing.T) {
	r := found(t)
	one := r.enrol(t, "bus-1").Address
	r.later(2 * time.Hour)
	since := r.now.Add(-time.Hour).Truncate(time.Second)
	if err := r.Revoke(one, wire.ReasonSuspended, since); err != nil {
		t.Fatal(err)
	}
	r.revoke(t, one)
	undo := &authority.UndoPayload{Addresses: []wire.Address{one}}
	if err := r.undo(t, undo); err != nil {
		t.Fatal(err)
	}
	if id, err := r.Identity(one); err != nil || id.Revoked == nil || id.Revoked.Reason != wire.ReasonSuspended || !id.Revoked.Effective.Equal(since) {
		t.Errorf("%+v %v", id.Revoked, err)
	}
	r.reopen(t)
	if err := r.undo(t, undo); err != nil {
		t.Fatal(err)
	}
	if p := r.publish(t); p.Count != 0 {
		t.Errorf("%+v", p)
	}
	r.mustAudit(t)
}

// The name of who may come back is kept, until nobody can.
func TestNameOfASuspended(t *testing.T) {
	r := found(t)
	one := r.enrol(t, "bus-1").Address
	r.suspend(t, one)
	request := newRequester(t, "bus-1", r.now).request
	if _, err := r.Enrol(request); !errors.Is(err, authority.ErrUsedName) {
		t.Errorf("%v", err)
	}
	r.revoke(t, one)
	if _, err := r.Enrol(request); err != nil {
		t.Error(err)
	}
	r.mustAudit(t)
}

func TestAuditFindsAForbiddenRelease(t *testing.T) {
	r := busy(t)
	r.log(t, &wire.ReleaseEntry{Serial: 1})
	r.mustFind(t, "releases serial 1, which is not suspended")
	other := busy(t)
	other.log(t, &wire.ReleaseEntry{Serial: 99})
	other.mustFind(t, "serial 99")
}
