package ibc

import (
	"fmt"

	bls "github.com/cloudflare/circl/ecc/bls12381"
)

// decodeG1 takes exactly 48 octets, a point of the subgroup and not the
// identity. circl by itself also takes 96 octets and the identity.
func decodeG1(b *[48]byte) (*bls.G1, error) {
	var p bls.G1
	if b[0]&0x80 == 0 {
		return nil, ErrPoint
	}
	if err := p.SetBytes(b[:]); err != nil {
		return nil, fmt.Errorf("%w (G1)", ErrPoint)
	}
	if p.IsIdentity() {
		return nil, ErrIdentityPoint
	}
	return &p, nil
}

// decodeG2 takes exactly 96 octets, a point of the subgroup and not the identity.
func decodeG2(b *[96]byte) (*bls.G2, error) {
	var p bls.G2
	if b[0]&0x80 == 0 {
		return nil, ErrPoint
	}
	if err := p.SetBytes(b[:]); err != nil {
		return nil, fmt.Errorf("%w (G2)", ErrPoint)
	}
	if p.IsIdentity() {
		return nil, ErrIdentityPoint
	}
	return &p, nil
}

func encodeG1(p *bls.G1) (b [48]byte) {
	copy(b[:], p.BytesCompressed())
	return b
}

func encodeG2(p *bls.G2) (b [96]byte) {
	s := p.BytesCompressed()
	defer clear(s) // it is a secret key in most uses
	copy(b[:], s)
	return b
}

// hashToG2 maps an encoded identity to G2 (RFC 9380).
func hashToG2(id []byte) *bls.G2 {
	var q bls.G2
	q.Hash(id, []byte(dstHashG2))
	return &q
}

// encodeGT returns the 576 octets of PROTOCOL.md section 5.1.
func encodeGT(k *bls.Gt) []byte {
	b, err := k.MarshalBinary()
	if err != nil || len(b) != GTSize {
		panic("ibc: encoding of a pairing value") // circl cannot fail here
	}
	return b
}

// wideScalar reduces the 512-bit big-endian number w mod r in constant time:
// circl's own reduction of long inputs goes through math/big. w is cut into
// pieces below 2²⁴⁸ that need no reduction, joined by Montgomery arithmetic.
func wideScalar(w []byte) *bls.Scalar {
	var shift, acc, piece bls.Scalar
	mustScalar(&shift, append(make([]byte, 0, 32), 1), 31) // 2²⁴⁸
	mustScalar(&acc, w[:2], 0)
	for _, p := range [][]byte{w[2:33], w[33:64]} {
		mustScalar(&piece, p, 0)
		acc.Mul(&acc, &shift)
		acc.Add(&acc, &piece)
	}
	piece = bls.Scalar{}
	return &acc
}

// mustScalar sets s to b, followed by zeros octets of zero, which is below 2²⁵⁵.
func mustScalar(s *bls.Scalar, b []byte, zeros int) {
	var buf [32]byte
	copy(buf[32-zeros-len(b):], b)
	if err := s.UnmarshalBinary(buf[:]); err != nil {
		panic("ibc: scalar out of range") // callers pass less than 2²⁴⁹
	}
	clear(buf[:])
}

// samePairing reports whether e(a1, b1) = e(a2, b2), with one final exponentiation.
func samePairing(a1 *bls.G1, b1 *bls.G2, a2 *bls.G1, b2 *bls.G2) bool {
	return bls.ProdPairFrac([]*bls.G1{a1, a2}, []*bls.G2{b1, b2}, []int{1, -1}).IsIdentity()
}
