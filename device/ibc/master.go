package ibc

import (
	"fmt"
	"io"

	ristretto "github.com/bwesterb/go-ristretto"
	bls "github.com/cloudflare/circl/ecc/bls12381"
)

// Master holds a realm's master secrets x and z. It does not print. It is safe
// for concurrent use, except with Erase.
type Master struct {
	secret
	params *Params
	box    *masterSecrets
}

type masterSecrets struct {
	x     ristretto.Scalar
	z     bls.Scalar
	kSeed []byte // 64 octets, keys the hedged k
}

// DeriveSub derives 64 octets of the 32-octet seed for one purpose (PROTOCOL.md
// section 3). Package hsm uses it for the keys that are not this package's.
func DeriveSub(seed []byte, label string) []byte {
	return derive(seed, string(AppendLPString(nil, dstSeed))+label, 64)
}

// NewMaster derives the master secrets from a seed of 32 octets (PROTOCOL.md
// section 3). It keeps no reference to the seed.
func NewMaster(seed []byte) (*Master, error) {
	if len(seed) != 32 {
		return nil, fmt.Errorf("master seed: %w", ErrSize)
	}
	wx, wz := DeriveSub(seed, "gg-x"), DeriveSub(seed, "bf-z")
	defer clear(wx)
	defer clear(wz)
	x0, z0 := reduce(wx), wideScalar(wz)
	defer eraseScalar(x0)
	defer func() { *z0 = bls.Scalar{} }()
	box := &masterSecrets{x: *x0, z: *z0, kSeed: DeriveSub(seed, "gg-k")}
	if box.x.IsNonZeroI() == 0 || box.z.IsZero() == 1 {
		return nil, fmt.Errorf("master seed: %w", ErrScalar)
	}
	var x ristretto.Point
	var z bls.G1
	x.ScalarMultBase(&box.x)
	z.ScalarMult(&box.z, bls.G1Generator())
	params, err := NewParams(encodePoint(&x), encodeG1(&z))
	if err != nil {
		return nil, err
	}
	return &Master{params: params, box: box}, nil
}

// Params returns the public parameters that belong to the secrets.
func (m *Master) Params() *Params { return m.params }

// Erase overwrites the secrets; later uses fail with [ErrErased].
func (m *Master) Erase() {
	if m.box == nil {
		return
	}
	eraseScalar(&m.box.x)
	m.box.z = bls.Scalar{}
	clear(m.box.kSeed)
	m.box = nil
}

// Extract issues the partial key of id to the holder of u, where U = uB is the
// encoded enrolment key (PROTOCOL.md section 4.1). The caller sees to it that no
// (realm, serial, epoch) is extracted twice. The result is checked before it is
// returned. rnd may be nil for the system's generator.
//
// k is hedged: it depends on the master secret, on all that the challenge
// depends on, and on fresh randomness. A generator that repeats therefore
// repeats an output, and never uses one k for two identities, which would give x away.
func (m *Master) Extract(rnd io.Reader, id Identity, u [32]byte) (*PartialKey, error) {
	if m.box == nil {
		return nil, ErrErased
	}
	up, err := decodePoint(&u)
	if err != nil {
		return nil, fmt.Errorf("enrolment key: %w", err)
	}
	fresh, err := rand32(rnd)
	if err != nil {
		return nil, err
	}
	defer clear(fresh)
	enc := id.Encode()
	k := reduceSecret(hedged(m.box.kSeed, AppendLPString(nil, dstIssueK), m.params.x[:], u[:], AppendLP(nil, enc), fresh))
	defer eraseScalar(k)
	var kb, r ristretto.Point
	kb.ScalarMultBase(k)
	r.Add(up, &kb)
	rb := encodePoint(&r)
	if rb == ([32]byte{}) {
		return nil, fmt.Errorf("extract: %w", ErrIdentityPoint)
	}
	h := m.params.issueHash(&rb, enc)
	var s ristretto.Scalar
	s.MulAdd(h, &m.box.x, k)
	defer eraseScalar(&s)
	if err := m.checkPartial(&s, h, &kb); err != nil {
		return nil, err
	}
	var d bls.G2
	d.ScalarMult(&m.box.z, hashToG2(enc))
	return newPartialKey(rb, &s, encodeG2(&d)), nil
}

// checkPartial is sB = kB + hX: a fault in the arithmetic must not leave the
// process inside a key.
func (m *Master) checkPartial(s, h *ristretto.Scalar, kb *ristretto.Point) error {
	var left, right ristretto.Point
	left.ScalarMultBase(s)
	right.PublicScalarMult(&m.params.xPoint, h)
	right.Add(&right, kb)
	if encodePoint(&left) != encodePoint(&right) {
		return fmt.Errorf("extract: self-check failed: %w", ErrKey)
	}
	return nil
}
