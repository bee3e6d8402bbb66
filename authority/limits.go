package authority

import "time"

// Epochs is how many epochs a package carries keys for, beginning with the one
// in which it is made.
const Epochs = 13

// What a realm is founded with where the founder says nothing else.
const (
	DefaultEpochLength = 4 * 7 * 24 * time.Hour
	DefaultPast        = 5 * time.Minute
	DefaultFuture      = 30 * time.Second
	DefaultNextUpdate  = 7 * 24 * time.Hour
	DefaultHardExpiry  = 28 * 24 * time.Hour
)

const (
	firstGeneration = 1
	firstBase       = 1
	firstSequence   = 1

	// lapse is how many epochs after its last key a revoked serial stays on the
	// list: as long as a list may speak of such an epoch, and one more.
	lapse = 2

	// Between these, a request's time is not worth a warning.
	requestAge   = 30 * 24 * time.Hour
	requestAhead = time.Hour
)

// MaxIdentities is the most that one call of [Authority.Identities] returns.
const MaxIdentities = 1000
