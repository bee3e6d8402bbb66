package hsm

import (
	"crypto/hkdf"
	"crypto/sha512"
	"fmt"
)

const quorumLabel = "marque/v1/quorum"

// QuorumSecret is what a quorum of officers contributes to the key of a vault: 32 octets on a page of their own, that never
// leave this package. It is not safe for concurrent use with Erase.
type QuorumSecret struct {
	unprinted
	page []byte
}

// newQuorumSecret derives the secret from the shared scalar: HKDF-SHA-512(scalar, salt = hash of the roster, "marque/v1/quorum").
// Whoever changes the roster, be it a role or a key, has another secret, and no vault opens.
func newQuorumSecret(scalar *[scalarSize]byte, hash [32]byte) (*QuorumSecret, error) {
	b, err := hkdf.Key(sha512.New, scalar[:], hash[:], quorumLabel, 32)
	if err != nil {
		return nil, fmt.Errorf("derive the quorum secret: %w", err)
	}
	defer clear(b)
	s := &QuorumSecret{page: newPage()}
	copy(s.octets(), b)
	return s, nil
}

// octets returns the secret itself, not a copy.
func (s *QuorumSecret) octets() []byte { return s.page[:32:32] }

// Erase overwrites the secret, which is of no use afterwards. It may be called again.
func (s *QuorumSecret) Erase() {
	if len(s.page) > 32 {
		freePage(s.page)
	}
	s.page = make([]byte, 32)
}
