package authority

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"time"

	"marque/device/ibc"
)

// Proposal is what officers approve: one action, on exactly one payload, asked for by one officer at one time in one realm.
// Whatever is changed in it or in the payload makes another proposal, which nobody has approved yet.
//
// A proposal is carried out once: its [Proposal.Digest] is kept for ever, with the decision and in the log.
type Proposal struct {
	Action    Action
	Payload   [32]byte  // PayloadHash
	Requester [32]byte  // approval key of the officer who asks
	Time      time.Time // UTC, whole seconds, to the year 9999
	Core      [32]byte  // hash of the realm's core
}

// PayloadHash returns SHA-256(LP("marque/v1/payload") ‖ LP(action) ‖ payload).
func PayloadHash(action Action, payload []byte) [32]byte {
	b := ibc.AppendLPString(ibc.AppendLPString(nil, "marque/v1/payload"), string(action))
	return sha256.Sum256(append(b, payload...))
}

func (p *Proposal) check() error {
	if !p.Action.known() {
		return fmt.Errorf("%w: %w", ErrProposal, ErrAction)
	}
	if t := p.Time.Unix(); t < 0 || t > maxProposalTime || p.Time.Nanosecond() != 0 {
		return fmt.Errorf("%w: its time is not in whole seconds from 1970 to 9999", ErrProposal)
	}
	return nil
}

// Marshal returns the deterministic CBOR array [1, action, payload hash, requester, Unix seconds, core hash], at most 256 octets,
// or [ErrProposal].
func (p *Proposal) Marshal() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return encodeApproval(&proposalArray{
		Version: approvalVersion, Action: p.Action, Payload: p.Payload, Requester: p.Requester, Time: uint64(p.Time.Unix()), Core: p.Core,
	}), nil
}

// ParseProposal reads what [Proposal.Marshal] wrote, and nothing else. Error: [ErrProposal].
func ParseProposal(b []byte) (*Proposal, error) {
	var a proposalArray
	if err := decodeApproval(b, &a); err != nil {
		return nil, err
	}
	if a.Version != approvalVersion || a.Time > maxProposalTime {
		return nil, fmt.Errorf("%w: version or time", ErrProposal)
	}
	p := &Proposal{Action: a.Action, Payload: a.Payload, Requester: a.Requester, Time: time.Unix(int64(a.Time), 0).UTC(), Core: a.Core}
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, nil
}

// Digest returns SHA-256(LP("marque/v1/proposal") ‖ encoding), or [ErrProposal].
func (p *Proposal) Digest() ([32]byte, error) {
	b, err := p.Marshal()
	if err != nil {
		return [32]byte{}, err
	}
	return sha256.Sum256(append(ibc.AppendLPString(nil, "marque/v1/proposal"), b...)), nil
}

// Approval is an officer's signature over a proposal: Ed25519 over LP("marque/v1/approval") ‖ digest.
type Approval struct {
	Proposal  [32]byte // digest
	Officer   [32]byte // approval key
	Signature [64]byte
}

func approvalMessage(digest [32]byte) []byte {
	return append(ibc.AppendLPString(nil, "marque/v1/approval"), digest[:]...)
}

// Approve signs a proposal with an officer's Ed25519 key, once it has seen that payload is what the proposal speaks of: nobody
// approves what was not shown to them. Errors: [ErrPayload], [ErrProposal], and the signer's.
func Approve(officer crypto.Signer, p *Proposal, payload []byte) (*Approval, error) {
	if PayloadHash(p.Action, payload) != p.Payload {
		return nil, fmt.Errorf("approve: %w", ErrPayload)
	}
	digest, err := p.Digest()
	if err != nil {
		return nil, fmt.Errorf("approve: %w", err)
	}
	key, sig, err := signAs(officer, approvalMessage(digest))
	if err != nil {
		return nil, fmt.Errorf("approve: %w", err)
	}
	return &Approval{Proposal: digest, Officer: key, Signature: sig}, nil
}

// keyOf returns the Ed25519 key of a signer, or [ErrNotOfficer].
func keyOf(officer crypto.Signer) ([32]byte, error) {
	key, ok := officer.Public().(ed25519.PublicKey)
	if !ok || len(key) != ed25519.PublicKeySize {
		return [32]byte{}, fmt.Errorf("%w: its key is not of Ed25519", ErrNotOfficer)
	}
	return [32]byte(key), nil
}

// signAs returns the officer's key and a signature that holds under it.
func signAs(officer crypto.Signer, message []byte) (key [32]byte, sig [64]byte, err error) {
	if key, err = keyOf(officer); err != nil {
		return key, sig, err
	}
	b, err := officer.Sign(nil, message, crypto.Hash(0))
	if err != nil {
		return key, sig, fmt.Errorf("sign: %w", err)
	}
	if copy(sig[:], b) != len(b) || !ed25519.Verify(key[:], message, sig[:]) {
		return key, sig, ErrSelfCheck
	}
	return key, sig, nil
}

// holds reports whether the signature is the officer's.
func (a *Approval) holds() bool {
	return ed25519.Verify(a.Officer[:], approvalMessage(a.Proposal), a.Signature[:])
}

// Marshal returns the deterministic CBOR array [1, proposal digest, officer, signature].
func (a *Approval) Marshal() []byte {
	return encodeApproval(&approvalArray{Version: approvalVersion, Proposal: a.Proposal, Officer: a.Officer, Signature: a.Signature})
}

// ParseApproval reads what [Approval.Marshal] wrote, and nothing else. The signature is for [Case.Add] to verify. Error: [ErrProposal].
func ParseApproval(b []byte) (*Approval, error) {
	var a approvalArray
	if err := decodeApproval(b, &a); err != nil {
		return nil, err
	}
	if a.Version != approvalVersion {
		return nil, fmt.Errorf("%w: version", ErrProposal)
	}
	return &Approval{Proposal: a.Proposal, Officer: a.Officer, Signature: a.Signature}, nil
}
