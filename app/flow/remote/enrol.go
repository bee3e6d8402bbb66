package remote

import (
	"marque/app/flow"
	"marque/app/localapi"
	"marque/authority"
	"marque/device/wire"
)

// ReviewAll implements flow.BatchEnroller.
func (s *Service) ReviewAll(requests [][]byte) (verdicts []authority.Verdict, err error) {
	err = s.with(func(c *localapi.Client) error {
		verdicts, err = c.ReviewAll(requests)
		return err
	})
	return verdicts, err
}

// EnrolAll implements flow.BatchEnroller.
func (s *Service) EnrolAll(requests [][]byte) (granted []authority.Granted, err error) {
	err = s.with(func(c *localapi.Client) error {
		granted, err = c.EnrolAll(requests)
		return err
	})
	return granted, err
}

// OpenBatch implements flow.BatchEnroller.
func (s *Service) OpenBatch(statement []byte) (signed *wire.Batch, err error) {
	err = s.with(func(c *localapi.Client) error {
		core := c.Core()
		if core == nil {
			return flow.ErrGone
		}
		signed, err = wire.OpenBatch(statement, core)
		return err
	})
	return signed, err
}

// TakeBatch implements flow.BatchEnroller.
func (s *Service) TakeBatch(statement []byte) error {
	return s.with(func(c *localapi.Client) error {
		_, err := c.TakeBatch(statement)
		return err
	})
}

// SignManifest implements flow.BatchEnroller.
func (s *Service) SignManifest(files []wire.File) (manifest []byte, err error) {
	err = s.with(func(c *localapi.Client) error {
		manifest, err = c.SignManifest(files)
		return err
	})
	return manifest, err
}
