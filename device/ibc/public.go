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
	rPoint edwards

	mu    sync.Mutex
	y     *edwards                   // Y = R + hX, computed at first need
	table *ristretto.ScalarMultTable // of Y, 32 kB, only by Precompute
}

// NewPublicKey decodes R, 32 octets, for an identity. It fails with [ErrPoint] or
// [ErrIdentityPoint].
func NewPublicKey(p *Params, id Identity, r [32]byte) (*PublicKey, error) {
	rp, err := decodePublic(&r)
	if err != nil {
		return nil, fmt.Errorf("key of a peer: %w", err)
	}
	enc := id.Encode()
	return &PublicKey{params: p, id: id, enc: enc, encLP: AppendLP(nil, enc), r: r, rPoint: rp}, nil
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

// Prepare computes the key's point, 128 octets, which later verifications need:
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
		t.Compute(y.ristretto())
		k.table = t
	}
}

// point returns Y = R + hX.
func (k *PublicKey) point() *edwards {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.y == nil {
		var (
			dh digits
			r  cached
			y  edwards
			q  quotients
		)
		dh.set(k.params.issueHash(&k.r, k.enc), wideWidth)
		low, high := k.params.xTable.halves(&dh)
		straus(&y, []term{low, high})
		r.set(&k.rPoint)
		q.add(&y, &r, false)
		y.setWhole(&q)
		k.y = &y
	}
	return k.y
}

// known returns Y and its table where they were computed before.
func (k *PublicKey) known() (*edwards, *ristretto.ScalarMultTable) {
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
	if !k.holds(&a, &t, &c) {
		return ErrSignature
	}
	return nil
}

// holds says whether tB − cY = A, for public values.
func (k *PublicKey) holds(a *[32]byte, t, c *ristretto.Scalar) bool {
	y, table := k.known()
	switch {
	case table != nil:
		var p, cy ristretto.Point
		p.PublicScalarMultBase(t)
		cy.PublicScalarMultTable(table, c)
		p.Sub(&p, &cy)
		return encodePoint(&p) == *a
	case y != nil:
		return schnorrHolds(a, t, c, y, nil, nil)
	default:
		// Y is used for the first time: R and X in its place are cheaper than computing it.
		return schnorrHolds(a, t, c, &k.rPoint, k.params.issueHash(&k.r, k.enc), k.params.xTable)
	}
}

// schnorrHolds says whether tB − c(P + hX) = A, where X has a table and may be
// missing with h: whether vtB − u(P + hX) − vA = 0 for vc = u (see halve). An A
// that decodes to nothing is not the encoding of any point.
func schnorrHolds(a *[32]byte, t, c *ristretto.Scalar, p *edwards, h *ristretto.Scalar, x *fixedTable) bool {
	ap, err := decodePublic(a)
	if err != nil {
		return false
	}
	u, v, minus := halve(c)
	var (
		forms    [4]digits
		free     [2]freeTable
		terms    [6]term
		sum      edwards
		fullSize ristretto.Scalar
	)
	free[0].set(&ap)
	forms[0].set(&v, freeWidth)
	terms[0] = term{digits: forms[0][:], free: &free[0], minus: true}
	free[1].set(p)
	forms[1].set(&u, freeWidth)
	terms[1] = term{digits: forms[1][:], free: &free[1], minus: !minus}
	fullSize.Mul(&v, t)
	forms[2].set(&fullSize, wideWidth)
	terms[2], terms[3] = baseTable().halves(&forms[2])
	n := 4
	if x != nil {
		fullSize.Mul(&u, h)
		forms[3].set(&fullSize, wideWidth)
		terms[4], terms[5] = x.halves(&forms[3])
		terms[4].minus, terms[5].minus = !minus, !minus
		n = 6
	}
	straus(&sum, terms[:n])
	return sum.isZero()
}
