package authority

import "time"

// ProposalLifetime is how long after its time a proposal can be approved and carried out.
const ProposalLifetime = 24 * time.Hour

const (
	maxOfficers     = 64
	maxOfficerName  = 64           // octets
	maxProposal     = 256          // octets of a proposal or an approval
	maxProposalTime = 253402300799 // the end of the year 9999, in Unix seconds
)
