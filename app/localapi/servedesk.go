package localapi

import (
	"cmp"
	"fmt"
	"time"

	"marque/authority"
	"marque/device/wire"
)

func (s *Server) revoke(c *caller, in *Revoke) (*Outcome, error) {
	reason, err := wire.ParseReason(in.Reason)
	if err != nil {
		return nil, err
	}
	p := authority.RevokePayload{Reason: reason}
	if !in.Effective.IsZero() {
		p.Effective = in.Effective.UTC().Truncate(time.Second)
	}
	for i, text := range in.Addresses {
		address, err := wire.ParseAddress(text)
		if err != nil {
			return nil, fmt.Errorf("address %d: %w", i+1, err)
		}
		p.Addresses = append(p.Addresses, address)
	}
	payload, err := p.Marshal()
	if err != nil {
		return nil, err
	}
	return s.propose(c, p.Action(), payload)
}

func (s *Server) confirm(c *caller, in *instant) (*Outcome, error) {
	payload, err := (&authority.ClockPayload{Time: in.Time.UTC().Truncate(time.Second)}).Marshal()
	if err != nil {
		return nil, err
	}
	return s.propose(c, authority.ActionClock, payload)
}

func (s *Server) policy(c *caller, in *Policy) (*Outcome, error) {
	present := s.authority().Authority().Policy()
	old := authority.TermsOf(present)
	p := authority.PolicyPayload{Sequence: present.Sequence + 1, Old: old, New: authority.PolicyTerms{
		Hybrid: old.Hybrid, Past: cmp.Or(in.Past, old.Past), Future: cmp.Or(in.Future, old.Future),
		NextUpdate: cmp.Or(in.NextUpdate, old.NextUpdate), HardExpiry: cmp.Or(in.HardExpiry, old.HardExpiry),
	}}
	payload, err := p.Marshal()
	if err != nil {
		return nil, err
	}
	return s.propose(c, authority.ActionPolicy, payload)
}

func (s *Server) pad(c *caller, in *authority.Padding) (*Outcome, error) {
	now, err := s.authority().Authority().Status()
	if err != nil {
		return nil, err
	}
	payload, err := (&authority.PaddingPayload{Old: now.Padding, New: *in}).Marshal()
	if err != nil {
		return nil, err
	}
	return s.propose(c, authority.ActionPadding, payload)
}

// propose puts something on the desk in the name of the officers who are here, or does it for the holder of a passphrase.
func (s *Server) propose(c *caller, action authority.Action, payload []byte) (*Outcome, error) {
	p, err := s.authority().Authority().Propose(c.signers(), action, payload)
	if err != nil {
		return nil, err
	}
	return outcomeOf(p), nil
}

func outcomeOf(p *authority.Pending) *Outcome {
	out := &Outcome{Done: p.State == authority.StateDecided}
	if p.Digest != [32]byte{} {
		out.Proposal = proposalOf(p)
	}
	return out
}

func proposalOf(p *authority.Pending) *Proposal {
	out := &Proposal{
		Digest: p.Digest, Action: p.Action, Words: p.Words, Payload: p.Payload, Requester: p.Requester.Name, Time: p.Time, Expires: p.Expires,
		Missing: p.Missing, State: string(p.State), Refused: p.Refused,
	}
	for _, o := range p.Approved {
		out.Approved = append(out.Approved, o.Name)
	}
	return out
}

func (s *Server) pendings(*caller, *none) (*proposals, error) {
	all, err := s.authority().Authority().Pendings()
	if err != nil {
		return nil, err
	}
	out := &proposals{}
	for i := range all {
		out.Proposals = append(out.Proposals, *proposalOf(&all[i]))
	}
	return out, nil
}

func (s *Server) approve(c *caller, in *digest) (*Outcome, error) {
	wanted, err := digestOf(in.Digest)
	if err != nil {
		return nil, err
	}
	p, err := s.authority().Authority().Approve(c.signers(), wanted)
	if err != nil {
		return nil, err
	}
	return outcomeOf(p), nil
}

func (s *Server) refuse(c *caller, in *refusal) (*none, error) {
	wanted, err := digestOf(in.Digest)
	if err != nil {
		return nil, err
	}
	by := c.signers()
	if len(by) == 0 {
		return nil, authority.ErrNoProposal // under a passphrase nothing is proposed
	}
	return &none{}, s.authority().Authority().Refuse(by[0], wanted, in.Reason)
}

func digestOf(b []byte) ([32]byte, error) {
	if len(b) != 32 {
		return [32]byte{}, fmt.Errorf("%w: a digest has 32 octets", ErrRequest)
	}
	return [32]byte(b), nil
}

// reopen has the officers who are here decide, and ends read-only.
func (s *Server) reopen(c *caller, in *Reopening) (*Reopened, error) {
	payload, err := authority.NewReopenPayload(in.Lists, in.Checkpoints).Marshal()
	if err != nil {
		return nil, err
	}
	a := s.authority().Authority()
	if _, err := a.Decide(c.signers(), authority.ActionRestore, payload); err != nil {
		return nil, err
	}
	r, err := a.Reopen(in.Lists, in.Checkpoints)
	if err != nil {
		return nil, err
	}
	return &Reopened{Generation: r.Generation, NextSerial: r.NextSerial, Merged: r.Merged}, nil
}
