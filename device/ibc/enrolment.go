package ibc

import (
	"crypto/sha512"
	"crypto/subtle"
	"fmt"
	"io"
	"slices"

	ristretto "github.com/bwesterb/go-ristretto"
	bls "github.com/cloudflare/circl/ecc/bls12381"
)

// EnrolmentKey is the secret u that a device makes for one package; U = uB goes
// into its request. It does not print. It is erased once the package is
// installed, since u and s together give the private key.
type EnrolmentKey struct {
	secret
	public [32]byte
	box    *ristretto.Scalar
}

// NewEnrolmentKey draws a fresh u. rnd may be nil for the system's generator.
func NewEnrolmentKey(rnd io.Reader) (*EnrolmentKey, error) {
	lo, err := rand32(rnd)
	if err != nil {
		return nil, err
	}
	defer clear(lo)
	hi, err := rand32(rnd)
	if err != nil {
		return nil, err
	}
	defer clear(hi)
	return newEnrolmentKey(reduceSecret(slices.Concat(lo, hi)))
}

// ParseEnrolmentKey reads what [EnrolmentKey.Bytes] returned, 32 octets.
func ParseEnrolmentKey(b []byte) (*EnrolmentKey, error) {
	if len(b) != ScalarSize {
		return nil, fmt.Errorf("enrolment key: %w", ErrSize)
	}
	s, err := decodeScalar((*[32]byte)(b))
	if err != nil {
		return nil, fmt.Errorf("enrolment key: %w", err)
	}
	return newEnrolmentKey(s)
}

func newEnrolmentKey(u *ristretto.Scalar) (*EnrolmentKey, error) {
	if u.IsNonZeroI() == 0 {
		return nil, fmt.Errorf("enrolment key: %w", ErrScalar)
	}
	var p ristretto.Point
	p.ScalarMultBase(u)
	return &EnrolmentKey{public: encodePoint(&p), box: u}, nil
}

// Public returns U, 32 octets.
func (k *EnrolmentKey) Public() [32]byte { return k.public }

// Bytes returns u, 32 octets of secret for the caller to clear, or nil after Erase.
func (k *EnrolmentKey) Bytes() []byte {
	if k.box == nil {
		return nil
	}
	b := encodeScalar(k.box)
	return b[:]
}

// Erase overwrites u.
func (k *EnrolmentKey) Erase() {
	eraseScalar(k.box)
	k.box = nil
}

// Prove signs a request's body with u: A ‖ t, 64 octets (PROTOCOL.md section
// 6.1). It shows that the sender of U holds u.
func (k *EnrolmentKey) Prove(rnd io.Reader, body []byte) ([64]byte, error) {
	if k.box == nil {
		return [64]byte{}, ErrErased
	}
	fresh, err := rand32(rnd)
	if err != nil {
		return [64]byte{}, err
	}
	defer clear(fresh)
	ub := k.Bytes()
	key := derive(ub, dstEnrolA, 64)
	defer clear(ub)
	defer clear(key)
	digest := sha512.Sum512(body)
	return schnorr(reduceSecret(hedged(key, fresh, digest[:])), k.box, func(a []byte) *ristretto.Scalar {
		return hashToScalar(dstEnrol, a, k.public[:], body)
	}), nil
}

// schnorr returns A ‖ t with A = aB and t = a + c·y, and erases a.
func schnorr(a, y *ristretto.Scalar, challenge func(a []byte) *ristretto.Scalar) (sig [64]byte) {
	p := baseMultiple(a)
	p.ristretto().BytesInto((*[32]byte)(sig[:32]))
	var t ristretto.Scalar
	t.MulAdd(challenge(sig[:32]), y, a)
	t.BytesInto((*[32]byte)(sig[32:]))
	eraseScalar(a)
	return sig
}

// VerifyProof checks a proof of possession of u over a request's body. It
// returns [ErrProof], or [ErrPoint] and the like for a bad U.
func VerifyProof(u [32]byte, body []byte, proof [64]byte) error {
	up, err := decodePublic(&u)
	if err != nil {
		return fmt.Errorf("enrolment key: %w", err)
	}
	a := [32]byte(proof[:32])
	t, err := decodeScalar((*[32]byte)(proof[32:]))
	if err != nil || a == ([32]byte{}) {
		return ErrProof
	}
	c := hashToScalar(dstEnrol, a[:], u[:], body)
	if !schnorrHolds(&a, t, c, &up, nil, nil) {
		return ErrProof
	}
	return nil
}

// Complete turns an issued partial key into the private key y = s + u. It
// accepts it only if yB = R + hX, y ≠ 0 and e(g1, D) = e(Z, Q), and returns
// [ErrKey] otherwise (PROTOCOL.md sections 4.1 and 5.1).
func (k *EnrolmentKey) Complete(p *Params, id Identity, partial *PartialKey) (*PrivateKey, error) {
	if k.box == nil || partial.box == nil {
		return nil, ErrErased
	}
	s, err := decodeScalar(&partial.box.s)
	if err != nil {
		return nil, fmt.Errorf("complete: %w", err)
	}
	var y ristretto.Scalar
	defer eraseScalar(&y)
	y.Add(s, k.box)
	eraseScalar(s)
	return checkedPrivateKey(p, id, partial.r, &y, &partial.box.d)
}

// checkedPrivateKey builds a private key after proving that it belongs to id.
func checkedPrivateKey(p *Params, id Identity, r [32]byte, y *ristretto.Scalar, d *[96]byte) (*PrivateKey, error) {
	pub, err := NewPublicKey(p, id, r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	var yb ristretto.Point
	yb.ScalarMultBase(y)
	got, want := encodePoint(&yb), encodePoint(pub.point().ristretto())
	if y.IsNonZeroI() == 0 || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		return nil, ErrKey
	}
	dp, err := decodeG2(d)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	defer func() { *dp = bls.G2{} }()
	if !samePairing(bls.G1Generator(), dp, &p.zPoint, hashToG2(pub.enc)) {
		return nil, ErrKey
	}
	return newPrivateKey(pub, y, dp), nil
}
