package authority

import (
	"slices"

	"marque/device/wire"
)

// deskAudit follows what officers decided through the log.
type deskAudit struct {
	due     []wire.Entry       // what has to follow, because it was decided
	last    *Decision          // the newest one; nil before the first, and after a reopening that was not decided
	changes []*OfficersPayload // decided since the officers were last seen to be others
	alarmed *wire.AlarmEntry   // the entry before, if it is one
}

// checkDesk compares an entry with what officers decided: every decision verifies with what lies beside it, is by the officers of the
// decision before it or those they chose, and is carried out at once and exactly; and since the first, nothing else happens that they decide about.
func (a *audit) checkDesk(i uint64, e *wire.LogEntry) {
	complain := func(format string, args ...any) { a.find(InEntry, i, format, args...) }
	decided := len(a.desk.due) > 0
	if decided {
		want := a.desk.due[0]
		a.desk.due = a.desk.due[1:]
		if !sameEntry(e.Entry, want) {
			complain("it is not what the officers decided just before it")
			a.desk.due = nil
		}
	}
	alarmed, _ := e.Entry.(*wire.AlarmEntry)
	defer func() { a.desk.alarmed = alarmed }()
	switch entry := e.Entry.(type) {
	case *wire.DecideEntry:
		a.checkDecision(entry, e, complain)
	case *wire.RevokeEntry, *wire.UndoEntry, *wire.ReleaseEntry, *wire.PolicyEntry, *wire.PaddingEntry, *wire.DepotEntry, *wire.DepotRevokeEntry:
		if !decided && !isPadding(entry) && a.desk.last != nil && a.reopened == nil && !a.desk.suspends(entry) { // what reopening merges was decided with it
			complain("officers decide about such things here, but nobody did")
		}
	case *wire.ReopenEntry:
		if !decided {
			a.desk = deskAudit{} // recovered, by whoever has the cards
		}
	}
}

// suspends reports whether the alarm just before it is reason enough for an entry.
func (k *deskAudit) suspends(e wire.Entry) bool {
	revoke, ok := e.(*wire.RevokeEntry)
	return ok && revoke.Reason == wire.ReasonSuspended && k.alarmed != nil && k.alarmed.What == wire.AlarmTwoReceipts && k.alarmed.Serial == revoke.Serial
}

// isPadding reports whether an entry revokes what was given to nobody, which nobody decides about. Whether it was is for the ledger to say.
func isPadding(e wire.Entry) bool {
	r, ok := e.(*wire.RevokeEntry)
	return ok && r.Reason == wire.ReasonNeverIssued
}

// sameEntry compares an entry with what is due, as far as a decision fixes it.
func sameEntry(got, want wire.Entry) bool {
	switch want := want.(type) {
	case *wire.RevokeEntry:
		e, ok := got.(*wire.RevokeEntry)
		return ok && e.Serial == want.Serial && e.Reason == want.Reason && e.Effective.Equal(want.Effective)
	case *wire.UndoEntry:
		e, ok := got.(*wire.UndoEntry)
		return ok && *e == *want
	case *wire.ReleaseEntry:
		e, ok := got.(*wire.ReleaseEntry)
		return ok && *e == *want
	case *wire.PolicyEntry:
		e, ok := got.(*wire.PolicyEntry)
		return ok && e.Sequence == want.Sequence
	case *wire.PaddingEntry:
		e, ok := got.(*wire.PaddingEntry)
		return ok && *e == *want
	case *wire.TrustEntry: // checkTrust compares it
		_, ok := got.(*wire.TrustEntry)
		return ok
	case *wire.DepotEntry:
		e, ok := got.(*wire.DepotEntry)
		return ok && *e == *want
	case *wire.DepotRevokeEntry:
		e, ok := got.(*wire.DepotRevokeEntry)
		return ok && *e == *want
	default:
		_, ok := got.(*wire.ReopenEntry)
		return ok
	}
}

func (a *audit) checkDecision(entry *wire.DecideEntry, at *wire.LogEntry, complain func(string, ...any)) {
	d, err := readDecision(a.tx, entry.Proposal)
	if err != nil || d == nil {
		complain("the decision that it records is missing or unreadable")
		return
	}
	if want, err := d.Entry(); err != nil || *want != *entry {
		complain("what lies beside the log is not the decision that it records")
		return
	}
	if err := d.Check(a.CoreHash, at.Time); err != nil {
		complain("the decision does not verify: %v", err)
		return
	}
	// Officers who were made by a recovery begin with reopening.
	if before := a.desk.last; before != nil && d.Proposal.Action != ActionRestore {
		if d.Strictest != before.Strictest {
			complain("recovery took %d officers at the decision before, and takes %d now", before.Strictest, d.Strictest)
		}
		if !a.desk.follows(d.Officers) {
			complain("the officers are not those of the decision before, and did not decide to be others")
		}
	}
	if a.desk.last == nil || !sameOfficers(a.desk.last.Officers, d.Officers) {
		a.desk.changes = nil
	}
	a.desk.last = d
	a.expect(d, at, complain)
}

// expect notes what has to follow a decision.
func (a *audit) expect(d *Decision, at *wire.LogEntry, complain func(string, ...any)) {
	what, err := parsePayload(d.Proposal.Action, d.Payload)
	if err != nil {
		complain("%v", err)
		return
	}
	switch p := what.(type) {
	case *RevokePayload:
		for _, address := range p.Addresses {
			e := &wire.RevokeEntry{Serial: address.Serial(), Reason: p.Reason, Effective: at.Time}
			if !p.Effective.IsZero() {
				e.Effective = p.Effective
			}
			a.desk.due = append(a.desk.due, e)
		}
	case *UndoPayload:
		for _, address := range p.Addresses {
			a.desk.due = append(a.desk.due, &wire.UndoEntry{Serial: address.Serial()})
			if a.ledger.together[address.Serial()] && !p.Together {
				complain("one officer takes back a revocation that took more")
			}
		}
	case *ReleasePayload:
		for _, address := range p.Addresses {
			a.desk.due = append(a.desk.due, &wire.ReleaseEntry{Serial: address.Serial()})
		}
	case *PolicyPayload:
		a.desk.due = []wire.Entry{&wire.PolicyEntry{Sequence: p.Sequence}}
		if stmt, err := a.tx.PolicyAt(p.Sequence); err != nil {
			return // setPolicy says so
		} else if policy, err := openPolicy(stmt, a.core, a.CoreHash); err == nil && TermsOf(policy) != p.New {
			complain("the policy is not the one that was decided")
		}
	case *PaddingPayload:
		a.desk.due = []wire.Entry{p.New.entry()}
	case *TrustPayload:
		a.desk.due, a.trust.due = []wire.Entry{&wire.TrustEntry{}}, p
		if a.ledger.trust.decided.After(d.Proposal.Time) {
			complain("it was asked for before officers decided about other realms")
		}
	case *DepotPayload:
		a.desk.due = []wire.Entry{&wire.DepotEntry{Name: p.Name, Key: p.Key, Registration: p.Registration}}
	case *DepotRevokePayload:
		a.desk.due = []wire.Entry{&wire.DepotRevokeEntry{Key: p.Key, Reason: p.Reason}}
	case *ReopenPayload:
		a.desk.due = []wire.Entry{&wire.ReopenEntry{}}
	case *OfficersPayload:
		a.desk.changes = append(a.desk.changes, p)
	}
}

// follows reports whether these can be the officers after those of the last decision: the same, or what one of their own changes made
// of them. A change that was decided need not have been done.
func (k *deskAudit) follows(now []Officer) bool {
	before := k.last.Officers
	return sameOfficers(before, now) || slices.ContainsFunc(k.changes, func(p *OfficersPayload) bool { return p.leadsTo(before, now) })
}

// leadsTo reports whether the change makes the officers now of those before.
func (p *OfficersPayload) leadsTo(before, now []Officer) bool {
	left := 0
	for _, o := range p.Officers {
		if o.Now == 0 {
			continue
		}
		left++
		i := slices.IndexFunc(now, func(n Officer) bool { return n.Name == o.Name && n.Role == o.Now })
		if i < 0 {
			return false
		}
		keeps := slices.ContainsFunc(before, func(b Officer) bool { return b.Name == o.Name && b.Key == now[i].Key })
		if keeps == o.New {
			return false
		}
	}
	return left == len(now)
}

func sameOfficers(x, y []Officer) bool {
	return len(x) == len(y) && !slices.ContainsFunc(x, func(o Officer) bool { return !slices.Contains(y, o) })
}

// finishDesk looks for decisions that the log does not have.
func (a *audit) finishDesk() {
	if len(a.desk.due) > 0 {
		a.find(InEntry, a.Size-1, "the officers decided more than was done")
	}
	for filed, err := range a.tx.Decisions() {
		if err != nil {
			a.find(InLog, 0, "a decision is unreadable: %v", err)
			return
		}
		if _, ok := a.proposals[filed.Digest]; !ok {
			a.find(InLog, 0, "a decision lies beside it that it does not record")
		}
	}
}
