package wire

import (
	"fmt"
	"time"

	"marque/device/ibc"
)

// Request is what a device asks an authority to enrol (section 6.1 of the protocol), at most 220 octets.
type Request struct {
	Kind    Kind
	Name    string    // wanted name; see CheckName
	U       [32]byte  // enrolment key, ristretto255
	HPKEKey [32]byte  // X25519 key that the package is encrypted to
	Nonce   [16]byte  // makes the hash unpredictable
	Time    time.Time // when it was made, whole seconds
	Proof   [64]byte  // made with the secret of U over Body
}

// Without the proof, the request is an array of its own: what the proof is made over.
type requestBody struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Kind    Kind
	Name    string
	U       [32]byte
	HPKEKey [32]byte
	Nonce   [16]byte
	Time    uint64
}

type requestArray struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Kind    Kind
	Name    string
	U       [32]byte
	HPKEKey [32]byte
	Nonce   [16]byte
	Time    uint64
	Proof   [64]byte
}

// Body returns the octets that the proof is made over: everything but the proof.
func (r *Request) Body() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	return encode(&requestBody{
		Version: 1, Kind: r.Kind, Name: r.Name, U: r.U, HPKEKey: r.HPKEKey, Nonce: r.Nonce, Time: unixSeconds(r.Time),
	}), nil
}

// Marshal returns the encoding of r. It does not look at the proof.
func (r *Request) Marshal() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	return encode(r.array()), nil
}

func (r *Request) array() *requestArray {
	return &requestArray{
		Version: 1, Kind: r.Kind, Name: r.Name, U: r.U, HPKEKey: r.HPKEKey, Nonce: r.Nonce, Time: unixSeconds(r.Time),
		Proof: r.Proof,
	}
}

// ParseRequest reads a request and verifies its proof; ErrProof when that does not hold. Who sent the request is not
// known then: that, a person compares by the words of its hash.
func ParseRequest(b []byte) (*Request, error) {
	var a requestArray
	if err := decode(b, MaxRequest, &a); err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	if a.Version != 1 {
		return nil, fmt.Errorf("request: %w: version must be 1", ErrValue)
	}
	r := &Request{
		Kind: a.Kind, Name: a.Name, U: a.U, HPKEKey: a.HPKEKey, Nonce: a.Nonce, Time: fromSeconds(a.Time), Proof: a.Proof,
	}
	body, err := r.Body()
	if err != nil {
		return nil, err
	}
	if err := ibc.VerifyProof(r.U, body, r.Proof); err != nil {
		return nil, fmt.Errorf("request: %w: %w", ErrProof, err)
	}
	return r, nil
}

// Hash returns SHA-256(LP("marque/v1/request") ‖ request), the proof included.
func (r *Request) Hash() [32]byte { return labelled("marque/v1/request", encode(r.array())) }

func (r *Request) check() error {
	if err := r.Kind.check(); err != nil {
		return err
	}
	if err := CheckName(r.Name); err != nil {
		return err
	}
	return checkTime(r.Time, time.Second)
}
