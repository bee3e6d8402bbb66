package authority_test

import (
	"errors"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
)

// undo takes revocations back, as its only person or as these officers.
func (r *realm) undo(t *testing.T, p *authority.UndoPayload) error {
	t.Helper()
	_, err := r.Propose(nil, p.Action(), marshal(t, p))
	return err
}

func TestUndo(t *testing.T) {
	r := found(t)
	one, two := r.enrol(t, "bus-1").Address, r.enrol(t, "bus-2").Address
	if _, err := r.Undo([]wire.Address{one}); !errors.Is(err, authority.ErrNotRevoked) {
		t.Errorf("nothing to take back: %v", err)
	}
	r.revoke(t, one)
	r.revoke(t, two)
	if list, err := r.Undoable(); err != nil || len(list) != 2 || list[0].Address != one {
		t.Errorf("%v %v", list, err)
	}
	p, err := r.Undo([]wire.Address{one, one})
	if err != nil || p.Action() != authority.ActionUndo || len(p.Addresses) != 1 {
		t.Fatal(p, err)
	}
	if err := r.undo(t, p); err != nil {
		t.Fatal(err)
	}
	if s := r.status(t); s.Revoked != 1 || s.Unpublished != 1 {
		t.Errorf("%d revoked, %d unpublished", s.Revoked, s.Unpublished)
	}
	if id, err := r.Identity(one); err != nil || id.Revoked != nil {
		t.Errorf("%+v %v", id, err)
	}
	if list, err := r.Undoable(); err != nil || len(list) != 1 || list[0].Address != two {
		t.Errorf("%v %v", list, err)
	}
	if err := r.undo(t, p); !errors.Is(err, authority.ErrNotRevoked) {
		t.Errorf("a second time: %v", err)
	}
	r.reopen(t) // what is in the log says the same
	r.mustAudit(t)
	if list := r.publish(t); list.Count != 1 {
		t.Errorf("%d on the list", list.Count)
	}
	if err := r.undo(t, &authority.UndoPayload{Addresses: []wire.Address{two}}); !errors.Is(err, authority.ErrListed) {
		t.Errorf("after the list: %v", err)
	}
	r.revoke(t, one) // it is as before
	if list := r.publish(t); list.Count != 2 {
		t.Errorf("%d on the list", list.Count)
	}
	r.mustAudit(t)
}

// A name is given again after a revocation, which then stays.
func TestUndoOfANameThatWasGivenAgain(t *testing.T) {
	r := found(t)
	old := r.enrol(t, "bus-1").Address
	r.revoke(t, old)
	r.enrol(t, "bus-1")
	if _, err := r.Undo([]wire.Address{old}); !errors.Is(err, authority.ErrNameFollowed) {
		t.Errorf("%v", err)
	}
	r.log(t, &wire.UndoEntry{Serial: old.Serial()})
	r.mustFind(t, "whose name another one got")
}

func TestAuditFindsAForbiddenUndo(t *testing.T) {
	r := busy(t)
	r.log(t, &wire.UndoEntry{Serial: 1})
	r.mustFind(t, "takes back the revocation of serial 1, which is not revoked, or on a list")
	other := busy(t)
	other.log(t, &wire.UndoEntry{Serial: 99})
	other.mustFind(t, "serial 99")
}

// What two officers decided, one does not take back, alone or one by one.
func TestUndoTakesAsManyAsTheRevocation(t *testing.T) {
	b := newBoard(t, 2)
	buses := b.buses(t, "bus-1", "bus-2", "bus-3")
	propose := func(by []string, action authority.Action, payload []byte) (*authority.Pending, error) {
		b.later(time.Second)
		return b.Propose(b.by(by...), action, payload)
	}
	action, payload := revoking(t, buses[0], buses[1])
	if p, err := propose([]string{"Anna", "Bo"}, action, payload); err != nil || p.State != authority.StateDecided {
		t.Fatal(p, err)
	}
	action, payload = revoking(t, buses[2])
	if _, err := propose([]string{"Anna"}, action, payload); err != nil {
		t.Fatal(err)
	}

	p, err := b.Undo(buses[:1])
	if err != nil || p.Action() != authority.ActionUndoMany {
		t.Fatal(p, err)
	}
	if _, err := propose([]string{"Anna"}, authority.ActionUndo, marshal(t, p)); !errors.Is(err, authority.ErrUndoTogether) {
		t.Errorf("one alone: %v", err)
	}
	waiting, err := propose([]string{"Anna"}, p.Action(), marshal(t, p))
	if err != nil || waiting.State != authority.StateOpen || waiting.Missing != 1 || !b.isRevoked(t, buses[0]) {
		t.Fatal(waiting, err)
	}
	b.restart(t)
	if _, err := b.Approve(b.by("Bo"), waiting.Digest); err != nil || b.isRevoked(t, buses[0]) {
		t.Error("not taken back", err)
	}
	single, err := b.Undo(buses[2:])
	if err != nil || single.Action() != authority.ActionUndo {
		t.Fatal(single, err)
	}
	if p, err := propose([]string{"Bo"}, single.Action(), marshal(t, single)); err != nil || p.State != authority.StateDecided {
		t.Error(p, err)
	}
	b.mustAudit(t)

	// Whoever has the statement key, but not the officers.
	b.log(t, &wire.UndoEntry{Serial: buses[1].Serial()})
	b.mustFind(t, "officers decide about such things here")
}

// A proposal to take a revocation back is about the one that there was when it was made, and not about a later one.
func TestUndoOfALaterRevocation(t *testing.T) {
	b := newBoard(t, 2)
	buses := b.buses(t, "bus-1", "bus-2")
	decide := func(action authority.Action, payload []byte) {
		t.Helper()
		b.later(time.Minute)
		if p, err := b.Propose(b.by("Anna", "Bo"), action, payload); err != nil || p.State != authority.StateDecided {
			t.Fatal(p, err)
		}
	}
	decide(revoking(t, buses...))
	p, err := b.Undo(buses)
	if err != nil {
		t.Fatal(err)
	}
	b.later(time.Minute)
	old, err := b.Propose(b.by("Anna"), p.Action(), marshal(t, p))
	if err != nil || old.State != authority.StateOpen {
		t.Fatal(old, err)
	}
	decide(p.Action(), marshal(t, p))
	decide(revoking(t, buses...))
	b.later(time.Minute)
	if _, err := b.Approve(b.by("Bo"), old.Digest); !errors.Is(err, authority.ErrPayload) || !b.isRevoked(t, buses[0]) {
		t.Errorf("a revocation of later was taken back: %v", err)
	}
	b.mustAudit(t)
}
