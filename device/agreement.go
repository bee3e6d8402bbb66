package device

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/mlkem"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/flynn/noise"

	"marque/device/ibc"
	"marque/device/wire"
)

// The messages of a handshake (PROTOCOL.md, section 10), whatever carries them: first → second and AuthR → AuthI.

// wantsHybrid says whether sessions of this device are hybrid or are not.
func (d *Device) wantsHybrid(r *realm) bool { return d.o.Hybrid || r.policy.Hybrid }

// first makes the initiator's first message, with its hello.
func (h *handshake) first(to wire.Address) ([]byte, error) {
	hello, err := (&wire.Hello{Ref: h.to.ref, Callee: wire.Callee(h.to.hash, to), Hybrid: h.hybrid}).Marshal()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if err := h.start(true, to); err != nil {
		return nil, err
	}
	return h.write1(hello)
}

// write1 appends Noise message 1.
func (h *handshake) write1(dst []byte) (_ []byte, err error) {
	var ek []byte
	if h.hybrid {
		if h.kem, err = decapsulationKey(h.rand); err != nil {
			return nil, err
		}
		ek = h.kem.EncapsulationKey().Bytes()
	}
	msg, _, _, err := h.noise.WriteMessage(dst, ek)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	return msg, nil
}

// second answers the first message, as the responder.
func (h *handshake) second(first []byte) (second, auth []byte, err error) {
	hello, first, err := wire.ParseHello(first)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	case hello.Ref != h.realm.ref:
		return nil, nil, h.d.foreignPeer(h.realm, hello.Ref)
	case hello.Callee != wire.Callee(h.realm.hash, h.realm.address):
		return nil, nil, ErrNotForMe
	case !hello.Hybrid && h.d.wantsHybrid(h.realm):
		return nil, nil, ErrHybrid
	}
	h.hybrid = hello.Hybrid
	return h.answer(first)
}

// answer answers Noise message 1.
func (h *handshake) answer(first []byte) (second, auth []byte, err error) {
	if len(first) != h.firstSize() {
		return nil, nil, fmt.Errorf("first message: %w", ErrMalformed)
	}
	if err := h.start(false, h.realm.address); err != nil {
		return nil, nil, err
	}
	ek, _, _, err := h.noise.ReadMessage(nil, first)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	if h.hybrid {
		second, err = h.encapsulate(ek)
	} else {
		err = h.preshare(nil, nil, nil)
	}
	if err != nil {
		return nil, nil, err
	}
	second, k1, k2, err := h.noise.WriteMessage(second, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	if err := h.split(k1, k2); err != nil {
		return nil, nil, err
	}
	auth, err = h.auth(h.toInitiator, contextResponder)
	return second, auth, err
}

// third checks the answer of the one who was called and makes AuthI.
func (h *handshake) third(to wire.Address, second, auth []byte) ([]byte, error) {
	if h.hybrid {
		if err := h.decapsulate(second[:mlkem.CiphertextSize768]); err != nil {
			return nil, err
		}
		second = second[mlkem.CiphertextSize768:]
	} else if err := h.preshare(nil, nil, nil); err != nil {
		return nil, err
	}
	if err := h.meet(second); err != nil {
		return nil, err
	}
	if err := h.checkAuth(auth, h.toInitiator, contextResponder, to); err != nil {
		return nil, err
	}
	return h.auth(h.toResponder, contextInitiator)
}

// meet takes the responder's Noise message.
func (h *handshake) meet(second []byte) error {
	_, k1, k2, err := h.noise.ReadMessage(nil, second)
	if err != nil {
		return fmt.Errorf("the peer answered for another address or realm: %w: %w", ErrHandshake, err)
	}
	return h.split(k1, k2)
}

// last checks AuthI, as the responder.
func (h *handshake) last(auth []byte) error {
	return h.checkAuth(auth, h.toResponder, contextInitiator, wire.Address{})
}

// firstSize is how long Noise message 1 is.
func firstSize(hybrid bool) int {
	if hybrid {
		return noiseHybrid1
	}
	return noiseMessage1
}

func (h *handshake) firstSize() int {
	if h.mode() != modeFirst && !h.hybrid {
		return noiseMessage1 + tagSize // NNpsk2 encrypts an empty payload, too
	}
	return firstSize(h.hybrid)
}

// Modes of a session in the prologue, and in the call of a handshake inside it.
const (
	modeFirst = 0
	modeAnew  = 2 // follows another handshake
	isHybrid  = 1 // in either
	modeOpens = 4 // begins with data
)

func (h *handshake) mode() (m byte) {
	switch {
	case h.opening:
		return modeOpens
	case h.before != nil:
		m = modeAnew
	}
	if h.hybrid {
		m |= isHybrid
	}
	return m
}

// secondSize is how long the responder's message is, without AuthR.
func (h *handshake) secondSize() int {
	if h.hybrid {
		return noiseHybrid2
	}
	return noiseMessage2
}

// start begins Noise NN, or NNpsk2 if hybrid, not the first or opened; the prologue binds mode, realm and the responder that is meant.
func (h *handshake) start(initiator bool, responder wire.Address) (err error) {
	h.initiator = initiator
	prologue := ibc.AppendLPString(nil, "marque/v1/session")
	c := noise.Config{
		CipherSuite: noise.NewCipherSuite(curve25519{}, noise.CipherAESGCM, noise.HashSHA256),
		Random:      h.rand,
		Pattern:     noise.HandshakeNN,
		Initiator:   initiator,
	}
	prologue = append(prologue, h.mode())
	if h.mode() != modeFirst {
		c.PresharedKeyPlacement = 2
	}
	c.Prologue = ibc.AppendLPString(append(prologue, h.to.hash[:]...), responder.String())
	if h.noise, err = noise.NewHandshakeState(c); err != nil {
		return fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	return nil
}

// decapsulationKey draws an ML-KEM-768 key.
func decapsulationKey(rnd io.Reader) (*mlkem.DecapsulationKey768, error) {
	seed := make([]byte, mlkem.SeedSize)
	defer clear(seed)
	if _, err := io.ReadFull(rnd, seed); err != nil {
		return nil, fmt.Errorf("ML-KEM key: %w", err)
	}
	k, err := mlkem.NewDecapsulationKey768(seed)
	if err != nil {
		return nil, fmt.Errorf("ML-KEM key: %w", err)
	}
	return k, nil
}

// encapsulate returns the ciphertext for the initiator's key. The standard library draws for it from the system's generator.
func (h *handshake) encapsulate(ek []byte) ([]byte, error) {
	key, err := mlkem.NewEncapsulationKey768(ek)
	if err != nil {
		return nil, fmt.Errorf("%w: %w: %w", ErrHandshake, ErrMalformed, err)
	}
	shared, ct := key.Encapsulate()
	return ct, h.preshare(shared, ek, ct)
}

// decapsulate takes the responder's ciphertext. An altered one gives another secret, and Noise then refuses the message behind it.
func (h *handshake) decapsulate(ct []byte) error {
	shared, err := h.kem.Decapsulate(ct)
	if err != nil {
		return fmt.Errorf("%w: %w: %w", ErrHandshake, ErrMalformed, err)
	}
	return h.preshare(shared, h.kem.EncapsulationKey().Bytes(), ct)
}

// preshare gives Noise the key HKDF(shared ‖ secret from before, LP(label) ‖ ek ‖ ct, 32), and erases shared. Without either there
// is no such key.
func (h *handshake) preshare(shared, ek, ct []byte) error {
	defer clear(shared)
	label := "marque/v1/hybrid"
	switch h.mode() {
	case modeFirst:
		return nil
	case modeAnew, modeAnew | isHybrid:
		label = "marque/v1/rekey"
	case modeOpens:
		label = labelOpeningKey
	}
	secret := slices.Concat(shared, h.before)
	defer clear(secret)
	info := append(append(ibc.AppendLPString(nil, label), ek...), ct...)
	psk, err := hkdf.Key(sha512.New, secret, nil, string(info), keySize)
	if err != nil {
		return fmt.Errorf("session keys: %w", err)
	}
	defer clear(psk)
	if err := h.noise.SetPresharedKey(psk); err != nil {
		return fmt.Errorf("session keys: %w", err)
	}
	return nil
}

// split keeps the keys that Noise ends with, forgets what they came from, and derives those that encrypt one Auth each.
func (h *handshake) split(k1, k2 *noise.CipherState) error {
	clear(h.noise.LocalEphemeral().Private) // from here on nothing gives the keys again
	h.kem = nil
	a, b := k1.UnsafeKey(), k2.UnsafeKey()
	h.secret = append(a[:], b[:]...)
	keys, err := h.derive("marque/v1/session-auth", 2*keySize)
	if err != nil {
		return err
	}
	defer clear(keys)
	if h.toResponder, err = newGCM(keys[:keySize]); err != nil {
		return err
	}
	h.toInitiator, err = newGCM(keys[keySize:])
	return err
}

// derive is HKDF(k1 ‖ k2, LP(label) ‖ h ‖ hashes of the Auths so far, n).
func (h *handshake) derive(label string, n int) ([]byte, error) {
	info := append(ibc.AppendLPString(nil, label), h.noise.ChannelBinding()...)
	for _, a := range h.auths {
		info = append(info, a[:]...)
	}
	b, err := hkdf.Key(sha512.New, h.secret, nil, string(info), n)
	if err != nil {
		return nil, fmt.Errorf("session keys: %w", err)
	}
	return b, nil
}

// transcript is what an Auth signs: h ‖ u32(list sequence), and for the initiator the hash of AuthR.
func (h *handshake) transcript(sequence uint32) []byte {
	m := binary.BigEndian.AppendUint32(append([]byte(nil), h.noise.ChannelBinding()...), sequence)
	for _, a := range h.auths {
		m = append(m, a[:]...)
	}
	return m
}

// auth signs the transcript as this device and encrypts the result.
func (h *handshake) auth(to cipher.AEAD, context string) ([]byte, error) {
	b, err := h.d.signAuth(h.realm, h.initiator, context, h.transcript)
	if err != nil {
		return nil, err
	}
	h.auths = append(h.auths, sha256.Sum256(b))
	return to.Seal(nil, make([]byte, nonceSize), b, h.numbers), nil
}

// errSeal is of a proof that nobody made who took part in the handshake so far.
var errSeal = fmt.Errorf("the peer's proof was altered: %w: %w", ErrHandshake, ErrTampered)

// checkAuth checks who the peer is: the responder is whom this device called, and does not say its name; an initiator does.
func (h *handshake) checkAuth(msg []byte, from cipher.AEAD, context string, called wire.Address) error {
	b, err := from.Open(nil, make([]byte, nonceSize), msg, h.numbers)
	if err != nil {
		return errSeal
	}
	a, err := wire.ParseAuth(b)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	case a.Address.IsZero() != h.initiator:
		return fmt.Errorf("the peer says who it is in another way than its part does: %w", ErrMalformed)
	case h.initiator:
		a.Address = called
	case h.realm.own(a.Address): // never accepted, but it may prove that this device's key was issued twice
		if _, err := h.d.checkAuth(h.realm, context, a, h.transcript(a.List)); err != nil {
			return err
		}
		return ErrOwnIdentity
	}
	of, err := h.d.checkAuth(h.realm, context, a, h.transcript(a.List))
	if err != nil {
		return err
	}
	if h.initiator && of.hash != h.to.hash {
		return fmt.Errorf("the peer's realm got another core meanwhile: %w", ErrHandshake)
	}
	h.auths = append(h.auths, sha256.Sum256(b))
	h.peer, h.of, h.epoch, h.list = a.Address, of, a.Epoch, a.List
	return nil
}
