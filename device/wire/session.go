package wire

import (
	"encoding/binary"
	"fmt"
)

// Hello stands before the first Noise message of a session and names the responder that is meant, in the clear.
type Hello struct {
	Ref     [4]byte // of the responder's core
	Address Address // of the responder
}

// Marshal returns 0x21 ‖ ref ‖ u8(len) ‖ address.
func (h *Hello) Marshal() ([]byte, error) {
	if h.Address.IsZero() {
		return nil, fmt.Errorf("hello: %w: none was set", ErrAddress)
	}
	return appendAddress(append([]byte{ModeHello}, h.Ref[:]...), h.Address), nil
}

// ParseHello takes a hello off the front of in and returns what follows it, the Noise message. Another first octet gives
// ErrType.
func ParseHello(in []byte) (h *Hello, rest []byte, err error) {
	r := &reader{b: in}
	mode := r.u8()
	h = &Hello{}
	r.fill(h.Ref[:])
	h.Address = r.address()
	switch {
	case r.err != nil:
		return nil, nil, fmt.Errorf("hello: %w", r.err)
	case mode != ModeHello:
		return nil, nil, fmt.Errorf("hello: %w", ErrType)
	}
	return h, r.b, nil
}

// Auth is what a party of a session says of itself, signed over the handshake.
type Auth struct {
	Address Address
	Epoch   uint32
	List    uint32 // sequence of its newest revocation list, 0 if it has none
	R       [32]byte
	Sig     [64]byte // A ‖ t
}

// Marshal returns u8(len) ‖ address ‖ u32(epoch) ‖ u32(list) ‖ R ‖ A ‖ t.
func (a *Auth) Marshal() ([]byte, error) {
	if a.Address.IsZero() {
		return nil, fmt.Errorf("auth: %w: none was set", ErrAddress)
	}
	out := appendAddress(make([]byte, 0, MaxAuth), a.Address)
	out = binary.BigEndian.AppendUint32(out, a.Epoch)
	out = binary.BigEndian.AppendUint32(out, a.List)
	out = append(out, a.R[:]...)
	return append(out, a.Sig[:]...), nil
}

// ParseAuth takes exactly one Auth.
func ParseAuth(in []byte) (*Auth, error) {
	r := &reader{b: in}
	a := &Auth{Address: r.address(), Epoch: r.u32(), List: r.u32()}
	r.fill(a.R[:])
	r.fill(a.Sig[:])
	switch {
	case r.err != nil:
		return nil, fmt.Errorf("auth: %w", r.err)
	case len(r.b) != 0:
		return nil, fmt.Errorf("auth: %w: trailing octets", ErrEncoding)
	}
	return a, nil
}
