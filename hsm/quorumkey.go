package hsm

import (
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"io"

	"golang.org/x/crypto/argon2"

	"marque/device/ibc"
)

const (
	officerLabel  = "marque/v1/officer"
	approvalLabel = "marque/v1/officer/approval"
	sealingLabel  = "marque/v1/officer/sealing"
	shareLabel    = "marque/v1/officer/share"
)

// deriveOfficer returns 32 octets of the officer's own secret for one use.
func deriveOfficer(secret []byte, label string) ([]byte, error) {
	b, err := hkdf.Key(sha512.New, secret, nil, label, 32)
	if err != nil {
		return nil, fmt.Errorf("derive an officer's key: %w", err)
	}
	return b, nil
}

// approvalKey returns the Ed25519 key of an officer, for the caller to clear.
func approvalKey(secret []byte) (ed25519.PrivateKey, error) {
	seed, err := deriveOfficer(secret, approvalLabel)
	if err != nil {
		return nil, err
	}
	defer clear(seed)
	return ed25519.NewKeyFromSeed(seed), nil
}

// sealingKey returns the X25519 key that an officer's unlock share is encrypted to. Because of it officers can be changed
// without everybody typing a passphrase.
func sealingKey(secret []byte) (*ecdh.PrivateKey, error) {
	b, err := deriveOfficer(secret, sealingLabel)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	key, err := ecdh.X25519().NewPrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("derive an officer's sealing key: %w", err)
	}
	return key, nil
}

// aead returns the cipher for the officer's own secret, and its associated data: LP(label) ‖ LP(name) ‖ JSON of the cost ‖ salt.
// The key is HKDF-SHA-512(Argon2id(passphrase, salt), salt = SHA-256(associated data), "marque/v1/officer"). The salt is fresh
// whenever something is encrypted, so the nonce is zero.
func (r *record) aead(name string, passphrase []byte) (cipher.AEAD, []byte, error) {
	head := append(ibc.AppendLPString(ibc.AppendLPString(nil, officerLabel), name), encodeJSON(r.Cost)...)
	head = append(head, r.Salt...)
	slow := argon2.IDKey(passphrase, r.Salt, r.Cost.Time, r.Cost.MemoryKiB, r.Cost.Threads, 32)
	defer clear(slow)
	salt := sha256.Sum256(head)
	key, err := hkdf.Key(sha512.New, slow, salt[:], officerLabel, 32)
	if err != nil {
		return nil, nil, fmt.Errorf("derive an officer's key: %w", err)
	}
	defer clear(key)
	gcm, err := newGCM(key)
	return gcm, head, err
}

// newRecord encrypts an officer's own secret under a passphrase.
func newRecord(name string, secret, passphrase []byte, cost Cost, rand io.Reader) (*record, error) {
	if err := checkPassphrase(passphrase); err != nil {
		return nil, err
	}
	if err := cost.check(); err != nil {
		return nil, err
	}
	r := &record{Cost: cost, Salt: make([]byte, saltSize)}
	if _, err := io.ReadFull(rand, r.Salt); err != nil {
		return nil, fmt.Errorf("draw a salt: %w", err)
	}
	gcm, head, err := r.aead(name, passphrase)
	if err != nil {
		return nil, err
	}
	r.Key = gcm.Seal(nil, make([]byte, gcm.NonceSize()), secret, head) //nolint:gosec // zero nonce: the key encrypts once
	return r, nil
}

// open decrypts the officer's own secret into dst, which has room for it.
func (r *record) open(name string, passphrase, dst []byte) ([]byte, error) {
	if len(passphrase) > maxPassphrase {
		return nil, ErrOfficerPassphrase
	}
	gcm, head, err := r.aead(name, passphrase)
	if err != nil {
		return nil, err
	}
	secret, err := gcm.Open(dst[:0], make([]byte, gcm.NonceSize()), r.Key, head)
	if err != nil {
		return nil, ErrOfficerPassphrase
	}
	return secret, nil
}

// shareInfo ties an encrypted share to the roster and the officer that it was made for.
func shareInfo(hash [32]byte, number int) []byte {
	return append(append(ibc.AppendLPString(nil, shareLabel), hash[:]...), byte(number))
}

// sealShare encrypts the share of an officer: HPKE (RFC 9180), X25519, HKDF-SHA-256, AES-256-GCM; 80 octets.
func sealShare(to []byte, hash [32]byte, number int, value []byte) ([]byte, error) {
	key, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(to)
	if err != nil {
		return nil, fmt.Errorf("officer %d: %w: the sealing key is no key", number, ErrAppointment)
	}
	b, err := hpke.Seal(key, hpke.HKDFSHA256(), hpke.AES256GCM(), shareInfo(hash, number), value)
	if err != nil {
		return nil, fmt.Errorf("officer %d: encrypt the share: %w", number, err)
	}
	return b, nil
}

func openShare(key *ecdh.PrivateKey, hash [32]byte, number int, sealed []byte) ([]byte, error) {
	private, err := hpke.NewDHKEMPrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("officer %d: %w", number, err)
	}
	value, err := hpke.Open(private, hpke.HKDFSHA256(), hpke.AES256GCM(), shareInfo(hash, number), sealed)
	if err != nil {
		return nil, fmt.Errorf("officer %d: %w: the share was not made for this officer", number, ErrOfficersCorrupt)
	}
	return value, nil
}
