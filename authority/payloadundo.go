package authority

import (
	"cmp"
	"fmt"

	"marque/device/wire"
)

// UndoPayload takes back revocations that no list has yet, all of them or none: one for [ActionUndo], 1 to [MaxBatch] for
// [ActionUndoMany].
type UndoPayload struct {
	Addresses []wire.Address // ascending as text, none twice
	Together  bool           // it is for ActionUndoMany; the action says so, and not the encoding
}

type undoPayloadArray struct {
	_         struct{} `cbor:",toarray"`
	Version   uint8
	Addresses []string
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
	a := undoPayloadArray{Version: payloadVersion}
	for _, address := range p.Addresses {
		a.Addresses = append(a.Addresses, address.String())
	}
	return encodeApproval(&a), nil
}

func (p *UndoPayload) check() error {
	n := len(p.Addresses)
	if n < 1 || n > MaxBatch {
		return malformed("%d addresses, where the revocation of 1 to %d can be taken back at once", n, MaxBatch)
	}
	if n > 1 && !p.Together {
		return malformed("%s of %d identities", ActionUndo, n)
	}
	for i, address := range p.Addresses {
		if address.IsZero() {
			return malformed("an address is missing")
		}
		if i > 0 && compareAddresses(p.Addresses[i-1], address) >= 0 {
			return malformed("the addresses are not in order, or one stands there twice")
		}
	}
	return nil
}

func compareAddresses(x, y wire.Address) int { return cmp.Compare(x.String(), y.String()) }

// ParseUndoPayload reads what [UndoPayload.Marshal] wrote, and nothing else. Together is true, for what it says of the payload itself.
// Error: [ErrPayloadForm].
func ParseUndoPayload(b []byte) (*UndoPayload, error) {
	var a undoPayloadArray
	if err := openPayload(b, &a, &a.Version); err != nil {
		return nil, err
	}
	p := &UndoPayload{Together: true}
	for i, s := range a.Addresses {
		address, err := wire.ParseAddress(s)
		if err != nil {
			return nil, malformed("address %d is none", i+1)
		}
		p.Addresses = append(p.Addresses, address)
	}
	return p, p.check()
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
