package remote

import (
	"marque/app/flow"
	"marque/app/localapi"
)

// Beside implements flow.Seconder.
func (s *Service) Beside(officer string, passphrase []byte, do func(flow.Service) error) error {
	return s.with(func(c *localapi.Client) error {
		return c.Beside(localapi.SignOn{Officer: officer, Passphrase: passphrase}, func(both *localapi.Client) error {
			return do(&Service{ctx: s.ctx, options: s.options, client: both})
		})
	})
}
