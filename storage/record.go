package storage

import (
	"bytes"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"

	"marque/device/wire"
)

// record is an identity as it is stored: an array in deterministic CBOR (RFC
// 8949 section 4.2.1). The serial is the one in the address.
type record struct {
	_            struct{} `cbor:",toarray"`
	Version      uint8    // 1
	Address      string
	Kind         uint8
	Request      []byte // 32 octets; as arrays they would be encoded one octet at a time
	EnrolmentKey []byte // 32 octets
	Sequence     uint32
	FirstEpoch   uint32
	Epochs       uint32
	Issued       uint64 // Unix seconds
	Revoked      *revocation
}

type revocation struct {
	_         struct{} `cbor:",toarray"`
	Reason    uint8
	Effective uint64 // Unix seconds
	At        uint64 // Unix seconds
	ListedIn  uint32
	Expired   bool
}

var encoding, decoding = modes()

func modes() (cbor.EncMode, cbor.DecMode) {
	enc, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err) // constant options
	}
	dec, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		MaxNestedLevels:   4,
		MaxArrayElements:  16,
		MaxMapPairs:       16,
	}.DecMode()
	if err != nil {
		panic(err) // constant options
	}
	return enc, dec
}

func (id *Identity) marshal() ([]byte, error) {
	if err := id.check(); err != nil {
		return nil, fmt.Errorf("store serial %d: %w", id.Serial, err)
	}
	r := record{
		Version: 1, Address: id.Address.String(), Kind: uint8(id.Kind),
		Request: id.Request[:], EnrolmentKey: id.EnrolmentKey[:],
		Sequence: id.Sequence, FirstEpoch: id.FirstEpoch, Epochs: id.Epochs, Issued: uint64(id.Issued.Unix()),
	}
	if id.Revoked != nil {
		r.Revoked = id.Revoked.record()
	}
	b, err := encoding.Marshal(&r)
	if err != nil {
		return nil, fmt.Errorf("encode serial %d: %w", id.Serial, err)
	}
	return b, nil
}

// check refuses what must not be stored, and, on reading, what no version of
// this program stored.
func (id *Identity) check() error {
	switch {
	case id.Address.IsZero() || id.Address.Serial() != id.Serial:
		return fmt.Errorf("the address does not end in the serial: %w", ErrInvalid)
	case id.Kind != wire.KindVehicle && id.Kind != wire.KindApplication:
		return fmt.Errorf("kind %d: %w", uint8(id.Kind), ErrInvalid)
	case id.Epochs < 1 || id.Epochs > maxEpochs || id.FirstEpoch+id.Epochs-1 < id.FirstEpoch:
		return fmt.Errorf("%d epochs: %w", id.Epochs, ErrInvalid)
	case id.Issued.Unix() < 0:
		return fmt.Errorf("issued before 1970: %w", ErrInvalid)
	case id.Revoked != nil:
		return id.Revoked.check()
	}
	return nil
}

func (v *Revocation) check() error {
	switch {
	case v.Effective.Unix() < 0 || v.At.Unix() < 0:
		return fmt.Errorf("revoked before 1970: %w", ErrInvalid)
	case v.Reason < wire.ReasonUnspecified || v.Reason > wire.ReasonNeverIssued:
		return fmt.Errorf("revoked for reason %d: %w", uint8(v.Reason), ErrInvalid)
	}
	return nil
}

func (v *Revocation) record() *revocation {
	return &revocation{
		Reason: uint8(v.Reason), Effective: uint64(v.Effective.Unix()), At: uint64(v.At.Unix()),
		ListedIn: v.ListedIn, Expired: v.Expired,
	}
}

func (r *revocation) open() *Revocation {
	return &Revocation{
		Reason: wire.Reason(r.Reason), Effective: seconds(r.Effective), At: seconds(r.At),
		ListedIn: r.ListedIn, Expired: r.Expired,
	}
}

// parseIdentity accepts exactly what marshal writes.
func parseIdentity(b []byte) (*Identity, error) {
	if len(b) > maxIdentity {
		return nil, fmt.Errorf("identity of %d octets: %w", len(b), ErrLimit)
	}
	var r record
	if err := decoding.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("decode an identity: %w", err)
	}
	if r.Version != 1 {
		return nil, fmt.Errorf("identity of version %d: %w", r.Version, ErrFormat)
	}
	if len(r.Request) != 32 || len(r.EnrolmentKey) != 32 {
		return nil, fmt.Errorf("decode an identity: request or enrolment key is cut off: %w", ErrInvalid)
	}
	address, err := wire.ParseAddress(r.Address)
	if err != nil {
		return nil, fmt.Errorf("decode an identity: %w", err)
	}
	id := &Identity{
		Serial: address.Serial(), Address: address, Kind: wire.Kind(r.Kind),
		Request: [32]byte(r.Request), EnrolmentKey: [32]byte(r.EnrolmentKey),
		Sequence: r.Sequence, FirstEpoch: r.FirstEpoch, Epochs: r.Epochs, Issued: seconds(r.Issued),
	}
	if r.Revoked != nil {
		id.Revoked = r.Revoked.open()
	}
	again, err := id.marshal()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, b) {
		return nil, fmt.Errorf("identity in another encoding than ours: %w", ErrInvalid)
	}
	return id, nil
}

func seconds(n uint64) time.Time { return time.Unix(int64(n), 0).UTC() }
