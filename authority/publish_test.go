package authority_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
	"marque/storage"
)

func TestRevokeAndPublish(t *testing.T) {
	r := found(t)
	var all []wire.Address
	for i := range 6 {
		all = append(all, r.enrol(t, fmt.Sprintf("bus-%d", i)).Address)
	}
	_, first, err := r.NewestList()
	if err != nil {
		t.Fatal(err)
	}
	previous, _ := r.listed(t, first)

	r.later(time.Hour)
	since := r.now.Add(-30 * time.Minute)
	if err := r.Revoke(all[4], wire.ReasonKeyCompromise, since); err != nil {
		t.Fatal(err)
	}
	r.revoke(t, all[1])
	if s := r.status(t); s.Revoked != 2 || s.Unpublished != 2 || s.List.Sequence != 1 {
		t.Errorf("before: %+v", s)
	}
	p := r.publish(t)
	b, serials := r.listed(t, p.Bundle)
	if !slices.Equal(serials, []uint32{1, 4}) || b.N != 6 {
		t.Errorf("serials %d of %d", serials, b.N)
	}
	if b.Order() != (wire.Order{Generation: 1, Base: 1, Sequence: 2}) || b.Previous != previous.State {
		t.Errorf("order %v", b.Order())
	}
	if p.Sequence != 2 || p.Count != 2 || p.Added != 2 || p.Left != 0 || p.N != 6 || p.State != b.State {
		t.Errorf("published %+v", p)
	}
	if b.FirstEpoch != 0 || b.LastEpoch != 13 {
		t.Errorf("epochs %d to %d", b.FirstEpoch, b.LastEpoch)
	}
	if s := r.status(t); s.Revoked != 2 || s.Unpublished != 0 || s.List.Sequence != 2 || s.List.Count != 2 || !s.List.Issued.Equal(b.Issued) {
		t.Errorf("after: %+v", s)
	}
	id, err := r.Identity(all[4])
	if err != nil {
		t.Fatal(err)
	}
	want := authority.Revocation{Reason: wire.ReasonKeyCompromise, Effective: since.Truncate(time.Second), At: r.now.Truncate(time.Second), List: 2}
	if id.Revoked == nil || *id.Revoked != want {
		t.Errorf("revocation %+v, want %+v", id.Revoked, want)
	}
	seq, newest, err := r.NewestList()
	if err != nil || seq != 2 {
		t.Errorf("newest list %d, %v", seq, err)
	}
	sameBytes(t, "lists", newest, p.Bundle)
	r.mustAudit(t)
}

func TestPublishAgainIsFresh(t *testing.T) {
	r := found(t)
	r.revoke(t, r.enrol(t, "bus-1").Address)
	first := r.publish(t)
	r.later(24 * time.Hour)
	r.reopen(t)
	second := r.publish(t)
	if second.Sequence != 3 || second.Added != 0 || second.Count != 1 || !second.Issued.Equal(first.Issued.Add(24*time.Hour)) {
		t.Errorf("%+v", second)
	}
	if b, _ := r.listed(t, second.Bundle); b.Previous != first.State {
		t.Error("it does not continue the first")
	}
	r.mustAudit(t)
}

func TestRevokeRefuses(t *testing.T) {
	r := found(t)
	bus := r.enrol(t, "bus-1").Address
	address := func(s string) wire.Address {
		a, err := wire.ParseAddress(s)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	before := r.status(t)
	for _, c := range []struct {
		name    string
		address wire.Address
		reason  wire.Reason
		since   time.Time
		want    error
	}{
		{"no address", wire.Address{}, wire.ReasonLost, time.Time{}, authority.ErrNotFound},
		{"a serial not issued", address("//fleet.example/Sbus-1~1"), wire.ReasonLost, time.Time{}, authority.ErrNotFound},
		{"another name", address("//fleet.example/Sbus-2~0"), wire.ReasonLost, time.Time{}, authority.ErrNotFound},
		{"another realm", address("//other.example/Sbus-1~0"), wire.ReasonLost, time.Time{}, authority.ErrNotFound},
		{"no reason", bus, 0, time.Time{}, wire.ErrValue},
		{"an unknown reason", bus, 10, time.Time{}, wire.ErrValue},
		{"the future", bus, wire.ReasonLost, r.now.Add(time.Second), authority.ErrEffective},
		{"before the realm", bus, wire.ReasonLost, r.Core().Epoch0.Add(-time.Second), authority.ErrEffective},
	} {
		if err := r.Revoke(c.address, c.reason, c.since); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if _, err := r.Identity(c.address); c.address != bus && !errors.Is(err, authority.ErrNotFound) {
			t.Errorf("%s: Identity: %v", c.name, err)
		}
	}
	if after := r.status(t); after != before {
		t.Errorf("%+v, before %+v", after, before)
	}
	r.revoke(t, bus)
	if err := r.Revoke(bus, wire.ReasonLost, time.Time{}); !errors.Is(err, authority.ErrAlreadyRevoked) {
		t.Errorf("twice: %v", err)
	}
	r.mustAudit(t)
}

// A vehicle with a new control unit keeps its name and gets a new serial, once
// the old one is revoked.
func TestRevokedNameIsGivenAgain(t *testing.T) {
	r := found(t)
	old := r.enrol(t, "bus-1").Address
	r.revoke(t, old)
	again := r.enrol(t, "bus-1").Address
	if again.Name() != old.Name() || again.Serial() != old.Serial()+1 {
		t.Errorf("%s after %s", again, old)
	}
	if _, err := r.Enrol(newRequester(t, "bus-1", r.now).request); !errors.Is(err, authority.ErrUsedName) {
		t.Error(err)
	}
	if _, err := r.Identity(old); err != nil {
		t.Errorf("the revoked one: %v", err)
	}
	r.revoke(t, again)
	r.publish(t)
	r.mustAudit(t)
}

// TestSerialsLeaveTwoEpochsAfterTheirLastKey follows one serial from its
// revocation to its leaving, and one that is revoked too late to be listed.
func TestSerialsLeaveTwoEpochsAfterTheirLastKey(t *testing.T) {
	r := found(t)
	length := r.Core().EpochLength
	early := r.enrol(t, "early").Address // epochs 0 to 12
	r.later(length)
	late := r.enrol(t, "late").Address // epochs 1 to 13
	r.revoke(t, early)
	r.revoke(t, late)
	r.publish(t)

	r.muchLater(12 * length) // epoch 13
	p := r.publish(t)
	if b, serials := r.listed(t, p.Bundle); !slices.Equal(serials, []uint32{0, 1}) || b.Base != 1 || b.FirstEpoch != 12 || b.LastEpoch != 26 {
		t.Errorf("epoch 13: %v, base %d, epochs %d to %d", serials, b.Base, b.FirstEpoch, b.LastEpoch)
	}
	r.later(length) // epoch 14
	p = r.publish(t)
	if b, serials := r.listed(t, p.Bundle); !slices.Equal(serials, []uint32{1}) || b.Order() != (wire.Order{Generation: 1, Base: 2, Sequence: 4}) || p.Left != 1 {
		t.Errorf("epoch 14: %v, %v, %d left", serials, b.Order(), p.Left)
	}
	id, err := r.Identity(early)
	if err != nil {
		t.Fatal(err)
	}
	if id.Revoked == nil || !id.Revoked.Expired || id.Revoked.List != 2 {
		t.Errorf("%+v", id.Revoked)
	}
	p = r.publish(t)
	if b, _ := r.listed(t, p.Bundle); b.Base != 2 || b.Sequence != 5 || p.Left != 0 {
		t.Errorf("the list after: %v, %d left", b.Order(), p.Left)
	}
	r.later(length) // epoch 15
	r.reopen(t)
	p = r.publish(t)
	if b, serials := r.listed(t, p.Bundle); len(serials) != 0 || b.Base != 3 || b.N != 2 {
		t.Errorf("epoch 15: %v, %v", serials, b.Order())
	}
	if s := r.status(t); s.Revoked != 2 || s.Unpublished != 0 {
		t.Errorf("%+v", s)
	}
	r.mustAudit(t)
}

func TestRevokedTooLateToBeListed(t *testing.T) {
	r := found(t)
	bus := r.enrol(t, "bus-1").Address
	r.muchLater(20 * r.Core().EpochLength)
	r.revoke(t, bus)
	if s := r.status(t); s.Unpublished != 1 {
		t.Errorf("%+v", s)
	}
	p := r.publish(t)
	if p.Count != 0 || p.Left != 1 || p.Added != 0 {
		t.Errorf("%+v", p)
	}
	if s := r.status(t); s.Unpublished != 0 || s.Revoked != 1 {
		t.Errorf("%+v", s)
	}
	r.mustAudit(t)
}

// TestUnrevokingInTheRegistryIsNoticed restores a record from before a
// revocation, as a backup would.
func TestUnrevokingInTheRegistryIsNoticed(t *testing.T) {
	r := found(t)
	r.revoke(t, r.enrol(t, "bus-1").Address)
	r.publish(t)
	r.update(t, func(tx *storage.Tx) error {
		id, err := tx.Identity(0)
		if err != nil {
			return err
		}
		id.Revoked = nil
		return tx.UpdateIdentity(id)
	})
	if _, err := r.Publish(); !errors.Is(err, authority.ErrInconsistent) {
		t.Error(err)
	}
	if s := r.status(t); s.List.Sequence != 2 {
		t.Errorf("published list %d", s.List.Sequence)
	}
}
