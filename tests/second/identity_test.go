package second

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/big"

	bls "github.com/cloudflare/circl/ecc/bls12381"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// Section 1.

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
func u8(n int) []byte            { return []byte{byte(n)} }
func u32(n uint32) []byte        { return binary.BigEndian.AppendUint32(nil, n) }
func lp(s []byte) []byte         { return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...) }
func label(s string) []byte      { return lp([]byte(s)) }

func hash(dst string, parts ...[]byte) *big.Int {
	sum := sha512.Sum512(cat(label(dst), cat(parts...)))
	return new(big.Int).Mod(little(sum[:]), order)
}

func kdf(ikm, info []byte, n int) []byte {
	b, err := hkdf.Key(sha512.New, ikm, nil, string(info), n)
	if err != nil {
		panic(err)
	}
	return b
}

func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func unseal(key, aad, c []byte) ([]byte, bool) {
	b, err := gcm(key).Open(nil, make([]byte, 12), c, aad)
	return b, err == nil
}

// Section 4.

// identity is who somebody is in one epoch of one realm.
type identity struct {
	core    []byte // hash
	address string
	epoch   uint32
}

func (i identity) encode() []byte {
	return cat(label("marque/v1/identity"), i.core, label(i.address), u32(i.epoch))
}

// issued is h of section 4.1.
func issued(x, r []byte, id identity) *big.Int { return hash("marque/v1/gg-issue", x, r, id.encode()) }

// public is Y = R + hX.
func public(x, r []byte, id identity) (point, bool) {
	rp, ok := decode(r)
	xp, ok2 := decode(x)
	return rp.plus(xp.times(issued(x, r, id))), ok && ok2
}

var errSignature = errors.New("the signature does not hold")

// verify is section 4.2.
func verify(x, r []byte, id identity, context string, m, sig []byte) error {
	y, ok := public(x, r, id)
	a, t := sig[:32], little(sig[32:])
	if !ok || t.Cmp(order) >= 0 || bytes.Equal(a, make([]byte, 32)) {
		return errSignature
	}
	c := hash("marque/v1/gg-sign", label(context), a, r, x, lp(id.encode()), m)
	if !bytes.Equal(base.times(t).plus(y.times(c).minus()).encode(), a) {
		return errSignature
	}
	return nil
}

func keyref(id identity, r []byte) []byte {
	sum := sha256.Sum256(cat(label("marque/v1/keyref"), lp(id.encode()), r))
	return sum[:8]
}

// Section 5.

// pairing is GT(e(u, d)): circl is the one library here, and section 5.1 says that its bytes are those.
func pairing(u, d []byte) ([]byte, bool) {
	var p bls.G1
	var q bls.G2
	if len(u) != 48 || len(d) != 96 || u[0]&0x80 == 0 || p.SetBytes(u) != nil || p.IsIdentity() || q.SetBytes(d) != nil || q.IsIdentity() {
		return nil, false
	}
	b, err := bls.Pair(&p, &q).MarshalBinary()
	return b, err == nil
}

func coldKey(gt []byte, id identity, u []byte, context string) []byte {
	return kdf(gt, cat(label("marque/v1/kem-cold"), u8(1), id.core, lp(id.encode()), u, label(context)), 32)
}

func warmKey(y, e []byte, id identity, r []byte, context string) ([]byte, bool) {
	p, ok := decode(e)
	if !ok {
		return nil, false
	}
	return kdf(p.times(little(y)).encode(), cat(label("marque/v1/kem-warm"), u8(1), id.core, lp(id.encode()), r, e, label(context)), 32), true
}

// reduced is a number of 64 octets mod ℓ.
func reduced(b []byte) *big.Int { return new(big.Int).Mod(little(b), order) }

// sign is section 4.2, with the randomness given.
func sign(y, random, x, r []byte, id identity, context string, m []byte) []byte {
	digest := sha512.Sum512(m)
	mac := hmac.New(sha512.New, kdf(y, []byte("marque/v1/gg-a"), 64))
	mac.Write(cat(random, label(context), r, x, lp(id.encode()), digest[:]))
	a := reduced(mac.Sum(nil))
	commitment := base.times(a).encode()
	c := hash("marque/v1/gg-sign", label(context), commitment, r, x, lp(id.encode()), m)
	t := new(big.Int).Mod(new(big.Int).Add(a, new(big.Int).Mul(c, little(y))), order)
	return cat(commitment, octets(t))
}
