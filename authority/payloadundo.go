package authority

import (
	"fmt"

	"marque/device/wire"
)

// UndoPayload takes back revocations that no list has yet, all of them or none: one for [ActionUndo], 1 to [MaxBatch] for
// [ActionUndoMany].
type UndoPayload struct {
	Addresses []wire.Address // ascending as text, none twice
	Together  bool           // it is for ActionUndoMany; the action says so, and not the encoding
}

// Action returns which action the payload is one of.
func (p *UndoPayload) Action() Action {
	if p.Together {
		return ActionUndoMany
	}
	return ActionUndo
}

// Marshal returns the array [1, addresses]. Error: [ErrPayloadForm].
func (p *UndoPayload) Marshal() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return marshalAddresses(p.Addresses), nil
}

func (p *UndoPayload) check() error {
	if n := len(p.Addresses); n > 1 && !p.Together {
		return malformed("%s of %d identities", ActionUndo, n)
	}
	return checkAddresses(p.Addresses)
}

// ParseUndoPayload reads what [UndoPayload.Marshal] wrote, and nothing else. Together is true, for what it says of the payload itself.
// Error: [ErrPayloadForm].
func ParseUndoPayload(b []byte) (*UndoPayload, error) {
	addresses, err := parseAddresses(b)
	if err != nil {
		return nil, err
	}
	return &UndoPayload{Addresses: addresses, Together: true}, nil
}

func (p *UndoPayload) words() []string {
	lines := []string{
		"Take back the revocation of " + count(len(p.Addresses), "identity", "identities"),
		"no list has it yet: nobody hears of it",
	}
	for i, address := range p.Addresses {
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, address))
	}
	return lines
}
