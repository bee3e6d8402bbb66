package ibc

import (
	"fmt"
	"io"

	ristretto "github.com/bwesterb/go-ristretto"
	bls "github.com/cloudflare/circl/ecc/bls12381"
)

// Seal says what an encapsulation is for (PROTOCOL.md section 5.3).
type Seal struct {
	Mode    byte   // octet of the message's mode
	Context string // at most 65,535 octets, enters the key
	Bind    []byte // time and digest of the payload, enter the ephemeral secret; at most 65,535 octets
}

// Recipient is an identity that was never heard from, prepared for cold
// encapsulation: its hash to G2, half a millisecond, is computed once. It is
// immutable and safe for concurrent use.
type Recipient struct {
	params *Params
	id     Identity
	enc    []byte
	q      bls.G2
}

// NewRecipient prepares an identity of the realm whose parameters p are. It needs
// nothing from the recipient.
func NewRecipient(p *Params, id Identity) *Recipient {
	enc := id.Encode()
	return &Recipient{params: p, id: id, enc: enc, q: *hashToG2(enc)}
}

// Identity returns to whom this encapsulates.
func (r *Recipient) Identity() Identity { return r.id }

// ephemeral returns the 64 octets w of PROTOCOL.md section 5.3.
func (k *PrivateKey) ephemeral(rnd io.Reader, recipient []byte, s Seal) ([]byte, error) {
	if k.box == nil {
		return nil, ErrErased
	}
	fresh, err := rand32(rnd)
	if err != nil {
		return nil, err
	}
	return hedged(k.box.kemKey, fresh, []byte{s.Mode}, AppendLP(nil, recipient), AppendLP(nil, s.Bind)), nil
}

// EncapsulateCold returns U, 48 octets, and a key of 32 octets that only to and
// the authority can derive (Boneh–Franklin, DHIES style; chosen-ciphertext secure
// under the gap-BDH assumption in the random oracle model, Libert and Quisquater
// 2005). One pairing. rnd may be nil for the system's generator.
func (k *PrivateKey) EncapsulateCold(rnd io.Reader, to *Recipient, s Seal) (u [48]byte, key [32]byte, err error) {
	w, err := k.ephemeral(rnd, to.enc, s)
	if err != nil {
		return u, key, err
	}
	rho := wideScalar(w)
	clear(w)
	if rho.IsZero() == 1 {
		return u, key, fmt.Errorf("encapsulate: %w", ErrScalar)
	}
	var up, rz bls.G1
	up.ScalarMult(rho, bls.G1Generator())
	rz.ScalarMult(rho, &to.params.zPoint)
	*rho = bls.Scalar{}
	u = encodeG1(&up)
	key = coldKey(bls.Pair(&rz, &to.q), to.id.Core, to.enc, &u, s.Context)
	rz = bls.G1{}
	return u, key, nil
}

// DecapsulateCold derives the key from U, 48 octets exactly. One pairing and one
// subgroup check. It fails with [ErrPoint] or [ErrIdentityPoint]; for any valid U
// it returns a key, right or wrong, and the AEAD tells.
func (k *PrivateKey) DecapsulateCold(u [48]byte, context string) ([32]byte, error) {
	if k.box == nil {
		return [32]byte{}, ErrErased
	}
	up, err := decodeG1(&u)
	if err != nil {
		return [32]byte{}, fmt.Errorf("decapsulate: %w", err)
	}
	pub := k.public
	return coldKey(bls.Pair(up, &k.box.d), pub.id.Core, pub.enc, &u, context), nil
}

func coldKey(gt *bls.Gt, core [32]byte, id []byte, u *[48]byte, context string) (key [32]byte) {
	info := append(AppendLPString(nil, dstCold), Suite)
	info = append(info, core[:]...)
	info = AppendLP(info, id)
	info = append(info, u[:]...)
	info = AppendLPString(info, context)
	ikm := encodeGT(gt)
	copy(key[:], derive(ikm, string(info), 32))
	clear(ikm)
	return key
}

// EncapsulateWarm returns E, 32 octets, and a key of 32 octets that only the
// holder of to's y can derive; the authority cannot. The caller has verified a
// signature under to. rnd may be nil for the system's generator.
func (k *PrivateKey) EncapsulateWarm(rnd io.Reader, to *PublicKey, s Seal) (e [32]byte, key [32]byte, err error) {
	w, err := k.ephemeral(rnd, to.enc, s)
	if err != nil {
		return e, key, err
	}
	eps := reduceSecret(w)
	defer eraseScalar(eps)
	if eps.IsNonZeroI() == 0 {
		return e, key, fmt.Errorf("encapsulate: %w", ErrScalar)
	}
	var ep, shared ristretto.Point
	ep.ScalarMultBase(eps)
	shared.ScalarMult(to.point(), eps)
	e = encodePoint(&ep)
	key, err = warmKey(&shared, to, &e, s.Context)
	return e, key, err
}

// DecapsulateWarm derives the key from E, 32 octets. It fails with [ErrPoint] or
// [ErrIdentityPoint]; for any valid E it returns a key, and the AEAD tells.
func (k *PrivateKey) DecapsulateWarm(e [32]byte, context string) ([32]byte, error) {
	if k.box == nil {
		return [32]byte{}, ErrErased
	}
	ep, err := decodePoint(&e)
	if err != nil {
		return [32]byte{}, fmt.Errorf("decapsulate: %w", err)
	}
	var shared ristretto.Point
	shared.ScalarMult(ep, &k.box.y)
	return warmKey(&shared, k.public, &e, context)
}

func warmKey(shared *ristretto.Point, to *PublicKey, e *[32]byte, context string) (key [32]byte, err error) {
	ikm := encodePoint(shared)
	defer clear(ikm[:])
	if ikm == ([32]byte{}) {
		return key, fmt.Errorf("shared secret: %w", ErrIdentityPoint)
	}
	info := append(AppendLPString(nil, dstWarm), Suite)
	info = append(info, to.id.Core[:]...)
	info = AppendLP(info, to.enc)
	info = append(info, to.r[:]...)
	info = append(info, e[:]...)
	info = AppendLPString(info, context)
	copy(key[:], derive(ikm[:], string(info), 32))
	return key, nil
}
