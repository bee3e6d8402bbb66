package ibc

import (
	"fmt"

	ristretto "github.com/bwesterb/go-ristretto"
)

// PartialKeySize is the length of an encoded partial or private key: 32 + 32 + 96 octets.
const PartialKeySize = PointSize + ScalarSize + G2Size

// PartialKey is what the authority issues for one identity: R ‖ s ‖ D. Together
// with the enrolment secret it becomes a [PrivateKey]; alone it signs nothing,
// but D opens cold messages, so it does not print and travels encrypted only.
type PartialKey struct {
	secret
	r   [32]byte
	box *partialSecrets
}

type partialSecrets struct {
	s [32]byte
	d [96]byte
}

func newPartialKey(r [32]byte, s *ristretto.Scalar, d [96]byte) *PartialKey {
	return &PartialKey{r: r, box: &partialSecrets{s: encodeScalar(s), d: d}}
}

// ParsePartialKey splits 160 octets R ‖ s ‖ D. R and s must be canonical and R
// not the identity; whether the key is right shows [EnrolmentKey.Complete].
func ParsePartialKey(b []byte) (*PartialKey, error) {
	if len(b) != PartialKeySize {
		return nil, fmt.Errorf("partial key: %w", ErrSize)
	}
	k := &PartialKey{r: [32]byte(b[:32]), box: &partialSecrets{s: [32]byte(b[32:64]), d: [96]byte(b[64:])}}
	if _, err := decodePoint(&k.r); err != nil {
		return nil, fmt.Errorf("partial key: %w", err)
	}
	if _, err := decodeScalar(&k.box.s); err != nil {
		return nil, fmt.Errorf("partial key: %w", err)
	}
	return k, nil
}

// R returns the public part, 32 octets.
func (k *PartialKey) R() [32]byte { return k.r }

// Bytes returns R ‖ s ‖ D, 160 octets of secret for the caller to clear, or nil
// after Erase.
func (k *PartialKey) Bytes() []byte {
	if k.box == nil {
		return nil
	}
	b := append(make([]byte, 0, PartialKeySize), k.r[:]...)
	b = append(b, k.box.s[:]...)
	return append(b, k.box.d[:]...)
}

// Erase overwrites s and D.
func (k *PartialKey) Erase() {
	if k.box == nil {
		return
	}
	clear(k.box.s[:])
	clear(k.box.d[:])
	k.box = nil
}
