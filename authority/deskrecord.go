package authority

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// filing is a proposal as it lies on the desk, sealed in the database.
type filing struct {
	proposal  Proposal
	digest    [32]byte
	payload   []byte
	request   Approval   // of who asks
	approvals []Approval // of others, as they came
	state     State      // never decided: that is what a decision says
	refusal   string     // by whom and why
}

type signatureArray struct {
	_         struct{} `cbor:",toarray"`
	Officer   [32]byte
	Signature [64]byte
}

type filingArray struct {
	_         struct{} `cbor:",toarray"`
	Version   uint8
	Proposal  []byte
	Payload   []byte
	Request   [64]byte
	Approvals []signatureArray
	State     State
	Refusal   string
}

// marshal returns the array [1, proposal, payload, signature of the request, [[officer, signature]…], state, refusal].
func (f *filing) marshal() ([]byte, error) {
	p, err := f.proposal.Marshal()
	if err != nil {
		return nil, err
	}
	return encodeApproval(&filingArray{
		Version: approvalVersion, Proposal: p, Payload: f.payload, Request: f.request.Signature,
		Approvals: signatures(f.approvals), State: f.state, Refusal: f.refusal,
	}), nil
}

func parseFiling(b []byte) (*filing, error) {
	var a filingArray
	if err := decodeStrict(b, maxFiling, &a, ErrProposal); err != nil {
		return nil, err
	}
	p, err := ParseProposal(a.Proposal)
	if err != nil {
		return nil, err
	}
	digest, err := p.Digest()
	if err != nil {
		return nil, err
	}
	if a.Version != approvalVersion {
		return nil, fmt.Errorf("%w: version", ErrProposal)
	}
	return &filing{
		proposal: *p, digest: digest, payload: a.Payload,
		request:   Approval{Proposal: digest, Officer: p.Requester, Signature: a.Request},
		approvals: approvalsOf(digest, a.Approvals), state: a.State, refusal: a.Refusal,
	}, nil
}

func signatures(approvals []Approval) []signatureArray {
	out := []signatureArray{}
	for _, a := range approvals {
		out = append(out, signatureArray{Officer: a.Officer, Signature: a.Signature})
	}
	return out
}

func approvalsOf(digest [32]byte, list []signatureArray) (out []Approval) {
	for _, s := range list {
		out = append(out, Approval{Proposal: digest, Officer: s.Officer, Signature: s.Signature})
	}
	return out
}

// reopen opens the case anew, among the officers of now: an approval of somebody who is none any more, or none who decides, is left
// out, and is gone with the next approval. Times are those of at.
func (f *filing) reopen(c *council, core [32]byte, at time.Time) (*Case, error) {
	k, err := c.table.Open(c.roster, core, &f.proposal, f.payload, &f.request)
	if err != nil {
		return nil, err
	}
	f.approvals = slices.DeleteFunc(slices.Clone(f.approvals), func(a Approval) bool { return k.Add(&a, at) != nil })
	return k, nil
}

// sortApprovals puts approvals in the order of the officers' keys, which is the only one in which a decision holds them.
func sortApprovals(list []Approval) []Approval {
	return slices.SortedFunc(slices.Values(list), func(a, b Approval) int { return cmp.Compare(string(a.Officer[:]), string(b.Officer[:])) })
}
