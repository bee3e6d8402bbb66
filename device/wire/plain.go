package wire

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Sender is how a sealed message names who wrote it. Known is the short form, for a peer that showed that it knows the
// sender's R; it is allowed in warm mode only, which the receiver must check.
type Sender struct {
	Known   bool
	KeyRef  [8]byte  // if Known
	Address Address  // if not
	R       [32]byte // if not
}

// Plain is the inside of a sealed message.
type Plain struct {
	Sender  Sender
	Time    time.Time // whole milliseconds
	Sig     [64]byte  // A ‖ t over SealedSigned
	Payload []byte    // at most 65,536 octets
}

const (
	senderNamed = 0x00
	senderKnown = 0x01
)

// Marshal returns sender ‖ u64(time) ‖ A ‖ t ‖ payload.
func (p *Plain) Marshal() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("plaintext: %w", err)
	}
	out := make([]byte, 0, 1+1+MaxAddress+pointSize+8+signatureSize+len(p.Payload)+tagSize)
	out = p.Sender.append(out)
	out = binary.BigEndian.AppendUint64(out, unixMillis(p.Time))
	out = append(out, p.Sig[:]...)
	return append(out, p.Payload...), nil
}

// Encode returns 0x00 ‖ u8(length) ‖ address ‖ R, or 0x01 ‖ key reference.
func (s *Sender) Encode() []byte { return s.append(nil) }

func (s *Sender) append(out []byte) []byte {
	if s.Known {
		return append(append(out, senderKnown), s.KeyRef[:]...)
	}
	out = appendAddress(append(out, senderNamed), s.Address)
	return append(out, s.R[:]...)
}

// ParsePlain takes a decrypted plaintext apart. The payload is part of in.
func ParsePlain(in []byte) (*Plain, error) {
	r := &reader{b: in}
	p := &Plain{}
	switch r.u8() {
	case senderNamed:
		p.Sender.Address = r.address()
		r.fill(p.Sender.R[:])
	case senderKnown:
		p.Sender.Known = true
		r.fill(p.Sender.KeyRef[:])
	default:
		return nil, fmt.Errorf("plaintext: %w: unknown form of sender", ErrEncoding)
	}
	p.Time = fromMillis(r.u64())
	r.fill(p.Sig[:])
	if r.err != nil {
		return nil, fmt.Errorf("plaintext: %w", r.err)
	}
	p.Payload = r.b
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("plaintext: %w", err)
	}
	return p, nil
}

func (p *Plain) check() error {
	if !p.Sender.Known && p.Sender.Address.IsZero() {
		return fmt.Errorf("%w: none was set", ErrAddress)
	}
	if err := checkTime(p.Time, time.Millisecond); err != nil {
		return err
	}
	return checkPayload(p.Payload)
}
