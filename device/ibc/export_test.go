package ibc

// Internals that tests compare with go-ristretto.
var (
	Halve        = halve
	SchnorrHolds = schnorrHolds
	DecodePublic = decodePublic
)

// PublicValue is a point as verification computes with it.
type PublicValue = edwards
