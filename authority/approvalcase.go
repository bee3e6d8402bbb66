package authority

import (
	"fmt"
	"time"
)

// Case is a proposal on its way to a decision:
//
//	Open, signed by who asks ──Add──▶ missing officers ──Add──▶ decided ──▶ carried out, once
//	                                     └──── ProposalLifetime passes ────▶ expired
//
// It speaks of the officers of the moment it was opened: after a change of officers it is opened anew, and the approvals are
// added again, of which those of former officers do not count any more. It is not safe for concurrent use.
type Case struct {
	roster    *Roster
	proposal  Proposal
	digest    [32]byte
	requester Officer
	rule      rule
	need      Requirement
	approved  []Officer
}

// Open begins a case for a proposal in the realm with this core, of which payload is what would be done. The officer who asks must
// have signed the request, an approval like any other, and must have a role with which one acts; it counts if that role also decides.
// The time is checked by the methods that take it.
//
// A change of officers takes as many as recovery does if fewer than that would be left. Errors: [ErrProposal], [ErrPayload],
// [ErrOtherRealm], [ErrNotOfficer], [ErrWrongRole], [ErrApproval]; for a change of officers also [ErrPayloadForm] and [ErrRoster].
func (t *Table) Open(r *Roster, core [32]byte, p *Proposal, payload []byte, request *Approval) (*Case, error) {
	digest, err := p.Digest()
	if err != nil {
		return nil, err
	}
	if p.Core != core {
		return nil, ErrOtherRealm
	}
	if PayloadHash(p.Action, payload) != p.Payload {
		return nil, ErrPayload
	}
	requester, err := r.Find(p.Requester)
	if err != nil {
		return nil, fmt.Errorf("the proposal: %w", err)
	}
	if requester.Role.Has(Auditor) {
		return nil, fmt.Errorf("%w: %s is auditor and asks for nothing", ErrWrongRole, requester.Name)
	}
	if request.Proposal != digest || request.Officer != p.Requester || !request.holds() {
		return nil, fmt.Errorf("%s, who asks for it: %w", requester.Name, ErrApproval)
	}
	need, err := t.needs(p.Action, r, payload)
	if err != nil {
		return nil, err
	}
	c := &Case{roster: r, proposal: *p, digest: digest, requester: requester, rule: t.rules[p.Action], need: need}
	if requester.Role.Has(c.rule.role) {
		c.approved = []Officer{requester}
	}
	return c, nil
}

// Digest returns the digest of the proposal.
func (c *Case) Digest() [32]byte { return c.digest }

// Expires returns when the proposal expires, exclusive.
func (c *Case) Expires() time.Time { return c.proposal.Time.Add(ProposalLifetime) }

// Approved returns who has approved, in that order.
func (c *Case) Approved() []Officer { return append([]Officer(nil), c.approved...) }

// Missing returns how many more officers have to approve.
func (c *Case) Missing() int { return c.need.Officers - min(c.need.Officers, len(c.approved)) }

// Requirement returns how many officers have to approve, and what the rule is.
func (c *Case) Requirement() Requirement { return c.need }

// Requester returns who asks.
func (c *Case) Requester() Officer { return c.requester }

// Add counts an approval. The officer who made the proposal may approve it like any other, and like any other once. Errors, none of
// which changes the case: [ErrProposalTime], [ErrApproval], [ErrNotOfficer], [ErrWrongRole], [ErrApprovedAlready].
func (c *Case) Add(a *Approval, now time.Time) error {
	if err := c.current(now); err != nil {
		return err
	}
	if a.Proposal != c.digest {
		return ErrApproval
	}
	officer, err := c.roster.Find(a.Officer)
	if err != nil {
		return fmt.Errorf("the approval: %w", err)
	}
	if !a.holds() {
		return fmt.Errorf("%s: %w", officer.Name, ErrApproval)
	}
	if !officer.Role.Has(c.rule.role) {
		return fmt.Errorf("%w: %s is %s, and it takes a %s", ErrWrongRole, officer.Name, officer.Role, c.rule.role)
	}
	for _, o := range c.approved {
		if o.Key != a.Officer {
			continue
		}
		if a.Officer == c.proposal.Requester {
			return fmt.Errorf("%s, who asks for it: %w", officer.Name, ErrApprovedAlready)
		}
		return fmt.Errorf("%s: %w", officer.Name, ErrApprovedAlready)
	}
	c.approved = append(c.approved, officer)
	return nil
}

// Decide returns nil when the action may be carried out now. Errors: [ErrApprovalsMissing], which says who is missing, and [ErrProposalTime].
func (c *Case) Decide(now time.Time) error {
	if err := c.current(now); err != nil {
		return err
	}
	switch missing := c.Missing(); missing {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%w: needs one more %s", ErrApprovalsMissing, c.rule.role)
	default:
		return fmt.Errorf("%w: needs %d more %ss", ErrApprovalsMissing, missing, c.rule.role)
	}
}

func (c *Case) current(now time.Time) error {
	if now.Before(c.proposal.Time) || !now.Before(c.Expires()) {
		return ErrProposalTime
	}
	return nil
}
