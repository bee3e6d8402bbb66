package bench

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/emmansun/gmsm/sm9"
)

// The peers that are not at hand in every comparison: what somebody would take instead.

// verifyECDSA compares a message of a stranger with a certificate and a message, as in IEEE 1609.2.
func verifyECDSA(tb testing.TB) (ours, theirs side) {
	ours, _ = verifyStranger(tb)
	authority, sender := p256(tb), p256(tb)
	certified, signed := sha256.Sum256(certificate), sha256.Sum256(message)
	bySender, byAuthority := signP256(tb, sender, signed), signP256(tb, authority, certified)
	theirs.run = func(int) error {
		certified, signed := sha256.Sum256(certificate), sha256.Sum256(message)
		if !ecdsa.VerifyASN1(&authority.PublicKey, certified[:], byAuthority) || !ecdsa.VerifyASN1(&sender.PublicKey, signed[:], bySender) {
			return errVerify
		}
		return nil
	}
	return ours, theirs
}

func p256(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func signP256(tb testing.TB, key *ecdsa.PrivateKey, digest [32]byte) []byte {
	tb.Helper()
	sig, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		tb.Fatal(err)
	}
	return sig
}

// verifyKnown has the sender's key at hand, with its table.
func verifyKnown(tb testing.TB) (ours, theirs side) {
	params, all := signers(tb, 1)
	s := all[0]
	key, err := s.public(params)
	if err != nil {
		tb.Fatal(err)
	}
	key.Precompute()
	ours.run = func(int) error { return key.Verify(broadcast, message, s.sig) }
	public, private := classic(tb)
	theirs.run = verifyClassic(public, private)
	return ours, theirs
}

// hid of the standard's private keys for signing and for encrypting.
const hidSign, hidEncrypt = 1, 3

// verifySM9 is the standardised signature with identity keys (ISO/IEC 14888-3).
func verifySM9(tb testing.TB) (ours, theirs side) {
	ours, _ = verifyStranger(tb)
	master, err := sm9.GenerateSignMasterKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	uid := []byte("//fleet.example/Sbus-0~0")
	key, err := master.GenerateUserKey(uid, hidSign)
	if err != nil {
		tb.Fatal(err)
	}
	digest := sha256.Sum256(message)
	sig, err := sm9.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		tb.Fatal(err)
	}
	theirs.run = func(int) error {
		if !sm9.VerifyASN1(master.Public(), uid, hidSign, digest[:], sig) {
			return errVerify
		}
		return nil
	}
	return ours, theirs
}

var errPlaintext = errors.New("another plaintext came out")

// openSM9 decrypts what an identity key was enough to encrypt (ISO/IEC 18033-5); it says nothing about who did.
func openSM9(tb testing.TB) (ours, theirs side) {
	ours, _ = openCold(tb)
	master, err := sm9.GenerateEncryptMasterKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	uid := []byte("//fleet.example/Sbus-0~0")
	key, err := master.GenerateUserKey(uid, hidEncrypt)
	if err != nil {
		tb.Fatal(err)
	}
	sealed, err := sm9.Encrypt(rand.Reader, master.Public(), uid, hidEncrypt, message)
	if err != nil {
		tb.Fatal(err)
	}
	theirs.run = func(int) error {
		got, err := sm9.Decrypt(key, uid, sealed)
		if err == nil && !bytes.Equal(got, message) {
			err = errPlaintext
		}
		return err
	}
	return ours, theirs
}

// warmHPKE seals and opens with keys that both sides have, without saying who sent it.
func warmHPKE(tb testing.TB) (ours, theirs side) {
	ours, _ = warm(tb)
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	private, err := hpke.NewDHKEMPrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	kdf, aead := hpke.HKDFSHA256(), hpke.AES256GCM()
	theirs.run = func(int) error {
		sealed, err := hpke.Seal(private.PublicKey(), kdf, aead, nil, message)
		if err != nil {
			return err
		}
		got, err := hpke.Open(private, kdf, aead, nil, sealed)
		if err == nil && !bytes.Equal(got, message) {
			err = errPlaintext
		}
		return err
	}
	return ours, theirs
}
