package device

import (
	"bytes"
	"crypto/ecdh"
	"fmt"
	"io"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
)

// enrolment is a request that waits for its package, and the two secrets that the package needs. Installing ends it.
type enrolment struct {
	request []byte
	hash    [32]byte
	u       *ibc.EnrolmentKey
	hpke    *ecdh.PrivateKey
	_       [0]func()
}

// Format keeps the secrets out of everything printed.
func (enrolment) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// newEnrolment draws the secrets and signs a request.
func newEnrolment(w Wanted, now time.Time, rnd io.Reader) (*enrolment, error) {
	return makeEnrolment(w, now, nil, rnd)
}

// makeEnrolment is newEnrolment with a given nonce; nil draws one.
func makeEnrolment(w Wanted, now time.Time, nonce *[16]byte, rnd io.Reader) (*enrolment, error) {
	if err := wire.CheckName(w.Name); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	u, err := ibc.NewEnrolmentKey(rnd)
	if err != nil {
		return nil, fmt.Errorf("make an enrolment key: %w", err)
	}
	hpkeKey, err := newX25519(rnd)
	if err != nil {
		return nil, err
	}
	r := &wire.Request{Kind: w.Kind, Name: w.Name, U: u.Public(), HPKEKey: [32]byte(hpkeKey.PublicKey().Bytes()), Time: now.Truncate(time.Second)}
	if nonce != nil {
		r.Nonce = *nonce
	} else if _, err := io.ReadFull(rnd, r.Nonce[:]); err != nil {
		return nil, fmt.Errorf("draw a nonce: %w", err)
	}
	body, err := r.Body()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	if r.Proof, err = u.Prove(rnd, body); err != nil {
		return nil, fmt.Errorf("prove the request: %w", err)
	}
	b, err := r.Marshal()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	return &enrolment{request: b, hash: r.Hash(), u: u, hpke: hpkeKey}, nil
}

// newX25519 draws a key from exactly 32 octets, so that an injected reader makes the same key again.
func newX25519(rnd io.Reader) (*ecdh.PrivateKey, error) {
	b := make([]byte, 32)
	defer clear(b)
	if _, err := io.ReadFull(rnd, b); err != nil {
		return nil, fmt.Errorf("draw an HPKE key: %w", err)
	}
	k, err := ecdh.X25519().NewPrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("make an HPKE key: %w", err)
	}
	return k, nil
}

// erase forgets u. The HPKE key is unreachable once the enrolment is; the standard library offers no way to overwrite it.
func (e *enrolment) erase() {
	if e != nil {
		e.u.Erase()
		e.hpke = nil
	}
}

func (e *enrolment) encode(w *encoder) {
	u, h := e.u.Bytes(), e.hpke.Bytes()
	defer clear(u)
	defer clear(h)
	w.str(e.request)
	w.str(u)
	w.str(h)
}

func decodeEnrolment(d *decoder) (*enrolment, error) {
	request, u, h := bytes.Clone(d.str()), d.str(), d.str()
	if d.bad {
		return nil, fmt.Errorf("enrolment: %w", ErrCorrupt)
	}
	r, err := wire.ParseRequest(request)
	if err != nil {
		return nil, fmt.Errorf("enrolment: %w: %w", ErrCorrupt, err)
	}
	e := &enrolment{request: request, hash: r.Hash()}
	if e.u, err = ibc.ParseEnrolmentKey(u); err != nil {
		return nil, fmt.Errorf("enrolment: %w: %w", ErrCorrupt, err)
	}
	if e.hpke, err = ecdh.X25519().NewPrivateKey(h); err != nil {
		return nil, fmt.Errorf("enrolment: %w: %w", ErrCorrupt, err)
	}
	return e, nil
}

// Request returns the enrolment request, at most 220 octets, to be shown to the authority as it is or as wire.RequestText. It is the same
// at every call until Install, and fails with ErrInstalled afterwards.
func (d *Device) Request() ([]byte, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	switch {
	case d.closed:
		return nil, fmt.Errorf("request: %w", ErrClosed)
	case d.enrol == nil:
		return nil, fmt.Errorf("request: %w", ErrInstalled)
	}
	return bytes.Clone(d.enrol.request), nil
}
