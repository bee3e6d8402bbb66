package wire

import (
	"encoding/binary"
	"fmt"
)

// reader takes fields of fixed layouts off the front of b. After the first that is missing or wrong it gives zero values
// and keeps the error.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n int) []byte {
	if r.err == nil && len(r.b) < n {
		r.err = fmt.Errorf("%w: cut off", ErrEncoding)
	}
	if r.err != nil {
		return make([]byte, n)
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) u8() byte { return r.take(1)[0] }

func (r *reader) u32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }

func (r *reader) u64() uint64 { return binary.BigEndian.Uint64(r.take(8)) }

func (r *reader) fill(dst []byte) { copy(dst, r.take(len(dst))) }

// address reads u8(len) ‖ address.
func (r *reader) address() Address { return r.addressOf(nil) }

// addressOf asks known first, unless it is nil.
func (r *reader) addressOf(known func(text []byte) (Address, bool)) Address {
	text := r.take(int(r.u8()))
	if r.err != nil {
		return Address{}
	}
	if known != nil {
		if a, ok := known(text); ok {
			return a
		}
	}
	a, err := ParseAddress(string(text))
	r.err = err
	return a
}

func appendAddress(b []byte, a Address) []byte {
	b = append(b, byte(len(a.s))) // at most 255
	return append(b, a.s...)
}
