package ibc

import "errors"

// Errors of this package. Each says what was wrong with public data; none says
// anything about a secret.
var (
	// ErrPoint is returned for an encoding that is no point of its group.
	ErrPoint = errors.New("ibc: not a canonical encoding of a group element")
	// ErrIdentityPoint is returned for the neutral element, which no honest party sends.
	ErrIdentityPoint = errors.New("ibc: the group's neutral element is not allowed here")
	// ErrScalar is returned for a scalar that is zero or not below the group order.
	ErrScalar = errors.New("ibc: not a canonical non-zero scalar")
	// ErrSignature is returned when a signature, or a batch of them, does not verify.
	ErrSignature = errors.New("ibc: signature does not verify")
	// ErrProof is returned when a proof of possession does not verify.
	ErrProof = errors.New("ibc: proof of possession does not verify")
	// ErrKey is returned when an issued key does not belong to its identity and realm.
	ErrKey = errors.New("ibc: key does not belong to this identity and realm")
	// ErrErased is returned when a key is used after Erase.
	ErrErased = errors.New("ibc: key was erased")
	// ErrSize is returned for an input of the wrong length.
	ErrSize = errors.New("ibc: wrong length")
)
