package hsm

import (
	"crypto/ed25519"
	"fmt"
	"io"

	"marque/device/ibc"
)

// Seed is the master seed of a realm, 32 octets on a page of memory of its own, outside of any vault: while a realm is founded,
// its backup is made, drilled or restored. Its octets never leave this package. It is not safe for concurrent use with Erase.
type Seed struct {
	unprinted
	page []byte
}

// NewSeed draws a seed from rand, which is crypto/rand.Reader outside of tests.
func NewSeed(rand io.Reader) (*Seed, error) {
	s := &Seed{page: newPage()}
	if _, err := io.ReadFull(rand, s.octets()); err != nil {
		s.Erase()
		return nil, fmt.Errorf("draw a seed: %w", err)
	}
	return s, nil
}

// octets returns the seed itself, not a copy.
func (s *Seed) octets() []byte { return s.page[:seedSize:seedSize] }

// check refuses a seed that was erased: it is the one that everybody knows.
func (s *Seed) check() error {
	if erased(s.page) {
		return fmt.Errorf("%w: the seed was erased, combine its shares again", ErrCredentials)
	}
	return nil
}

// Params returns the public parameters that derive from the seed. Where they are those of a core, the seed is the core's.
// Error: [ErrCredentials] for one that was erased.
func (s *Seed) Params() (*ibc.Params, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	master, err := ibc.NewMaster(s.octets())
	if err != nil {
		return nil, fmt.Errorf("derive the public parameters: %w", err)
	}
	defer master.Erase()
	return master.Params(), nil
}

// StatementKey returns the public statement key, 32 octets, that derives from the seed.
func (s *Seed) StatementKey() [32]byte {
	sub := ibc.DeriveSub(s.octets(), "statement")
	defer clear(sub)
	key := ed25519.NewKeyFromSeed(sub[:ed25519.SeedSize])
	defer clear(key)
	return [32]byte(key[ed25519.SeedSize:])
}

// Erase overwrites the seed, which is of no use afterwards. It may be called again.
func (s *Seed) Erase() {
	if s.page != nil {
		freePage(s.page)
	}
	s.page = make([]byte, seedSize)
}
