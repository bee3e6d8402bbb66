package ibc

import (
	"crypto/sha256"
	"fmt"
	"sync"

	ristretto "github.com/bwesterb/go-ristretto"
)

// PublicKey verifies the signatures of one identity: R, sent once by its owner,
// with the realm's parameters. A PublicKey proves nothing before a signature was
// verified under it. It is safe for concurrent use.
type PublicKey struct {
	params *Params
	id     Identity
	enc    []byte // id, encoded
	encLP  []byte // LP(enc)
	r      [32]byte
	rPoint ristretto.Point

	mu    sync.Mutex
	y     *ristretto.Point           // Y = R + hX, computed at first need
	table *ristretto.ScalarMultTable // of Y, 32 kB, only by Precompute
}

// NewPublicKey decodes R, 32 octets, for an identity. It fails with [ErrPoint] or
// [ErrIdentityPoint].
func NewPublicKey(p *Params, id Identity, r [32]byte) (*PublicKey, error) {
	rp, err := decodePoint(&r)
	if err != nil {
		return nil, fmt.Errorf("key of a peer: %w", err)
	}
	enc := id.Encode()
	return &PublicKey{params: p, id: id, enc: enc, encLP: AppendLP(nil, enc), r: r, rPoint: *rp}, nil
}

// Identity returns whose key this claims to be.
func (k *PublicKey) Identity() Identity { return k.id }

// R returns the encoded key, 32 octets.
func (k *PublicKey) R() [32]byte { return k.r }

// Reference returns the 8-octet name by which a peer that knows the key finds it
// (PROTOCOL.md section 7). It is a look-up hint and authenticates nothing.
func (k *PublicKey) Reference() [8]byte {
	h := sha256.New()
	h.Write(AppendLPString(nil, dstKeyRef))
	h.Write(k.encLP)
	h.Write(k.r[:])
	return [8]byte(h.Sum(nil))
}

// Prepare computes the key's point, 160 octets, which later verifications need:
// they are a sixth faster than the first. For peers that were heard twice.
func (k *PublicKey) Prepare() { k.point() }

// Precompute builds a table of 32 kB that makes later verifications about twice
// as fast; for the few peers that send often.
func (k *PublicKey) Precompute() {
	y := k.point()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.table == nil {
		t := new(ristretto.ScalarMultTable)
		t.Compute(y)
		k.table = t
	}
}

// point returns Y = R + hX.
func (k *PublicKey) point() *ristretto.Point {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.y == nil {
		h := k.params.issueHash(&k.r, k.enc)
		y := multiScalar(nil, []fixedTerm{{h, k.params.xTable}})
		y.Add(y, &k.rPoint)
		k.y = y
	}
	return k.y
}

// known returns Y and its table where they were computed before.
func (k *PublicKey) known() (*ristretto.Point, *ristretto.ScalarMultTable) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.y, k.table
}

// challenge is c = H("marque/v1/gg-sign", LP(context), A, R, X, LP(id), m).
func (k *PublicKey) challenge(contextLP, a, m []byte) *ristretto.Scalar {
	var c ristretto.Scalar
	k.challengeInto(&c, contextLP, a, m)
	return &c
}

func (k *PublicKey) challengeInto(c *ristretto.Scalar, contextLP, a, m []byte) {
	hashInto(c, dstSign, contextLP, a, k.r[:], k.params.x[:], k.encLP, m)
}

// Verify checks a signature A ‖ t over m in a context (PROTOCOL.md section 4.2).
// It returns [ErrSignature] if it does not hold. It allocates no memory in
// contexts of at most 64 octets, once Prepare or Precompute was called.
func (k *PublicKey) Verify(context string, m []byte, sig [64]byte) error {
	a := [32]byte(sig[:32])
	var t, c ristretto.Scalar
	if !t.SetBytesStrict((*[32]byte)(sig[32:])) || a == ([32]byte{}) {
		return ErrSignature
	}
	var lp [2 + 64]byte
	k.challengeInto(&c, AppendLPString(lp[:0], context), a[:], m)
	var p ristretto.Point
	k.commitment(&p, &t, &c)
	if encodePoint(&p) != a {
		return ErrSignature
	}
	return nil
}

// commitment sets p to tB − cY. For a key that is used for the first time, one
// joint multiplication tB − cR − (ch)X is cheaper than computing Y.
func (k *PublicKey) commitment(p *ristretto.Point, t, c *ristretto.Scalar) {
	y, table := k.known()
	var neg ristretto.Scalar
	neg.Neg(c)
	switch {
	case table != nil:
		var cy ristretto.Point
		p.PublicScalarMultBase(t)
		cy.PublicScalarMultTable(table, &neg)
		p.Add(p, &cy)
	case y != nil:
		combine(p, freeTerm{&neg, y}, fixedTerm{t, baseTable()})
	default:
		var nh ristretto.Scalar
		nh.Mul(&neg, k.params.issueHash(&k.r, k.enc))
		combine(p, freeTerm{&neg, &k.rPoint}, fixedTerm{t, baseTable()}, fixedTerm{&nh, k.params.xTable})
	}
}

// doubleScalar returns tB − cP for public scalars.
func doubleScalar(t, c *ristretto.Scalar, p *ristretto.Point) *ristretto.Point {
	var neg ristretto.Scalar
	neg.Neg(c)
	var sum ristretto.Point
	combine(&sum, freeTerm{&neg, p}, fixedTerm{t, baseTable()})
	return &sum
}
