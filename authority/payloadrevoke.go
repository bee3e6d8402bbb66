package authority

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"marque/device/wire"
)

// RevokePayload withdraws identities, for ever or, for wire.ReasonSuspended, until a release, all of them or none: one for [ActionRevoke], 2 to [MaxBatch] for [ActionBatch].
type RevokePayload struct {
	Addresses []wire.Address // ascending as text, none twice
	Reason    wire.Reason
	Effective time.Time // since when messages must not be believed, whole seconds; zero: when it is decided
}

type revokeArray struct {
	_         struct{} `cbor:",toarray"`
	Version   uint8
	Addresses []string
	Reason    uint8
	Effective uint64 // Unix seconds, or 0
}

// Action returns which action the payload is one of.
func (p *RevokePayload) Action() Action {
	if len(p.Addresses) == 1 {
		return ActionRevoke
	}
	return ActionBatch
}

// Marshal returns the array [1, addresses, reason, effective], with the addresses put in order. Error: [ErrPayloadForm].
func (p *RevokePayload) Marshal() ([]byte, error) {
	a := revokeArray{Version: payloadVersion, Addresses: []string{}, Reason: uint8(p.Reason)}
	for _, address := range p.Addresses {
		if address.IsZero() {
			return nil, malformed("an address is missing")
		}
		a.Addresses = append(a.Addresses, address.String())
	}
	slices.Sort(a.Addresses)
	if !p.Effective.IsZero() {
		if !checkMoment(p.Effective) || p.Effective.Unix() == 0 {
			return nil, malformed("it takes effect at no time in whole seconds from 1970 to 9999")
		}
		a.Effective = uint64(p.Effective.Unix())
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	return encodeApproval(&a), nil
}

func (a *revokeArray) check() error {
	if n := len(a.Addresses); n < 1 || n > MaxBatch {
		return malformed("%d addresses, where 1 to %d can be revoked at once", n, MaxBatch)
	}
	for i, address := range a.Addresses[1:] {
		switch cmp.Compare(a.Addresses[i], address) {
		case 0:
			return malformed("address %s stands there twice", address)
		case 1:
			return malformed("the addresses are not in order")
		}
	}
	if _, err := wire.ParseReason(wire.Reason(a.Reason).String()); err != nil {
		return malformed("reason %d is none", a.Reason)
	}
	if a.Effective > maxProposalTime {
		return malformed("it takes effect after the year 9999")
	}
	return nil
}

// ParseRevokePayload reads what [RevokePayload.Marshal] wrote, and nothing else. Error: [ErrPayloadForm].
func ParseRevokePayload(b []byte) (*RevokePayload, error) {
	var a revokeArray
	if err := openPayload(b, &a, &a.Version); err != nil {
		return nil, err
	}
	p := &RevokePayload{Reason: wire.Reason(a.Reason)}
	for i, s := range a.Addresses {
		address, err := wire.ParseAddress(s)
		if err != nil {
			return nil, malformed("address %d is none", i+1)
		}
		p.Addresses = append(p.Addresses, address)
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	if a.Effective != 0 {
		p.Effective = moment(a.Effective)
	}
	return p, nil
}

func (p *RevokePayload) words() []string {
	lines := []string{
		"Revoke " + count(len(p.Addresses), "identity", "identities") + " for ever",
		"reason: " + strings.ReplaceAll(p.Reason.String(), "-", " "),
	}
	if p.Reason == wire.ReasonSuspended {
		lines = []string{"Suspend " + count(len(p.Addresses), "identity until it is released", "identities until they are released")}
	}
	if p.Effective.IsZero() {
		lines = append(lines, "takes effect: when this is decided")
	} else {
		lines = append(lines, "takes effect: "+momentWords(p.Effective))
	}
	for i, address := range p.Addresses {
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, address))
	}
	return lines
}
