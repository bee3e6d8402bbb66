package authority

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// DepotPayload registers a depot ([ActionDepot]): what it vouches for is enrolled without anybody here comparing words.
type DepotPayload struct {
	Name         string
	Key          [32]byte
	Registration [32]byte // wire.RegistrationHash of what it asked with
}

// DepotRevokePayload ends the registration of a depot's key for ever ([ActionDepotRevoke]).
type DepotRevokePayload struct {
	Name   string
	Key    [32]byte
	Reason wire.Reason
}

type depotPayloadArray struct {
	_            struct{} `cbor:",toarray"`
	Version      uint8
	Name         string
	Key          [32]byte
	Registration [32]byte
}

type depotRevokePayloadArray struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Name    string
	Key     [32]byte
	Reason  uint8
}

// Marshal returns the array [1, name, key, registration]. Error: [ErrPayloadForm].
func (p *DepotPayload) Marshal() ([]byte, error) {
	if err := checkDepot(p.Name, p.Key); err != nil {
		return nil, err
	}
	return encodeApproval(&depotPayloadArray{Version: payloadVersion, Name: p.Name, Key: p.Key, Registration: p.Registration}), nil
}

// ParseDepotPayload reads what [DepotPayload.Marshal] wrote, and nothing else. Error: [ErrPayloadForm].
func ParseDepotPayload(b []byte) (*DepotPayload, error) {
	var a depotPayloadArray
	if err := openPayload(b, &a, &a.Version); err != nil {
		return nil, err
	}
	if err := checkDepot(a.Name, a.Key); err != nil {
		return nil, err
	}
	return &DepotPayload{Name: a.Name, Key: a.Key, Registration: a.Registration}, nil
}

func checkDepot(name string, key [32]byte) error {
	if wire.CheckName(name) != nil {
		return malformed("the depot's name is none")
	}
	if wire.CheckKey(key) != nil {
		return malformed("the depot's key is none")
	}
	return nil
}

func (p *DepotPayload) words() []string {
	return []string{
		"Register the depot " + p.Name,
		"what it signs is enrolled without comparing words here",
		"its key: " + hex.EncodeToString(p.Key[:]),
		"its registration: " + hex.EncodeToString(p.Registration[:]),
	}
}

func (p *DepotPayload) do(a *Authority, tx *storage.Tx, now time.Time) error {
	if err := a.ledger.depots.mayRegister(p.Name, p.Key); err != nil {
		return err
	}
	_, _, err := record(tx, now, &wire.DepotEntry{Name: p.Name, Key: p.Key, Registration: p.Registration})
	return err
}

// Marshal returns the array [1, name, key, reason]. Error: [ErrPayloadForm].
func (p *DepotRevokePayload) Marshal() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return encodeApproval(&depotRevokePayloadArray{Version: payloadVersion, Name: p.Name, Key: p.Key, Reason: uint8(p.Reason)}), nil
}

func (p *DepotRevokePayload) check() error {
	if _, err := wire.ParseReason(p.Reason.String()); err != nil {
		return malformed("reason %d is none", p.Reason)
	}
	if p.Reason == wire.ReasonSuspended {
		return malformed("a depot is revoked for ever, and not suspended")
	}
	return checkDepot(p.Name, p.Key)
}

// ParseDepotRevokePayload reads what [DepotRevokePayload.Marshal] wrote, and nothing else. Error: [ErrPayloadForm].
func ParseDepotRevokePayload(b []byte) (*DepotRevokePayload, error) {
	var a depotRevokePayloadArray
	if err := openPayload(b, &a, &a.Version); err != nil {
		return nil, err
	}
	p := &DepotRevokePayload{Name: a.Name, Key: a.Key, Reason: wire.Reason(a.Reason)}
	return p, p.check()
}

func (p *DepotRevokePayload) words() []string {
	return []string{
		fmt.Sprintf("Revoke the depot %s for ever", p.Name),
		"reason: " + strings.ReplaceAll(p.Reason.String(), "-", " "),
		"its key: " + hex.EncodeToString(p.Key[:]),
	}
}

func (p *DepotRevokePayload) do(a *Authority, tx *storage.Tx, now time.Time) error {
	switch d := a.ledger.depots.byKey[p.Key]; {
	case d == nil || d.Name != p.Name:
		return ErrNoDepot
	case d.Revoked != nil:
		return ErrDepotRevoked
	}
	_, _, err := record(tx, now, &wire.DepotRevokeEntry{Key: p.Key, Reason: p.Reason})
	return err
}
