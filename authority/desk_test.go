package authority_test

import (
	"crypto"
	"errors"
	"strings"
	"testing"
	"time"

	"marque/authority"
	"marque/device/wire"
	"marque/storage"
)

// board is a realm whose officers decide.
type board struct {
	*realm
	*council
}

// newBoard founds a realm with the officers of newCouncil.
func newBoard(t *testing.T, m int) *board {
	t.Helper()
	b := &board{realm: found(t), council: newCouncil(t, m)}
	b.core = b.Core().Hash()
	b.SetOfficers(b.roster, b.table)
	return b
}

// confirm confirms the clock where there are no officers.
func (r *realm) confirm(t *testing.T, at time.Time) {
	t.Helper()
	if err := r.ConfirmClock(at); err != nil {
		t.Fatal(err)
	}
}

// restart opens the authority anew, from the disk.
func (b *board) restart(t *testing.T) {
	t.Helper()
	b.reopen(t)
	b.SetOfficers(b.roster, b.table)
}

// by returns the signers of the names.
func (c *council) by(names ...string) (list []crypto.Signer) {
	for _, name := range names {
		list = append(list, c.signer[name])
	}
	return list
}

func marshal(t testing.TB, p interface{ Marshal() ([]byte, error) }) []byte {
	t.Helper()
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// revoking is the payload that revokes addresses.
func revoking(t testing.TB, addresses ...wire.Address) (authority.Action, []byte) {
	t.Helper()
	p := &authority.RevokePayload{Addresses: addresses, Reason: wire.ReasonStolen}
	return p.Action(), marshal(t, p)
}

// buses enrols some.
func (b *board) buses(t *testing.T, names ...string) (list []wire.Address) {
	t.Helper()
	for _, name := range names {
		list = append(list, b.enrol(t, name).Address)
	}
	return list
}

func (b *board) isRevoked(t *testing.T, address wire.Address) bool {
	t.Helper()
	id, err := b.Identity(address)
	if err != nil {
		t.Fatal(err)
	}
	return id.Revoked != nil
}

// decided returns the entries of the log that record decisions, after it has verified each with what lies beside it.
func (b *board) decided(t *testing.T) (list []*wire.DecideEntry) {
	t.Helper()
	err := b.store.View(func(tx *storage.Tx) error {
		for raw, err := range tx.LogEntries(0) {
			if err != nil {
				return err
			}
			e, err := wire.ParseLogEntry(raw)
			if err != nil {
				return err
			}
			entry, ok := e.Entry.(*wire.DecideEntry)
			if !ok {
				continue
			}
			list = append(list, entry)
			filed, err := tx.Decision(entry.Proposal)
			if err != nil {
				return err
			}
			d, err := authority.ParseDecision(filed)
			if err != nil {
				return err
			}
			if got, err := d.Entry(); err != nil || *got != *entry {
				t.Errorf("the log records another decision: %v", err)
			}
			if err := d.Check(b.core, e.Time); err != nil {
				t.Errorf("the decision does not verify: %v", err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (b *board) mustPropose(t *testing.T, by []crypto.Signer, action authority.Action, payload []byte) *authority.Pending {
	t.Helper()
	p, err := b.Propose(by, action, payload)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (b *board) pendings(t *testing.T) []authority.Pending {
	t.Helper()
	list, err := b.Pendings()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func refused(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func TestOneOfficerRevokesOne(t *testing.T) {
	b := newBoard(t, 2)
	bus := b.buses(t, "bus")[0]
	action, payload := revoking(t, bus)
	p := b.mustPropose(t, b.by("Anna"), action, payload)
	if p.State != authority.StateDecided || p.Missing != 0 || len(p.Approved) != 1 || p.Requester.Name != "Anna" || p.Reduced {
		t.Errorf("%+v", p)
	}
	if !strings.Contains(strings.Join(p.Words, "\n"), bus.String()) {
		t.Errorf("the words do not name the bus: %q", p.Words)
	}
	entries := b.decided(t)
	if !b.isRevoked(t, bus) || len(entries) != 1 || entries[0].Proposal != p.Digest || entries[0].Action != "revoke" {
		t.Errorf("revoked %v, entries %v", b.isRevoked(t, bus), entries)
	}
	b.mustAudit(t)
	_, err := b.Approve(b.by("Bo"), p.Digest)
	refused(t, "approved once more", err, authority.ErrDecided)
	_, err = b.Propose(b.by("Anna"), action, payload)
	refused(t, "the same in the same second", err, authority.ErrDecided)
}

func TestTwoDecideOverARestart(t *testing.T) {
	b := newBoard(t, 2)
	buses := b.buses(t, "one", "two")
	action, payload := revoking(t, buses...)
	p := b.mustPropose(t, b.by("Anna"), action, payload)
	if p.State != authority.StateOpen || p.Missing != 1 || b.isRevoked(t, buses[0]) || len(b.decided(t)) != 0 {
		t.Fatalf("one officer decided: %+v", p)
	}
	b.restart(t)
	b.later(time.Hour)
	list := b.pendings(t)
	if len(list) != 1 || list[0].Digest != p.Digest || string(list[0].Payload) != string(payload) || list[0].Missing != 1 ||
		list[0].Requester.Name != "Anna" || len(list[0].Words) != len(p.Words) {
		t.Fatalf("after the restart: %+v", list)
	}
	_, err := b.Approve(b.by("Anna"), p.Digest)
	refused(t, "her own request twice", err, authority.ErrApprovedAlready)
	for _, name := range []string{"Dee", "Eli"} {
		_, err := b.Approve(b.by(name), p.Digest)
		refused(t, name, err, authority.ErrWrongRole)
	}
	if _, err := b.Approve(b.by("Dee", "Anna", "Bo"), p.Digest); err != nil {
		t.Fatal(err)
	}
	for _, bus := range buses {
		if !b.isRevoked(t, bus) {
			t.Errorf("%s goes on", bus)
		}
	}
	b.restart(t)
	if list = b.pendings(t); len(list) != 1 || list[0].State != authority.StateDecided || len(list[0].Approved) != 2 || len(b.decided(t)) != 1 {
		t.Errorf("afterwards: %+v", list)
	}
	b.mustAudit(t)
}

func TestTwoOfficersAtOneDesk(t *testing.T) {
	b := newBoard(t, 2)
	action, payload := revoking(t, b.buses(t, "one", "two")...)
	if p := b.mustPropose(t, b.by("Anna", "Anna", "Dee"), action, payload); p.State != authority.StateOpen || len(p.Approved) != 1 {
		t.Errorf("one officer twice, and an operator: %+v", p)
	}
	b.later(time.Second)
	if p := b.mustPropose(t, b.by("Anna", "Bo", "Cy"), action, payload); p.State != authority.StateDecided || len(p.Approved) != 3 {
		t.Errorf("%+v", p)
	}
	if len(b.decided(t)) != 1 {
		t.Error("not decided once")
	}
}

// An operator sees the theft first, and asks; a security officer decides.
func TestOperatorsAsk(t *testing.T) {
	b := newBoard(t, 2)
	bus := b.buses(t, "bus")[0]
	action, payload := revoking(t, bus)
	p := b.mustPropose(t, b.by("Dee"), action, payload)
	if p.Missing != 1 || len(p.Approved) != 0 || b.isRevoked(t, bus) {
		t.Fatalf("an operator decided: %+v", p)
	}
	_, err := b.Propose(b.by("Eli"), action, payload)
	refused(t, "an auditor asks", err, authority.ErrWrongRole)
	_, err = b.Propose(nil, action, payload)
	refused(t, "nobody asks", err, authority.ErrApprovalsMissing)
	_, err = b.Approve(nil, p.Digest)
	refused(t, "nobody approves", err, authority.ErrApprovalsMissing)
	if _, err := b.Approve(b.by("Cy"), p.Digest); err != nil || !b.isRevoked(t, bus) {
		t.Errorf("%v", err)
	}
	b.decided(t)
}

func TestNothingGoesPastTheDesk(t *testing.T) {
	b := newBoard(t, 2)
	buses := b.buses(t, "one", "two")
	refused(t, "revoke", b.Revoke(buses[0], wire.ReasonLost, time.Time{}), authority.ErrApprovalsMissing)
	refused(t, "revoke all", b.RevokeAll(buses, wire.ReasonLost, time.Time{}), authority.ErrApprovalsMissing)
	refused(t, "policy", b.SetPolicy(authority.PolicyChange{NextUpdate: time.Hour}), authority.ErrApprovalsMissing)
	refused(t, "clock", b.ConfirmClock(b.now), authority.ErrApprovalsMissing)
	_, err := b.Reopen(nil, nil)
	refused(t, "reopen", err, authority.ErrApprovalsMissing)
	b.SetOfficers(nil, nil)
	if err := b.Revoke(buses[0], wire.ReasonLost, time.Time{}); err != nil {
		t.Error(err)
	}
}

// Without officers, the holder of the passphrase does everything, and nothing is said to have been decided.
func TestNoOfficers(t *testing.T) {
	b := newBoard(t, 2)
	b.SetOfficers(nil, nil)
	buses := b.buses(t, "one", "two")
	action, payload := revoking(t, buses...)
	_, err := b.Propose(b.by("Anna"), action, payload)
	refused(t, "signed by somebody", err, authority.ErrNotOfficer)
	if b.isRevoked(t, buses[0]) {
		t.Fatal("and carried out")
	}
	p := b.mustPropose(t, nil, action, payload)
	if p.State != authority.StateDecided || !b.isRevoked(t, buses[1]) || len(b.decided(t)) != 0 || len(b.pendings(t)) != 0 {
		t.Errorf("%+v", p)
	}
	b.mustPropose(t, nil, authority.ActionClock, marshal(t, &authority.ClockPayload{Time: b.now.Truncate(time.Second)}))
	change := authority.NewPolicyPayload(b.Policy(), authority.PolicyChange{Past: time.Minute})
	b.mustPropose(t, nil, authority.ActionPolicy, marshal(t, change))
	if b.Policy().Past != time.Minute {
		t.Error("the policy stayed")
	}
	if digest, err := b.Decide(nil, authority.ActionPlatform, marshal(t, &authority.PlatformPayload{Retire: true})); err != nil || digest != [32]byte{} {
		t.Errorf("%x, %v", digest, err)
	}
	_, err = b.Approve(nil, p.Digest)
	refused(t, "approve", err, authority.ErrNoProposal)
	refused(t, "refuse", b.Refuse(b.signer["Anna"], p.Digest, "no"), authority.ErrNoProposal)
	b.mustAudit(t)
}

func TestRefusing(t *testing.T) {
	b := newBoard(t, 2)
	action, payload := revoking(t, b.buses(t, "one", "two")...)
	p := b.mustPropose(t, b.by("Dee"), action, payload)
	for _, name := range []string{"Eli"} {
		refused(t, name, b.Refuse(b.signer[name], p.Digest, "no"), authority.ErrWrongRole)
	}
	for _, reason := range []string{"", "two\nlines", strings.Repeat("x", 257), " padded", "\u202eback"} {
		refused(t, "reason", b.Refuse(b.signer["Bo"], p.Digest, reason), authority.ErrPayloadForm)
	}
	stranger := newCouncil(t, 2)
	refused(t, "a stranger", b.Refuse(stranger.signer["Bo"], p.Digest, "no"), authority.ErrNotOfficer)
	if err := b.Refuse(b.signer["Bo"], p.Digest, "they were found"); err != nil {
		t.Fatal(err)
	}
	b.restart(t)
	list := b.pendings(t)
	if len(list) != 1 || list[0].State != authority.StateRefused || list[0].Refused != "Bo: they were found" {
		t.Errorf("%+v", list)
	}
	_, err := b.Approve(b.by("Anna", "Cy"), p.Digest)
	refused(t, "approved afterwards", err, authority.ErrRefused)
	refused(t, "refused twice", b.Refuse(b.signer["Cy"], p.Digest, "no"), authority.ErrRefused)
	_, err = b.Propose(b.by("Dee"), action, payload)
	refused(t, "proposed in the same second", err, authority.ErrRefused)
	b.later(time.Second)
	again := b.mustPropose(t, b.by("Dee"), action, payload)
	if err := b.Refuse(b.signer["Dee"], again.Digest, "a mistake"); err != nil {
		t.Errorf("taken back: %v", err)
	}
	refused(t, "no such", b.Refuse(b.signer["Bo"], [32]byte{1}, "no"), authority.ErrNoProposal)
}

func TestProposalsExpireForGood(t *testing.T) {
	b := newBoard(t, 2)
	action, payload := revoking(t, b.buses(t, "one", "two")...)
	p := b.mustPropose(t, b.by("Anna"), action, payload)
	start := b.now
	b.now = start.Add(-time.Minute)
	_, err := b.Approve(b.by("Bo"), p.Digest)
	refused(t, "before it was made", err, authority.ErrProposalTime)
	b.now = start.Add(authority.ProposalLifetime)
	if list := b.pendings(t); len(list) != 1 || list[0].State != authority.StateExpired {
		t.Errorf("%+v", list)
	}
	_, err = b.Approve(b.by("Bo"), p.Digest)
	refused(t, "late", err, authority.ErrProposalTime)
	b.now = start.Add(time.Hour)
	_, err = b.Approve(b.by("Bo"), p.Digest)
	refused(t, "with the clock set back", err, authority.ErrProposalTime)
	refused(t, "refused", b.Refuse(b.signer["Bo"], p.Digest, "no"), authority.ErrProposalTime)
	b.now = start.Add(2 * authority.ProposalLifetime)
	_, err = b.Approve(b.by("Bo"), p.Digest)
	refused(t, "long over", err, authority.ErrNoProposal)
	if list := b.pendings(t); len(list) != 0 || len(b.decided(t)) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestOfficersWhoLeaveDoNotCount(t *testing.T) {
	b := newBoard(t, 3)
	b.buses(t, "one")
	change := authority.NewPolicyPayload(b.Policy(), authority.PolicyChange{Past: time.Minute})
	p := b.mustPropose(t, b.by("Dee", "Bo"), authority.ActionPolicy, marshal(t, change))
	asked := b.mustPropose(t, b.by("Bo"), authority.ActionPolicy, marshal(t, change))
	b.SetOfficers(b.without(t, "Bo"), b.table)
	_, err := b.Approve(b.by("Bo"), p.Digest)
	refused(t, "a former officer", err, authority.ErrNotOfficer)
	got, err := b.Approve(b.by("Anna"), p.Digest)
	if err != nil || got.State != authority.StateOpen || got.Missing != 1 || len(got.Approved) != 1 {
		t.Errorf("an approval of a former officer counted: %+v, %v", got, err)
	}
	_, err = b.Approve(b.by("Anna", "Cy"), asked.Digest)
	refused(t, "asked for by a former officer", err, authority.ErrNotOfficer)
	for _, q := range b.pendings(t) {
		if q.Digest == asked.Digest && q.State != authority.StateRefused {
			t.Errorf("%+v", q)
		}
	}
	if got, err = b.Approve(b.by("Cy"), p.Digest); err != nil || got.State != authority.StateDecided || b.Policy().Past != time.Minute {
		t.Errorf("%+v, %v", got, err)
	}
	b.decided(t)
	b.mustAudit(t)
}

// What cannot be done any more when the last officer approves is not done, not even in part, and waits as before.
func TestActionsFailAsAWhole(t *testing.T) {
	b := newBoard(t, 2)
	buses := b.buses(t, "one", "two")
	action, payload := revoking(t, buses...)
	p := b.mustPropose(t, b.by("Anna"), action, payload)
	one, single := revoking(t, buses[1])
	b.mustPropose(t, b.by("Cy"), one, single)
	_, err := b.Approve(b.by("Bo"), p.Digest)
	refused(t, "revoked meanwhile", err, authority.ErrAlreadyRevoked)
	if b.isRevoked(t, buses[0]) || len(b.decided(t)) != 1 {
		t.Error("carried out in part")
	}
	for _, q := range b.pendings(t) {
		if q.Digest == p.Digest && (q.State != authority.StateOpen || q.Missing != 1) {
			t.Errorf("%+v", q)
		}
	}
	b.later(time.Second)
	_, err = b.Propose(b.by("Anna"), action, payload)
	refused(t, "proposed though impossible", err, authority.ErrAlreadyRevoked)
	old := marshal(t, authority.NewPolicyPayload(b.Policy(), authority.PolicyChange{Past: time.Minute}))
	stale := b.mustPropose(t, b.by("Anna"), authority.ActionPolicy, old)
	b.mustPropose(t, b.by("Bo", "Cy"), authority.ActionPolicy, marshal(t, authority.NewPolicyPayload(b.Policy(), authority.PolicyChange{Future: time.Minute})))
	_, err = b.Approve(b.by("Bo"), stale.Digest)
	refused(t, "a policy that was replaced meanwhile", err, authority.ErrPayload)
	if b.Policy().Past == time.Minute || b.Policy().Sequence != 2 {
		t.Errorf("%+v", b.Policy())
	}
	b.mustAudit(t)
}

func TestOfficersConfirmTheClock(t *testing.T) {
	b := newBoard(t, 2)
	bus := b.buses(t, "bus")[0]
	b.later(40 * 24 * time.Hour)
	action, payload := revoking(t, bus)
	_, err := b.Propose(b.by("Anna"), action, payload)
	refused(t, "by a clock that nobody confirmed", err, authority.ErrClockAhead)
	at := b.now.Truncate(time.Second)
	far := &authority.ClockPayload{Time: at.Add(2 * time.Hour)}
	_, err = b.Propose(b.by("Anna", "Bo"), authority.ActionClock, marshal(t, far))
	refused(t, "far ahead", err, authority.ErrPayloadForm)
	wrong := &authority.ClockPayload{Time: at.Add(-30 * 24 * time.Hour)}
	_, err = b.Propose(b.by("Anna", "Bo"), authority.ActionClock, marshal(t, wrong))
	refused(t, "another clock says something else", err, authority.ErrClockAhead)
	_, err = b.Propose(b.by("Anna"), action, payload)
	refused(t, "after a confirmation that failed", err, authority.ErrClockAhead)
	p := b.mustPropose(t, b.by("Anna"), authority.ActionClock, marshal(t, &authority.ClockPayload{Time: at}))
	_, err = b.Propose(b.by("Anna"), action, payload)
	refused(t, "after one officer confirmed", err, authority.ErrClockAhead)
	b.later(time.Minute)
	if p, err = b.Approve(b.by("Bo"), p.Digest); err != nil || p.State != authority.StateDecided {
		t.Fatalf("%+v, %v", p, err)
	}
	b.mustPropose(t, b.by("Anna"), action, payload)
	if len(b.decided(t)) != 2 || !b.isRevoked(t, bus) {
		t.Error("not decided")
	}
	b.mustAudit(t)
}
