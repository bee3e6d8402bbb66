package device

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/cloudflare/circl/dh/x25519"
	"github.com/flynn/noise"

	"marque/device/ibc"
)

// curve25519 is Noise's DH function "25519" (RFC 7748, section 5) with circl's arithmetic, which needs about half the time of the one that
// noise brings along, and a table of the base point for the public key. It holds no state.
type curve25519 struct{}

var errLowOrder = errors.New("the peer's ephemeral key is of low order")

// GenerateKeypair draws 32 octets from rnd, or from the system's generator when rnd is nil.
func (curve25519) GenerateKeypair(rnd io.Reader) (noise.DHKey, error) {
	if rnd == nil {
		rnd = rand.Reader
	}
	var private [x25519.Size]byte
	if _, err := io.ReadFull(rnd, private[:]); err != nil {
		return noise.DHKey{}, fmt.Errorf("ephemeral key: %w", err)
	}
	public := ibc.Curve25519Public(&private)
	return noise.DHKey{Private: private[:], Public: public[:]}, nil
}

// DH refuses public keys of low order, whose shared secret everybody knows.
func (curve25519) DH(private, public []byte) ([]byte, error) {
	if len(private) != x25519.Size || len(public) != x25519.Size {
		return nil, fmt.Errorf("ephemeral key: %w", ErrMalformed)
	}
	own, theirs := x25519.Key(private), x25519.Key(public)
	defer clear(own[:])
	var shared x25519.Key
	if !x25519.Shared(&shared, &own, &theirs) {
		return nil, errLowOrder
	}
	return shared[:], nil
}

// DHLen returns the length of a public key in octets.
func (curve25519) DHLen() int { return x25519.Size }

// DHName returns the name in the protocol's name.
func (curve25519) DHName() string { return "25519" }
