package selftest

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/hpke"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"io"

	"github.com/cloudflare/circl/dh/x25519"
	"golang.org/x/crypto/argon2"
)

var (
	errAnswer = errors.New("the answer is another than the known one")
	errTaken  = errors.New("it took what it had to refuse")
)

func hashes(io.Reader) error {
	s256, s512 := sha256.Sum256([]byte("abc")), sha512.Sum512([]byte("abc")) // FIPS 180-4, examples
	return errors.Join(
		equal(s256[:], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
		equal(s512[:], "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
	)
}

// macs is test case 2 of RFC 4231.
func macs(io.Reader) error {
	m256, m512 := hmac.New(sha256.New, []byte("Jefe")), hmac.New(sha512.New, []byte("Jefe"))
	_, err1 := m256.Write([]byte("what do ya want for nothing?"))
	_, err2 := m512.Write([]byte("what do ya want for nothing?"))
	return errors.Join(
		err1, err2,
		equal(m256.Sum(nil), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
		equal(m512.Sum(nil), "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"),
	)
}

// derivation is test case 1 of RFC 5869, and the same inputs with SHA-512.
func derivation(io.Reader) error {
	ikm, salt, info := unhex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), unhex("000102030405060708090a0b0c"), string(unhex("f0f1f2f3f4f5f6f7f8f9"))
	k256, err1 := hkdf.Key(sha256.New, ikm, salt, info, 42)
	k512, err2 := hkdf.Key(sha512.New, ikm, salt, info, 42)
	return errors.Join(
		err1, err2,
		equal(k256, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
		equal(k512, "832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c1481579338da362cb8d9f925d7cb"),
	)
}

// encryption is test case 14 of the GCM specification, and a flipped bit.
func encryption(io.Reader) error {
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		return err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return err
	}
	sealed := gcm.Seal(nil, make([]byte, 12), make([]byte, 16), nil)
	if err := equal(sealed, "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"); err != nil {
		return err
	}
	sealed[0] ^= 1
	if _, err := gcm.Open(nil, make([]byte, 12), sealed, nil); err == nil {
		return errTaken
	}
	return nil
}

// edwards is test 2 of RFC 8032, section 7.1.
func edwards(io.Reader) error {
	key := ed25519.NewKeyFromSeed(unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
	signature := ed25519.Sign(key, []byte{0x72})
	public := unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
	if !ed25519.Verify(public, []byte{0x72}, signature) {
		return errAnswer
	}
	if ed25519.Verify(public, []byte{0x73}, signature) {
		return errTaken
	}
	return equal(signature, "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
}

// p256 is "sample" of RFC 6979, section A.2.5, with SHA-256.
func p256(io.Reader) error {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), unhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"))
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte("sample"))
	signature, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return err
	}
	if !ecdsa.VerifyASN1(&key.PublicKey, digest[:], signature) {
		return errAnswer
	}
	digest[0] ^= 1
	if ecdsa.VerifyASN1(&key.PublicKey, digest[:], signature) {
		return errTaken
	}
	return equal(signature, "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8")
}

// agreement is the first vector of RFC 7748, section 5.2, with both implementations that are in use.
func agreement(io.Reader) error {
	const scalar, point, want = "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
		"e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
		"c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
	k, p, shared := x25519.Key(unhex(scalar)), x25519.Key(unhex(point)), x25519.Key{}
	if !x25519.Shared(&shared, &k, &p) {
		return errAnswer
	}
	private, err1 := ecdh.X25519().NewPrivateKey(unhex(scalar))
	public, err2 := ecdh.X25519().NewPublicKey(unhex(point))
	if err := errors.Join(err1, err2, equal(shared[:], want)); err != nil {
		return err
	}
	again, err := private.ECDH(public)
	return errors.Join(err, equal(again, want))
}

// sealing opens what was sealed with the key of the base vector of RFC 9180 for X25519, HKDF-SHA256, AES-256-GCM.
func sealing(io.Reader) error {
	key, err := hpke.DHKEM(ecdh.X25519()).NewPrivateKey(unhex("497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d"))
	if err != nil {
		return err
	}
	sealed := unhex("8bd3b2adecebc87ee7040e9ad81df8d07919e37e9f6401ed8e2b89cac7ebe730eec581bd556dcbef84cc84e3d3bae8efe22a6a")
	opened, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte("marque/v1/selftest"), sealed)
	if err != nil {
		return err
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte("marque/v1/selftest"), sealed); err == nil {
		return errTaken
	}
	return equal(opened, "616263")
}

// stretching has the parameters of a vector of the reference implementation: 2 passes over 64 KiB in 2 lanes.
func stretching(io.Reader) error {
	key := argon2.IDKey([]byte("password"), []byte("somesalt"), 2, 64, 2, 24)
	return equal(key, "350ac37222f436ccb5c0972f1ebd3bf6b958bf2071841362")
}
