package wire

import (
	"bytes"
	"fmt"
	"time"

	"marque/device/ibc"
)

// ReceiptContext is the context of a receipt's signature.
const ReceiptContext = "marque/v1/receipt"

// Receipt is what a device answers a package with (section 6.4 of the protocol): signed with its new key, it shows that the package was
// installed, says which revocation list the device holds, and brings the keys that its next package is to be made for. About 285
// octets with an address of 25, at most 536.
//
// It does not contain everything that its signature covers: core and request are known to whoever can make use of it, and are given to
// Verify.
type Receipt struct {
	Ref       [4]byte // of the core; only tells which one to try
	Address   Address
	Sequence  uint32    // of the package, from 1
	R         [32]byte  // of the key that signed; its epoch is that of Time
	List      Order     // the list in force, zero for none
	Installed time.Time // when the package was installed; whole seconds
	Time      time.Time // when the receipt was made; whole seconds
	U         [32]byte  // the next enrolment key
	HPKEKey   [32]byte  // and the key that the next package is encrypted to
	Proof     [64]byte  // made with the secret of U over the body of Next
	Sig       [64]byte  // over Signed
}

// Without the signature, the receipt is an array of its own: what is signed.
type receiptBody struct {
	_                      struct{} `cbor:",toarray"`
	Version                uint8
	Ref                    [4]byte
	Address                string
	Sequence               uint32
	R                      [32]byte
	Generation, Base, List uint32
	Installed, Time        uint64
	U, HPKEKey             [32]byte
	Proof                  [64]byte
}

type receiptArray struct {
	_                      struct{} `cbor:",toarray"`
	Version                uint8
	Ref                    [4]byte
	Address                string
	Sequence               uint32
	R                      [32]byte
	Generation, Base, List uint32
	Installed, Time        uint64
	U, HPKEKey             [32]byte
	Proof                  [64]byte
	Sig                    [64]byte
}

// Signed returns the octets that the signature is over: the hash of the request that the package answers, and everything but the
// signature.
func (r *Receipt) Signed(request [32]byte) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	return append(request[:], encode(&receiptBody{
		Version: 1, Ref: r.Ref, Address: r.Address.String(), Sequence: r.Sequence, R: r.R,
		Generation: r.List.Generation, Base: r.List.Base, List: r.List.Sequence,
		Installed: unixSeconds(r.Installed), Time: unixSeconds(r.Time), U: r.U, HPKEKey: r.HPKEKey, Proof: r.Proof,
	})...), nil
}

// Marshal returns the encoding of r. It looks neither at the signature nor at the proof.
func (r *Receipt) Marshal() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	return encode(&receiptArray{
		Version: 1, Ref: r.Ref, Address: r.Address.String(), Sequence: r.Sequence, R: r.R,
		Generation: r.List.Generation, Base: r.List.Base, List: r.List.Sequence,
		Installed: unixSeconds(r.Installed), Time: unixSeconds(r.Time), U: r.U, HPKEKey: r.HPKEKey, Proof: r.Proof, Sig: r.Sig,
	}), nil
}

// ParseReceipt reads a receipt. Nothing in it is true before Verify.
func ParseReceipt(b []byte) (*Receipt, error) {
	var a receiptArray
	if err := decode(b, MaxReceipt, &a); err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	if a.Version != 1 {
		return nil, fmt.Errorf("receipt: %w: version must be 1", ErrValue)
	}
	address, err := ParseAddress(a.Address)
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	r := &Receipt{
		Ref: a.Ref, Address: address, Sequence: a.Sequence, R: a.R, List: Order{Generation: a.Generation, Base: a.Base, Sequence: a.List},
		Installed: fromSeconds(a.Installed), Time: fromSeconds(a.Time), U: a.U, HPKEKey: a.HPKEKey, Proof: a.Proof, Sig: a.Sig,
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	return r, nil
}

// Next returns the request that the receipt stands for: for the name of its address, with a nonce that is the first half of the hash of
// the request before. kind and request are those of the device's package.
func (r *Receipt) Next(kind Kind, request [32]byte) *Request {
	return &Request{
		Kind: kind, Name: r.Address.Name(), U: r.U, HPKEKey: r.HPKEKey, Nonce: [16]byte(request[:16]), Time: r.Installed, Proof: r.Proof,
	}
}

// Verify checks the signature in the realm of core, for the package that answered a request of this hash and kind, and the proof that the
// device holds the next enrolment key; it returns the request that is proved. Whether R is a key that the authority issued, its log tells.
// Errors: ErrRealm, ErrForeignAddress, ErrNoEpoch, ErrSignature, ErrProof.
func (r *Receipt) Verify(core *Core, kind Kind, request [32]byte) (*Request, error) {
	next, err := r.verify(core, kind, request)
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	return next, nil
}

func (r *Receipt) verify(core *Core, kind Kind, request [32]byte) (*Request, error) {
	if r.Ref != core.Ref() {
		return nil, fmt.Errorf("%w: it names another core", ErrRealm)
	}
	epoch, err := core.Epoch(r.Time)
	if err != nil {
		return nil, err
	}
	id, err := core.Identity(r.Address, epoch)
	if err != nil {
		return nil, err
	}
	params, err := core.Params()
	if err != nil {
		return nil, err
	}
	key, err := ibc.NewPublicKey(params, id, r.R)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	signed, err := r.Signed(request)
	if err != nil {
		return nil, err
	}
	if err := key.Verify(ReceiptContext, signed, r.Sig); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	next, err := r.Next(kind, request).Marshal()
	if err != nil {
		return nil, err
	}
	return ParseRequest(next)
}

// SameNext reports whether two receipts bring the same keys for the next package. Two honest receipts for one package do.
func (r *Receipt) SameNext(o *Receipt) bool {
	return r.U == o.U && r.HPKEKey == o.HPKEKey && r.Installed.Equal(o.Installed) && bytes.Equal(r.Proof[:], o.Proof[:])
}

func (r *Receipt) check() error {
	switch {
	case r.Address.IsZero():
		return fmt.Errorf("%w: none was set", ErrAddress)
	case r.Sequence == 0:
		return fmt.Errorf("package: %w: they are counted from 1", ErrValue)
	}
	if err := checkTime(r.Installed, time.Second); err != nil {
		return err
	}
	return checkTime(r.Time, time.Second)
}

// ReceiptText returns a receipt as the text of its QR code: MQ1A and upper-case Base32 of the octets and their CRC-32. One of 285
// octets has 467 characters.
func ReceiptText(b []byte) string { return textOf(receiptPrefix, b) }

// ParseReceiptText is the inverse of ReceiptText, and as strict as ParseRequestText.
func ParseReceiptText(s string) ([]byte, error) {
	return parseText("receipt", receiptPrefix, s, MaxReceipt)
}
