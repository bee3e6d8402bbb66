package remote

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"marque/app/flow"
	"marque/app/localapi"
	"marque/authority"
)

// Service is a flow.Service. It is safe for concurrent use.
type Service struct {
	ctx     context.Context
	options localapi.Options

	connecting sync.Mutex
	mu         sync.Mutex // of what follows
	client     *localapi.Client
	signed     map[string]*localapi.Session // by the officer's name, those who signed on by it
}

var _ flow.Service = (*Service)(nil)

// New returns the service of an authority, which Connect is to reach. The context ends all calls.
func New(ctx context.Context, o localapi.Options) *Service { return &Service{ctx: ctx, options: o} }

// Connect implements flow.Link. It makes the folder above the authority's, where the socket goes.
func (s *Service) Connect() error {
	s.connecting.Lock()
	defer s.connecting.Unlock()
	_ = s.drop() // how the last one ended does not stand in the way of the next
	if err := os.MkdirAll(filepath.Dir(s.options.Dir), 0o700); err != nil {
		return fmt.Errorf("%w: %w", flow.ErrNoFolder, err)
	}
	client, err := localapi.Dial(s.ctx, s.options)
	if err != nil {
		return translate(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client = client
	return nil
}

// drop lets go of the service, if one was reached.
func (s *Service) drop() error {
	s.mu.Lock()
	client := s.client
	s.client, s.signed = nil, nil
	s.mu.Unlock()
	if client == nil {
		return nil
	}
	return client.Close()
}

// Close signs everybody off and lets go of the service: one that was started here locks and ends, unless others use it.
func (s *Service) Close() error {
	s.connecting.Lock()
	defer s.connecting.Unlock()
	if err := s.SignOff(); err != nil && !errors.Is(err, flow.ErrGone) && !errors.Is(err, flow.ErrSession) {
		return errors.Join(err, s.drop())
	}
	return s.drop()
}

// with makes calls at the service.
func (s *Service) with(do func(c *localapi.Client) error) error {
	s.mu.Lock()
	client := s.client
	s.mu.Unlock()
	if client == nil {
		return flow.ErrGone
	}
	return translate(do(client))
}

// State implements flow.Overview.
func (s *Service) State() (state flow.State, err error) {
	err = s.with(func(c *localapi.Client) error {
		status, err := c.Status()
		if err == nil {
			state = stateOf(&status)
		}
		return err
	})
	return state, err
}

// Unlock implements flow.Safe. Which of the two the secret is, the service knows.
func (s *Service) Unlock(secret []byte) error {
	return s.with(func(c *localapi.Client) error {
		return c.Unlock(localapi.Unlock{PIN: secret, Passphrase: secret})
	})
}

// Lock implements flow.Safe.
func (s *Service) Lock() error { return s.with((*localapi.Client).Lock) }

// SignOn implements flow.Desk.
func (s *Service) SignOn(officer string, passphrase []byte) error {
	return s.with(func(c *localapi.Client) error {
		session, err := c.SignOn(localapi.SignOn{Officer: officer, Passphrase: passphrase})
		if err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.signed == nil {
			s.signed = make(map[string]*localapi.Session)
		}
		s.signed[officer] = session
		return nil
	})
}

// Leave implements flow.Desk. Who did not sign on here, or was signed off, leaves without an error.
func (s *Service) Leave(officer string) error {
	s.mu.Lock()
	session := s.signed[officer]
	delete(s.signed, officer)
	s.mu.Unlock()
	if session == nil {
		return nil
	}
	return s.with(func(c *localapi.Client) error { return c.SignOff(session) })
}

// SignOff implements flow.Desk.
func (s *Service) SignOff() error {
	return s.with(func(c *localapi.Client) error { return c.SignOff(nil) })
}

// Review implements flow.Enroller.
func (s *Service) Review(request []byte) (review *authority.Review, err error) {
	err = s.with(func(c *localapi.Client) error {
		review, err = c.Review(request)
		return err
	})
	return review, err
}

// Enrol implements flow.Enroller.
func (s *Service) Enrol(request []byte) (issued *authority.Issued, err error) {
	err = s.with(func(c *localapi.Client) error {
		issued, err = c.Enrol(request)
		return err
	})
	return issued, err
}

// NewestList implements flow.Enroller.
func (s *Service) NewestList() (sequence uint32, list []byte, err error) {
	err = s.with(func(c *localapi.Client) error {
		sequence, list, err = c.NewestList()
		return err
	})
	return sequence, list, err
}
