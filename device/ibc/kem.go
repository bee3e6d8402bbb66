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
func (k *PrivateKey) ephemeral(rnd io.Reader, ids []byte, s Seal) ([]byte, error) {
	if k.box == nil {
		return nil, ErrErased
	}
	return hedgedSeal(k.box.kemKey, rnd, ids, s)
}

// hedgedSeal returns 64 octets that repeat only when fresh randomness, mode,
// recipients, sender, time and payload all do.
func hedgedSeal(key []byte, rnd io.Reader, ids []byte, s Seal) ([]byte, error) {
	fresh, err := rand32(rnd)
	if err != nil {
		return nil, err
	}
	defer clear(fresh)
	return hedged(key, fresh, []byte{s.Mode}, AppendLP(nil, ids), AppendLP(nil, s.Bind)), nil
}

// EncapsulateCold returns U, 48 octets, and a key of 32 octets that only to and
// the authority can derive (Boneh–Franklin, DHIES style; chosen-ciphertext secure
// under the gap-BDH assumption in the random oracle model, Libert and Quisquater
// 2005). One pairing. rnd may be nil for the system's generator.
func (k *PrivateKey) EncapsulateCold(rnd io.Reader, to *Recipient, s Seal) (u [48]byte, key [32]byte, err error) {
	u, keys, err := k.encapsulateCold(rnd, []*Recipient{to}, to.enc, s)
	if err != nil {
		return u, key, err
	}
	return u, keys[0], nil
}

// encapsulateCold makes one U and a key for each recipient; ids enters the
// ephemeral secret.
func (k *PrivateKey) encapsulateCold(rnd io.Reader, to []*Recipient, ids []byte, s Seal) (u [48]byte, keys [][32]byte, err error) {
	w, err := k.ephemeral(rnd, ids, s)
	if err != nil {
		return u, nil, err
	}
	rho := wideScalar(w)
	clear(w)
	defer func() { *rho = bls.Scalar{} }()
	if rho.IsZero() == 1 {
		return u, nil, fmt.Errorf("encapsulate: %w", ErrScalar)
	}
	var up, rz bls.G1
	defer func() { rz = bls.G1{} }()
	up.ScalarMult(rho, bls.G1Generator())
	u = encodeG1(&up)
	keys = make([][32]byte, len(to))
	var of *Params // whose ρZ rz is
	for i, r := range to {
		if r.params != of {
			of = r.params
			rz.ScalarMult(rho, &of.zPoint)
		}
		keys[i] = coldKey(bls.Pair(&rz, &r.q), r.id.Core, r.enc, &u, s.Context)
	}
	return u, keys, nil
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
	*gt = bls.Gt{}
	return key
}

// EncapsulateWarm returns E, 32 octets, and a key of 32 octets that only the
// holder of to's y can derive; the authority cannot. The caller has verified a
// signature under to. rnd may be nil for the system's generator.
func (k *PrivateKey) EncapsulateWarm(rnd io.Reader, to *PublicKey, s Seal) (e [32]byte, key [32]byte, err error) {
	e, keys, err := k.encapsulateWarm(rnd, []*PublicKey{to}, to.enc, s)
	if err != nil {
		return e, key, err
	}
	return e, keys[0], nil
}

// encapsulateWarm makes one E and a key for each recipient; ids enters the
// ephemeral secret.
func (k *PrivateKey) encapsulateWarm(rnd io.Reader, to []*PublicKey, ids []byte, s Seal) (e [32]byte, keys [][32]byte, err error) {
	w, err := k.ephemeral(rnd, ids, s)
	if err != nil {
		return e, nil, err
	}
	eps := reduceSecret(w)
	defer eraseScalar(eps)
	if eps.IsNonZeroI() == 0 {
		return e, nil, fmt.Errorf("encapsulate: %w", ErrScalar)
	}
	var shared ristretto.Point
	defer shared.SetZero()
	ep := baseMultiple(eps)
	e = encodePoint(ep.ristretto())
	keys = make([][32]byte, len(to))
	for i, r := range to {
		shared.ScalarMult(r.point().ristretto(), eps)
		if keys[i], err = warmKey(&shared, r, &e, s.Context); err != nil {
			return e, nil, err
		}
	}
	return e, keys, nil
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
	defer shared.SetZero()
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
