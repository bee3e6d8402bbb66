package remote

import (
	"marque/app/localapi"
	"marque/authority"
	"marque/device/wire"
)

// Search implements flow.Searcher.
func (s *Service) Search(q authority.Query) (results *authority.Results, err error) {
	err = s.with(func(c *localapi.Client) error {
		results, err = c.Search(q)
		return err
	})
	return results, err
}

// History implements flow.Searcher.
func (s *Service) History(address wire.Address) (history *authority.History, err error) {
	err = s.with(func(c *localapi.Client) error {
		history, err = c.History(address)
		return err
	})
	return history, err
}
