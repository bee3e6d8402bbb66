package second

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/binary"

	bls "github.com/cloudflare/circl/ecc/bls12381"
)

// Sessions that begin with data (PROTOCOL.md, section 10.4).

const contextOpening = "marque/v1/session-open"

// openingKeys are what encrypts, and what Noise takes in.
func openingKeys(key []byte) (content, psk []byte) {
	return kdf(key, label("marque/v1/open-content"), 32), kdf(key, label("marque/v1/open-psk"), 32)
}

// open is the initiator's handshake.
func (k *talker) open() string {
	k.start(k.Peer)
	payload := cat(u32(k.Sequence), k.noise.writeFirst(nil), unhex(k.Early))
	opening, psk := k.sealOpening(payload)
	k.out = append(k.out, opening)
	k.heard(opening)
	second, ok := k.next(48, 48)
	if !ok || !k.noise.readSecond(second, psk) {
		return "ErrHandshake"
	}
	k.split()
	auth, ok := k.next(121, 121)
	if !ok {
		return "ErrHandshake"
	}
	return k.check(auth, 32, "marque/v1/session/responder")
}

// sealOpening makes the opening as sections 5.1, 5.3 and 7 say.
func (k *talker) sealOpening(payload []byte) (opening, psk []byte) {
	epoch := k.d.epoch(k.Now)
	me, r, y, _, _ := k.d.key(epoch)
	to := identity{k.d.hash, k.Peer, epoch}
	sender := cat(u8(0), u8(len(k.Own)), []byte(k.Own), r)
	stamp := binary.BigEndian.AppendUint64(nil, uint64(k.Now))
	digest := sha512.Sum512(payload)
	mac := hmac.New(sha512.New, kdf(y, []byte("marque/v1/kem"), 64))
	mac.Write(cat(k.random, u8(0x18), lp(to.encode()), lp(cat(lp(sender), stamp, digest[:]))))
	u, key := encapsulate(k.d.z, mac.Sum(nil), to)
	content, psk := openingKeys(key)
	header := cat(u8(0x18), k.d.hash[:4], u32(epoch), u)
	sig := sign(y, k.random, k.d.x, r, me, contextOpening, cat(u8(0x18), lp(to.encode()), u, stamp, payload))
	return cat(header, gcm(content).Seal(nil, make([]byte, 12), cat(sender, stamp, sig, payload), header)), psk
}

// encapsulate is section 5.1, by a secret of 64 octets.
func encapsulate(z, w []byte, to identity) (u, key []byte) {
	var rho bls.Scalar
	rho.SetBytes(w)
	var up, rz bls.G1
	if err := rz.SetBytes(z); err != nil {
		panic(err)
	}
	up.ScalarMult(&rho, bls.G1Generator())
	rz.ScalarMult(&rho, &rz)
	var q bls.G2
	q.Hash(to.encode(), []byte("marque/v1/bf-id-BLS12381G2_XMD:SHA-256_SSWU_RO_"))
	u = up.BytesCompressed()
	gt, err := bls.Pair(&rz, &q).MarshalBinary()
	if err != nil {
		panic(err)
	}
	return u, coldKey(gt, to, u, contextOpening)
}

// answerOpening is the responder's.
func (k *talker) answerOpening() string {
	b, ok := k.next(57+1+1+8+32+8+64+52+16, 57+1+1+255+32+8+64+52+16384+16)
	switch {
	case k.Demands:
		return "ErrHybrid"
	case !ok:
		return "ErrHandshake"
	case b[0] != 0x18:
		return "ErrMalformed"
	case !bytes.Equal(b[1:5], k.d.hash[:4]):
		return "ErrUnknownRealm"
	}
	epoch, u := binary.BigEndian.Uint32(b[5:]), b[9:57]
	if epoch != k.d.epoch(k.Now-k.Past) && epoch != k.d.epoch(k.Now+k.Future) {
		return "ErrEpoch"
	}
	key, f := k.d.encapsulated(epoch, u, contextOpening)
	if f != "" {
		return f
	}
	content, psk := openingKeys(key)
	plain, ok := unseal(content, b[:57], b[57:])
	if !ok {
		return "ErrTampered"
	}
	m := k.d.inside(b[0], epoch, messageID(b[0], u), plain, contextOpening, func(stamp, payload []byte) []byte {
		me := identity{k.d.hash, k.Own, epoch}
		return cat(b[:1], lp(me.encode()), u, stamp, payload)
	})
	if m.failure != "" {
		return m.failure
	}
	if len(m.payload) < 52 {
		return "ErrMalformed"
	}
	k.peer, k.early = m.sender, m.payload[52:]
	k.heard(b)
	k.start(k.Own)
	if _, ok = k.noise.readFirst(m.payload[4:52]); !ok {
		return "ErrHandshake"
	}
	second, ok := k.noise.writeSecond(psk)
	if !ok {
		return "ErrHandshake"
	}
	k.split()
	k.out = append(k.out, second, k.prove(32, "", "marque/v1/session/responder"))
	return ""
}
