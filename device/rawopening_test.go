package device_test

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"time"

	"github.com/flynn/noise"

	"marque/device/ibc"
	"marque/device/wire"
)

// rawOpening is a call with data in the making, written from the protocol document without package device; what is left out is as an honest
// caller would have it.
type rawOpening struct {
	*rawPeer
	to       ibc.Identity // whose key it is sealed to
	signedTo ibc.Identity // whom the signature names
	callee   wire.Address // of the prologue
	epoch    uint32       // of the header
	time     time.Time
	mode     byte
	context  string // of the signature
	data     string
	spoil    func(first []byte) // Noise message 1

	hash  [32]byte // of the whole call
	first []byte   // Noise message 1, as it was read
	psk   []byte
}

func (p *rawPeer) opening(to wire.Address, data string) *rawOpening {
	now := p.a.clock.now()
	id := ibc.Identity{Core: p.a.hash(), Address: to.String(), Epoch: must(p.a.core.Epoch(now))}
	return &rawOpening{
		rawPeer: p, to: id, signedTo: id, callee: to, epoch: id.Epoch, time: now, mode: wire.ModeOpening, context: "marque/v1/session-open", data: data,
		spoil: func([]byte) {},
	}
}

// begin starts Noise as an opening has it.
func (o *rawOpening) begin(initiator bool) {
	hash := o.a.hash()
	prologue := append(append(ibc.AppendLPString(nil, "marque/v1/session"), 4), hash[:]...)
	o.noise = must(noise.NewHandshakeState(noise.Config{
		CipherSuite: noise.NewCipherSuite(noise.DH25519, noise.CipherAESGCM, noise.HashSHA256),
		Pattern:     noise.HandshakeNN, Initiator: initiator, Prologue: ibc.AppendLPString(prologue, o.callee.String()), PresharedKeyPlacement: 2,
		Random: o.rand,
	}))
}

// keysOf returns what encrypts, and what Noise takes in.
func keysOf(key [32]byte) (content cipher.AEAD, psk []byte) {
	derive := func(label string) []byte {
		return must(hkdf.Key(sha512.New, key[:], nil, string(ibc.AppendLPString(nil, label)), 32))
	}
	return gcm(derive("marque/v1/open-content")), derive("marque/v1/open-psk")
}

// make returns the call.
func (o *rawOpening) make() []byte {
	o.begin(true)
	first := must4(o.noise.WriteMessage(nil, nil))
	o.spoil(first)
	payload := append(append(binary.BigEndian.AppendUint32(nil, o.list), first...), o.data...)
	u, key, err := o.key.EncapsulateCold(nil, ibc.NewRecipient(o.a.master.Params(), o.to), ibc.Seal{Mode: o.mode, Context: "marque/v1/session-open"})
	check(err)
	content, psk := keysOf(key)
	m := ibc.AppendLP([]byte{0x18}, o.signedTo.Encode())
	m = binary.BigEndian.AppendUint64(append(m, u[:]...), uint64(o.time.UnixMilli()))
	p := &wire.Plain{Sender: wire.Sender{Address: o.says, R: o.key.R()}, Time: o.time, Payload: payload}
	p.Sig = o.sign(o.key, o.context, append(m, payload...))
	ref := o.a.core.Ref()
	header := append(binary.BigEndian.AppendUint32(append([]byte{o.mode}, ref[:]...), o.epoch), u[:]...)
	out := content.Seal(header, make([]byte, 12), must(p.Marshal()), header)
	o.hash, o.psk = sha256.Sum256(out), psk
	return out
}

// a2 is AES-256-GCM under the key of AuthR.
func (o *rawOpening) a2() cipher.AEAD {
	info := append(ibc.AppendLPString(nil, "marque/v1/session-auth"), o.noise.ChannelBinding()...)
	return gcm(must(hkdf.Key(sha512.New, o.keys, nil, string(append(info, o.hash[:]...)), 64))[32:])
}

func must4[A, B, C any](a A, _ B, _ C, err error) A { return must(a, err) }

// answered takes the responder's answer.
func (o *rawOpening) answered() *wire.Auth {
	check(o.noise.SetPresharedKey(o.psk))
	_, k1, k2, err := o.noise.ReadMessage(nil, must(readFrame(o.conn)))
	check(err)
	o.split(k1, k2)
	b := must(o.a2().Open(nil, make([]byte, 12), must(readFrame(o.conn)), nil))
	o.authR = sha256.Sum256(b)
	return must(wire.ParseAuth(b))
}

// session is the record layer of the caller.
func (o *rawOpening) session() *rawSession {
	info := append(ibc.AppendLPString(nil, "marque/v1/session-keys"), o.noise.ChannelBinding()...)
	info = append(append(info, o.hash[:]...), o.authR[:]...)
	return &rawSession{rawPeer: o.rawPeer, okm: must(hkdf.Key(sha512.New, o.keys, nil, string(info), 120))}
}

// read plays the one who is called, who has the key o.key of the callee, up to the early data.
func (o *rawOpening) read() {
	o.take(must(readFrame(o.conn)))
}

func (o *rawOpening) take(msg []byte) {
	o.hash = sha256.Sum256(msg)
	content, psk := keysOf(must(o.key.DecapsulateCold([48]byte(msg[9:57]), "marque/v1/session-open")))
	p := must(wire.ParsePlain(must(content.Open(nil, make([]byte, 12), msg[57:], msg[:57]))))
	o.data, o.psk, o.first = string(p.Payload[52:]), psk, bytes.Clone(p.Payload[4:52])
	o.begin(false)
	must4(o.noise.ReadMessage(nil, bytes.Clone(o.first)))
	check(o.noise.SetPresharedKey(psk))
}

// answer sends message 2 and AuthR, which bend may change before it is sealed.
func (o *rawOpening) answer(bend func(*wire.Auth)) {
	second, k1, k2, err := o.noise.WriteMessage(nil, nil)
	check(err)
	o.split(k1, k2)
	a := &wire.Auth{Epoch: o.key.Identity().Epoch, List: o.list, R: o.key.R()}
	m := binary.BigEndian.AppendUint32(append([]byte(nil), o.noise.ChannelBinding()...), a.List)
	a.Sig = o.sign(o.key, "marque/v1/session/responder", append(m, o.hash[:]...))
	bend(a)
	b := must(a.Marshal())
	o.authR = sha256.Sum256(b)
	writeFrames(o.conn, second, o.a2().Seal(nil, make([]byte, 12), b, nil))
}
