package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"marque/app/appliance"
	"marque/app/flow"
	"marque/authority"
	"marque/hsm"
	"marque/storage"
)

// place is the folder of the authority. It is safe for concurrent use.
type place struct {
	dir   string
	clock func() time.Time

	mu   sync.Mutex
	open *appliance.Appliance // nil while there is no authority, or it could not be opened
}

// Open implements flow.Safe.
func (p *place) Open() (flow.Authority, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, err := appliance.Open(p.dir, appliance.Options{Clock: p.clock})
	if errors.Is(err, authority.ErrNotFounded) || errors.Is(err, appliance.ErrInterrupted) {
		return nil, nil // there is none yet, which is no error
	}
	if err != nil {
		return nil, translate(err)
	}
	p.open = a
	return a.Authority(), nil
}

// Found implements flow.Founder.
func (p *place) Found(f authority.Founding, passphrase []byte) (flow.Authority, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(p.dir), 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", flow.ErrNoFolder, err)
	}
	a, err := appliance.Found(p.dir, f, passphrase, appliance.Options{Clock: p.clock})
	if err != nil {
		return nil, translate(err)
	}
	p.open = a
	return a.Authority(), nil
}

// Unlock implements flow.Safe.
func (p *place) Unlock(passphrase []byte) (flow.Authority, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.open.Unlock(passphrase); err != nil {
		return nil, translate(err)
	}
	return p.open.Authority(), nil
}

// Lock implements flow.Safe.
func (p *place) Lock() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open.Lock()
	return nil
}

// close lets other programs have the authority.
func (p *place) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		return nil
	}
	return p.open.Close()
}

// meanings says which problem of the officer an error of the lower packages is.
var meanings = []struct{ is, means error }{
	{hsm.ErrPassphrase, flow.ErrPassphrase},
	{hsm.ErrWeakPassphrase, flow.ErrWeakPassphrase},
	{hsm.ErrCredentials, flow.ErrOtherVault},
	{storage.ErrBusy, flow.ErrBusy},
	{appliance.ErrFoundingElsewhere, flow.ErrBusy},
	{hsm.ErrVaultCorrupt, flow.ErrDamaged},
	{storage.ErrCorrupt, flow.ErrDamaged},
	{appliance.ErrIncomplete, flow.ErrDamaged},
	{appliance.ErrOccupied, flow.ErrOccupied},
	{authority.ErrFounded, flow.ErrOccupied},
	{appliance.ErrNoFolder, flow.ErrNoFolder},
}

// translate adds the officer's problem to an error.
func translate(err error) error {
	for _, m := range meanings {
		if errors.Is(err, m.is) {
			return fmt.Errorf("%w: %w", m.means, err)
		}
	}
	return err
}
