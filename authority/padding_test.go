package authority_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
	"marque/storage"
)

// pad pads lists to a multiple of step. With a share of two, about half as many serials as identities are left out.
func (r *realm) pad(t *testing.T, step, share uint32) {
	t.Helper()
	if err := r.SetPadding(authority.Padding{Step: step, Share: share}); err != nil {
		t.Fatal(err)
	}
}

// fleet enrols identities, in changes of different sizes.
func (r *realm) fleet(t *testing.T, prefix string, n int) (all []wire.Address) {
	t.Helper()
	_, requests := requesters(t, prefix, n, r.now)
	granted, _ := r.enrolAll(t, requests)
	for _, g := range granted {
		if g.Err != nil {
			t.Fatal(g.Err)
		}
		all = append(all, g.Issued.Address)
	}
	return all
}

func TestPaddedListsDoNotTellHowManyAreRevoked(t *testing.T) {
	r, c := counted(t)
	r.pad(t, 4, 2)
	all := append(r.fleet(t, "bus", 39), r.enrol(t, "tram").Address)
	given := map[uint32]bool{}
	for _, a := range all {
		given[a.Serial()] = true
	}
	n := r.status(t).List.N
	if left := uint64(all[39].Serial()) + 1 - 40; left < 5 || left > 35 { // 20 are expected; so few or many have a chance of 2⁻²²
		t.Errorf("%d serials left out among 40", left)
	}
	var before []uint32
	for i := range 3 {
		for _, a := range all[i*3 : i*3+i] { // 0, 1, 2
			r.revoke(t, a)
		}
		r.later(time.Hour)
		p := r.publish(t)
		b, serials := r.listed(t, p.Bundle)
		if len(serials) != []int{0, 4, 8}[i] || p.Short != 0 || p.Added != i || p.Padding != len(serials)-[]int{0, 1, 3}[i] {
			t.Errorf("list %d: %d serials, %d of them padding, %d added, %d short", b.Sequence, len(serials), p.Padding, p.Added, p.Short)
		}
		revoked := slices.DeleteFunc(slices.Clone(serials), func(s uint32) bool { return !given[s] })
		if len(revoked)+p.Padding != len(serials) {
			t.Errorf("list %d: %d revoked among %d", b.Sequence, len(revoked), len(serials))
		}
		for _, s := range before {
			if !slices.Contains(serials, s) {
				t.Errorf("list %d: serial %d left", b.Sequence, s)
			}
		}
		for _, change := range p.Changes {
			if change.Added%4 != 0 {
				t.Errorf("a change of %d", change.Added)
			}
		}
		before = serials
	}
	s := r.status(t)
	if s.Identities != 40 || s.Revoked != 3 || s.Unpublished != 0 || s.List.Count != 8 || s.List.Padding != 5 || s.Padding != (authority.Padding{Step: 4, Share: 2}) || s.List.N <= n {
		t.Errorf("%+v", s)
	}
	r.mustAudit(t)
	r.seal(t)
	r.mustRestart(t, c)
	if again := r.status(t); again.List != s.List || again.Reserve != s.Reserve || again.Identities != s.Identities {
		t.Errorf("%+v, before %+v", again, s)
	}
	if err := r.store.View((*storage.Tx).VerifyRegistry); err != nil {
		t.Error(err)
	}
	report := r.audit(t)
	if report.Issued != 40 || report.Revoked != 3 || report.Lost != 0 || !report.OK() {
		t.Errorf("%+v", report)
	}
	// Off again: what is on the list stays, and nothing is added to it.
	r.pad(t, 0, 0)
	r.revoke(t, all[20])
	if p := r.publish(t); p.Count != 9 || p.Padding != 5 || p.Short != 0 {
		t.Errorf("%+v", p)
	}
	after := r.fleet(t, "van", 5)
	if after[4].Serial() != all[39].Serial()+5 {
		t.Error("serials are left out though lists are not padded")
	}
	r.mustAudit(t)
}

// TestPaddingLeavesTheListsWithItsNeighbours: padding is on the lists for as long as what was issued beside it.
func TestPaddingLeavesTheListsWithItsNeighbours(t *testing.T) {
	r := found(t)
	r.pad(t, 4, 2)
	all := r.fleet(t, "bus", 30)
	r.revoke(t, all[0])
	if p := r.publish(t); p.Count != 4 || p.Padding != 3 {
		t.Errorf("%+v", p)
	}
	r.muchLater(13 * r.Core().EpochLength)
	r.revoke(t, all[1])
	if p := r.publish(t); p.Count+uint32(p.Short) != 8 || p.Left != 0 {
		t.Errorf("%+v", p)
	}
	r.later(r.Core().EpochLength)
	if p := r.publish(t); p.Count != 0 || p.Padding != 0 || p.Base != 2 {
		t.Errorf("%+v", p)
	}
	r.revoke(t, all[2]) // too late for a list, and all of the reserve is too old for one
	if p := r.publish(t); p.Count != 0 || p.Short != 0 {
		t.Errorf("%+v", p)
	}
	r.mustAudit(t)
}

func TestPaddingThatDoesNotSuffice(t *testing.T) {
	r := found(t)
	bus := r.enrol(t, "bus").Address
	r.pad(t, 64, 50)
	r.revoke(t, bus)
	p := r.publish(t)
	if p.Count != 1 || p.Short != 63 || p.Padding != 0 {
		t.Errorf("%+v", p)
	}
	r.mustAudit(t)
}

// TestPaddingIsRevokedByNobody: a serial that was given to nobody cannot be revoked, released, or issued.
func TestPaddingIsRevokedByNobody(t *testing.T) {
	r := found(t)
	r.pad(t, 4, 2)
	all := r.fleet(t, "bus", 12)
	r.revoke(t, all[0])
	p := r.publish(t)
	_, serials := r.listed(t, p.Bundle)
	for serial := range all[11].Serial() {
		if slices.ContainsFunc(all, func(a wire.Address) bool { return a.Serial() == serial }) {
			continue
		}
		address, err := wire.NewAddress("fleet.example", "", "ghost", serial)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Revoke(address, wire.ReasonStolen, time.Time{}); !errors.Is(err, authority.ErrNotFound) {
			t.Errorf("serial %d, listed %v: %v", serial, slices.Contains(serials, serial), err)
		}
	}
	if err := r.Revoke(all[1], wire.ReasonNeverIssued, time.Time{}); err == nil {
		t.Error("a reason that nobody may give was taken")
	}
	r.mustAudit(t)
}

func TestPaddingThatNobodyHas(t *testing.T) {
	for _, p := range []authority.Padding{{Step: 1}, {Share: 50}, {Step: 65_537, Share: 50}, {Step: 64, Share: 1}, {Step: 64, Share: 65_537}} {
		if err := found(t).SetPadding(p); !errors.Is(err, wire.ErrValue) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

func TestAuditOfDishonestPadding(t *testing.T) {
	revoke := func(serial uint32, reason wire.Reason) *wire.RevokeEntry {
		return &wire.RevokeEntry{Serial: serial, Reason: reason, Effective: founded}
	}
	on := &wire.PaddingEntry{Step: 8, Share: 2}
	for _, c := range []struct {
		name    string
		entries []wire.Entry
		want    string
	}{
		{"a serial left out without padding", []wire.Entry{&wire.ReserveEntry{NextSerial: 4}}, "entry 8: it leaves a serial out though lists are not padded"},
		{"two serials left out", []wire.Entry{on, &wire.ReserveEntry{NextSerial: 5}}, "entry 9: it goes on with serial 5"},
		{"nobody is issued", []wire.Entry{on, &wire.ReserveEntry{NextSerial: 4}, on}, "entry 9: a serial is left out before one that is issued, and none is"},
		{"a victim as padding", []wire.Entry{on, revoke(2, wire.ReasonNeverIssued)}, "entry 9: it pads the list with serial 2, which was given away"},
		{"padding as a victim", []wire.Entry{on, &wire.ReserveEntry{NextSerial: 4}, revoke(3, wire.ReasonLost)}, "entry 10: it revokes serial 3, which was given to nobody"},
		{"padding twice", []wire.Entry{on, &wire.ReserveEntry{NextSerial: 4}, revoke(3, wire.ReasonNeverIssued), revoke(3, wire.ReasonNeverIssued)}, "entry 11: it pads the list with serial 3"},
		{"padding taken back", []wire.Entry{on, &wire.ReserveEntry{NextSerial: 4}, revoke(3, wire.ReasonNeverIssued), &wire.UndoEntry{Serial: 3}}, "entry 11: it takes back"},
		{"padding released", []wire.Entry{on, &wire.ReserveEntry{NextSerial: 4}, revoke(3, wire.ReasonNeverIssued), &wire.ReleaseEntry{Serial: 3}}, "entry 11: "},
		{"padding that expires", []wire.Entry{on, &wire.ReserveEntry{NextSerial: 4}, revoke(3, wire.ReasonNeverIssued), &wire.ExpireEntry{Serial: 3, LastEpoch: 12}}, "entry 11: it takes serial 3 from the list while its keys last"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := busy(t)
			for _, e := range c.entries {
				r.log(t, e)
			}
			r.mustFind(t, c.want)
		})
	}
}

// TestReservesInTheRegistryMustAgree: a reserve that somebody adds to the registry, or takes from it, stops the authority.
func TestReservesInTheRegistryMustAgree(t *testing.T) {
	r := found(t)
	r.pad(t, 4, 2)
	all := r.fleet(t, "bus", 3)
	r.update(t, func(tx *storage.Tx) error { return tx.SkipTo(all[2].Serial() + 2) })
	if _, err := r.Publish(); !errors.Is(err, authority.ErrInconsistent) {
		t.Error(err)
	}
}

// TestReopeningMergesPadding: what lost lists were padded with stays on the lists, as padding.
func TestReopeningMergesPadding(t *testing.T) {
	r, c := counted(t)
	r.pad(t, 4, 2)
	all := r.fleet(t, "bus", 30)
	backup := r.copy(t)
	r.later(time.Hour)
	r.revoke(t, all[0])
	list := r.publish(t).Bundle
	_, before := r.listed(t, list)
	r.restored(t, backup)
	r.later(time.Hour)
	if err := r.SetCounter(c); err == nil {
		t.Fatal("the old database was not noticed")
	}
	got := r.mustReopen(t, [][]byte{list}, nil)
	_, serials := r.listed(t, got.List.Bundle)
	if !slices.Equal(serials, before) || got.Merged != 1 || got.List.Padding != 3 || got.List.Count != 4 {
		t.Errorf("%v, before %v; %d merged, %d padding", serials, before, got.Merged, got.List.Padding)
	}
	if s := r.status(t); s.Revoked != 1 || s.Identities != 30 {
		t.Errorf("%+v", s)
	}
	r.fleet(t, "tram", 3)
	r.mustAudit(t)
}

// TestOfficersDecideAboutPadding: two of them, and about exactly what they saw.
func TestOfficersDecideAboutPadding(t *testing.T) {
	b := newBoard(t, 2)
	first := marshal(t, &authority.PaddingPayload{New: authority.Padding{Step: 4, Share: 2}})
	if err := b.SetPadding(authority.Padding{Step: 4, Share: 2}); !errors.Is(err, authority.ErrApprovalsMissing) {
		t.Error(err)
	}
	if p := b.mustPropose(t, b.by("Anna"), authority.ActionPadding, first); p.State == authority.StateDecided || b.status(t).Padding.On() {
		t.Errorf("one officer decided: %+v", p)
	}
	b.mustPropose(t, b.by("Anna", "Bo"), authority.ActionPadding, first)
	if got := b.status(t).Padding; got != (authority.Padding{Step: 4, Share: 2}) {
		t.Errorf("%+v", got)
	}
	stale := marshal(t, &authority.PaddingPayload{New: authority.Padding{Step: 8, Share: 2}})
	_, err := b.Propose(b.by("Anna", "Bo"), authority.ActionPadding, stale)
	refused(t, "what has changed since", err, authority.ErrPayload)
	b.revokeBy(t, b.fleet(t, "bus", 30)[0])
	if p := b.publish(t); p.Count != 4 || p.Padding != 3 {
		t.Errorf("%+v", p)
	}
	b.mustAudit(t)
	b.log(t, &wire.PaddingEntry{})
	b.mustFind(t, "officers decide about such things here, but nobody did")
}

// revokeBy lets an officer revoke an identity.
func (b *board) revokeBy(t *testing.T, address wire.Address) {
	t.Helper()
	action, payload := revoking(t, address)
	b.mustPropose(t, b.by("Anna"), action, payload)
}
