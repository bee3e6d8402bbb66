package wire

import (
	"fmt"
)

// Datagram is one datagram of a session that has no stream (section 10.2 of the protocol). What its mode does not have is not sent.
type Datagram struct {
	Mode   byte     // ModeCall to ModeRecord
	To     [8]byte  // the receiver's number of the session; not in a call
	From   [8]byte  // the sender's number of the session; in a call and an answer
	Cookie [16]byte // in a call, zeros in the first, and in what answers that
	Body   []byte   // at least one octet; not in ModeCookie. After ParseDatagram it is part of the input
}

// Marshal returns, by mode: 0x41 ‖ from ‖ cookie ‖ body, 0x42 ‖ to ‖ cookie, 0x43 ‖ to ‖ from ‖ body, 0x44 ‖ to ‖ body, 0x45 ‖ to ‖ body.
// Another mode gives ErrType, a body that is missing or where none belongs ErrValue, more than MaxDatagram octets ErrTooLong.
func (g *Datagram) Marshal() ([]byte, error) {
	out := append(make([]byte, 0, datagramOverhead+len(g.Body)), g.Mode)
	switch g.Mode {
	case ModeCall:
		out = append(append(out, g.From[:]...), g.Cookie[:]...)
	case ModeCookie:
		out = append(append(out, g.To[:]...), g.Cookie[:]...)
	case ModeAnswer:
		out = append(append(out, g.To[:]...), g.From[:]...)
	case ModeProof, ModeRecord:
		out = append(out, g.To[:]...)
	default:
		return nil, fmt.Errorf("datagram: %w", ErrType)
	}
	out = append(out, g.Body...)
	switch {
	case (g.Mode == ModeCookie) != (len(g.Body) == 0):
		return nil, fmt.Errorf("datagram: %w: body", ErrValue)
	case len(out) > MaxDatagram:
		return nil, fmt.Errorf("datagram: %w: %d octets, at most %d", ErrTooLong, len(out), MaxDatagram)
	}
	return out, nil
}

// ParseDatagram takes exactly one Datagram. Another mode gives ErrType, a missing part ErrEncoding.
func ParseDatagram(in []byte) (*Datagram, error) {
	if len(in) > MaxDatagram {
		return nil, fmt.Errorf("datagram: %w: at most %d octets", ErrTooLong, MaxDatagram)
	}
	r := &reader{b: in}
	g := &Datagram{Mode: r.u8()}
	switch g.Mode {
	case ModeCall:
		r.fill(g.From[:])
		r.fill(g.Cookie[:])
	case ModeCookie:
		r.fill(g.To[:])
		r.fill(g.Cookie[:])
	case ModeAnswer:
		r.fill(g.To[:])
		r.fill(g.From[:])
	case ModeProof, ModeRecord:
		r.fill(g.To[:])
	default:
		if r.err == nil {
			r.err = ErrType
		}
	}
	if r.err == nil && (g.Mode == ModeCookie) != (len(r.b) == 0) {
		r.err = fmt.Errorf("%w: cut off, or trailing octets", ErrEncoding)
	}
	if r.err != nil {
		return nil, fmt.Errorf("datagram: %w", r.err)
	}
	g.Body = r.b
	return g, nil
}
