package wire

import (
	"crypto"
	"fmt"
	"time"
)

// HandOver says who hands over what, which all that a depot signs begins with. A reader compares Name and Key with those of a depot that
// is registered: the signature alone proves nothing but that its maker holds Key.
type HandOver struct {
	Core     [32]byte  // hash of the core of the realm
	Name     string    // of the depot
	Key      [32]byte  // that signed it
	Sequence uint32    // from 1, and rising: of batches and of receipts apart
	Time     time.Time // by the depot's clock; whole seconds
}

// Confirmed is a request whose words a person at the depot compared with those that the device showed.
type Confirmed struct {
	Request []byte    // at most MaxRequest octets, still to be parsed
	At      time.Time // when they were compared, by the depot's clock; whole seconds
}

// Batch is what a depot asks the authority to enrol: payload of a statement of type batch, 1 to MaxBatchItems requests.
type Batch struct {
	HandOver
	Requests []Confirmed
}

// Receipts is what a depot collected of receipts, and its own: payload of a statement of type receipts. There are at most MaxBatchItems of
// them, each at most MaxReceipt octets and still to be parsed; none only beside a List.
type Receipts struct {
	HandOver
	Receipts [][]byte
	List     Order // the newest that the depot has, to hand it out; zero when it says nothing about that
}

type confirmedArray struct {
	_       struct{} `cbor:",toarray"`
	Request []byte
	At      uint64
}

type batchArray struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8
	Core     [32]byte
	Name     string
	Key      [32]byte
	Sequence uint32
	Time     uint64
	Items    []confirmedArray
}

type receiptsArray struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8
	Core     [32]byte
	Name     string
	Key      [32]byte
	Sequence uint32
	Time     uint64
	Items    [][]byte
}

// tellingArray is a receiptsArray with a list.
type tellingArray struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Core       [32]byte
	Name       string
	Key        [32]byte
	Sequence   uint32
	Time       uint64
	Items      [][]byte
	Generation uint32
	Base       uint32
	List       uint32
}

// tellingHead is how the encoding of one begins: an array of ten.
const tellingHead = 0x8a

func (h *HandOver) check(version uint8, items int) error {
	switch {
	case version != 1:
		return fmt.Errorf("%w: version must be 1", ErrValue)
	case h.Sequence == 0:
		return fmt.Errorf("sequence: %w: they are counted from 1", ErrValue)
	case items < 1 || items > MaxBatchItems:
		return fmt.Errorf("items: %w: 1 to %d", ErrValue, MaxBatchItems)
	}
	if err := checkDepot(h.Name, h.Key); err != nil {
		return err
	}
	return checkTime(h.Time, time.Second)
}

// Marshal returns the encoding of b, at most MaxBatch octets: ErrName, ErrStatementKey, ErrTime, ErrValue, ErrTooLong.
func (b *Batch) Marshal() ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	a := batchArray{Version: 1, Core: b.Core, Name: b.Name, Key: b.Key, Sequence: b.Sequence, Time: unixSeconds(b.Time)}
	for _, c := range b.Requests {
		a.Items = append(a.Items, confirmedArray{Request: c.Request, At: unixSeconds(c.At)})
	}
	return encode(&a), nil
}

func (b *Batch) check() error {
	for _, c := range b.Requests {
		if len(c.Request) == 0 || len(c.Request) > MaxRequest {
			return fmt.Errorf("request: %w: 1 to %d octets", ErrValue, MaxRequest)
		}
		if err := checkTime(c.At, time.Second); err != nil {
			return err
		}
	}
	return b.HandOver.check(1, len(b.Requests))
}

// ParseBatch reads the payload of a statement of type batch.
func ParseBatch(b []byte) (*Batch, error) {
	var a batchArray
	if err := decodeIn(longMode, b, MaxBatch, &a); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	out := &Batch{HandOver: HandOver{Core: a.Core, Name: a.Name, Key: a.Key, Sequence: a.Sequence, Time: fromSeconds(a.Time)}}
	for _, c := range a.Items {
		out.Requests = append(out.Requests, Confirmed{Request: c.Request, At: fromSeconds(c.At)})
	}
	if err := out.HandOver.check(a.Version, len(a.Items)); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	if err := out.check(); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	return out, nil
}

// Marshal returns the encoding of r, at most MaxBatch octets, with the errors of Batch.Marshal.
func (r *Receipts) Marshal() ([]byte, error) {
	if err := r.check(1); err != nil {
		return nil, fmt.Errorf("receipts: %w", err)
	}
	if r.List != (Order{}) {
		return encode(&tellingArray{
			Version: 1, Core: r.Core, Name: r.Name, Key: r.Key, Sequence: r.Sequence, Time: unixSeconds(r.Time), Items: r.items(),
			Generation: r.List.Generation, Base: r.List.Base, List: r.List.Sequence,
		}), nil
	}
	return encode(&receiptsArray{
		Version: 1, Core: r.Core, Name: r.Name, Key: r.Key, Sequence: r.Sequence, Time: unixSeconds(r.Time), Items: r.items(),
	}), nil
}

// items is never nil, which CBOR would tell from an empty list.
func (r *Receipts) items() [][]byte { return append([][]byte{}, r.Receipts...) }

func (r *Receipts) check(version uint8) error {
	for _, b := range r.Receipts {
		if len(b) == 0 || len(b) > MaxReceipt {
			return fmt.Errorf("receipt: %w: 1 to %d octets", ErrValue, MaxReceipt)
		}
	}
	items := len(r.Receipts)
	if r.List.Sequence > 0 {
		items = max(items, 1)
	} else if r.List != (Order{}) {
		return fmt.Errorf("list: %w: they are counted from 1", ErrValue)
	}
	return r.HandOver.check(version, items)
}

// ParseReceipts reads the payload of a statement of type receipts.
func ParseReceipts(b []byte) (*Receipts, error) {
	r, version, err := decodeReceipts(b)
	if err == nil {
		err = r.check(version)
	}
	if err != nil {
		return nil, fmt.Errorf("receipts: %w", err)
	}
	return r, nil
}

func decodeReceipts(b []byte) (*Receipts, uint8, error) {
	if len(b) > 0 && b[0] == tellingHead {
		var a tellingArray
		if err := decodeIn(longMode, b, MaxBatch, &a); err != nil {
			return nil, 0, err
		}
		if a.List == 0 {
			return nil, 0, fmt.Errorf("list: %w: they are counted from 1", ErrValue)
		}
		h := HandOver{Core: a.Core, Name: a.Name, Key: a.Key, Sequence: a.Sequence, Time: fromSeconds(a.Time)}
		return &Receipts{HandOver: h, Receipts: a.Items, List: Order{a.Generation, a.Base, a.List}}, a.Version, nil
	}
	var a receiptsArray
	if err := decodeIn(longMode, b, MaxBatch, &a); err != nil {
		return nil, 0, err
	}
	h := HandOver{Core: a.Core, Name: a.Name, Key: a.Key, Sequence: a.Sequence, Time: fromSeconds(a.Time)}
	return &Receipts{HandOver: h, Receipts: a.Items}, a.Version, nil
}

// SignBatch signs a batch in realm with the depot's key, which it states.
func SignBatch(depot crypto.Signer, realm string, b *Batch) ([]byte, error) {
	payload, err := b.Marshal()
	if err != nil {
		return nil, err
	}
	return signAs(depot, TypeBatch, realm, payload, b.Key)
}

// SignReceipts signs receipts in realm with the depot's key, which they state.
func SignReceipts(depot crypto.Signer, realm string, r *Receipts) ([]byte, error) {
	payload, err := r.Marshal()
	if err != nil {
		return nil, err
	}
	return signAs(depot, TypeReceipts, realm, payload, r.Key)
}

// OpenBatch verifies a statement of type batch in the realm of core, under the key that it states. Errors: as OpenStatement's.
func OpenBatch(b []byte, core *Core) (*Batch, error) {
	s, err := parseStatement(b, TypeBatch)
	if err != nil {
		return nil, err
	}
	batch, err := ParseBatch(s.payload)
	if err != nil {
		return nil, err
	}
	return batch, s.verifyIn(core, batch.Core, batch.Key)
}

// OpenReceipts verifies a statement of type receipts, as OpenBatch does.
func OpenReceipts(b []byte, core *Core) (*Receipts, error) {
	s, err := parseStatement(b, TypeReceipts)
	if err != nil {
		return nil, err
	}
	r, err := ParseReceipts(s.payload)
	if err != nil {
		return nil, err
	}
	return r, s.verifyIn(core, r.Core, r.Key)
}

// RequestHash returns what [Request.Hash] does for the request that an encoding is of, without parsing it.
func RequestHash(b []byte) [32]byte { return labelled("marque/v1/request", b) }
