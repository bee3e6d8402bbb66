package device_test

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"testing"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
)

// openingVectors are sessions that begin with data: the bus calls the parking.
func openingVectors() map[string]talkCase {
	opens := func(talk func(*testing.T, *fleet, *talkVector)) func(*testing.T, *fleet, *talkVector) {
		return func(t *testing.T, f *fleet, v *talkVector) {
			t.Helper()
			v.Opens = true
			talk(t, f, v)
		}
	}
	initiator := func(comment, expect string, talk func(*testing.T, *fleet, *talkVector)) talkCase {
		return talkCase{comment, expect, "initiator", false, nil, opens(talk)}
	}
	responder := func(comment, expect string, talk func(*testing.T, *fleet, *talkVector)) talkCase {
		return talkCase{comment, expect, "responder", false, nil, opens(talk)}
	}
	return map[string]talkCase{
		"opening-initiator":          initiator("the bus calls the parking, and asks with the call", "ok", both),
		"opening-initiator-second":   initiator("a bit of the responder's ephemeral key altered", "ErrHandshake", bentFrames(bit(0, 3))),
		"opening-initiator-auth":     initiator("a bit of AuthR altered", "ErrTampered", bentFrames(bit(1, 50))),
		"opening-initiator-unsigned": initiator("AuthR that is not signed", "ErrTampered", answerByHand(func(_ *rawOpening, a *wire.Auth) { a.Sig = [64]byte{} })),
		"opening-initiator-uncovered": initiator("AuthR that does not cover the opening", "ErrTampered", answerByHand(func(o *rawOpening, a *wire.Auth) {
			m := binary.BigEndian.AppendUint32(append([]byte(nil), o.noise.ChannelBinding()...), a.List)
			a.Sig = o.sign(o.key, "marque/v1/session/responder", m)
		})),
		"opening-responder":          responder("the bus calls the parking, and asks with the call", "ok", both),
		"opening-responder-realm":    responder("an opening with another ref", "ErrUnknownRealm", bentFrames(bit(0, 1))),
		"opening-responder-epoch":    responder("an opening for another epoch", "ErrEpoch", bentFrames(bit(0, 8))),
		"opening-responder-u":        responder("a bit of U altered", "ErrTampered", bentFrames(bit(0, 40))),
		"opening-responder-tag":      responder("the last bit altered", "ErrTampered", bentFrames(bit(0, -1))),
		"opening-responder-revoked":  {"an opening of who is on the list", "ErrRevoked", "responder", false, []uint32{0}, opens(both)},
		"opening-responder-demands":  {"an opening where ML-KEM is demanded", "ErrHybrid", "responder", true, nil, opens(both)},
		"opening-responder-context":  responder("an opening signed as a sealed message", "ErrTampered", callByHand(func(o *rawOpening) { o.context = "marque/v1/sealed" })),
		"opening-responder-signed":   responder("an opening signed for another recipient", "ErrTampered", callByHand(func(o *rawOpening) { o.signedTo.Address = strangersName })),
		"opening-responder-old":      responder("a millisecond too old", "ErrStaleTime", callByHand(func(o *rawOpening) { o.time = o.time.Add(-300*time.Second - time.Millisecond) })),
		"opening-responder-prologue": responder("another address in the prologue", "ErrHandshake", callByHand(func(o *rawOpening) { o.callee = o.says })),
		"opening-responder-noise":    responder("a bit of the tag of Noise message 1 altered", "ErrHandshake", callByHand(func(o *rawOpening) { o.spoil = func(b []byte) { b[40] ^= 1 } })),
	}
}

// callByHand makes an opening of a stranger that was bent.
func callByHand(bend func(o *rawOpening)) func(*testing.T, *fleet, *talkVector) {
	return func(_ *testing.T, f *fleet, v *talkVector) {
		o := v.raw(f, strangersName).opening(address(f.park), "hello")
		bend(o)
		v.Peer, v.Early, v.Initiator = strangersName, hex.EncodeToString([]byte("hello")), []string{hex.EncodeToString(o.make())}
	}
}

// answerByHand lets a stranger answer the bus.
func answerByHand(bend func(o *rawOpening, a *wire.Auth)) func(*testing.T, *fleet, *talkVector) {
	return func(t *testing.T, f *fleet, v *talkVector) {
		t.Helper()
		x, y := connect(t)
		a, b := &recorded{Conn: x}, &recorded{Conn: y}
		p := v.raw(f, strangersName)
		p.conn = a
		o := p.opening(p.says, "")
		got := make(chan error, 1)
		go func() {
			_, err := f.bus.ClientEarly(t.Context(), b, p.says, []byte("hello"))
			got <- err
		}()
		o.read()
		o.answer(func(auth *wire.Auth) { bend(o, auth) })
		wantErr(t, <-got, sessionErrors[v.Expect], v.Comment)
		v.Peer, v.Early = strangersName, hex.EncodeToString([]byte("hello"))
		v.Initiator, v.Responder = framesOf(b.wrote.Bytes()), framesOf(a.wrote.Bytes())
	}
}

// computeOpened states the values between, as the responder has them; who has the master secret has its key for opening, too.
func (v *talkVector) computeOpened(f *fleet) {
	p := f.rawPeer(nil, f.key(address(f.park)))
	p.rand = octet(vectorOctets["parking"])
	o := p.opening(address(f.park), "")
	o.take(must(hex.DecodeString(v.Initiator[0])))
	second, k1, k2, err := o.noise.WriteMessage(nil, nil)
	check(err)
	if hex.EncodeToString(second) != v.Responder[0] || hex.EncodeToString([]byte(o.data)) != v.Early {
		panic("another answer")
	}
	o.split(k1, k2)
	o.authR = sha256.Sum256(must(o.a2().Open(nil, make([]byte, 12), must(hex.DecodeString(v.Responder[1])), nil)))
	auths := append(append(ibc.AppendLPString(nil, "marque/v1/session-auth"), o.noise.ChannelBinding()...), o.hash[:]...)
	export := append(ibc.AppendLPString(nil, "marque/v1/exporter"), ibc.AppendLPString(nil, "vector")...)
	s := o.session()
	v.Hash, v.Split, v.Keying = hex.EncodeToString(o.noise.ChannelBinding()), hex.EncodeToString(o.keys), hex.EncodeToString(s.okm)
	v.AuthKeys = hex.EncodeToString(must(hkdf.Key(sha512.New, o.keys, nil, string(auths), 64)))
	v.Exporter = hex.EncodeToString(must(hkdf.Key(sha512.New, s.okm[88:], nil, string(export), 32)))
}
