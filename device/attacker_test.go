package device_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha512"
	"time"

	ristretto "github.com/bwesterb/go-ristretto"

	"marque/device/ibc"
	"marque/device/wire"
)

// An attacker here is enrolled, or holds the master secret, and speaks the protocol without package device: it can say anything.

// beacon signs a broadcast with any key.
func (a *authority) beacon(k *ibc.PrivateKey, t time.Time, payload string) []byte {
	b := &wire.Broadcast{Ref: a.core.Ref(), Time: t, Sender: must(wire.ParseAddress(k.Identity().Address)), R: k.R(), Payload: []byte(payload)}
	b.Sig = must(k.Sign(nil, "marque/v1/broadcast", b.Signed()))
	return must(b.Marshal())
}

// letter is a sealed message in the making; what is left out is as an honest sender would have it.
type letter struct {
	from     *ibc.PrivateKey
	to       ibc.Identity // whose key it is sealed to
	toKey    *ibc.PublicKey
	signedTo ibc.Identity // whom the signature names
	epoch    uint32       // of the header
	time     time.Time
	sender   wire.Sender
	sign     func(k *ibc.PrivateKey, context string, m []byte) [64]byte
	payload  string
}

// letter prepares an honest letter from an enrolled attacker.
func (a *authority) letter(from *ibc.PrivateKey, to wire.Address) *letter {
	id := ibc.Identity{Core: a.hash(), Address: to.String(), Epoch: must(a.core.Epoch(a.clock.now()))}
	return &letter{
		from: from, to: id, signedTo: id, epoch: id.Epoch, time: a.clock.now(), payload: "hi",
		sender: wire.Sender{Address: must(wire.ParseAddress(from.Identity().Address)), R: from.R()},
		sign:   func(k *ibc.PrivateKey, context string, m []byte) [64]byte { return must(k.Sign(nil, context, m)) },
	}
}

// seal makes a message of a letter: warm if the recipient's key is given.
func (a *authority) seal(l *letter) []byte {
	var mode byte
	var ephemeral []byte
	var key [32]byte
	if l.toKey != nil {
		mode = wire.ModeWarm
		e, k, err := l.from.EncapsulateWarm(nil, l.toKey, ibc.Seal{Mode: mode, Context: "marque/v1/sealed"})
		check(err)
		ephemeral, key = e[:], k
	} else {
		mode = wire.ModeCold
		u, k, err := l.from.EncapsulateCold(nil, ibc.NewRecipient(a.master.Params(), l.to), ibc.Seal{Mode: mode, Context: "marque/v1/sealed"})
		check(err)
		ephemeral, key = u[:], k
	}
	payload := []byte(l.payload)
	p := &wire.Plain{Sender: l.sender, Time: l.time, Payload: payload}
	p.Sig = l.sign(l.from, "marque/v1/sealed", wire.SealedSigned(mode, l.signedTo, ephemeral, l.time, payload))
	s := &wire.Sealed{Mode: mode, Ref: a.core.Ref(), Epoch: l.epoch, Ephemeral: ephemeral}
	s.Ciphertext = gcm(key[:]).Seal(nil, make([]byte, 12), must(p.Marshal()), s.Header())
	return must(s.Marshal())
}

func gcm(key []byte) cipher.AEAD { return must(cipher.NewGCM(must(aes.NewCipher(key)))) }

// signWithIdentity signs with the nonce 0: A is the neutral element, 32 zero octets, and t = c·y satisfies the verification equation.
func (a *authority) signWithIdentity(k *ibc.PrivateKey, context string, m []byte) (sig [64]byte) {
	x, r, id := a.master.Params().X(), k.R(), k.Identity().Encode()
	in := ibc.AppendLPString(nil, "marque/v1/gg-sign")
	in = ibc.AppendLPString(in, context)
	in = append(in, make([]byte, 32)...)
	in = append(append(in, r[:]...), x[:]...)
	in = append(ibc.AppendLP(in, id), m...)
	digest := sha512.Sum512(in)
	var c, y, t ristretto.Scalar
	c.SetReduced(&digest)
	var yb [32]byte
	copy(yb[:], k.Bytes()[32:64])
	y.SetBytes(&yb)
	t.Mul(&c, &y)
	copy(sig[32:], t.Bytes())
	return sig
}

// flips calls f with every bit of b flipped in turn, step bits apart.
func flips(b []byte, step int, f func(bit int, altered []byte)) {
	for bit := 0; bit < 8*len(b); bit += step {
		c := append([]byte(nil), b...)
		c[bit/8] ^= 1 << (bit % 8)
		f(bit, c)
	}
}
