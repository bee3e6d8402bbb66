package authority

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
)

// Decision is what officers decided, with all that it takes to verify it: it lies in the clear beside the log, which holds its hash.
type Decision struct {
	Proposal  Proposal
	Payload   []byte
	Request   Approval   // of who asked; counts if they are security officers
	Approvals []Approval // of others, ascending by the officer's key
	Officers  []Officer  // of the realm at that time
	Strictest int        // m: how many recovery takes
}

type rosterArray struct {
	_    struct{} `cbor:",toarray"`
	Name string
	Role uint8
	Key  [32]byte
}

type decisionArray struct {
	_         struct{} `cbor:",toarray"`
	Version   uint8
	Proposal  []byte
	Payload   []byte
	Request   [64]byte
	Approvals []signatureArray
	Officers  []rosterArray
	Strictest uint8
}

// Marshal returns the array [1, proposal, payload, signature of the request, [[officer, signature]…], [[name, role, key]…], m] in
// deterministic CBOR. Error: [ErrProposal].
func (d *Decision) Marshal() ([]byte, error) {
	p, err := d.Proposal.Marshal()
	if err != nil {
		return nil, err
	}
	a := &decisionArray{
		Version: approvalVersion, Proposal: p, Payload: d.Payload, Request: d.Request.Signature,
		Approvals: signatures(d.Approvals), Officers: []rosterArray{}, Strictest: uint8(d.Strictest),
	}
	for _, o := range d.Officers {
		a.Officers = append(a.Officers, rosterArray{Name: o.Name, Role: uint8(o.Role), Key: o.Key})
	}
	return encodeApproval(a), nil
}

// ParseDecision reads what [Decision.Marshal] wrote, and nothing else; [Decision.Check] says whether it was one. Error: [ErrProposal].
func ParseDecision(b []byte) (*Decision, error) {
	var a decisionArray
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
	if a.Version != approvalVersion || a.Payload == nil || a.Approvals == nil || a.Officers == nil {
		return nil, fmt.Errorf("%w: version, or null", ErrProposal)
	}
	d := &Decision{
		Proposal: *p, Payload: a.Payload, Request: Approval{Proposal: digest, Officer: p.Requester, Signature: a.Request},
		Approvals: approvalsOf(digest, a.Approvals), Strictest: int(a.Strictest),
	}
	for _, o := range a.Officers {
		d.Officers = append(d.Officers, Officer{Name: o.Name, Role: Role(o.Role), Key: o.Key})
	}
	return d, nil
}

// Entry returns the log entry that records the decision; its approvals' hash is
// SHA-256(LP("marque/v1/decision") ‖ the encoding of the decision).
func (d *Decision) Entry() (*wire.DecideEntry, error) {
	b, err := d.Marshal()
	if err != nil {
		return nil, err
	}
	digest, err := d.Proposal.Digest()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append(ibc.AppendLPString(nil, "marque/v1/decision"), b...))
	return &wire.DecideEntry{Action: string(d.Proposal.Action), Proposal: digest, Approvals: sum}, nil
}

// Check verifies that these officers could decide that in the realm with this core, that their signatures hold, and that they were
// enough when the log says. That they were the realm's officers is not in it: compare [Decision.Officers] with who is known to be
// one. Errors: as [Table.Open], [Case.Add] and [Case.Decide].
func (d *Decision) Check(core [32]byte, at time.Time) error {
	k, err := d.reopen(core, at)
	if err != nil {
		return err
	}
	return k.Decide(at)
}

func (d *Decision) reopen(core [32]byte, at time.Time) (*Case, error) {
	roster, err := NewRoster(d.Officers)
	if err != nil {
		return nil, err
	}
	table, err := NewTable(d.Strictest)
	if err != nil {
		return nil, err
	}
	if _, err := parsePayload(d.Proposal.Action, d.Payload); err != nil {
		return nil, err
	}
	k, err := table.Open(roster, core, &d.Proposal, d.Payload, &d.Request)
	if err != nil {
		return nil, err
	}
	for i, a := range d.Approvals {
		if i > 0 && bytes.Compare(d.Approvals[i-1].Officer[:], a.Officer[:]) >= 0 {
			return nil, fmt.Errorf("%w: the approvals are not in order", ErrProposal)
		}
		if err := k.Add(&a, at); err != nil {
			return nil, err
		}
	}
	return k, nil
}
