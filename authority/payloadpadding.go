package authority

import (
	"fmt"
	"time"

	"marque/storage"
)

// PaddingPayload changes how lists are padded ([ActionPadding]). It names what it replaces, so that those who approve see what changes.
type PaddingPayload struct{ Old, New Padding }

type paddingArray struct {
	_           struct{} `cbor:",toarray"`
	Step, Share uint32
}

type paddingPayloadArray struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8
	Old, New paddingArray
}

// Marshal returns the array [1, old, new] of [step, share], both 0 where lists are not padded. Error: [ErrPayloadForm], also where
// nothing changes.
func (p *PaddingPayload) Marshal() ([]byte, error) {
	for _, s := range []Padding{p.Old, p.New} {
		if err := s.check(); err != nil {
			return nil, malformed("%v", err)
		}
	}
	if p.Old == p.New {
		return nil, malformed("it changes nothing about the padding of lists")
	}
	return encodeApproval(&paddingPayloadArray{
		Version: payloadVersion, Old: paddingArray{Step: p.Old.Step, Share: p.Old.Share}, New: paddingArray{Step: p.New.Step, Share: p.New.Share},
	}), nil
}

// ParsePaddingPayload reads what [PaddingPayload.Marshal] wrote, and nothing else. Error: [ErrPayloadForm].
func ParsePaddingPayload(b []byte) (*PaddingPayload, error) {
	var a paddingPayloadArray
	if err := openPayload(b, &a, &a.Version); err != nil {
		return nil, err
	}
	p := &PaddingPayload{Old: Padding{Step: a.Old.Step, Share: a.Old.Share}, New: Padding{Step: a.New.Step, Share: a.New.Share}}
	if _, err := p.Marshal(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *PaddingPayload) words() []string {
	return []string{"Change how revocation lists are padded", "until now: " + p.Old.words(), "from now on: " + p.New.words()}
}

func (p Padding) words() string {
	if !p.On() {
		return "they are not"
	}
	return fmt.Sprintf("to a multiple of %d serials, about one in %d being given to nobody", p.Step, p.Share)
}

func (p *PaddingPayload) do(a *Authority, tx *storage.Tx, now time.Time) error {
	if p.Old != a.ledger.reserves.padding {
		return fmt.Errorf("%w: the padding has changed since", ErrPayload)
	}
	_, _, err := record(tx, now, p.New.entry())
	return err
}
