package ibc

import (
	"fmt"

	ristretto "github.com/bwesterb/go-ristretto"
	bls "github.com/cloudflare/circl/ecc/bls12381"
)

// Params are a realm's public parameters: X = xB on ristretto255, 32 octets, and
// Z = z·g1 in G1 of BLS12-381, 48 octets. They are the same for everybody, all
// that is needed to verify and to encapsulate, immutable, and safe for
// concurrent use.
type Params struct {
	x      [32]byte
	z      [48]byte
	xPoint ristretto.Point
	xTable *fixedTable
	zPoint bls.G1
}

// NewParams checks and precomputes public parameters. It fails with [ErrPoint] or
// [ErrIdentityPoint] (PROTOCOL.md section 1).
func NewParams(x [32]byte, z [48]byte) (*Params, error) {
	xp, err := decodePoint(&x)
	if err != nil {
		return nil, fmt.Errorf("public parameter X: %w", err)
	}
	zp, err := decodeG1(&z)
	if err != nil {
		return nil, fmt.Errorf("public parameter Z: %w", err)
	}
	return &Params{x: x, z: z, xPoint: *xp, xTable: newFixedTable(newEdwards(xp)), zPoint: *zp}, nil
}

// X returns the signature parameter, 32 octets.
func (p *Params) X() [32]byte { return p.x }

// Z returns the encapsulation parameter, 48 octets.
func (p *Params) Z() [48]byte { return p.z }

// issueHash is h = H("marque/v1/gg-issue", X, R, id).
func (p *Params) issueHash(r *[32]byte, id []byte) *ristretto.Scalar {
	return hashToScalar(dstIssue, p.x[:], r[:], id)
}
