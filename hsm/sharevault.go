package hsm

import (
	"fmt"
	"io"
)

// CreatePassphrase is [CreatePassphraseCost] for a seed that exists already: one whose backup was made and drilled before it is
// used, or one that came back from its cards. The seed stays with the caller. Further error: [ErrCredentials] for one that was erased.
func (s *Seed) CreatePassphrase(path string, passphrase []byte, cost Cost, rand io.Reader) (*Vault, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := checkPassphrase(passphrase); err != nil {
		return nil, err
	}
	if err := cost.check(); err != nil {
		return nil, err
	}
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(rand, salt); err != nil {
		return nil, fmt.Errorf("draw a salt: %w", err)
	}
	f := newFile(kindPassphrase, cost, salt)
	people := f.stretch(passphrase, salt)
	defer clear(people)
	if err := f.seal(nil, people, s.octets()); err != nil {
		return nil, err
	}
	derived, err := derive(s.octets())
	if err != nil {
		return nil, err
	}
	b, err := f.marshal()
	if err == nil {
		err = writeFile(path, b)
	}
	if err != nil {
		derived.erase()
		return nil, err
	}
	v := &Vault{path: path, file: f, rand: rand}
	v.install(derived)
	return v, nil
}

// Seed opens a passphrase vault for its seed, to make another backup or another vault of it; whether the vault is locked makes no
// difference. Errors: those of [Vault.Unlock].
func (v *Vault) Seed(passphrase []byte) (*Seed, error) {
	f := v.contents()
	if f.Kind != kindPassphrase {
		return nil, fmt.Errorf("%w: it needs its TPM and a PIN", ErrCredentials)
	}
	if len(passphrase) > maxPassphrase {
		return nil, ErrPassphrase
	}
	people := f.stretch(passphrase, f.Salt)
	defer clear(people)
	s := &Seed{page: newPage()}
	if _, err := f.open(nil, people, s.page); err != nil {
		s.Erase()
		return nil, err
	}
	return s, nil
}

// SeedTPM is [Vault.Seed] for a vault under a TPM. Errors: those of [Vault.UnlockTPM].
func (v *Vault) SeedTPM(t *TPM, c Credentials) (*Seed, error) {
	f := v.contents()
	if err := c.fits(f); err != nil {
		return nil, err
	}
	s, page := &Seed{page: newPage()}, newPage()
	defer freePage(page)
	err := t.onRoot(f.TPM, func(r *root) error {
		seed, err := t.openSeed(r, f, &c, page)
		if err != nil {
			return err
		}
		auth, err := f.TPM.counterAuth(seed)
		if err != nil {
			return err
		}
		defer clear(auth)
		copy(s.octets(), seed)
		return t.settle(r, f.TPM, auth)
	})
	if err != nil {
		s.Erase()
		return nil, err
	}
	return s, nil
}
