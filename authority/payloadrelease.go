package authority

import (
	"fmt"

	"marque/device/wire"
)

// ReleasePayload ends the suspension of 1 to [MaxBatch] identities, of all of them or none, for [ActionRelease].
type ReleasePayload struct {
	Addresses []wire.Address // ascending as text, none twice
}

// Action returns ActionRelease.
func (p *ReleasePayload) Action() Action { return ActionRelease }

// Marshal returns the array [1, addresses]. Error: [ErrPayloadForm].
func (p *ReleasePayload) Marshal() ([]byte, error) {
	if err := checkAddresses(p.Addresses); err != nil {
		return nil, err
	}
	return marshalAddresses(p.Addresses), nil
}

// ParseReleasePayload reads what [ReleasePayload.Marshal] wrote, and nothing else. Error: [ErrPayloadForm].
func ParseReleasePayload(b []byte) (*ReleasePayload, error) {
	addresses, err := parseAddresses(b)
	if err != nil {
		return nil, err
	}
	return &ReleasePayload{Addresses: addresses}, nil
}

func (p *ReleasePayload) words() []string {
	lines := []string{
		"Release " + count(len(p.Addresses), "identity", "identities") + " from suspension",
		"they count as valid again where the next list arrives",
	}
	for i, address := range p.Addresses {
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, address))
	}
	return lines
}
