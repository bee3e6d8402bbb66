package device_test

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"io"
	"net"

	"github.com/flynn/noise"

	"marque/device/ibc"
	"marque/device/wire"
)

// rawPeer speaks the session handshake of PROTOCOL.md, section 10, without package device: an enrolled attacker, or a second implementation.
type rawPeer struct {
	a     *authority
	conn  net.Conn
	key   *ibc.PrivateKey
	says  wire.Address // whom it claims to be
	named bool         // it says so as responder, too, which it must not
	sign  func(k *ibc.PrivateKey, context string, m []byte) [64]byte

	rand   io.Reader // of the ephemeral keys; nil is crypto/rand
	epoch  uint32    // that it claims, if not 0
	deaf   bool      // its AuthI covers no AuthR
	claims [32]byte  // its R, if not zero
	hybrid bool
	before []byte // exporter secret of the handshake that is followed
	noise  *noise.HandshakeState
	keys   []byte // k1 ‖ k2
	authR  [32]byte
	authI  [32]byte
	list   uint32 // sequence that it claims
}

func (a *authority) rawPeer(conn net.Conn, key *ibc.PrivateKey) *rawPeer {
	return &rawPeer{
		a: a, conn: conn, key: key, list: 1, says: must(wire.ParseAddress(key.Identity().Address)),
		sign: func(k *ibc.PrivateKey, context string, m []byte) [64]byte { return must(k.Sign(nil, context, m)) },
	}
}

func (p *rawPeer) start(initiator bool, responder wire.Address) {
	hash := p.a.hash()
	mode, placement := byte(0), 0
	if p.hybrid {
		mode, placement = 1, 2
	}
	if p.before != nil {
		mode, placement = mode|2, 2
	}
	prologue := append(ibc.AppendLPString(nil, "marque/v1/session"), mode)
	prologue = ibc.AppendLPString(append(prologue, hash[:]...), responder.String())
	p.noise = must(noise.NewHandshakeState(noise.Config{
		CipherSuite: noise.NewCipherSuite(noise.DH25519, noise.CipherAESGCM, noise.HashSHA256),
		Pattern:     noise.HandshakeNN, Initiator: initiator, Prologue: prologue, PresharedKeyPlacement: placement,
		Random: p.rand,
	}))
}

// answer plays the responder called responder up to AuthR.
func (p *rawPeer) answer(responder wire.Address) {
	hello, first, err := wire.ParseHello(must(readFrame(p.conn)))
	check(err)
	p.hybrid = hello.Hybrid
	p.start(false, responder)
	ek := must3(p.noise.ReadMessage(nil, first))
	var ct []byte
	if p.hybrid {
		var shared []byte
		shared, ct = p.encapsulate(ek)
		p.preshare(shared, ek, ct)
	}
	msg, k1, k2, err := p.noise.WriteMessage(ct, nil)
	check(err)
	p.split(k1, k2)
	writeFrames(p.conn, msg, p.auth(32, "marque/v1/session/responder", nil))
}

// call plays the initiator up to AuthR, and keeps its hash.
func (p *rawPeer) call(responder wire.Address) *wire.Auth {
	p.start(true, responder)
	hello := must((&wire.Hello{Ref: p.a.core.Ref(), Callee: wire.Callee(p.a.hash(), responder), Hybrid: p.hybrid}).Marshal())
	dk, ek := must(mlkem.GenerateKey768()), []byte(nil)
	if p.hybrid {
		ek = dk.EncapsulationKey().Bytes()
	}
	msg, _, _, err := p.noise.WriteMessage(hello, ek)
	check(err)
	writeFrames(p.conn, msg)
	second := must(readFrame(p.conn))
	if p.hybrid {
		p.preshare(must(dk.Decapsulate(second[:1088])), ek, second[:1088])
		second = second[1088:]
	}
	_, k1, k2, err := p.noise.ReadMessage(nil, second)
	check(err)
	p.split(k1, k2)
	b := must(p.aead(32).Open(nil, make([]byte, 12), must(readFrame(p.conn)), nil))
	p.authR = sha256.Sum256(b)
	return must(wire.ParseAuth(b))
}

// encapsulate draws from rand where that is stated.
func (p *rawPeer) encapsulate(ek []byte) (shared, ct []byte) {
	key := must(mlkem.NewEncapsulationKey768(ek))
	if p.rand == nil {
		return key.Encapsulate()
	}
	random := make([]byte, 32)
	must(io.ReadFull(p.rand, random))
	shared, ct, err := mlkemtest.Encapsulate768(key, random)
	check(err)
	return shared, ct
}

func (p *rawPeer) preshare(shared, ek, ct []byte) {
	label := "marque/v1/hybrid"
	if p.before != nil {
		label = "marque/v1/rekey"
	}
	info := append(append(ibc.AppendLPString(nil, label), ek...), ct...)
	check(p.noise.SetPresharedKey(must(hkdf.Key(sha512.New, append(bytes.Clone(shared), p.before...), nil, string(info), 32))))
}

// introduce sends AuthI.
func (p *rawPeer) introduce() {
	writeFrames(p.conn, p.auth(0, "marque/v1/session/initiator", p.authR[:]))
}

func (p *rawPeer) auth(at int, context string, after []byte) []byte {
	a := &wire.Auth{Epoch: p.key.Identity().Epoch, List: p.list, R: p.key.R()}
	if at == 0 || p.named {
		a.Address = p.says
	}
	if p.epoch != 0 {
		a.Epoch = p.epoch
	}
	if p.claims != ([32]byte{}) {
		a.R = p.claims
	}
	if p.deaf {
		after = nil
	}
	m := binary.BigEndian.AppendUint32(append([]byte(nil), p.noise.ChannelBinding()...), a.List)
	a.Sig = p.sign(p.key, context, append(m, after...))
	b := must(a.Marshal())
	p.authI = sha256.Sum256(b) // entered knows better for a responder
	return p.aead(at).Seal(nil, make([]byte, 12), b, nil)
}

func (p *rawPeer) split(k1, k2 *noise.CipherState) {
	a, b := k1.UnsafeKey(), k2.UnsafeKey()
	p.keys = append(a[:], b[:]...)
}

// aead is AES-256-GCM under a1 (at 0) or a2 (at 32).
func (p *rawPeer) aead(at int) cipher.AEAD {
	info := append(ibc.AppendLPString(nil, "marque/v1/session-auth"), p.noise.ChannelBinding()...)
	return gcm(must(hkdf.Key(sha512.New, p.keys, nil, string(info), 64))[at : at+32])
}

func must3[A, B, C any](a A, _ B, _ C, err error) A { return must(a, err) }

// readFrame reads u16(length) ‖ rest and returns the rest.
func readFrame(r io.Reader) ([]byte, error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint16(head))
	_, err := io.ReadFull(r, b)
	return b, err
}

func writeFrames(w io.Writer, frames ...[]byte) {
	var b []byte
	for _, f := range frames {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(f))), f...)
	}
	must(w.Write(b))
}

// rawSession is the record layer of an initiator that is a rawPeer: it can say anything.
type rawSession struct {
	*rawPeer
	okm      []byte
	out, got uint64
}

// enter makes a session with a device that serves the other end.
func (p *rawPeer) enter(responder wire.Address) *rawSession {
	p.call(responder)
	p.introduce()
	return &rawSession{rawPeer: p, okm: p.finish()}
}

// entered is the same for a responder, which got AuthI.
func (p *rawPeer) entered(authI []byte) *rawSession {
	p.authR, p.authI = p.authI, sha256.Sum256(authI)
	return &rawSession{rawPeer: p, okm: p.finish()}
}

func (p *rawPeer) finish() []byte {
	info := append(ibc.AppendLPString(nil, "marque/v1/session-keys"), p.noise.ChannelBinding()...)
	info = append(append(info, p.authR[:]...), p.authI[:]...)
	return must(hkdf.Key(sha512.New, p.keys, nil, string(info), 120))
}

// turn has the session go on under the keys of the last handshake.
func (s *rawSession) turn() {
	s.okm = s.finish()
	s.out, s.got = (s.out>>32+1)<<32, (s.got>>32+1)<<32
}

func (s *rawSession) nonce(at int, seq uint64) []byte {
	n := append([]byte(nil), s.okm[at+32:at+44]...)
	binary.BigEndian.PutUint64(n[4:], binary.BigEndian.Uint64(n[4:])^seq)
	return n
}

func (s *rawSession) send(kind byte, data []byte) { s.sendAs(0, kind, data) }

// sendAs sends under the keys that begin at an octet of okm.
func (s *rawSession) sendAs(at int, kind byte, data []byte) {
	seq := binary.BigEndian.AppendUint64(nil, s.out)
	writeFrames(s.conn, gcm(s.okm[at:at+32]).Seal(seq, s.nonce(at, s.out), append([]byte{kind}, data...), seq))
	s.out++
}

func (s *rawSession) receive() (kind byte, data []byte, err error) {
	b, err := readFrame(s.conn)
	if err != nil {
		return 0, nil, err
	}
	plain := must(gcm(s.okm[44:76]).Open(nil, s.nonce(44, s.got), b[8:], b[:8]))
	s.got++
	return plain[0], plain[1:], nil
}

// callAnew plays the initiator of a handshake inside the session up to AuthR: the first message, and the rest when the answer is there.
func (s *rawSession) callAnew(responder wire.Address) (first []byte, rest func(answer []byte)) {
	s.start(true, responder)
	dk, ek, mode := must(mlkem.GenerateKey768()), []byte(nil), byte(2)
	if s.hybrid {
		ek, mode = dk.EncapsulationKey().Bytes(), 3
	}
	first, _, _, err := s.noise.WriteMessage([]byte{mode}, ek)
	check(err)
	return first, func(answer []byte) {
		var shared, ct []byte
		if s.hybrid {
			ct, answer = answer[:1088], answer[1088:]
			shared = must(dk.Decapsulate(ct))
		}
		s.preshare(shared, ek, ct)
		_, k1, k2, err := s.noise.ReadMessage(nil, answer[:48])
		check(err)
		s.split(k1, k2)
		s.authR = sha256.Sum256(must(s.aead(32).Open(nil, make([]byte, 12), answer[48:], nil)))
	}
}
