package localapi

import (
	"errors"
	"fmt"

	"marque/authority"
	"marque/device/wire"
)

// The calls about revoking, what it does, what can be taken back, and releasing.
var (
	arrivals = call[none, arrived]{"arrivals", signedOn, (*Server).arrivals, properties{quiet: true}}
	impact   = call[addresses, weighed]{"impact", security, (*Server).impact, properties{}}
	undoable = call[none, identities]{"undoable", signedOn, (*Server).undoable, properties{quiet: true}}
	undo     = call[addresses, Outcome]{"undo", security, (*Server).undo, properties{}}
	release  = call[addresses, Outcome]{"release", security, (*Server).release, properties{}}
)

// revokeRoutes are those of this file.
var revokeRoutes = []route{arrivals, impact, undoable, undo, release}

// What they take and give.
type (
	addresses struct{ Addresses []string }
	arrived   struct {
		Indexing *authority.IndexingError `json:",omitempty"`
		Arrivals *authority.Arrivals      `json:",omitempty"`
	}
	weighed struct {
		Impact   authority.Impact // without its problems
		Problems []weighedProblem
	}
	weighedProblem struct {
		Address string
		Problem *problem
	}
)

// Arrivals is [authority.Authority.Arrivals].
func (c *Client) Arrivals() (*authority.Arrivals, error) {
	out, err := arrivals.do(c, &none{})
	switch {
	case err != nil:
		return nil, err
	case out.Indexing != nil:
		return nil, out.Indexing
	case out.Arrivals == nil:
		return nil, ErrReply
	}
	return out.Arrivals, nil
}

// Impact is [authority.Authority.Impact].
func (c *Client) Impact(of []wire.Address) (*authority.Impact, error) {
	out, err := impact.do(c, addressesOf(of))
	if err != nil {
		return nil, err
	}
	m := &out.Impact
	m.Problems = nil
	for _, p := range out.Problems {
		address, err := replied(p.Address)
		if err != nil || p.Problem == nil {
			return nil, ErrReply
		}
		m.Problems = append(m.Problems, authority.ImpactProblem{Address: address, Err: p.Problem.err()})
	}
	return m, nil
}

// Undoable is [authority.Authority.Undoable].
func (c *Client) Undoable() ([]authority.Identity, error) {
	out, err := undoable.do(c, &none{})
	if err != nil {
		return nil, err
	}
	return out.parse()
}

// Undo takes revocations back that no list has yet: by as many security officers as the revocations took. What is not done at once is a
// proposal, which others approve.
func (c *Client) Undo(of []wire.Address) (*Outcome, error) { return undo.do(c, addressesOf(of)) }

// Release ends suspensions, by two security officers. What is not done at once is a proposal, which others approve.
func (c *Client) Release(of []wire.Address) (*Outcome, error) { return release.do(c, addressesOf(of)) }

func addressesOf(all []wire.Address) *addresses {
	out := &addresses{}
	for _, address := range all {
		out.Addresses = append(out.Addresses, address.String())
	}
	return out
}

func (in *addresses) parse() ([]wire.Address, error) {
	all := make([]wire.Address, len(in.Addresses))
	for i, text := range in.Addresses {
		var err error
		if all[i], err = wire.ParseAddress(text); err != nil {
			return nil, fmt.Errorf("address %d: %w", i+1, err)
		}
	}
	return all, nil
}

func (s *Server) arrivals(c *caller, _ *none) (*arrived, error) {
	a, err := s.authority().Authority().Arrivals(c.ctx)
	if indexing, ok := errors.AsType[*authority.IndexingError](err); ok {
		return &arrived{Indexing: indexing}, nil
	}
	return &arrived{Arrivals: a}, err
}

func (s *Server) impact(_ *caller, in *addresses) (*weighed, error) {
	all, err := in.parse()
	if err != nil {
		return nil, err
	}
	m, err := s.authority().Authority().Impact(all)
	if err != nil {
		return nil, err
	}
	out := &weighed{Impact: *m}
	out.Impact.Problems = nil
	for _, p := range m.Problems {
		out.Problems = append(out.Problems, weighedProblem{p.Address.String(), newProblem(p.Err)})
	}
	return out, nil
}

func (s *Server) undoable(*caller, *none) (*identities, error) {
	ids, err := s.authority().Authority().Undoable()
	if err != nil {
		return nil, err
	}
	return identitiesOf(ids), nil
}

func (s *Server) undo(c *caller, in *addresses) (*Outcome, error) {
	all, err := in.parse()
	if err != nil {
		return nil, err
	}
	p, err := s.authority().Authority().Undo(all)
	if err != nil {
		return nil, err
	}
	payload, err := p.Marshal()
	if err != nil {
		return nil, err
	}
	return s.propose(c, p.Action(), payload)
}

func (s *Server) release(c *caller, in *addresses) (*Outcome, error) {
	all, err := in.parse()
	if err != nil {
		return nil, err
	}
	p, err := s.authority().Authority().Release(all)
	if err != nil {
		return nil, err
	}
	payload, err := p.Marshal()
	if err != nil {
		return nil, err
	}
	return s.propose(c, p.Action(), payload)
}
