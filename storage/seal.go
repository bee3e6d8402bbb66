package storage

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
)

// keyring holds one AES-256-GCM key per private bucket. Go's AES keeps its
// round keys where they cannot be erased; locking drops them for the garbage
// collector and claims no more than that.
type keyring struct {
	_     [0]func() // not comparable
	aeads map[string]cipher.AEAD
}

// newKeyring derives the keys: HKDF-SHA-512, empty salt, info
// "marque/v1/storage/" and the name of the bucket.
func newKeyring(key [32]byte) (*keyring, error) {
	defer clear(key[:])
	k := &keyring{aeads: make(map[string]cipher.AEAD)}
	for _, bucket := range sealedBuckets {
		sub, err := hkdf.Key(sha512.New, key[:], nil, "marque/v1/storage/"+bucket, 32)
		if err != nil {
			return nil, fmt.Errorf("derive the key of %s: %w", bucket, err)
		}
		block, err := aes.NewCipher(sub)
		clear(sub)
		if err != nil {
			return nil, fmt.Errorf("key of %s: %w", bucket, err)
		}
		if k.aeads[bucket], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, fmt.Errorf("key of %s: %w", bucket, err)
		}
	}
	return k, nil
}

// seal returns nonce ‖ ciphertext ‖ tag, 28 octets more than plain. The 12-octet
// nonce is random: with 2³² values under one key two nonces are equal with
// probability 2⁻³³ (NIST SP 800-38D section 8.3).
func (k *keyring) seal(bucket string, key, plain []byte) []byte {
	return k.aeads[bucket].Seal(nil, nil, plain, place(bucket, key)) //nolint:gosec // G407: this AEAD draws its nonce itself
}

func (k *keyring) open(bucket string, key, sealed []byte) ([]byte, error) {
	plain, err := k.aeads[bucket].Open(nil, nil, sealed, place(bucket, key))
	if err != nil {
		return nil, fmt.Errorf("%w: a sealed value in %s does not open", ErrCorrupt, bucket)
	}
	return plain, nil
}

// place binds a value to where it stands, so that it cannot be moved.
func place(bucket string, key []byte) []byte {
	b := make([]byte, 0, len(bucket)+1+len(key))
	return append(append(append(b, bucket...), 0), key...)
}

// checked puts a digest in front of a public value. It finds accidents, not forgers.
func checked(bucket string, key, value []byte) []byte {
	sum := digest(bucket, key, value)
	return append(sum[:], value...)
}

func unchecked(bucket string, key, stored []byte) ([]byte, error) {
	if len(stored) < sha256.Size {
		return nil, fmt.Errorf("%w: a value in %s is too short", ErrCorrupt, bucket)
	}
	sum, value := stored[:sha256.Size], stored[sha256.Size:]
	if want := digest(bucket, key, value); string(sum) != string(want[:]) {
		return nil, fmt.Errorf("%w: a value in %s does not match its digest", ErrCorrupt, bucket)
	}
	return value, nil
}

func digest(bucket string, key, value []byte) [sha256.Size]byte {
	b := binary.BigEndian.AppendUint32(place(bucket, nil), uint32(len(key)))
	return sha256.Sum256(append(append(b, key...), value...))
}
