package authority

import (
	"crypto/sha256"

	"marque/device/wire"
)

// setPolicy takes the policy of a sequence number into force. want is the hash
// that the log records; nil for the first, which is only signed.
func (a *audit) setPolicy(sequence uint32, want *[32]byte) {
	a.policy = nil
	complain := func(format string, args ...any) { a.find(InPolicy, uint64(sequence), format, args...) }
	stmt, err := a.tx.PolicyAt(sequence)
	if err != nil {
		complain("it cannot be read: %v", err)
		return
	}
	if want != nil && sha256.Sum256(stmt) != *want {
		complain("it is not the policy that the log records")
	}
	p, err := openPolicy(stmt, a.core, a.CoreHash)
	if err != nil {
		complain("%v", err)
		return
	}
	if p.Sequence != sequence {
		complain("it says that it is policy %d", p.Sequence)
	}
	a.policy = p
	a.ledger.reach.follow(p)
}

// checkCustody follows the entries about how the authority itself is kept, as far as the ledger does not.
func (a *audit) checkCustody(i uint64, e wire.Entry) {
	switch e := e.(type) {
	case *wire.PolicyEntry:
		a.setPolicy(e.Sequence, &e.Hash)
	case *wire.DecideEntry:
		if first, used := a.proposals[e.Proposal]; used {
			a.find(InEntry, i, "it decides what entry %d decided", first)
		}
		a.proposals[e.Proposal] = i
	case *wire.ReopenEntry:
		a.reopened = e
	}
}

// checkHead compares the tree with the checkpoint of its size. Every change ends
// with one; those that have more than one entry have none in their middle. What
// is issued is proved to the devices with the checkpoint that follows at once.
func (a *audit) checkHead(e *wire.LogEntry) {
	size := a.tree.size
	c, ok := a.checkpoints[size]
	delete(a.checkpoints, size)
	a.checkIssues(e, ok)
	if !ok {
		if size == a.Size {
			a.find(InEntry, size-1, "no checkpoint follows it: the authority has not signed for it")
		}
		return
	}
	if c.Root != a.tree.root() {
		a.find(InCheckpoint, size, "the authority signed for another log: entries were changed after it")
	}
	if c.Time.Before(e.Time) {
		a.find(InCheckpoint, size, "it is older than the entry it covers")
	}
	a.checkCounter(c)
}

// checkIssues makes sure that entries of keys which no checkpoint covers yet are those of one change: as many as may be made together,
// of one time, with nothing between them but the serials that are left out before one of them.
func (a *audit) checkIssues(e *wire.LogEntry, signed bool) {
	_, issue := e.Entry.(*wire.IssueEntry)
	_, reserve := e.Entry.(*wire.ReserveEntry)
	now := e.Time.Equal(a.issuing)
	if a.together > 0 && (!issue && !reserve || !now || a.together == MaxTogether) {
		a.find(InEntry, a.tree.size-2, "no checkpoint follows it: the authority has not signed for it")
		a.together = 0
	}
	if a.reserving && (!issue || !now) {
		a.find(InEntry, a.tree.size-2, "a serial is left out before one that is issued, and none is")
	}
	a.reserving, a.issuing = reserve, e.Time
	switch {
	case signed:
		a.together = 0
	case issue:
		a.together++
	}
}

// checkCounter makes sure that counters do not go back, but where a reopening says so.
func (a *audit) checkCounter(c *wire.Checkpoint) {
	switch {
	case a.reopened != nil && c.Counter != a.reopened.Counter:
		a.find(InCheckpoint, c.Size, "its counter is not the one with which the authority was reopened")
	case a.reopened == nil && c.Counter < a.counter:
		a.find(InCheckpoint, c.Size, "its counter went back from %d to %d", a.counter, c.Counter)
	case a.reopened == nil && a.ledger.renewals.uncovered && a.counter > 0 && c.Counter == a.counter:
		a.find(InCheckpoint, c.Size, "it covers a renewal, and its counter is that of the checkpoint before")
	}
	a.ledger.renewals.uncovered = false
	if a.reopened != nil && a.ledger.reopening {
		a.find(InCheckpoint, c.Size, "the authority was reopened without publishing a list")
	}
	a.counter, a.reopened = c.Counter, nil
}

// finish checks what can only be seen at the end.
func (a *audit) finish() {
	if a.Size == 0 {
		a.find(InLog, 0, "it is empty: not even the founding is recorded")
		return
	}
	// The store's own hashes are what devices get proofs from.
	err := a.hashes
	if err == nil {
		_, err = a.tx.LogRoot()
	}
	if err != nil {
		a.find(InLog, 0, "the stored hashes are not those of the entries: %v", err)
	}
	if root, err := a.tx.LogRoot(); err == nil && root != a.Root {
		a.find(InLog, 0, "the stored root is not that of the entries")
	}
	a.finishPolicy()
	a.finishDesk()
	a.finishTrust()
	sequence, _, err := a.tx.LatestList()
	if err != nil {
		a.find(InLog, 0, "there is no newest list: %v", err)
	} else if sequence > a.ledger.order.Sequence {
		a.find(InList, uint64(sequence), "it is not in the log: it was signed in secret, or the end of the log is missing")
	}
}

func (a *audit) finishPolicy() {
	stmt, err := a.tx.Policy()
	if err != nil {
		a.find(InLog, 0, "there is no policy: %v", err)
		return
	}
	next := a.ledger.policy + 1
	p, err := openPolicy(stmt, a.core, a.CoreHash)
	switch {
	case err != nil:
		a.find(InPolicy, uint64(next), "%v", err)
	case p.Sequence >= next:
		a.find(InPolicy, uint64(p.Sequence), "it is not in the log: it was signed in secret, or the end of the log is missing")
	}
}
