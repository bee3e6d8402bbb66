package wire

import (
	"encoding/binary"
	"fmt"
)

// What carries lists from device to device (section 10 of the protocol): two records of a session, and two datagrams.

// ListRequest is what one side of a session says of its list, and asks for: data of a record of type 2.
type ListRequest struct {
	Order  Order  // of the list in force at the sender
	Most   uint32 // octets that the statement may have, at most MaxBundle; 0 asks for nothing
	Offset uint32 // octets of it that the sender has already, below Most unless both are 0
}

const listRequestSize = 3*4 + 4 + 4

// Marshal returns u32(generation) ‖ u32(base) ‖ u32(sequence) ‖ u32(most) ‖ u32(offset), 20 octets.
func (r *ListRequest) Marshal() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("list request: %w", err)
	}
	out := appendOrder(make([]byte, 0, listRequestSize), r.Order)
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(out, r.Most), r.Offset), nil
}

// ParseListRequest takes exactly one ListRequest. Anything else gives ErrEncoding or ErrValue.
func ParseListRequest(in []byte) (*ListRequest, error) {
	p := &reader{b: in}
	r := &ListRequest{Order: p.order(), Most: p.u32(), Offset: p.u32()}
	if p.err == nil && len(p.b) != 0 {
		p.err = fmt.Errorf("%w: trailing octets", ErrEncoding)
	}
	if p.err == nil {
		p.err = r.check()
	}
	if p.err != nil {
		return nil, fmt.Errorf("list request: %w", p.err)
	}
	return r, nil
}

func (r *ListRequest) check() error {
	if r.Most > MaxBundle || r.Offset > 0 && r.Offset >= r.Most {
		return fmt.Errorf("%w: most or offset", ErrValue)
	}
	return nil
}

// ListPiece is a part of the statement that answers a ListRequest: data of a record of type 3.
type ListPiece struct {
	Total  uint32 // octets of the whole statement, at most MaxBundle; 0 means that there is none to give
	Offset uint32 // where Data belongs
	Data   []byte // 1 to MaxListPiece octets, none if Total is 0
}

// Marshal returns u32(total) ‖ u32(offset) ‖ data.
func (p *ListPiece) Marshal() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("list piece: %w", err)
	}
	out := binary.BigEndian.AppendUint32(make([]byte, 0, 8+len(p.Data)), p.Total)
	return append(binary.BigEndian.AppendUint32(out, p.Offset), p.Data...), nil
}

// ParseListPiece takes one ListPiece, which ends where in ends; its Data aliases in. Anything else gives ErrEncoding, ErrTooLong or ErrValue.
func ParseListPiece(in []byte) (*ListPiece, error) {
	r := &reader{b: in}
	p := &ListPiece{Total: r.u32(), Offset: r.u32()}
	p.Data = r.b
	if r.err == nil {
		r.err = p.check()
	}
	if r.err != nil {
		return nil, fmt.Errorf("list piece: %w", r.err)
	}
	return p, nil
}

func (p *ListPiece) check() error {
	end := uint64(p.Offset) + uint64(len(p.Data))
	switch {
	case len(p.Data) > MaxListPiece:
		return fmt.Errorf("%w: %d octets, at most %d", ErrTooLong, len(p.Data), MaxListPiece)
	case p.Total > MaxBundle || end > uint64(p.Total) || len(p.Data) == 0 && (p.Total > 0 || p.Offset > 0):
		return fmt.Errorf("%w: outside the statement that it is of", ErrValue)
	}
	return nil
}

// ListQuery asks whoever hears it for the statement that brings a list to a later one: a datagram, whose answer is never longer than itself.
type ListQuery struct {
	Ref   [4]byte // of the core
	Order Order   // of the list in force at the sender; zero: none
	Size  int     // octets of the datagram: MinListQuery to MaxListQuery
}

// Marshal returns 0x31 ‖ ref ‖ u32(generation) ‖ u32(base) ‖ u32(sequence) ‖ zeros, Size octets in all.
func (q *ListQuery) Marshal() ([]byte, error) {
	if q.Size < MinListQuery || q.Size > MaxListQuery {
		return nil, fmt.Errorf("list query: %w: %d to %d octets", ErrValue, MinListQuery, MaxListQuery)
	}
	out := append(append(make([]byte, 0, q.Size), ModeListQuery), q.Ref[:]...)
	return appendOrder(out, q.Order)[:q.Size], nil
}

// ParseListQuery takes exactly one ListQuery. Another first octet gives ErrType, padding that is not zero ErrEncoding.
func ParseListQuery(in []byte) (*ListQuery, error) {
	if len(in) > MaxListQuery {
		return nil, fmt.Errorf("list query: %w", ErrTooLong)
	}
	r := &reader{b: in}
	mode := r.u8()
	q := &ListQuery{Size: len(in)}
	r.fill(q.Ref[:])
	q.Order = r.order()
	switch {
	case r.err != nil:
		return nil, fmt.Errorf("list query: %w", r.err)
	case mode != ModeListQuery:
		return nil, fmt.Errorf("list query: %w", ErrType)
	}
	for _, b := range r.b {
		if b != 0 {
			return nil, fmt.Errorf("list query: %w: padding", ErrEncoding)
		}
	}
	return q, nil
}

// ListAnswer carries the statement that answers a ListQuery.
type ListAnswer struct {
	Ref       [4]byte // of the core
	Statement []byte  // a full list or a change, not verified: at least one octet
}

// Marshal returns 0x32 ‖ ref ‖ statement, MaxListQuery octets at most.
func (a *ListAnswer) Marshal() ([]byte, error) {
	switch n := ListAnswerOverhead + len(a.Statement); {
	case n > MaxListQuery:
		return nil, fmt.Errorf("list answer: %w: %d octets, at most %d", ErrTooLong, n, MaxListQuery)
	case len(a.Statement) == 0:
		return nil, fmt.Errorf("list answer: %w: no statement", ErrValue)
	}
	return append(append([]byte{ModeListAnswer}, a.Ref[:]...), a.Statement...), nil
}

// ParseListAnswer takes one ListAnswer, which ends where in ends; its Statement aliases in. Another first octet gives ErrType.
func ParseListAnswer(in []byte) (*ListAnswer, error) {
	if len(in) > MaxListQuery {
		return nil, fmt.Errorf("list answer: %w", ErrTooLong)
	}
	r := &reader{b: in}
	mode := r.u8()
	a := &ListAnswer{}
	r.fill(a.Ref[:])
	a.Statement = r.b
	switch {
	case r.err != nil:
		return nil, fmt.Errorf("list answer: %w", r.err)
	case mode != ModeListAnswer:
		return nil, fmt.Errorf("list answer: %w", ErrType)
	case len(a.Statement) == 0:
		return nil, fmt.Errorf("list answer: %w: cut off", ErrEncoding)
	}
	return a, nil
}

func appendOrder(b []byte, o Order) []byte {
	for _, v := range []uint32{o.Generation, o.Base, o.Sequence} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func (r *reader) order() Order { return Order{Generation: r.u32(), Base: r.u32(), Sequence: r.u32()} }
