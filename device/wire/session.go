package wire

import (
	"encoding/binary"
	"fmt"

	"marque/device/ibc"
)

// Hello stands before the first Noise message of a session, in the clear, and hints at the responder that is meant, so that any other
// closes at once.
type Hello struct {
	Ref    [4]byte // of the responder's core
	Callee [4]byte // of the responder: Callee
	Hybrid bool    // ML-KEM-768 beside X25519
}

// Callee returns the hint at a responder: the first four octets of SHA-256(LP("marque/v1/callee") ‖ core hash ‖ LP(address)).
// It tells devices apart and proves nothing; the handshake does.
func Callee(core [32]byte, a Address) [4]byte {
	h := labelled("marque/v1/callee", core[:], ibc.AppendLPString(nil, a.s))
	return [4]byte(h[:])
}

// Marshal returns 0x21, or 0x22 if hybrid, ‖ ref ‖ callee, 9 octets. It does not fail.
func (h *Hello) Marshal() ([]byte, error) {
	out := []byte{ModeHello}
	if h.Hybrid {
		out[0] = ModeHelloHybrid
	}
	return append(append(out, h.Ref[:]...), h.Callee[:]...), nil
}

// ParseHello takes a hello off the front of in and returns what follows it, the Noise message. Another first octet gives
// ErrType.
func ParseHello(in []byte) (h *Hello, rest []byte, err error) {
	r := &reader{b: in}
	mode := r.u8()
	h = &Hello{Hybrid: mode == ModeHelloHybrid}
	r.fill(h.Ref[:])
	r.fill(h.Callee[:])
	switch {
	case r.err != nil:
		return nil, nil, fmt.Errorf("hello: %w", r.err)
	case mode != ModeHello && !h.Hybrid:
		return nil, nil, fmt.Errorf("hello: %w", ErrType)
	}
	return h, r.b, nil
}

// Auth is what a party of a session says of itself, signed over the handshake.
type Auth struct {
	Address Address // zero in the responder's: it is the one that was called, or nobody
	Epoch   uint32
	List    uint32 // sequence of its newest revocation list, 0 if it has none
	R       [32]byte
	Sig     [64]byte // A ‖ t
}

// Marshal returns u8(len) ‖ address ‖ u32(epoch) ‖ u32(list) ‖ R ‖ A ‖ t, with len 0 for the zero Address. It does not fail.
func (a *Auth) Marshal() ([]byte, error) {
	out := appendAddress(make([]byte, 0, MaxAuth), a.Address)
	out = binary.BigEndian.AppendUint32(out, a.Epoch)
	out = binary.BigEndian.AppendUint32(out, a.List)
	out = append(out, a.R[:]...)
	return append(out, a.Sig[:]...), nil
}

// ParseAuth takes exactly one Auth, of an initiator or of a responder.
func ParseAuth(in []byte) (*Auth, error) {
	r := &reader{b: in}
	a := &Auth{}
	if len(in) > 0 && in[0] == 0 {
		r.u8()
	} else {
		a.Address = r.address()
	}
	a.Epoch, a.List = r.u32(), r.u32()
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
