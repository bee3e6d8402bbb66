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
	ErrProposalTime = errors.New("the proposal is not of the last seven days: propose it anew, and check the clock")
	// ErrPayloadForm: the payload contradicts itself or the limits.
	ErrPayloadForm = errors.New("this cannot be proposed")
	// ErrTogether: the action takes all who approve it at once.
	ErrTogether = errors.New("officers decide about this together: all who approve it have to be signed on now")
	// ErrNoProposal: nothing like that waits.
	ErrNoProposal = errors.New("there is no such proposal, or it is too long ago: look at the list of proposals")
	// ErrDecided: a proposal is carried out once.
	ErrDecided = errors.New("this proposal was carried out already: propose it anew if it is to be done again")
	// ErrRefused: an officer refused it, which is final.
	ErrRefused = errors.New("this proposal was refused: propose it anew to have it decided again")
	// ErrDeskFull: too many proposals wait.
	ErrDeskFull = errors.New("too many proposals wait: approve or refuse some of them first")
)
