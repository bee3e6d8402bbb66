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
	firstPolicy     = 1

	// sessionLifetime is how long a session may last; its peer's key is of the epoch in which it began.
	sessionLifetime = 24 * time.Hour

	// receiptEpochs is for how many epochs after its own a key is known that a receipt may be signed with: receipts travel on sticks.
	receiptEpochs = 2

	// advanceEvery is how many identities are issued under one value of the
	// counter at most. As many may be lost unnoticed when the authority ended
	// without sealing its log, and as many serials are then left out.
	advanceEvery = 64

	// serialJump is how many serials are left out after the largest one that is
	// known when the authority is reopened: what was issued after that, and lost, is among them.
	serialJump = 65_536

	// trustJump is how many numbers of trust lists are left out when the authority is reopened: more than were signed since any backup.
	trustJump = 65_536

	// Between these, a request's time is not worth a warning.
	requestAge   = 30 * 24 * time.Hour
	requestAhead = time.Hour
)

// MaxIdentities is the most that one call of [Authority.Identities] returns.
const MaxIdentities = 1000

// MaxTogether is how many requests [Authority.EnrolAll] grants in one transaction at most: as many as may be issued under one value of
// the counter, so that a batch takes no more steps of it than its requests one by one.
const MaxTogether = advanceEvery

// MaxLogRows is the most that one call of [Authority.Log] returns.
const MaxLogRows = 500

// Bounds of how the log is read.
const (
	auditStretch = 4096   // entries that are verified in one transaction
	logStretch   = 20_000 // entries that are looked at in one call, which takes some 100 ms
)

// MaxQuery is how long the text of a search is at most, in octets.
const MaxQuery = 512

// MaxNamesakes is how many others of the same name [Authority.History] tells of.
const MaxNamesakes = 8

// Bounds of what is searched.
const (
	maxIndexed       = 8 << 20                // identities
	maxIndexedDepots = 4096                   // of them that are told apart
	maxWords         = 16                     // different words of a search: each is looked for in all names
	maxAnswers       = 4                      // searches that are remembered, each with 4 octets per match
	indexPiece       = 4096                   // identities that are read at once
	indexWait        = 300 * time.Millisecond // for the registry to be read
)
