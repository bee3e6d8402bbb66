package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// Several is the outside of a message that is sealed to several recipients: what a carrier sees. It does not say who they are.
type Several struct {
	Mode       byte       // ModeColdSeveral or ModeWarmSeveral
	Ref        [4]byte    // of the recipients' core
	Epoch      uint32     // of the recipients' keys
	Commit     [32]byte   // to the key that all wraps hold
	Ephemeral  []byte     // cold: U, 48 octets; warm: E, 32 octets
	Wraps      [][48]byte // that key for each recipient; MinRecipients to MaxRecipients
	Ciphertext []byte     // of a Plain, with the tag
}

// Header returns mode ‖ ref ‖ u32(epoch) ‖ u8(count) ‖ commit ‖ U or E, the associated data of the wraps.
func (s *Several) Header() []byte {
	out := make([]byte, 0, 1+refSize+4+1+len(s.Commit)+len(s.Ephemeral)+len(s.Wraps)*wrapSize+len(s.Ciphertext))
	out = append(out, s.Mode)
	out = append(out, s.Ref[:]...)
	out = binary.BigEndian.AppendUint32(out, s.Epoch)
	out = append(out, byte(len(s.Wraps))) // at most 64
	out = append(out, s.Commit[:]...)
	return append(out, s.Ephemeral...)
}

// Bound returns header ‖ wraps, the associated data of the message itself, whose hash the signature covers.
func (s *Several) Bound() []byte {
	out := s.Header()
	for i := range s.Wraps {
		out = append(out, s.Wraps[i][:]...)
	}
	return out
}

// ID returns the message id, made of the mode and U or E.
func (s *Several) ID() [16]byte { return MessageID(s.Mode, s.Ephemeral) }

// Marshal returns the message.
func (s *Several) Marshal() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("message to several: %w", err)
	}
	return append(s.Bound(), s.Ciphertext...), nil
}

// ParseSeveral takes a message apart, whose Ephemeral and Ciphertext alias in. Another first octet gives ErrType. Whether U or E is a point,
// the decapsulation tells.
func ParseSeveral(in []byte) (*Several, error) {
	r := &reader{b: in}
	s := &Several{Mode: r.u8()}
	if r.err == nil && severalSize(s.Mode) == 0 {
		return nil, fmt.Errorf("message to several: %w", ErrType)
	}
	r.fill(s.Ref[:])
	s.Epoch = r.u32()
	count := int(r.u8())
	r.fill(s.Commit[:])
	if r.err == nil && (count < MinRecipients || count > MaxRecipients) {
		r.err = errRecipients(count)
	}
	if r.err == nil {
		s.Ephemeral = r.take(severalSize(s.Mode))
		s.Wraps = make([][wrapSize]byte, count)
		for i := range s.Wraps {
			r.fill(s.Wraps[i][:])
		}
	}
	if r.err != nil {
		return nil, fmt.Errorf("message to several: %w", r.err)
	}
	s.Ciphertext = r.b
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("message to several: %w", err)
	}
	return s, nil
}

func (s *Several) check() error {
	switch n := severalSize(s.Mode); {
	case n == 0:
		return ErrType
	case len(s.Wraps) < MinRecipients || len(s.Wraps) > MaxRecipients:
		return errRecipients(len(s.Wraps))
	case len(s.Ephemeral) != n:
		return fmt.Errorf("ephemeral: %w: %d octets in this mode", ErrValue, n)
	}
	return checkCiphertext(s.Ciphertext)
}

func errRecipients(n int) error {
	return fmt.Errorf("recipients: %w: %d, must be %d to %d", ErrValue, n, MinRecipients, MaxRecipients)
}

// severalSize returns 0 for a mode that is not sealed to several.
func severalSize(mode byte) int {
	switch mode {
	case ModeColdSeveral:
		return coldSize
	case ModeWarmSeveral:
		return warmSize
	}
	return 0
}

// SeveralSigned returns the octets that the signature inside a message to several is over:
// mode ‖ SHA-256(header ‖ wraps) ‖ u64(time) ‖ payload.
func SeveralSigned(mode byte, bound []byte, t time.Time, payload []byte) []byte {
	digest := sha256.Sum256(bound)
	out := append([]byte{mode}, digest[:]...)
	out = binary.BigEndian.AppendUint64(out, unixMillis(t))
	return append(out, payload...)
}
