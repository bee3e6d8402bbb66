package second

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// noiseNN is the Noise handshake NN, or NNpsk2, with 25519, AESGCM and SHA256 (revision 34 of the Noise specification), of either side.
type noiseNN struct {
	ck, h []byte
	key   []byte
	n     uint64
	psk   bool
	own   *ecdh.PrivateKey
	their []byte
}

func newNoise(psk bool, prologue, ephemeral []byte) *noiseNN {
	name := "Noise_NN_25519_AESGCM_SHA256"
	if psk {
		name = "Noise_NNpsk2_25519_AESGCM_SHA256"
	}
	h := make([]byte, 32)
	copy(h, name)
	own, err := ecdh.X25519().NewPrivateKey(ephemeral)
	if err != nil {
		panic(err)
	}
	s := &noiseNN{ck: h, h: h, psk: psk, own: own}
	s.mixHash(prologue)
	return s
}

// chain is HKDF of section 4.3 there.
func chain(ck, input []byte) (a, b, c []byte) {
	mac := func(key, m []byte) []byte {
		h := hmac.New(sha256.New, key)
		h.Write(m)
		return h.Sum(nil)
	}
	temp := mac(ck, input)
	a = mac(temp, []byte{1})
	b = mac(temp, cat(a, []byte{2}))
	return a, b, mac(temp, cat(b, []byte{3}))
}

func (s *noiseNN) mixHash(b []byte) {
	sum := sha256.Sum256(cat(s.h, b))
	s.h = sum[:]
}

func (s *noiseNN) mixKey(b []byte) { s.ck, s.key, _ = chain(s.ck, b); s.n = 0 }

func (s *noiseNN) nonce() []byte { return binary.BigEndian.AppendUint64(make([]byte, 4), s.n) }

func (s *noiseNN) encrypt(payload []byte) []byte {
	c := payload
	if s.key != nil {
		c = gcm(s.key).Seal(nil, s.nonce(), payload, s.h)
		s.n++
	}
	s.mixHash(c)
	return c
}

func (s *noiseNN) decrypt(c []byte) ([]byte, bool) {
	p := c
	if s.key != nil {
		var err error
		if p, err = gcm(s.key).Open(nil, s.nonce(), c, s.h); err != nil {
			return nil, false
		}
		s.n++
	}
	s.mixHash(c)
	return p, true
}

// token e: a public key that was sent or came.
func (s *noiseNN) e(public []byte) {
	s.mixHash(public)
	if s.psk {
		s.mixKey(public)
	}
}

// exchange is the token ee; a shared secret of zeros is refused (PROTOCOL.md, section 10).
func (s *noiseNN) exchange() bool {
	p, err := ecdh.X25519().NewPublicKey(s.their)
	if err != nil {
		return false
	}
	shared, err := s.own.ECDH(p)
	if err != nil {
		return false
	}
	s.mixKey(shared)
	return true
}

func (s *noiseNN) mixPSK(psk []byte) {
	ck, h, key := chain(s.ck, psk)
	s.ck, s.key, s.n = ck, key, 0
	s.mixHash(h)
}

func (s *noiseNN) writeFirst(payload []byte) []byte {
	public := s.own.PublicKey().Bytes()
	s.e(public)
	return cat(public, s.encrypt(payload))
}

func (s *noiseNN) readFirst(m []byte) (payload []byte, ok bool) {
	s.their = bytes.Clone(m[:32])
	s.e(s.their)
	return s.decrypt(m[32:])
}

func (s *noiseNN) writeSecond(psk []byte) (m []byte, ok bool) {
	public := s.own.PublicKey().Bytes()
	s.e(public)
	if !s.exchange() {
		return nil, false
	}
	if s.psk {
		s.mixPSK(psk)
	}
	return cat(public, s.encrypt(nil)), true
}

func (s *noiseNN) readSecond(m, psk []byte) bool {
	s.their = bytes.Clone(m[:32])
	s.e(s.their)
	if !s.exchange() {
		return false
	}
	if s.psk {
		s.mixPSK(psk)
	}
	_, ok := s.decrypt(m[32:])
	return ok
}

// split gives k1 ‖ k2.
func (s *noiseNN) split() []byte {
	a, b, _ := chain(s.ck, nil)
	return cat(a, b)
}
