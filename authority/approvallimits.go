package authority

import "time"

// ProposalLifetime is how long after its time a proposal can be approved and carried out.
const ProposalLifetime = 7 * 24 * time.Hour

// MaxBatch is how many identities can be revoked at once.
const MaxBatch = 1000

const (
	maxOfficers     = 64
	maxOfficerName  = 64           // octets
	maxProposal     = 256          // octets of a proposal or an approval
	maxProposalTime = 253402300799 // the end of the year 9999, in Unix seconds

	payloadVersion = 1
	maxPayload     = 300_000 // octets; MaxBatch of the longest addresses have 258,000
	maxMedia       = 10_000  // lists or checkpoints that are merged at once
	maxPCRs        = 24

	maxFiling     = 400_000 // octets of a proposal or a decision as it is stored
	maxOpen       = 256     // proposals that wait at one time
	maxOpenEach   = 64      // of those, of one officer
	maxClosed     = 256     // proposals that are shown though they do not wait any more
	maxRefusal    = 256     // octets of a reason
	maxClockAhead = time.Hour

	// retention is how long after its time a proposal that is not open any more is shown.
	retention = 2 * ProposalLifetime
)
