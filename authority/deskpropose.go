package authority

import (
	"crypto"
	"errors"
	"fmt"
	"slices"
	"time"

	"marque/device/ibc"
	"marque/storage"
)

// Propose asks the officers to do something, and does it if those who are here are enough: in the same transaction as the record of
// their decision, in the log and beside it. by[0] asks; they and everybody else in by sign. Who cannot approve, or stands there twice,
// does not count. Otherwise the proposal waits for [Authority.Approve], over restarts, for [ProposalLifetime]. What could not be done
// now is not filed.
//
// Where there are no officers, by is empty: it is done at once, and no decision is recorded.
//
// The actions are revoke, batch, undo, undobatch, release, policy, padding, trust, clock, depot and depotrevoke; the others are decided by [Authority.Decide]. Errors: [ErrAction], [ErrPayloadForm],
// [ErrTogether], [ErrNotOfficer], [ErrWrongRole], [ErrApprovalsMissing] without a requester, [ErrDecided] and [ErrRefused] for the same
// proposal in the same second, [ErrDeskFull], [ErrPayload] where old values are not the present ones, [ErrLocked], and those of the
// action.
func (a *Authority) Propose(by []crypto.Signer, action Action, payload []byte) (*Pending, error) {
	p, err := a.propose(by, action, payload)
	if err != nil {
		return nil, fmt.Errorf("propose %s: %w", action, err)
	}
	return p, nil
}

func (a *Authority) propose(by []crypto.Signer, action Action, b []byte) (*Pending, error) {
	what, err := parsePayload(action, b)
	if err != nil {
		return nil, err
	}
	d, ok := what.(deed)
	if !ok {
		return nil, ErrTogether
	}
	a.desk.mu.Lock()
	defer a.desk.mu.Unlock()
	council, now := a.desk.council.Load(), a.now()
	if council == nil {
		if err := nobody(by); err != nil {
			return nil, err
		}
		if err := a.alone(d); err != nil {
			return nil, err
		}
		return &Pending{Action: action, Payload: slices.Clone(b), Words: d.words(), Time: now, Expires: now, State: StateDecided}, nil
	}
	f, err := a.request(by, action, b, now)
	if err != nil {
		return nil, err
	}
	if err := a.admit(f, now); err != nil {
		return nil, err
	}
	k, err := f.reopen(council, a.coreHash, now)
	if err != nil {
		return nil, err
	}
	if _, err := f.sign(k, by[1:], now); err != nil {
		return nil, err
	}
	if k.Missing() > 0 {
		if err := a.rehearse(d); err != nil {
			return nil, err
		}
	}
	return a.conclude(council, k, f, d, now)
}

// nobody makes sure that nobody signs where there are no officers.
func nobody(by []crypto.Signer) error {
	if len(by) != 0 {
		return fmt.Errorf("%w: this authority has none", ErrNotOfficer)
	}
	return nil
}

// request makes the proposal and has it signed by who asks.
func (a *Authority) request(by []crypto.Signer, action Action, b []byte, now time.Time) (*filing, error) {
	if len(by) == 0 {
		return nil, fmt.Errorf("%w: somebody has to ask for it", ErrApprovalsMissing)
	}
	key, err := keyOf(by[0])
	if err != nil {
		return nil, err
	}
	p := &Proposal{Action: action, Payload: PayloadHash(action, b), Requester: key, Time: now, Core: a.coreHash}
	request, err := Approve(by[0], p, b)
	if err != nil {
		return nil, err
	}
	return &filing{proposal: *p, digest: request.Proposal, payload: slices.Clone(b), request: *request, state: StateOpen}, nil
}

// admit clears the desk of what is long over, and makes sure that there is room for the proposal and that it is none of before. One
// that waits lends it the approvals that it has.
func (a *Authority) admit(f *filing, now time.Time) error {
	if err := a.sweep(now); err != nil {
		return err
	}
	return a.current(func(tx *storage.Tx) error {
		if _, done, err := a.decision(tx, f.digest); err != nil {
			return err
		} else if done {
			return ErrDecided
		}
		same, err := readFiling(tx, f.digest)
		switch {
		case errors.Is(err, ErrNoProposal):
			return a.room(tx, f.proposal.Requester)
		case err != nil:
			return err
		case same.state != StateOpen:
			return ErrRefused
		}
		f.approvals = same.approvals
		return nil
	})
}

// room makes sure that there is room for one more proposal of an officer, who leaves some for others.
func (a *Authority) room(tx *storage.Tx, requester [32]byte) error {
	all, theirs := 0, 0
	_, err := readFilings(tx, func(f *filing) bool {
		if a.waits(f) {
			all++
			if f.proposal.Requester == requester {
				theirs++
			}
		}
		return false
	})
	if err == nil && (all >= maxOpen || theirs >= maxOpenEach) {
		err = ErrDeskFull
	}
	return err
}

// sign adds what others approve. Who cannot decide, or has approved already, does not count: skipped says why, of whom.
func (f *filing) sign(k *Case, by []crypto.Signer, now time.Time) (skipped, err error) {
	for _, officer := range by {
		approval, err := Approve(officer, &f.proposal, f.payload)
		if err != nil {
			return nil, err
		}
		switch err := k.Add(approval, now); {
		case err == nil:
			f.approvals = append(f.approvals, *approval)
		case errors.Is(err, ErrWrongRole), errors.Is(err, ErrApprovedAlready):
			skipped = errors.Join(skipped, err)
		default:
			return nil, err
		}
	}
	return skipped, nil
}

// conclude carries the proposal out if it is approved, and files it if not.
func (a *Authority) conclude(c *council, k *Case, f *filing, d deed, now time.Time) (p *Pending, err error) {
	if k.Decide(now) == nil {
		err = a.carryOut(d, func(tx *storage.Tx, now time.Time) error { return a.recordDecision(tx, now, f, f.decision(c)) })
	} else {
		err = a.store.Update(func(tx *storage.Tx) error { return writeFiling(tx, f) })
	}
	if err != nil {
		return nil, err
	}
	return a.look(c, f, now)
}

func (a *Authority) look(c *council, f *filing, now time.Time) (p *Pending, err error) {
	err = a.current(func(tx *storage.Tx) error {
		p, err = a.pending(tx, c, f, now)
		return err
	})
	return p, err
}

// Approve adds the approvals of everybody in by to a proposal that waits, and carries it out once they are enough. Who has approved
// already, or cannot, does not count; if nobody counts, that is the error. Errors: [ErrNoProposal], [ErrDecided], [ErrRefused],
// [ErrProposalTime], [ErrNotOfficer], [ErrWrongRole], [ErrApprovedAlready], [ErrLocked], and those of the action, after which it waits
// as before.
func (a *Authority) Approve(by []crypto.Signer, digest [32]byte) (*Pending, error) {
	p, err := a.approve(by, digest)
	if err != nil {
		return nil, fmt.Errorf("approve: %w", err)
	}
	return p, nil
}

func (a *Authority) approve(by []crypto.Signer, digest [32]byte) (*Pending, error) {
	a.desk.mu.Lock()
	defer a.desk.mu.Unlock()
	council, now := a.desk.council.Load(), a.now()
	if council == nil {
		return nil, ErrNoProposal
	}
	f, d, err := a.waiting(digest, now)
	if err != nil {
		return nil, err
	}
	k, err := f.reopen(council, a.coreHash, now)
	if err != nil {
		return nil, err
	}
	if err := k.current(now); err != nil {
		return nil, err
	}
	before := k.Missing()
	skipped, err := f.sign(k, by, now)
	if err != nil {
		return nil, err
	}
	if before > 0 && k.Missing() == before {
		return nil, errors.Join(skipped, k.Decide(now))
	}
	return a.conclude(council, k, f, d, now)
}

// waiting returns a proposal that is open, and what it would do.
func (a *Authority) waiting(digest [32]byte, now time.Time) (f *filing, d deed, err error) {
	if err := a.sweep(now); err != nil {
		return nil, nil, err
	}
	err = a.current(func(tx *storage.Tx) error {
		if _, done, err := a.decision(tx, digest); err != nil {
			return err
		} else if done {
			return ErrDecided
		}
		f, err = readFiling(tx, digest)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	switch f.state {
	case StateOpen:
	case StateExpired:
		return nil, nil, ErrProposalTime
	default:
		return nil, nil, ErrRefused
	}
	what, err := parsePayload(f.proposal.Action, f.payload)
	if err != nil {
		return nil, nil, err
	}
	d, ok := what.(deed)
	if !ok {
		return nil, nil, ErrTogether
	}
	switch p := d.(type) {
	case *UndoPayload:
		d = &waitedUndo{p, f.proposal.Time}
	case *ReleasePayload:
		d = &waitedRelease{p, f.proposal.Time}
	case *TrustPayload:
		d = &waitedTrust{p, f.proposal.Time}
	}
	return f, d, nil
}

// Refuse ends a proposal that waits, for a reason of 1 to 256 printable octets that stays beside it. Any security officer may, and who
// asked for it. It is final, but the same can be proposed again. Errors: [ErrNoProposal], [ErrDecided], [ErrRefused],
// [ErrProposalTime], [ErrNotOfficer], [ErrWrongRole], [ErrPayloadForm] for the reason, [ErrLocked].
func (a *Authority) Refuse(by crypto.Signer, digest [32]byte, reason string) error {
	if err := a.refuse(by, digest, reason); err != nil {
		return fmt.Errorf("refuse: %w", err)
	}
	return nil
}

func (a *Authority) refuse(by crypto.Signer, digest [32]byte, reason string) error {
	if !checkText(reason, maxRefusal) {
		return malformed("a reason has 1 to %d printable octets", maxRefusal)
	}
	a.desk.mu.Lock()
	defer a.desk.mu.Unlock()
	council := a.desk.council.Load()
	if council == nil {
		return ErrNoProposal
	}
	message := ibc.AppendLPString(append(ibc.AppendLPString(nil, "marque/v1/refusal"), digest[:]...), reason)
	key, _, err := signAs(by, message) // shows that they hold the key; a refusal needs no proof later
	if err != nil {
		return err
	}
	officer, err := council.roster.Find(key)
	if err != nil {
		return err
	}
	f, _, err := a.waiting(digest, a.now())
	if err != nil {
		return err
	}
	if !officer.Role.Has(SecurityOfficer) && key != f.proposal.Requester {
		return fmt.Errorf("%w: %s is %s, and it takes a security officer or who asked for it", ErrWrongRole, officer.Name, officer.Role)
	}
	f.state, f.refusal = StateRefused, officer.Name+": "+reason
	return a.store.Update(func(tx *storage.Tx) error { return writeFiling(tx, f) })
}

// sweep marks what has expired, so that a clock set back does not bring it to life, and removes what is long over, and the oldest of
// what is over where that is much.
func (a *Authority) sweep(now time.Time) error {
	var expired, over []*filing
	err := a.current(func(tx *storage.Tx) error {
		_, err := readFilings(tx, func(f *filing) bool {
			switch age := now.Sub(f.proposal.Time); {
			case !a.waits(f) || age >= retention:
				over = append(over, f)
			case age >= ProposalLifetime:
				expired = append(expired, f)
			}
			return false
		})
		return err
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(over, func(f, g *filing) int { return f.proposal.Time.Compare(g.proposal.Time) })
	last := max(0, len(over)-maxClosed)
	for last < len(over) && now.Sub(over[last].proposal.Time) >= retention {
		last++
	}
	if over = over[:last]; len(over)+len(expired) == 0 {
		return nil
	}
	return a.store.Update(func(tx *storage.Tx) error {
		for _, f := range expired {
			f.state = StateExpired
			if err := writeFiling(tx, f); err != nil {
				return err
			}
		}
		for _, f := range over {
			if err := tx.DeleteProposal(f.digest); err != nil {
				return fmt.Errorf("clear the desk: %w", err)
			}
		}
		return nil
	})
}

// waits says whether a filing is neither decided nor closed. The caller is called by [Authority.current].
func (a *Authority) waits(f *filing) bool {
	_, done := a.ledger.decided[f.digest]
	return f.state == StateOpen && !done
}
