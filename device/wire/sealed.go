package wire

import (
	"encoding/binary"
	"fmt"
	"time"

	"marque/device/ibc"
)

// Sealed is the outside of a sealed message: what a carrier sees.
type Sealed struct {
	Mode       byte    // ModeCold or ModeWarm
	Ref        [4]byte // of the recipient's core
	Epoch      uint32  // of the recipient's key
	Ephemeral  []byte  // cold: U, 48 octets; warm: E, 32 octets
	Ciphertext []byte  // of a Plain, with the tag
}

// Header returns mode ‖ ref ‖ u32(epoch) ‖ U or E, the associated data of the AEAD.
func (s *Sealed) Header() []byte {
	out := make([]byte, 0, 1+refSize+4+len(s.Ephemeral)+len(s.Ciphertext))
	out = append(out, s.Mode)
	out = append(out, s.Ref[:]...)
	out = binary.BigEndian.AppendUint32(out, s.Epoch)
	return append(out, s.Ephemeral...)
}

// ID returns the message id, made of the mode and U or E.
func (s *Sealed) ID() [16]byte { return MessageID(s.Mode, s.Ephemeral) }

// Marshal returns the message.
func (s *Sealed) Marshal() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("sealed message: %w", err)
	}
	return append(s.Header(), s.Ciphertext...), nil
}

// ParseSealed takes a message apart. Another first octet gives ErrType. Whether U or E is a point, the decapsulation tells.
func ParseSealed(in []byte) (*Sealed, error) {
	r := &reader{b: in}
	s := &Sealed{Mode: r.u8()}
	r.fill(s.Ref[:])
	s.Epoch = r.u32()
	switch {
	case r.err != nil:
		return nil, fmt.Errorf("sealed message: %w", r.err)
	case ephemeralSize(s.Mode) == 0:
		return nil, fmt.Errorf("sealed message: %w", ErrType)
	}
	s.Ephemeral = r.take(ephemeralSize(s.Mode))
	if r.err != nil {
		return nil, fmt.Errorf("sealed message: %w", r.err)
	}
	s.Ciphertext = r.b
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("sealed message: %w", err)
	}
	return s, nil
}

func (s *Sealed) check() error {
	switch n := ephemeralSize(s.Mode); {
	case n == 0:
		return ErrType
	case len(s.Ephemeral) != n:
		return fmt.Errorf("ephemeral: %w: %d octets in this mode", ErrValue, n)
	}
	return checkCiphertext(s.Ciphertext)
}

func checkCiphertext(b []byte) error {
	switch {
	case len(b) < minPlain+tagSize:
		return fmt.Errorf("%w: cut off", ErrEncoding)
	case len(b) > MaxCiphertext:
		return fmt.Errorf("ciphertext: %w: %d octets, at most %d", ErrTooLong, len(b), MaxCiphertext)
	}
	return nil
}

// ephemeralSize returns 0 for a mode that is not sealed.
func ephemeralSize(mode byte) int {
	switch mode {
	case ModeCold:
		return coldSize
	case ModeWarm:
		return warmSize
	}
	return 0
}

// SealedSigned returns the octets that the signature inside a sealed message is over:
// mode ‖ LP(id of recipient) ‖ (U or E) ‖ u64(time) ‖ payload.
func SealedSigned(mode byte, recipient ibc.Identity, ephemeral []byte, t time.Time, payload []byte) []byte {
	out := ibc.AppendLP([]byte{mode}, recipient.Encode())
	out = append(out, ephemeral...)
	out = binary.BigEndian.AppendUint64(out, unixMillis(t))
	return append(out, payload...)
}
