package hsm

import (
	"crypto/hkdf"
	"crypto/sha512"
	"fmt"
)

const quorumLabel = "marque/v1/quorum"

// QuorumSecret is what a quorum of officers contributes to the key of a vault, on a page of memory of its own: 32 octets that
// derive from the shared scalar, and the scalar. They never leave this package. It is not safe for concurrent use with Erase.
type QuorumSecret struct {
	unprinted
	roster [32]byte
	page   []byte
}

const quorumPage = 32 + scalarSize // octets in use

// newQuorumSecret derives the secret from the shared scalar: HKDF-SHA-512(scalar, salt = hash of the roster, "marque/v1/quorum").
// Whoever changes the roster, be it a role or a key, has another secret, and no vault opens.
func newQuorumSecret(scalar *[scalarSize]byte, roster [32]byte) (*QuorumSecret, error) {
	b, err := hkdf.Key(sha512.New, scalar[:], roster[:], quorumLabel, 32)
	if err != nil {
		return nil, fmt.Errorf("derive the quorum secret: %w", err)
	}
	defer clear(b)
	s := &QuorumSecret{roster: roster, page: newPage()}
	copy(s.octets(), b)
	copy(s.page[32:], scalar[:])
	return s, nil
}

// octets returns the secret itself, not a copy.
func (s *QuorumSecret) octets() []byte { return s.page[:32:32] }

// opens reports whether s came from the shares of f: f's first commitment is to the scalar.
func (s *QuorumSecret) opens(f *officersFile) bool {
	if s == nil || erased(s.page) || s.roster != f.hash() {
		return false
	}
	scalar := curve.NewScalar()
	defer scalar.SetUint64(0)
	if scalar.UnmarshalBinary(s.page[32:quorumPage]) != nil {
		return false
	}
	return elementBytes(curve.NewElement().MulGen(scalar)) == f.points()[0]
}

// Erase overwrites the secret, which is of no use afterwards. It may be called again.
func (s *QuorumSecret) Erase() {
	if len(s.page) > quorumPage {
		freePage(s.page)
	}
	s.page = make([]byte, quorumPage)
}
