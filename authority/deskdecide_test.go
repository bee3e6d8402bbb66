package authority_test

import (
	"strings"
	"testing"
	"time"

	"marque/authority"
	"marque/storage"
)

func TestOfficersDecideTogether(t *testing.T) {
	b := newBoard(t, 3)
	platform := &authority.PlatformPayload{Bound: 3, Digest: [32]byte{1}, PCRs: []authority.PCR{{Index: 0}, {Index: 7, Digest: [32]byte{2}}}}
	seed := &authority.SeedPayload{Core: b.core}
	for _, tc := range []struct {
		action  authority.Action
		payload []byte
		needed  int
	}{
		{authority.ActionOfficers, b.change(t, b.without(t, "Dee")), 2},
		{authority.ActionOfficers, b.change(t, b.without(t, "Cy")), 3},
		{authority.ActionPlatform, marshal(t, platform), 2},
		{authority.ActionPlatform, marshal(t, &authority.PlatformPayload{Retire: true, Bound: 4}), 2},
		{authority.ActionRecovery, marshal(t, seed), 3},
		{authority.ActionRotation, marshal(t, seed), 3},
	} {
		b.later(time.Second)
		_, err := b.Propose(b.by("Anna", "Bo", "Cy"), tc.action, tc.payload)
		refused(t, "propose "+string(tc.action), err, authority.ErrTogether)
		before := len(b.decided(t))
		names := []string{"Anna", "Bo", "Cy"}[:tc.needed]
		_, err = b.Decide(b.by(names[1:]...), tc.action, tc.payload)
		refused(t, "one is missing to "+string(tc.action), err, authority.ErrApprovalsMissing)
		_, err = b.Decide(b.by(append(names[1:], "Dee", names[1])...), tc.action, tc.payload)
		refused(t, "an operator to "+string(tc.action), err, authority.ErrApprovalsMissing)
		_, err = b.Decide(nil, tc.action, tc.payload)
		refused(t, "nobody to "+string(tc.action), err, authority.ErrApprovalsMissing)
		digest, err := b.Decide(b.by(names...), tc.action, tc.payload)
		if err != nil {
			t.Fatalf("%s: %v", tc.action, err)
		}
		_, err = b.Decide(b.by(names...), tc.action, tc.payload)
		refused(t, "once more to "+string(tc.action), err, authority.ErrDecided)
		entries := b.decided(t)
		if len(entries) != before+1 || entries[before].Proposal != digest || entries[before].Action != string(tc.action) {
			t.Errorf("%s: %v", tc.action, entries)
		}
	}
	action, payload := revoking(t, b.buses(t, "bus")[0])
	_, err := b.Decide(b.by("Anna", "Bo", "Cy"), action, payload)
	refused(t, "what is proposed", err, authority.ErrAction)
	_, err = b.Decide(b.by("Anna", "Bo"), authority.ActionOfficers, b.change(t, b.without(t, "Bo", "Cy")))
	refused(t, "to leave one", err, authority.ErrRoster)
	_, err = b.Decide(b.by("Anna", "Bo"), authority.ActionRelease, marshal(t, samples(t)["release"].payload))
	refused(t, "what is proposed, too", err, authority.ErrAction)
	_, err = b.Decide(b.by("Anna", "Bo"), "coffee", payload)
	refused(t, "coffee", err, authority.ErrAction)
	_, err = b.Decide(newCouncil(t, 2).by("Anna", "Bo"), authority.ActionRecovery, marshal(t, seed))
	refused(t, "strangers", err, authority.ErrNotOfficer)
	b.mustAudit(t)
}

func TestChangedOfficersGoOn(t *testing.T) {
	b := newBoard(t, 2)
	bus := b.buses(t, "one", "two")
	payload := b.change(t, b.without(t, "Dee", "Cy"))
	if _, err := b.Decide(b.by("Anna", "Bo"), authority.ActionOfficers, payload); err != nil {
		t.Fatal(err)
	}
	b.SetOfficers(b.without(t, "Dee", "Cy"), b.table)
	action, payload := revoking(t, bus...)
	_, err := b.Propose(b.by("Cy", "Bo"), action, payload)
	refused(t, "asked for by a former officer", err, authority.ErrNotOfficer)
	_, err = b.Propose(b.by("Anna", "Cy"), action, payload)
	refused(t, "approved by a former officer", err, authority.ErrNotOfficer)
	b.mustPropose(t, b.by("Anna", "Bo"), action, payload)
	b.mustAudit(t)
}

// A restored database is reopened by a decision about exactly what is merged, and what waited in it waits no more.
func TestOfficersDecideAboutRestoring(t *testing.T) {
	b := newBoard(t, 2)
	buses := b.buses(t, "one", "two")
	action, payload := revoking(t, buses...)
	waiting := b.mustPropose(t, b.by("Anna"), action, payload)
	_, list, err := b.NewestList()
	if err != nil {
		t.Fatal(err)
	}
	b.update(t, func(tx *storage.Tx) error { return tx.SetRestored() })
	b.restart(t)
	b.later(time.Minute)
	_, err = b.Approve(b.by("Bo"), waiting.Digest)
	refused(t, "a change while it is read-only", err, authority.ErrRestored)
	_, err = b.Propose(b.by("Anna"), action, payload)
	refused(t, "a proposal while it is read-only", err, authority.ErrRestored)

	lists := [][]byte{list}
	decision := marshal(t, authority.NewReopenPayload(lists, nil))
	_, err = b.Reopen(lists, nil)
	refused(t, "reopened by nobody", err, authority.ErrApprovalsMissing)
	_, err = b.Decide(b.by("Anna"), authority.ActionRestore, decision)
	refused(t, "by one", err, authority.ErrApprovalsMissing)
	_, err = b.Reopen(lists, nil)
	refused(t, "reopened by one", err, authority.ErrApprovalsMissing)
	if _, err := b.Decide(b.by("Anna", "Bo"), authority.ActionRestore, decision); err != nil {
		t.Fatal(err)
	}
	_, err = b.Reopen(nil, nil)
	refused(t, "reopened with less", err, authority.ErrApprovalsMissing)
	if _, err := b.Reopen(lists, nil); err != nil {
		t.Fatal(err)
	}
	_, err = b.Reopen(lists, nil)
	refused(t, "reopened again", err, authority.ErrDecided)
	entries := b.decided(t)
	if len(entries) != 1 || entries[0].Action != "restore" {
		t.Errorf("%v", entries)
	}
	_, err = b.Approve(b.by("Bo"), waiting.Digest)
	refused(t, "what waited before", err, authority.ErrRefused)
	for _, p := range b.pendings(t) {
		if p.Digest == waiting.Digest && (p.State != authority.StateRefused || !strings.Contains(p.Refused, "restored")) {
			t.Errorf("%+v", p)
		}
	}
	b.mustPropose(t, b.by("Anna", "Cy"), action, payload)
	b.mustAudit(t)
}

// A decision to restore is nobody's once the officers are others.
func TestRestoringIsDecidedByTheOfficersOfNow(t *testing.T) {
	b := newBoard(t, 2)
	b.update(t, func(tx *storage.Tx) error { return tx.SetRestored() })
	if _, err := b.Decide(b.by("Anna", "Bo"), authority.ActionRestore, marshal(t, authority.NewReopenPayload(nil, nil))); err != nil {
		t.Fatal(err)
	}
	b.SetOfficers(b.without(t, "Bo"), b.table)
	_, err := b.Reopen(nil, nil)
	refused(t, "reopened", err, authority.ErrApprovalsMissing)
}

func TestDeskIsFull(t *testing.T) {
	b := newBoard(t, 2)
	action, payload := revoking(t, b.buses(t, "one", "two")...)
	var last *authority.Pending
	for _, officer := range []string{"Anna", "Bo", "Cy", "Dee"} { // 64 of each
		for range 64 {
			b.later(time.Second)
			last = b.mustPropose(t, b.by(officer), action, payload)
		}
		b.later(time.Second)
		_, err := b.Propose(b.by(officer), action, payload)
		refused(t, "one more", err, authority.ErrDeskFull)
	}
	if err := b.Refuse(b.signer["Bo"], last.Digest, "enough"); err != nil {
		t.Fatal(err)
	}
	if again, err := b.Propose(b.by("Dee"), action, payload); err != nil || again.State != authority.StateOpen {
		t.Errorf("%v", err)
	}
}

func TestLockedDesk(t *testing.T) {
	b := newBoard(t, 2)
	action, payload := revoking(t, b.buses(t, "one", "two")...)
	p := b.mustPropose(t, b.by("Anna"), action, payload)
	b.store.Lock()
	_, err := b.Pendings()
	refused(t, "read", err, authority.ErrLocked)
	_, err = b.Approve(b.by("Bo"), p.Digest)
	refused(t, "approve", err, authority.ErrLocked)
	_, err = b.Propose(b.by("Bo"), action, payload)
	refused(t, "propose", err, authority.ErrLocked)
	refused(t, "refuse", b.Refuse(b.signer["Bo"], p.Digest, "no"), authority.ErrLocked)
}
