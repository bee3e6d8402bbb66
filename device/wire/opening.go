package wire

import (
	"encoding/binary"
	"fmt"
)

// Opening is a cold message that opens a session, and may say something with the call: what a carrier sees of it. Inside is a Plain, whose
// payload is an Early.
type Opening struct {
	Ref        [4]byte  // of the recipient's core
	Epoch      uint32   // of the recipient's key
	U          [48]byte // the ephemeral of the cold mode
	Ciphertext []byte   // of a Plain, with the tag
}

// Header returns 0x18 ‖ ref ‖ u32(epoch) ‖ U, the associated data of the AEAD, 57 octets.
func (o *Opening) Header() []byte {
	out := append(make([]byte, 0, openingHeader+len(o.Ciphertext)), ModeOpening)
	out = append(out, o.Ref[:]...)
	out = binary.BigEndian.AppendUint32(out, o.Epoch)
	return append(out, o.U[:]...)
}

// ID returns the message id, made of the mode and U.
func (o *Opening) ID() [16]byte { return MessageID(ModeOpening, o.U[:]) }

// Marshal returns the message, MinOpening to MaxOpening octets.
func (o *Opening) Marshal() ([]byte, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("opening: %w", err)
	}
	return append(o.Header(), o.Ciphertext...), nil
}

// ParseOpening takes a message apart, whose Ciphertext aliases in. Another first octet gives ErrType. Whether U is a point, the decapsulation
// tells.
func ParseOpening(in []byte) (*Opening, error) {
	r := &reader{b: in}
	mode := r.u8()
	o := &Opening{}
	r.fill(o.Ref[:])
	o.Epoch = r.u32()
	r.fill(o.U[:])
	o.Ciphertext = r.b
	switch {
	case r.err != nil:
		return nil, fmt.Errorf("opening: %w", r.err)
	case mode != ModeOpening:
		return nil, fmt.Errorf("opening: %w", ErrType)
	}
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("opening: %w", err)
	}
	return o, nil
}

func (o *Opening) check() error {
	switch n := openingHeader + len(o.Ciphertext); {
	case n < MinOpening:
		return fmt.Errorf("%w: cut off", ErrEncoding)
	case n > MaxOpening:
		return fmt.Errorf("%w: %d octets, at most %d", ErrTooLong, n, MaxOpening)
	}
	return nil
}

// Early is the payload of an Opening: what the initiator of a session says before the responder answered.
type Early struct {
	List  uint32   // sequence of its newest revocation list, 0 if it has none
	Noise [48]byte // Noise message 1
	Data  []byte   // of the program, at most MaxEarly octets
}

// Marshal returns u32(list) ‖ Noise message 1 ‖ data.
func (e *Early) Marshal() ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	out := binary.BigEndian.AppendUint32(make([]byte, 0, earlyOverhead+len(e.Data)), e.List)
	return append(append(out, e.Noise[:]...), e.Data...), nil
}

// ParseEarly takes one Early, which ends where in ends; its Data aliases in. Anything else gives ErrEncoding or ErrTooLong.
func ParseEarly(in []byte) (*Early, error) {
	r := &reader{b: in}
	e := &Early{List: r.u32()}
	r.fill(e.Noise[:])
	if r.err != nil {
		return nil, fmt.Errorf("early data: %w", r.err)
	}
	e.Data = r.b
	return e, e.check()
}

func (e *Early) check() error {
	if len(e.Data) > MaxEarly {
		return fmt.Errorf("early data: %w: %d octets, at most %d", ErrTooLong, len(e.Data), MaxEarly)
	}
	return nil
}
