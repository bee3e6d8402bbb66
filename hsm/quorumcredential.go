package hsm

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Credential is an officer who has signed on: an approval key and, for a security officer, an unlock share. It is safe for
// concurrent use. Printed or logged it shows nothing.
type Credential struct {
	unprinted
	officer Officer
	roster  [32]byte

	mu   sync.RWMutex
	page []byte // Ed25519 private key, 64 octets, and share, 32; nil once erased
}

const shareAt = ed25519.PrivateKeySize

// Officer returns the public part.
func (c *Credential) Officer() Officer { return c.officer }

// Public returns the approval key, an ed25519.PublicKey of 32 octets. It implements crypto.Signer.
func (c *Credential) Public() crypto.PublicKey {
	return ed25519.PublicKey(bytes.Clone(c.officer.Key[:]))
}

// Sign signs a message with the approval key: pure Ed25519 (RFC 8032), 64 octets, so opts must not name a hash. What a message
// means is for its first octets to say. It implements crypto.Signer; the reader is not used. Error: [ErrSignedOff].
func (c *Credential) Sign(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts != nil && opts.HashFunc() != 0 {
		return nil, errors.New("sign: an approval key signs messages, not hashes")
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.page == nil {
		return nil, fmt.Errorf("%s: %w", c.officer.Name, ErrSignedOff)
	}
	return ed25519.Sign(ed25519.PrivateKey(c.page[:ed25519.PrivateKeySize]), message), nil
}

// share returns a copy of the unlock share, for the caller to clear.
func (c *Credential) share() (value [scalarSize]byte, err error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.page == nil {
		return value, fmt.Errorf("%s: %w", c.officer.Name, ErrSignedOff)
	}
	copy(value[:], c.page[shareAt:])
	return value, nil
}

// Erase signs the officer off. It may be called again.
func (c *Credential) Erase() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.page != nil {
		freePage(c.page)
	}
	c.page = nil
}
