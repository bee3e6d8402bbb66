package ibc

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"fmt"
	"io"

	ristretto "github.com/bwesterb/go-ristretto"
)

// Sizes of encodings in octets.
const (
	PointSize     = 32 // ristretto255 element (RFC 9496)
	ScalarSize    = 32 // ristretto255 scalar, little endian, below the group order
	SignatureSize = 64 // A ‖ t
	G1Size        = 48 // compressed
	G2Size        = 96 // compressed
	GTSize        = 576
)

// decodeInto is the only way by which an encoded ristretto255 element enters:
// canonical, and not the identity. go-ristretto reports failure by a bool and
// then leaves a zero point behind that equals everything.
func decodeInto(p *ristretto.Point, b *[32]byte) error {
	if !p.SetBytes(b) {
		return ErrPoint
	}
	if *b == ([32]byte{}) {
		return ErrIdentityPoint
	}
	return nil
}

// decodePoint decodes a point for go-ristretto's operations.
func decodePoint(b *[32]byte) (*ristretto.Point, error) {
	var p ristretto.Point
	if err := decodeInto(&p, b); err != nil {
		return nil, err
	}
	return &p, nil
}

// decodePublic decodes a point for computations with what is public.
func decodePublic(b *[32]byte) (edwards, error) {
	var p ristretto.Point
	if err := decodeInto(&p, b); err != nil {
		return edwards{}, err
	}
	return newEdwards(&p), nil
}

// decodeScalar reads a canonical scalar; zero is allowed.
func decodeScalar(b *[32]byte) (*ristretto.Scalar, error) {
	var s ristretto.Scalar
	if !s.SetBytesStrict(b) {
		return nil, ErrScalar
	}
	return &s, nil
}

func encodePoint(p *ristretto.Point) (b [32]byte) {
	p.BytesInto(&b)
	return b
}

func encodeScalar(s *ristretto.Scalar) (b [32]byte) {
	s.BytesInto(&b)
	return b
}

// reduce sets s to the 512-bit little-endian number w mod ℓ.
func reduce(w []byte) *ristretto.Scalar {
	var (
		s ristretto.Scalar
		t [64]byte
	)
	copy(t[:], w)
	s.SetReduced(&t)
	clear(t[:])
	return &s
}

// reduceSecret is reduce for a w that is secret and not needed again: it clears it.
func reduceSecret(w []byte) *ristretto.Scalar {
	defer clear(w)
	return reduce(w)
}

// hashToScalar is H of PROTOCOL.md section 1: SHA-512(LP(dst) ‖ parts) mod ℓ.
func hashToScalar(dst string, parts ...[]byte) *ristretto.Scalar {
	var s ristretto.Scalar
	hashInto(&s, dst, parts...)
	return &s
}

// hashInto is hashToScalar without an allocation.
func hashInto(s *ristretto.Scalar, dst string, parts ...[]byte) {
	h := sha512.New()
	var lp [64]byte
	h.Write(AppendLPString(lp[:0], dst))
	for _, p := range parts {
		h.Write(p)
	}
	var sum [64]byte
	h.Sum(sum[:0])
	s.SetReduced(&sum)
}

// derive is HKDF-SHA-512 with empty salt (RFC 5869). It cannot fail for the
// lengths used here.
func derive(ikm []byte, info string, n int) []byte {
	out, err := hkdf.Key(sha512.New, ikm, nil, info, n)
	if err != nil {
		panic(fmt.Sprintf("ibc: hkdf: %v", err))
	}
	return out
}

// hedged returns HMAC-SHA-512(key, parts): 64 octets that are unpredictable
// when either the key or the randomness in the parts is.
func hedged(key []byte, parts ...[]byte) []byte {
	m := hmac.New(sha512.New, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// rand32 reads 32 octets from r, or from the system when r is nil.
func rand32(r io.Reader) ([]byte, error) {
	if r == nil {
		r = rand.Reader
	}
	b := make([]byte, 32)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("ibc: randomness: %w", err)
	}
	return b, nil
}

func eraseScalar(s *ristretto.Scalar) {
	if s != nil {
		s.SetZero()
	}
}
