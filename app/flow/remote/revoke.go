package remote

import (
	"errors"
	"time"

	"marque/app/localapi"
	"marque/authority"
	"marque/device/wire"
)

// Impact implements flow.Revoker.
func (s *Service) Impact(of []wire.Address) (m *authority.Impact, err error) {
	err = s.with(func(c *localapi.Client) error {
		m, err = c.Impact(of)
		return err
	})
	return m, err
}

// Arrivals implements flow.Revoker.
func (s *Service) Arrivals() (a *authority.Arrivals, err error) {
	err = s.with(func(c *localapi.Client) error {
		a, err = c.Arrivals()
		if errors.Is(err, authority.ErrIndexing) {
			return nil
		}
		return err
	})
	return a, err
}

// Undoable implements flow.Revoker.
func (s *Service) Undoable() (ids []authority.Identity, err error) {
	err = s.with(func(c *localapi.Client) error {
		ids, err = c.Undoable()
		return err
	})
	return ids, err
}

// Revoke implements flow.Revoker.
func (s *Service) Revoke(addresses []wire.Address, reason wire.Reason, since time.Time) (done bool, err error) {
	in := localapi.Revoke{Reason: reason.String(), Effective: since}
	for _, address := range addresses {
		in.Addresses = append(in.Addresses, address.String())
	}
	return s.decide(func(c *localapi.Client) (*localapi.Outcome, error) { return c.Revoke(in) })
}

// Release implements flow.Revoker.
func (s *Service) Release(addresses []wire.Address) (done bool, err error) {
	return s.decide(func(c *localapi.Client) (*localapi.Outcome, error) { return c.Release(addresses) })
}

// Undo implements flow.Revoker.
func (s *Service) Undo(addresses []wire.Address) (done bool, err error) {
	return s.decide(func(c *localapi.Client) (*localapi.Outcome, error) { return c.Undo(addresses) })
}
