package hsm

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"marque/device/ibc"
)

const redacted = "hsm.Vault([redacted])"

// Vault holds the master seed of a realm: encrypted in its file, and, between
// Unlock and Lock, what derives from the seed in memory. It is safe for
// concurrent use. Printed or logged it shows nothing.
type Vault struct {
	_    [0]func() // not comparable
	path string
	rand io.Reader

	mu      sync.RWMutex
	file    *file    // as on the disk; public, and replaced as a whole
	secrets *secrets // nil while locked
	public  ed25519.PublicKey
}

// CreatePassphrase makes a vault with a new random seed in a new file at path,
// mode 0600, under a passphrase of 8 to 1024 octets and [DefaultCost]. The file
// is on the disk and was read back when it returns; the vault is unlocked.
// Errors: [ErrExists], [ErrWeakPassphrase], and those of the file system.
func CreatePassphrase(path string, passphrase []byte, rand io.Reader) (*Vault, error) {
	return CreatePassphraseCost(path, passphrase, DefaultCost(), rand)
}

// CreatePassphraseCost is CreatePassphrase with another price per guess, such
// as a higher one on a faster machine. It also returns [ErrCost].
func CreatePassphraseCost(path string, passphrase []byte, cost Cost, rand io.Reader) (*Vault, error) {
	seed, err := NewSeed(rand)
	if err != nil {
		return nil, err
	}
	defer seed.Erase()
	return seed.CreatePassphrase(path, passphrase, cost, rand)
}

// Open reads the vault at path and leaves it locked. Errors: [ErrVaultCorrupt],
// [ErrCost], [ErrVaultBegun], and those of the file system (fs.ErrNotExist among them).
func Open(path string) (*Vault, error) {
	f, err := readFile(path)
	if err != nil {
		return nil, err
	}
	if f.Kind == kindBegun {
		return nil, ErrVaultBegun
	}
	return &Vault{path: path, file: f, rand: rand.Reader}, nil
}

// Unlock opens the vault with its passphrase; it costs the time and memory of
// the vault's [Cost]. It checks the passphrase of an unlocked vault, too.
// Error: [ErrPassphrase], after which the vault is as locked as before;
// [ErrCredentials] for a vault that needs a TPM.
func (v *Vault) Unlock(passphrase []byte) error {
	seed, err := v.Seed(passphrase)
	if err != nil {
		return err
	}
	defer seed.Erase()
	s, err := derive(seed.octets())
	if err != nil {
		return err
	}
	v.install(s)
	return nil
}

func (v *Vault) install(s *secrets) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secrets.erase()
	v.secrets = s
	v.public = bytes.Clone(s.statement[ed25519.SeedSize:])
}

// Lock erases the secrets. It waits for operations that are under way; those
// that come later fail with [ErrLocked]. A locked vault stays locked.
func (v *Vault) Lock() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secrets.erase()
	v.secrets = nil
}

// Locked reports whether the vault is locked.
func (v *Vault) Locked() bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.secrets == nil
}

// contents returns what the vault's file holds, which nobody changes.
func (v *Vault) contents() *file {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.file
}

// Kind says what opens the vault: "passphrase" or "tpm".
func (v *Vault) Kind() string { return v.contents().Kind }

// use runs f on the secrets, which stay whole until it returns.
func (v *Vault) use(f func(*secrets) error) error {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.secrets == nil {
		return ErrLocked
	}
	return f(v.secrets)
}

// Params returns the public parameters X and Z of the realm, or [ErrLocked].
func (v *Vault) Params() (p *ibc.Params, err error) {
	err = v.use(func(s *secrets) error {
		p = s.master.Params()
		return nil
	})
	return p, err
}

// Extract makes the partial key of an identity for the enrolment key U = u
// (32 octets, PROTOCOL.md section 4.1). It is for package authority alone to see
// that no identity is extracted twice. Errors: [ErrLocked] and those of package ibc.
func (v *Vault) Extract(id ibc.Identity, u [32]byte) (k *ibc.PartialKey, err error) {
	err = v.use(func(s *secrets) error {
		k, err = s.master.Extract(v.rand, id, u)
		if err != nil {
			return fmt.Errorf("extract: %w", err)
		}
		return nil
	})
	return k, err
}

// Public returns the statement key, an ed25519.PublicKey of 32 octets, or nil as
// long as the vault was never unlocked. It implements crypto.Signer.
func (v *Vault) Public() crypto.PublicKey {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.public == nil {
		return nil
	}
	return ed25519.PublicKey(bytes.Clone(v.public))
}

// Sign signs a message with the statement key: pure Ed25519 (RFC 8032), 64
// octets, so opts must not name a hash. It implements crypto.Signer; the reader
// is not used. Errors: [ErrLocked], and one for options that are not for pure Ed25519.
func (v *Vault) Sign(_ io.Reader, message []byte, opts crypto.SignerOpts) (sig []byte, err error) {
	if opts != nil && opts.HashFunc() != 0 {
		return nil, errors.New("sign: the statement key signs messages, not hashes")
	}
	err = v.use(func(s *secrets) error {
		sig, err = s.statement.Sign(nil, message, crypto.Hash(0))
		if err != nil {
			return fmt.Errorf("sign: %w", err)
		}
		return nil
	})
	return sig, err
}

// StorageKey returns a copy of the 32-octet key of the store, for the caller to
// clear after use, or [ErrLocked].
func (v *Vault) StorageKey() (key [32]byte, err error) {
	err = v.use(func(s *secrets) error {
		copy(key[:], s.storage)
		return nil
	})
	return key, err
}

// Format implements fmt.Formatter; whatever the verb, it shows nothing of the vault.
func (v *Vault) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue implements slog.LogValuer and shows nothing of the vault.
func (v *Vault) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler and shows nothing of the vault.
func (v *Vault) MarshalText() ([]byte, error) { return []byte(redacted), nil }
