package wire

import "fmt"

// FullRequest asks whoever signs under a key for a broadcast in the full form. Nobody signs it.
type FullRequest struct {
	Ref    [4]byte // of the core
	KeyRef [8]byte // that a short broadcast had
}

// Marshal returns 0x17 ‖ ref ‖ keyref, 13 octets. It cannot fail.
func (r *FullRequest) Marshal() ([]byte, error) {
	return append(append([]byte{ModeFullRequest}, r.Ref[:]...), r.KeyRef[:]...), nil
}

// ParseFullRequest takes exactly one FullRequest. Another first octet gives ErrType, another length ErrEncoding.
func ParseFullRequest(in []byte) (*FullRequest, error) {
	r := &reader{b: in}
	mode := r.u8()
	out := &FullRequest{}
	r.fill(out.Ref[:])
	r.fill(out.KeyRef[:])
	switch {
	case r.err != nil:
		return nil, fmt.Errorf("request for the full form: %w", r.err)
	case mode != ModeFullRequest:
		return nil, fmt.Errorf("request for the full form: %w", ErrType)
	case len(r.b) != 0:
		return nil, fmt.Errorf("request for the full form: %w: trailing octets", ErrEncoding)
	}
	return out, nil
}
