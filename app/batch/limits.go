package batch

import "marque/authority"

// Bounds on what comes in.
const (
	MaxRequests = 10_000   // of one batch
	MaxTable    = 16 << 20 // octets of a table

	maxEntries = 2*MaxRequests + 1_000 // of a folder, whatever they are: a code and a file of each request, and some others
	maxColumns = 64
	maxSource  = 80 // characters that are shown of a file's name
)

// MaxReview is how many requests a [Reviewer] is given at a time.
const MaxReview = 256

// MaxGrant is how many requests a [Granter] is given at a time.
const MaxGrant = authority.MaxTogether
