package ibc

import ristretto "github.com/bwesterb/go-ristretto"

// Internals that tests compare with go-ristretto.
var (
	Halve        = halve
	SchnorrHolds = schnorrHolds
	DecodePublic = decodePublic
	BaseMultiple = baseMultiple
)

// Ristretto converts a point.
func (p *edwards) Ristretto() *ristretto.Point { return p.ristretto() }

// PublicValue is a point as verification computes with it.
type PublicValue = edwards
