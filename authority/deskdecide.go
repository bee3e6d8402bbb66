package authority

import (
	"crypto"
	"errors"
	"fmt"
	"time"

	"marque/storage"
)

// deed is what the authority does by itself once it is decided.
type deed interface {
	payload
	do(a *Authority, tx *storage.Tx, now time.Time) error
}

func (p *RevokePayload) do(a *Authority, tx *storage.Tx, now time.Time) error {
	return a.revokeIn(tx, now, p.Addresses, p.Reason, p.Effective)
}

func (p *PolicyPayload) do(a *Authority, tx *storage.Tx, now time.Time) error {
	present := a.Policy()
	if p.Old != TermsOf(present) || p.Sequence != present.Sequence+1 {
		return fmt.Errorf("%w: the policy has changed since", ErrPayload)
	}
	if p.Old.Hybrid != p.New.Hybrid {
		return malformed("whether sessions use ML-KEM is settled when a realm is founded")
	}
	return a.setPolicyIn(tx, now, PolicyChange{
		Past: p.New.Past, Future: p.New.Future, NextUpdate: p.New.NextUpdate, HardExpiry: p.New.HardExpiry,
	})
}

// do changes nothing in the database: see carryOut.
func (p *ClockPayload) do(_ *Authority, _ *storage.Tx, now time.Time) error {
	if p.Time.After(now.Add(maxClockAhead)) {
		return malformed("%s is more than an hour ahead of this computer's clock: set that first", momentWords(p.Time))
	}
	return nil
}

var errRehearsed = errors.New("rehearsed")

// rehearse finds out whether a deed could be done now, and does not do it.
func (a *Authority) rehearse(d deed) error {
	if _, ok := d.(*ClockPayload); ok {
		return d.do(a, nil, a.now())
	}
	err := a.change(func(tx *storage.Tx, now time.Time) error {
		if err := d.do(a, tx, now); err != nil {
			return err
		}
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		return nil
	}
	return err
}

// carryOut does a deed in one transaction with the record of the decision.
func (a *Authority) carryOut(d deed, recordIn func(tx *storage.Tx, now time.Time) error) error {
	clock, ok := d.(*ClockPayload)
	if !ok {
		return a.change(func(tx *storage.Tx, now time.Time) error {
			if err := recordIn(tx, now); err != nil {
				return err
			}
			return d.do(a, tx, now)
		})
	}
	if err := clock.do(a, nil, a.now()); err != nil {
		return err
	}
	// It may be what makes the change possible.
	before := a.confirmed.Swap(clock.Time.Unix())
	err := a.change(recordIn)
	if err != nil && !errors.Is(err, ErrNotCounted) {
		a.confirmed.CompareAndSwap(clock.Time.Unix(), before)
	}
	return err
}

// alone does what the only person who can do anything asks for.
func (a *Authority) alone(d deed) error {
	if clock, ok := d.(*ClockPayload); ok {
		err := clock.do(a, nil, a.now())
		if err == nil {
			a.confirmed.Store(clock.Time.Unix())
		}
		return err
	}
	return a.change(func(tx *storage.Tx, now time.Time) error { return d.do(a, tx, now) })
}

// decision is what the officers of a case decided.
func (f *filing) decision(c *council) *Decision {
	return &Decision{
		Proposal: f.proposal, Payload: f.payload, Request: f.request, Approvals: sortApprovals(f.approvals),
		Officers: c.roster.Officers(), Strictest: c.table.strictest(),
	}
}

// recordDecision puts a decision into the log and beside it, once for ever.
func (a *Authority) recordDecision(tx *storage.Tx, now time.Time, f *filing, d *Decision) error {
	if err := d.Check(a.coreHash, now); err != nil {
		return err
	}
	// The log is signed, and what is filed beside it is not: who can write to the disk could take a decision away to have it carried out again.
	if _, done := a.ledger.decided[f.digest]; done {
		return ErrDecided
	}
	b, err := d.Marshal()
	if err != nil {
		return err
	}
	if err := tx.AddDecision(f.digest, b); errors.Is(err, storage.ErrExists) {
		return ErrDecided
	} else if err != nil {
		return fmt.Errorf("file the decision: %w", err)
	}
	entry, err := d.Entry()
	if err != nil {
		return err
	}
	if _, _, err := record(tx, now, entry); err != nil {
		return err
	}
	return writeFiling(tx, f)
}

// Decide is for what the authority does not do by itself: restore, officers, platform, recovery and rotation. All who approve are here
// and sign, by[0] as the one who asks. It records the decision and returns the proposal's digest; whoever called it then does what was
// decided, and nothing else. The decision to restore is recorded by [Authority.Reopen], which is refused without it.
//
// Where there are no officers, by is empty, and nothing is recorded. Errors: those of [Authority.Propose], [ErrApprovalsMissing] where
// those who sign are not enough, [ErrRoster] for officers of whom too few would be left, and those of every change.
func (a *Authority) Decide(by []crypto.Signer, action Action, payload []byte) (digest [32]byte, err error) {
	if digest, err = a.decideNow(by, action, payload); err != nil {
		return [32]byte{}, fmt.Errorf("decide about %s: %w", action, err)
	}
	return digest, nil
}

func (a *Authority) decideNow(by []crypto.Signer, action Action, b []byte) (digest [32]byte, err error) {
	what, err := parsePayload(action, b)
	if err != nil {
		return digest, err
	}
	if _, ok := what.(deed); ok {
		return digest, fmt.Errorf("%w: %s is proposed", ErrAction, action)
	}
	a.desk.mu.Lock()
	defer a.desk.mu.Unlock()
	council, now := a.desk.council.Load(), a.now()
	if council == nil {
		return digest, nobody(by)
	}
	f, err := a.request(by, action, b, now)
	if err != nil {
		return digest, err
	}
	k, err := f.reopen(council, a.coreHash, now)
	if err != nil {
		return digest, err
	}
	skipped, err := f.sign(k, by[1:], now)
	if err != nil {
		return digest, err
	}
	if err := k.Decide(now); err != nil {
		return digest, errors.Join(err, skipped)
	}
	if action == ActionRestore {
		a.desk.restore.Store(f)
		return f.digest, nil
	}
	return f.digest, a.change(func(tx *storage.Tx, now time.Time) error {
		return a.recordDecision(tx, now, f, f.decision(council))
	})
}

// restoring records, in the transaction that reopens the database with these statements, the decision to do so, and clears the desk:
// what waits in a copy of the database may have been decided since that copy was made. Error: [ErrApprovalsMissing].
func (a *Authority) restoring(tx *storage.Tx, now time.Time, lists, checkpoints [][]byte) error {
	c := a.desk.council.Load()
	if c == nil {
		return nil
	}
	want, err := NewReopenPayload(lists, checkpoints).Marshal()
	if err != nil {
		return err
	}
	f := a.desk.restore.Load()
	if f == nil || PayloadHash(ActionRestore, want) != f.proposal.Payload {
		return fmt.Errorf("%w: they decide about restoring with these lists and checkpoints first", ErrApprovalsMissing)
	}
	if err := clearDesk(tx); err != nil {
		return err
	}
	return a.recordDecision(tx, now, f, f.decision(c))
}

// clearDesk refuses everything that waits.
func clearDesk(tx *storage.Tx) error {
	open, err := readFilings(tx, func(f *filing) bool { return f.state == StateOpen })
	if err != nil {
		return err
	}
	for _, f := range open {
		f.state, f.refusal = StateRefused, "the database was restored after it was proposed"
		if err := writeFiling(tx, f); err != nil {
			return err
		}
	}
	return nil
}
