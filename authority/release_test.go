package authority_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"marque/authority"
	"marque/device"
	"marque/device/wire"
	"marque/storage"
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

// One officer suspends, and two release: whom one alone lets go on.
func TestReleaseTakesTwoOfficers(t *testing.T) {
	b := newBoard(t, 2)
	buses := b.buses(t, "bus-1", "bus-2")
	propose := func(by []string, p interface {
		Action() authority.Action
		Marshal() ([]byte, error)
	},
	) (*authority.Pending, error) {
		b.later(time.Second)
		return b.Propose(b.by(by...), p.Action(), marshal(t, p))
	}
	suspension := &authority.RevokePayload{Addresses: buses[:1], Reason: wire.ReasonSuspended}
	if p, err := propose([]string{"Anna"}, suspension); err != nil || p.State != authority.StateDecided {
		t.Fatal(p, err)
	}
	b.publish(t)
	release, err := b.Release(buses[:1])
	if err != nil {
		t.Fatal(err)
	}
	old, err := propose([]string{"Anna"}, release)
	if err != nil || old.Missing != 1 || !b.isRevoked(t, buses[0]) {
		t.Fatal(old, err)
	}
	if p, err := propose([]string{"Bo", "Anna"}, release); err != nil || p.State != authority.StateDecided || b.isRevoked(t, buses[0]) {
		t.Fatal(p, err)
	}
	if p, err := propose([]string{"Bo"}, suspension); err != nil || p.State != authority.StateDecided {
		t.Fatal(p, err)
	}
	b.restart(t)
	b.later(time.Second)
	if _, err := b.Approve(b.by("Bo"), old.Digest); !errors.Is(err, authority.ErrPayload) || !b.isRevoked(t, buses[0]) {
		t.Errorf("a suspension of later was ended: %v", err)
	}
	if _, err := propose([]string{"Anna", "Bo"}, &authority.ReleasePayload{Addresses: buses}); !errors.Is(err, authority.ErrNotSuspended) || !b.isRevoked(t, buses[0]) {
		t.Errorf("one of both is in order: %v", err)
	}
	again, err := propose([]string{"Anna"}, release)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := b.Approve(b.by("Bo"), again.Digest); err != nil || p.State != authority.StateDecided || b.isRevoked(t, buses[0]) {
		t.Error(p, err)
	}
	b.publish(t)
	b.mustAudit(t)

	if _, err := propose([]string{"Anna"}, suspension); err != nil {
		t.Fatal(err)
	}
	b.log(t, &wire.ReleaseEntry{Serial: buses[0].Serial()}) // by whoever has the statement key, but not the officers
	b.mustFind(t, "officers decide about such things here")
}

// Keys in two hands need no officer to be suspended; anything else does.
func TestAlarmSuspendsWithoutOfficers(t *testing.T) {
	b := newBoard(t, 2)
	bus := b.vehicle(t, "bus-1")
	b.later(time.Second)
	if p, err := b.Propose(b.by("Anna"), authority.ActionRevoke, marshal(t, &authority.RevokePayload{
		Addresses: []wire.Address{b.enrol(t, "bus-2").Address}, Reason: wire.ReasonLost,
	})); err != nil || p.State != authority.StateDecided { // since the first decision, all of them are expected
		t.Fatal(p, err)
	}
	for _, r := range bus.copies(t, 2) {
		_, err := b.AcceptReceipt(r)
		if err != nil && !errors.Is(err, authority.ErrTwoReceipts) {
			t.Fatal(err)
		}
	}
	if !b.isRevoked(t, bus.Status().Address) {
		t.Error("the keys are in two hands")
	}
	b.mustAudit(t)
	// It takes two to trust keys that are in two hands, whether a list has the suspension or not.
	undo, err := b.Undo([]wire.Address{bus.Status().Address})
	if err != nil || undo.Action() != authority.ActionUndoMany {
		t.Errorf("%+v, %v", undo, err)
	}
	b.later(time.Second)
	single := marshal(t, &authority.UndoPayload{Addresses: undo.Addresses})
	_, err = b.Propose(b.by("Anna"), authority.ActionUndo, single)
	refused(t, "by one", err, authority.ErrUndoTogether)
	b.log(t, &wire.RevokeEntry{Serial: b.enrol(t, "bus-3").Address.Serial(), Reason: wire.ReasonSuspended, Effective: b.now.Truncate(time.Second)})
	b.mustFind(t, "officers decide about such things here")
}

// What the log says of a list that it has counts more than that list: an old one un-releases nobody.
func TestReopeningWithAListFromBeforeTheRelease(t *testing.T) {
	r := found(t)
	released, kept := r.enrol(t, "bus-1").Address, r.enrol(t, "bus-2").Address
	r.suspend(t, released, kept)
	before := r.publish(t).Bundle
	r.release(t, released)
	r.publish(t)
	backup := r.copy(t)
	r.later(time.Hour)
	later := r.enrol(t, "bus-3").Address
	r.revoke(t, later)
	lost := r.publish(t).Bundle
	r.restored(t, backup)
	r.later(time.Hour)
	got := r.mustReopen(t, [][]byte{before, lost}, nil)
	if _, serials := r.listed(t, got.List.Bundle); !slices.Equal(serials, []uint32{kept.Serial(), later.Serial()}) || got.Merged != 1 {
		t.Errorf("%d merged; on the list: %v", got.Merged, serials)
	}
	r.mustAudit(t)
	r.release(t, kept) // still suspended, and nothing else
	r.publish(t)
	r.mustAudit(t)
}

// Those whom the database lost are suspended and released as well.
func TestReleaseOfALostSerial(t *testing.T) {
	r := found(t)
	backup := r.copy(t)
	bus := r.enrol(t, "bus-1").Address
	r.restored(t, backup)
	r.mustReopen(t, nil, nil)
	r.suspend(t, bus)
	before := r.publish(t)
	if _, err := r.Undo([]wire.Address{bus}); !errors.Is(err, authority.ErrSuspended) {
		t.Errorf("taken back from a list: %v", err)
	}
	r.release(t, bus)
	if after := r.publish(t); after.Count != 0 || after.Base != before.Base+1 {
		t.Errorf("%+v", after)
	}
	r.suspend(t, bus)
	r.revoke(t, bus)
	if err := r.undo(t, &authority.UndoPayload{Addresses: []wire.Address{bus}}); err != nil {
		t.Fatal(err)
	}
	r.revoke(t, bus)
	if p := r.publish(t); p.Count != 1 {
		t.Errorf("%+v", p)
	}
	if _, err := r.Release([]wire.Address{bus}); !errors.Is(err, authority.ErrNotSuspended) {
		t.Errorf("%v", err)
	}
	r.mustAudit(t)
	if err := r.store.View((*storage.Tx).VerifyRegistry); err != nil {
		t.Error(err)
	}
}

func TestSearchAndHistoryOfSuspensions(t *testing.T) {
	r := found(t)
	one, two := r.enrol(t, "bus-1").Address, r.enrol(t, "bus-2").Address
	r.revoke(t, two)
	for range 2 {
		r.later(time.Minute)
		r.suspend(t, one)
		f := r.search(t, authority.Query{Standings: []authority.Standing{authority.StandingSuspended}, Count: 9})
		if f.Matches != 1 || f.Suspended != 1 || f.Revoked != 1 || f.Active != 0 || f.Rows[0].Address != one {
			t.Errorf("%+v", f)
		}
		r.later(time.Minute)
		r.release(t, one)
	}
	r.later(time.Minute)
	r.suspend(t, one)
	r.later(time.Minute)
	r.revoke(t, one)
	if f := r.search(t, authority.Query{}); f.Suspended != 0 || f.Revoked != 2 {
		t.Errorf("%+v", f)
	}
	want := []authority.EventKind{
		authority.EventIssued, authority.EventSuspended, authority.EventReleased, authority.EventSuspended, authority.EventReleased,
		authority.EventSuspended, authority.EventRevoked,
	}
	for range 2 {
		h, err := r.History(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		got := []authority.EventKind{}
		for _, e := range slices.Backward(h.Events) {
			got = append(got, e.What)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v", got)
		}
		r.later(time.Minute)
		r.publish(t) // and then it can be taken back no more
		want = append(want, authority.EventListed)
	}
}

// What suspending is for: nobody talks to the suspended, which gets its keys back by the list after its release alone.
func TestVehiclesFollowASuspension(t *testing.T) {
	r := found(t)
	one, two := r.vehicle(t, "bus-1"), r.vehicle(t, "bus-2")
	apply := func(p *authority.Published) {
		t.Helper()
		for _, v := range []*vehicle{one, two} {
			if _, err := v.Apply(p.Bundle); err != nil {
				t.Fatal(err)
			}
		}
	}
	talk := func(want error) {
		t.Helper()
		r.later(time.Second)
		// bus-1 is asked to sign while it does not know yet.
		m, err := one.Sign([]byte("here"), device.SignOptions{})
		if err == nil {
			_, err = two.Verify(m)
		}
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	apply(r.publish(t))
	talk(nil)
	r.later(time.Minute)
	r.suspend(t, one.Status().Address)
	suspended := r.publish(t)
	if _, err := two.Apply(suspended.Changes[0].Statement); err != nil {
		t.Fatal(err)
	}
	talk(device.ErrRevoked)
	apply(suspended)
	talk(device.ErrRevoked) // it knows by itself
	r.later(time.Minute)
	r.release(t, one.Status().Address)
	released := r.publish(t)
	r.later(time.Minute)
	next := r.publish(t)
	if _, err := two.Apply(next.Changes[0].Statement); err == nil {
		t.Error("a change led over the new base")
	}
	apply(released)
	talk(nil)
	if _, err := two.Apply(next.Changes[0].Statement); err != nil {
		t.Error(err)
	}
	talk(nil)
	if _, err := two.Apply(suspended.Bundle); err == nil {
		t.Error("the list with the suspension was taken again")
	}
	talk(nil)
}
