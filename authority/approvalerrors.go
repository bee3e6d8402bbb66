package authority

import "errors"

// The errors of officers, proposals and approvals, to be told apart with errors.Is.
var (
	// ErrRoster: the officers contradict each other.
	ErrRoster = errors.New("these people cannot be the officers of a realm")
	// ErrAction: nobody decides about such an action.
	ErrAction = errors.New("there is no such action to approve")
	// ErrProposal: the octets are no proposal or no approval.
	ErrProposal = errors.New("this is no proposal or approval, or it was damaged: ask for it again")
	// ErrPayload: what lies here is not what the proposal speaks of.
	ErrPayload = errors.New("what is to be done is not what was proposed: propose it anew, and have it approved anew")
	// ErrOtherRealm: the proposal was made in another realm.
	ErrOtherRealm = errors.New("the proposal belongs to another realm: propose it here")
	// ErrNotOfficer: the key is of nobody who is an officer now.
	ErrNotOfficer = errors.New("not signed by an officer of this realm: officers may have changed since, ask one of today's")
	// ErrWrongRole: the officer has no role that allows it.
	ErrWrongRole = errors.New("the officer's role does not allow that")
	// ErrApproval: the signature does not hold over this proposal.
	ErrApproval = errors.New("the approval is not of this proposal: approve exactly what is to be done")
	// ErrApprovedAlready: an officer counts once, also for a request of their own.
	ErrApprovedAlready = errors.New("this officer has approved it already and counts once: ask another")
	// ErrApprovalsMissing: more officers have to approve.
	ErrApprovalsMissing = errors.New("not approved by enough officers")
	// ErrProposalTime: the proposal has expired, or is of a time to come.
	ErrProposalTime = errors.New("the proposal is not of the last 24 hours: propose it anew, and check the clock")
)
