package authority

import (
	"cmp"
	"fmt"
	"time"

	"marque/device/wire"
)

// PolicyTerms is what a policy says. Durations are in whole seconds; see [wire.Policy] for their bounds.
type PolicyTerms struct {
	Hybrid     bool          // sessions require ML-KEM beside X25519
	Past       time.Duration // how old a message may be
	Future     time.Duration // how far ahead of the clock its time may be
	NextUpdate time.Duration // a list is stale this long after it was issued
	HardExpiry time.Duration // and refused after this long
}

// TermsOf returns the terms of a policy.
func TermsOf(p *wire.Policy) PolicyTerms {
	return PolicyTerms{Hybrid: p.Hybrid, Past: p.Past, Future: p.Future, NextUpdate: p.NextUpdate, HardExpiry: p.HardExpiry}
}

// PolicyPayload replaces the realm's policy ([ActionPolicy]). It names the terms that it replaces, so that those who approve see what
// changes, and so that two changes never mix.
type PolicyPayload struct {
	Sequence uint32 // of the policy to be
	Old, New PolicyTerms
}

// NewPolicyPayload returns the payload of a change of the policy that is in force.
func NewPolicyPayload(present *wire.Policy, c PolicyChange) *PolicyPayload {
	p := &PolicyPayload{Sequence: present.Sequence + 1, Old: TermsOf(present), New: TermsOf(present)}
	p.New.Past, p.New.Future = cmp.Or(c.Past, p.New.Past), cmp.Or(c.Future, p.New.Future)
	p.New.NextUpdate, p.New.HardExpiry = cmp.Or(c.NextUpdate, p.New.NextUpdate), cmp.Or(c.HardExpiry, p.New.HardExpiry)
	return p
}

type termsArray struct {
	_                      struct{} `cbor:",toarray"`
	Hybrid                 uint8
	Past, Future           uint32 // seconds
	NextUpdate, HardExpiry uint32
}

type policyPayloadArray struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8
	Sequence uint32
	Old, New termsArray
}

func (t *PolicyTerms) policy(sequence uint32) *wire.Policy {
	return &wire.Policy{
		Sequence: sequence, Hybrid: t.Hybrid, Past: t.Past, Future: t.Future, NextUpdate: t.NextUpdate, HardExpiry: t.HardExpiry,
	}
}

func (t *PolicyTerms) array() (a termsArray, err error) {
	if _, err := t.policy(1).Marshal(); err != nil {
		return a, malformed("%v", err)
	}
	a = termsArray{
		Past: uint32(t.Past / time.Second), Future: uint32(t.Future / time.Second),
		NextUpdate: uint32(t.NextUpdate / time.Second), HardExpiry: uint32(t.HardExpiry / time.Second),
	}
	if t.Hybrid {
		a.Hybrid = 1
	}
	return a, nil
}

func (a *termsArray) terms() PolicyTerms {
	return PolicyTerms{
		Hybrid: a.Hybrid == 1, Past: time.Duration(a.Past) * time.Second, Future: time.Duration(a.Future) * time.Second,
		NextUpdate: time.Duration(a.NextUpdate) * time.Second, HardExpiry: time.Duration(a.HardExpiry) * time.Second,
	}
}

// Marshal returns the array [1, sequence, old, new] of terms [hybrid 0/1, past, future, next update, hard expiry], durations in
// seconds. Error: [ErrPayloadForm], also where nothing changes.
func (p *PolicyPayload) Marshal() ([]byte, error) {
	before, err := p.Old.array()
	if err != nil {
		return nil, err
	}
	after, err := p.New.array()
	if err != nil {
		return nil, err
	}
	if p.Sequence == 0 {
		return nil, malformed("the policy has no number")
	}
	if p.New.Past == 0 || p.New.Future == 0 || p.New.NextUpdate == 0 || p.New.HardExpiry == 0 {
		return nil, malformed("a term of the policy is zero")
	}
	if p.Old == p.New {
		return nil, malformed("it changes no term of the policy")
	}
	return encodeApproval(&policyPayloadArray{Version: payloadVersion, Sequence: p.Sequence, Old: before, New: after}), nil
}

// ParsePolicyPayload reads what [PolicyPayload.Marshal] wrote, and nothing else. Error: [ErrPayloadForm].
func ParsePolicyPayload(b []byte) (*PolicyPayload, error) {
	var a policyPayloadArray
	if err := openPayload(b, &a, &a.Version); err != nil {
		return nil, err
	}
	if a.Old.Hybrid > 1 || a.New.Hybrid > 1 {
		return nil, malformed("hybrid is 0 or 1")
	}
	p := &PolicyPayload{Sequence: a.Sequence, Old: a.Old.terms(), New: a.New.terms()}
	if _, err := p.Marshal(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *PolicyPayload) words() []string {
	lines := []string{fmt.Sprintf("Replace the realm's policy by number %d", p.Sequence)}
	line := func(what, before, after string) {
		if before == after {
			lines = append(lines, what+": stays "+after)
		} else {
			lines = append(lines, what+": from "+before+" to "+after)
		}
	}
	line("a message may be old", spanWords(p.Old.Past), spanWords(p.New.Past))
	line("a message may be ahead of the clock", spanWords(p.Old.Future), spanWords(p.New.Future))
	line("a list goes stale after", spanWords(p.Old.NextUpdate), spanWords(p.New.NextUpdate))
	line("a list is refused after", spanWords(p.Old.HardExpiry), spanWords(p.New.HardExpiry))
	line("sessions also use ML-KEM", yes(p.Old.Hybrid), yes(p.New.Hybrid))
	return lines
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
