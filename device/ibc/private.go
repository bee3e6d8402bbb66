package ibc

import (
	"crypto/sha512"
	"fmt"
	"io"

	ristretto "github.com/bwesterb/go-ristretto"
	bls "github.com/cloudflare/circl/ecc/bls12381"
)

// PrivateKey is a device's key for one identity: y, which signs and opens warm
// messages, and D, which opens cold ones. The authority knows D, never y. It does
// not print. It is safe for concurrent use, except with Erase.
type PrivateKey struct {
	secret
	public *PublicKey
	box    *privateSecrets
}

type privateSecrets struct {
	y       ristretto.Scalar
	d       bls.G2
	signKey []byte // 64 octets, keys the hedged a
	kemKey  []byte // 64 octets, keys the hedged ephemeral secrets
	cekKey  []byte // 64 octets, keys the hedged content keys
}

func newPrivateKey(pub *PublicKey, y *ristretto.Scalar, d *bls.G2) *PrivateKey {
	yb := encodeScalar(y)
	defer clear(yb[:])
	return &PrivateKey{public: pub, box: &privateSecrets{
		y: *y, d: *d, signKey: derive(yb[:], dstSignA, 64), kemKey: derive(yb[:], dstKEM, 64), cekKey: derive(yb[:], dstCEK, 64),
	}}
}

// ParsePrivateKey reads what [PrivateKey.Bytes] returned, 160 octets, and checks
// yB = R + hX again, so that damaged storage is noticed before it signs. D is
// checked to be in its group only; its pairing was checked when it was issued.
func ParsePrivateKey(p *Params, id Identity, b []byte) (*PrivateKey, error) {
	if len(b) != PartialKeySize {
		return nil, fmt.Errorf("private key: %w", ErrSize)
	}
	y, err := decodeScalar((*[32]byte)(b[32:64]))
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	defer eraseScalar(y)
	pub, err := NewPublicKey(p, id, [32]byte(b[:32]))
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	var yb ristretto.Point
	yb.ScalarMultBase(y)
	if y.IsNonZeroI() == 0 || encodePoint(&yb) != encodePoint(pub.point().ristretto()) {
		return nil, fmt.Errorf("private key: %w", ErrKey)
	}
	d, err := decodeG2((*[96]byte)(b[64:]))
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	defer func() { *d = bls.G2{} }()
	return newPrivateKey(pub, y, d), nil
}

// Bytes returns R ‖ y ‖ D, 160 octets of secret for the caller to clear, or nil
// after Erase.
func (k *PrivateKey) Bytes() []byte {
	if k.box == nil {
		return nil
	}
	y, d := encodeScalar(&k.box.y), encodeG2(&k.box.d)
	b := append(make([]byte, 0, PartialKeySize), k.public.r[:]...)
	b = append(b, y[:]...)
	b = append(b, d[:]...)
	clear(y[:])
	clear(d[:])
	return b
}

// Identity returns whose key this is.
func (k *PrivateKey) Identity() Identity { return k.public.id }

// R returns the public value that peers need once, 32 octets.
func (k *PrivateKey) R() [32]byte { return k.public.r }

// Public returns the key that verifies this one's signatures.
func (k *PrivateKey) Public() *PublicKey { return k.public }

// Erase overwrites y and D; later uses fail with [ErrErased].
func (k *PrivateKey) Erase() {
	if k.box == nil {
		return
	}
	eraseScalar(&k.box.y)
	k.box.d = bls.G2{}
	clear(k.box.signKey)
	clear(k.box.kemKey)
	clear(k.box.cekKey)
	k.box = nil
}

// Sign returns A ‖ t, 64 octets, over m in a context of at most 65,535 octets
// (PROTOCOL.md section 4.2). Different uses have different contexts. The nonce is
// hedged: it depends on y, on everything the challenge covers, and on fresh
// randomness. rnd may be nil for the system's generator.
func (k *PrivateKey) Sign(rnd io.Reader, context string, m []byte) ([64]byte, error) {
	if k.box == nil {
		return [64]byte{}, ErrErased
	}
	fresh, err := rand32(rnd)
	if err != nil {
		return [64]byte{}, err
	}
	defer clear(fresh)
	pub := k.public
	digest := sha512.Sum512(m)
	ctx := AppendLPString(make([]byte, 0, 2+len(context)), context)
	a := reduceSecret(hedged(k.box.signKey, fresh, ctx, pub.r[:], pub.params.x[:], pub.encLP, digest[:]))
	return schnorr(a, &k.box.y, func(a []byte) *ristretto.Scalar {
		return pub.challenge(ctx, a, m)
	}), nil
}
