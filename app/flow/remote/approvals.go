package remote

import (
	"marque/app/flow"
	"marque/app/localapi"
	"marque/authority"
)

// Proposals implements flow.Approver.
func (s *Service) Proposals() (all []flow.Proposal, err error) {
	err = s.with(func(c *localapi.Client) error {
		list, err := c.Proposals()
		for i := range list {
			p := &list[i]
			all = append(all, flow.Proposal{
				Digest: p.Digest, Action: p.Action, Payload: p.Payload, Requester: p.Requester, Time: p.Time, Expires: p.Expires,
				Approved: p.Approved, Missing: p.Missing, State: authority.State(p.State), Refused: p.Refused,
			})
		}
		return err
	})
	return all, err
}

// Approve implements flow.Approver.
func (s *Service) Approve(digest [32]byte) error {
	return s.with(func(c *localapi.Client) error {
		_, err := c.Approve(digest)
		return err
	})
}

// Refuse implements flow.Approver.
func (s *Service) Refuse(digest [32]byte, reason string) error {
	return s.with(func(c *localapi.Client) error { return c.Refuse(digest, reason) })
}
