package localapi

import (
	"fmt"

	"marque/authority"
	"marque/device/wire"
)

// MaxReviews is how many requests one [Client.ReviewAll] takes.
const MaxReviews = 256

// The calls of batches.
var (
	reviewAll = call[requests, verdicts]{"review-batch", operator, (*Server).reviewAll, properties{}}
	enrolAll  = call[requests, grants]{"enrol-batch", operator, (*Server).enrolAll, properties{}}
)

// What they take and give. A client makes them again and again: that is how it knows the progress, how it stops
// between two calls, and how the service holds nothing of a batch in between.
type (
	requests struct{ Requests [][]byte }
	verdict  struct {
		Again   bool
		Renews  bool
		Address string // if one of these
		Kind    wire.Kind
		Problem *problem // nil when nothing stands against it
		Warning string
	}
	verdicts struct{ Verdicts []verdict }
	granted  struct {
		Issued *issued  // nil when it was refused
		Failed *problem // why
	}
	grants struct{ Granted []granted }
)

// ReviewAll is [authority.Authority.ReviewAll] of at most [MaxReviews] requests.
func (c *Client) ReviewAll(batch [][]byte) ([]authority.Verdict, error) {
	out, err := reviewAll.do(c, &requests{Requests: batch})
	if err != nil {
		return nil, err
	}
	if len(out.Verdicts) != len(batch) {
		return nil, ErrReply
	}
	all := make([]authority.Verdict, len(batch))
	for i, v := range out.Verdicts {
		all[i] = authority.Verdict{Again: v.Again, Renews: v.Renews, Kind: v.Kind, Warning: v.Warning}
		if v.Problem != nil {
			all[i].Problem = v.Problem.err()
		}
		if v.Again || v.Renews {
			if all[i].Address, err = replied(v.Address); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// EnrolAll is [authority.Authority.EnrolAll] of at most [authority.MaxTogether] requests, which are granted together.
func (c *Client) EnrolAll(batch [][]byte) ([]authority.Granted, error) {
	out, err := enrolAll.do(c, &requests{Requests: batch})
	if err != nil {
		return nil, err
	}
	if len(out.Granted) != len(batch) {
		return nil, ErrReply
	}
	all := make([]authority.Granted, len(batch))
	for i, g := range out.Granted {
		if all[i], err = g.parse(i); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (g *granted) parse(index int) (authority.Granted, error) {
	switch {
	case g.Failed != nil && g.Issued == nil:
		return authority.Granted{Index: index, Err: g.Failed.err()}, nil
	case g.Failed == nil && g.Issued != nil && g.Issued.Issued != nil:
		var err error
		g.Issued.Issued.Address, err = replied(g.Issued.Address)
		return authority.Granted{Index: index, Issued: g.Issued.Issued}, err
	}
	return authority.Granted{}, ErrReply
}

func (s *Server) reviewAll(_ *caller, in *requests) (*verdicts, error) {
	if len(in.Requests) > MaxReviews {
		return nil, fmt.Errorf("%w: more than %d requests", ErrRequest, MaxReviews)
	}
	all, err := s.authority().Authority().ReviewAll(in.Requests)
	if err != nil {
		return nil, err
	}
	out := &verdicts{Verdicts: make([]verdict, len(all))}
	for i, v := range all {
		out.Verdicts[i] = verdict{Again: v.Again, Renews: v.Renews, Kind: v.Kind, Warning: v.Warning}
		if v.Again || v.Renews {
			out.Verdicts[i].Address = v.Address.String()
		}
		if v.Problem != nil {
			out.Verdicts[i].Problem = newProblem(v.Problem)
		}
	}
	return out, nil
}

// enrolAll finishes what it began when the client is gone.
func (s *Server) enrolAll(c *caller, in *requests) (*grants, error) {
	if len(in.Requests) > authority.MaxTogether {
		return nil, fmt.Errorf("%w: more than %d requests", ErrRequest, authority.MaxTogether)
	}
	out := &grants{Granted: make([]granted, 0, len(in.Requests))}
	err := s.authority().Authority().EnrolAll(c.ctx, in.Requests, func(all []authority.Granted) error {
		for _, g := range all {
			if g.Err != nil {
				out.Granted = append(out.Granted, granted{Failed: newProblem(g.Err)})
				continue
			}
			out.Granted = append(out.Granted, granted{Issued: &issued{Issued: g.Issued, Address: g.Issued.Address.String()}})
		}
		return nil
	})
	return out, err
}
