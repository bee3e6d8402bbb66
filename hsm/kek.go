package hsm

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"

	"golang.org/x/crypto/argon2"

	"marque/device/ibc"
)

const vaultUse = "marque/v1/vault"

// stretch returns Argon2id of what a person typed, 32 octets.
func (f *file) stretch(typed, salt []byte) []byte {
	return argon2.IDKey(typed, salt, f.Cost.Time, f.Cost.MemoryKiB, f.Cost.Threads, 32)
}

// aead returns the AES-256-GCM instance that encrypts the seed of f, and the
// associated data. Its key depends on two secrets, a fresh salt and the rest of
// the header, and encrypts once: the nonce is zero.
//
// The key is HKDF-SHA-512(LP(hardware) ‖ LP(people), salt = SHA-256(header),
// "marque/v1/vault"). The first is the TPM's secret, empty where there is none;
// the second Argon2id(passphrase, salt) or the quorum's secret, 32 octets.
func (f *file) aead(hardware, people []byte) (cipher.AEAD, []byte, error) {
	head, err := f.headerBytes()
	if err != nil {
		return nil, nil, err
	}
	secret := ibc.AppendLP(ibc.AppendLP(make([]byte, 0, 2*(2+32)), hardware), people)
	defer clear(secret)
	salt := sha256.Sum256(head)
	key, err := hkdf.Key(sha512.New, secret, salt[:], vaultUse, 32)
	if err != nil {
		return nil, nil, fmt.Errorf("derive the vault's key: %w", err)
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, fmt.Errorf("set up the vault's cipher: %w", err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, nil, fmt.Errorf("set up the vault's cipher: %w", err)
	}
	return gcm, head, nil
}

// seal puts the encrypted seed into f.
func (f *file) seal(hardware, people, seed []byte) error {
	gcm, head, err := f.aead(hardware, people)
	if err != nil {
		return err
	}
	f.Seed = gcm.Seal(nil, make([]byte, gcm.NonceSize()), seed, head) //nolint:gosec // zero nonce: the key encrypts once
	return nil
}

// open decrypts the seed of f into dst, which has room for it. Error:
// [ErrPassphrase], whatever the second secret came from.
func (f *file) open(hardware, people, dst []byte) ([]byte, error) {
	gcm, head, err := f.aead(hardware, people)
	if err != nil {
		return nil, err
	}
	seed, err := gcm.Open(dst[:0], make([]byte, gcm.NonceSize()), f.Seed, head)
	if err != nil {
		return nil, ErrPassphrase
	}
	return seed, nil
}
