package wire

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Broadcast is a signed message for whoever hears it. The long form names the sender; the short one gives a hint at a
// key that the receiver knows already. It costs 110 octets and the address, or 85.
type Broadcast struct {
	Ref     [4]byte   // of the core
	Time    time.Time // whole milliseconds; fixes the epoch of the sender's key
	Short   bool
	Sender  Address  // long form only
	R       [32]byte // long form only
	KeyRef  [8]byte  // short form only
	Sig     [64]byte // A ‖ t over Signed
	Payload []byte   // at most 65,536 octets
}

func (b *Broadcast) mode() byte {
	if b.Short {
		return ModeBroadcastShort
	}
	return ModeBroadcast
}

// ID returns the message id, made of the mode and A.
func (b *Broadcast) ID() [16]byte { return MessageID(b.mode(), b.Sig[:32]) }

// Signed returns the octets that the signature is over: mode ‖ u64(time) ‖ payload.
func (b *Broadcast) Signed() []byte { return b.AppendSigned(make([]byte, 0, 1+8+len(b.Payload))) }

// AppendSigned appends the same to out.
func (b *Broadcast) AppendSigned(out []byte) []byte {
	out = append(out, b.mode())
	out = binary.BigEndian.AppendUint64(out, unixMillis(b.Time))
	return append(out, b.Payload...)
}

// Marshal returns the message. Fields of the other form are left out.
func (b *Broadcast) Marshal() ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("broadcast: %w", err)
	}
	out := make([]byte, 0, 1+refSize+8+1+MaxAddress+pointSize+signatureSize+len(b.Payload))
	out = append(out, b.mode())
	out = append(out, b.Ref[:]...)
	out = binary.BigEndian.AppendUint64(out, unixMillis(b.Time))
	if b.Short {
		out = append(out, b.KeyRef[:]...)
	} else {
		out = appendAddress(out, b.Sender)
		out = append(out, b.R[:]...)
	}
	out = append(out, b.Sig[:]...)
	return append(out, b.Payload...), nil
}

// ParseBroadcast takes a message of either form apart. Another first octet gives ErrType. The payload is part of in.
func ParseBroadcast(in []byte) (*Broadcast, error) {
	b := &Broadcast{}
	if err := b.Parse(in, nil); err != nil {
		return nil, err
	}
	return b, nil
}

// Parse is ParseBroadcast into b, which after an error holds nothing of use. known, unless nil, may give the address that a text is, and saves
// parsing it: then nothing is allocated.
func (b *Broadcast) Parse(in []byte, known func(text []byte) (Address, bool)) error {
	if err := b.parse(in, known); err != nil {
		return fmt.Errorf("broadcast: %w", err)
	}
	return nil
}

func (b *Broadcast) parse(in []byte, known func(text []byte) (Address, bool)) error {
	r := reader{b: in}
	mode := r.u8()
	switch {
	case r.err != nil:
		return r.err
	case mode != ModeBroadcast && mode != ModeBroadcastShort:
		return ErrType
	}
	*b = Broadcast{Short: mode == ModeBroadcastShort}
	r.fill(b.Ref[:])
	b.Time = fromMillis(r.u64())
	if b.Short {
		r.fill(b.KeyRef[:])
	} else {
		b.Sender = r.addressOf(known)
		r.fill(b.R[:])
	}
	r.fill(b.Sig[:])
	if r.err != nil {
		return r.err
	}
	b.Payload = r.b
	return b.check()
}

func (b *Broadcast) check() error {
	if !b.Short && b.Sender.IsZero() {
		return fmt.Errorf("%w: none was set", ErrAddress)
	}
	if err := checkTime(b.Time, time.Millisecond); err != nil {
		return err
	}
	return checkPayload(b.Payload)
}
