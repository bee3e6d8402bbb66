package hsm

import (
	"bytes"
	"crypto"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"marque/device/ibc"
)

const (
	secondPassphrase = "passphrase"
	secondQuorum     = "quorum"

	pinUse     = "marque/v1/pin"
	counterUse = "marque/v1/counter"

	redactedCredentials = "hsm.Credentials([redacted])"
)

// Credentials open a TPM vault, together with its TPM: the PIN, and either a
// passphrase or the secret that the officers' shares yield. Its owner clears them.
type Credentials struct {
	PIN        []byte // 6 to 1024 octets; the TPM limits guesses at it
	Passphrase []byte // 8 to 1024 octets, or nil
	Quorum     *QuorumSecret
}

// second names the second secret, and refuses lengths that none has.
func (c *Credentials) second() (string, error) {
	switch {
	case len(c.PIN) < minPIN || len(c.PIN) > maxPIN:
		return "", ErrWeakPIN
	case c.Passphrase != nil && c.Quorum != nil:
		return "", fmt.Errorf("%w: by a passphrase or by the officers' shares, not by both", ErrCredentials)
	case c.Quorum != nil:
		if erased(c.Quorum.page) {
			return "", fmt.Errorf("%w: the officers' secret was erased, let them sign on again", ErrCredentials)
		}
		return secondQuorum, nil
	case len(c.Passphrase) < minPassphrase || len(c.Passphrase) > maxPassphrase:
		return "", ErrWeakPassphrase
	default:
		return secondPassphrase, nil
	}
}

// erased reports whether a page of a secret holds none.
func erased(page []byte) bool {
	return len(page) < seedSize || bytes.Count(page[:seedSize], []byte{0}) == seedSize
}

// people returns the second secret for the vault f, 32 octets for the caller to clear.
func (c *Credentials) people(f *file) []byte {
	if f.TPM.Second == secondQuorum {
		return bytes.Clone(c.Quorum.octets())
	}
	return f.stretch(c.Passphrase, f.Salt)
}

// auth returns what the TPM wants to see for the PIN.
func (c *Credentials) auth(f *file) []byte {
	salt := sha256.Sum256(ibc.AppendLP(ibc.AppendLPString(nil, pinUse), f.Salt))
	slow := f.stretch(c.PIN, salt[:])
	defer clear(slow)
	return authValue(slow)
}

// counterAuth returns what advances the counters of a vault. It depends on the seed,
// which stays through every change of what opens the vault.
func (s *sealedHeader) counterAuth(seed []byte) ([]byte, error) {
	b, err := hkdf.Key(sha512.New, seed, s.Counters.Founding, counterUse, authSize)
	if err != nil {
		return nil, fmt.Errorf("derive the counters' authorisation: %w", err)
	}
	defer clear(b)
	return authValue(b), nil
}

// TPMOptions say how a TPM vault is made.
type TPMOptions struct {
	TPM         *TPM // protected by [TPM.Protect]
	Credentials Credentials
	Officers    crypto.Signer // the officers' approval key, of P-256; it signs the first approval
	Unified     bool          // PCR 11 counts, too: for systems that start from a unified kernel image
	Cost        Cost          // of a guess at the PIN once the TPM is broken, and at the passphrase
	Seed        *Seed         // what the vault is to hold, such as one from backup shares; nil for a new one
	Rand        io.Reader
}

func (o *TPMOptions) check() (second string, err error) {
	if err := o.Cost.check(); err != nil {
		return "", err
	}
	if subtle.ConstantTimeCompare(o.Credentials.PIN, o.Credentials.Passphrase) == 1 {
		return "", ErrSamePIN
	}
	return o.Credentials.second()
}

// newFile returns a vault file with fresh salts, and nothing sealed yet.
func (o *TPMOptions) newFile(second string, key []byte) (*file, error) {
	salt, instance := make([]byte, saltSize), make([]byte, saltSize)
	for _, b := range [][]byte{salt, instance} {
		if _, err := io.ReadFull(o.Rand, b); err != nil {
			return nil, fmt.Errorf("draw the vault's salts: %w", err)
		}
	}
	f := newFile(kindTPM, o.Cost, salt)
	f.TPM = &sealedHeader{Instance: instance, ApprovalKey: key, Unified: o.Unified, Second: second}
	return f, nil
}

// lockUp seals a new secret in the TPM, approves the platform that runs, and encrypts
// the seed. Were the secret that of before, then whoever gets it for the PIN of today
// could open an old copy of the file with passphrase or officers of then, without
// asking the TPM for that.
func (f *file) lockUp(r *root, o *TPMOptions, bound uint64, seed []byte) error {
	page := newPage()
	defer freePage(page)
	secret := page[:tpmSecretSize]
	if _, err := io.ReadFull(o.Rand, secret); err != nil {
		return fmt.Errorf("draw the TPM's secret: %w", err)
	}
	auth := o.Credentials.auth(f)
	defer clear(auth)
	if err := o.TPM.seal(r, f.TPM, secret, auth); err != nil {
		return err
	}
	platform, err := o.TPM.platform(f.TPM.Unified)
	if err != nil {
		return err
	}
	approval, err := f.TPM.sign(platform, bound, o.Officers, o.Rand)
	if err != nil {
		return err
	}
	f.Approvals = []Approval{*approval}
	people := o.Credentials.people(f)
	defer clear(people)
	return f.seal(secret, people, seed)
}

// UnlockTPM opens a TPM vault. It checks the credentials of an unlocked one, too.
// After an error the vault is as locked as before. Errors: [ErrNoTPM],
// [ErrTPMBusy], [ErrOtherTPM], [ErrPlatformChanged], [ErrApprovalRetired],
// [ErrWrongPIN], [ErrLockedOut], [ErrPassphrase], [ErrQuorumSecret],
// [ErrCredentials], [ErrCounter], [ErrVaultCorrupt].
func (v *Vault) UnlockTPM(t *TPM, c Credentials) error {
	f := v.contents()
	if err := c.fits(f); err != nil {
		return err
	}
	var s *secrets
	err := t.onRoot(f.TPM, func(r *root) (err error) {
		if s, err = t.openVault(r, f, &c); err != nil {
			return err
		}
		return t.settle(r, f.TPM, s.counter)
	})
	if err != nil {
		s.erase()
		return err
	}
	v.install(s)
	return nil
}

// fits refuses credentials that cannot be those of f before the TPM counts a try.
func (c *Credentials) fits(f *file) error {
	if f.Kind != kindTPM {
		return fmt.Errorf("%w: it has no TPM, but a passphrase", ErrCredentials)
	}
	second, err := c.second()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	if second != f.TPM.Second {
		return fmt.Errorf("%w: besides the PIN it takes a %s", ErrCredentials, f.TPM.Second)
	}
	return nil
}

// openVault returns what derives from the seed of f.
func (t *TPM) openVault(r *root, f *file, c *Credentials) (*secrets, error) {
	page := newPage()
	defer freePage(page)
	seed, err := t.openSeed(r, f, c, page)
	if err != nil {
		return nil, err
	}
	advance, err := f.TPM.counterAuth(seed)
	if err != nil {
		return nil, err
	}
	defer clear(advance)
	s, err := derive(seed)
	if err != nil {
		return nil, err
	}
	s.setCounter(advance)
	return s, nil
}

// openSeed returns the seed of f, on page, where the TPM's secret is, too. The caller
// has seen that r is the root of f.
func (t *TPM) openSeed(r *root, f *file, c *Credentials, page []byte) (seed []byte, err error) {
	if err := t.checkNewest(r, f.TPM); err != nil {
		return nil, err
	}
	a, changed, err := t.choose(r, f.TPM, f.Approvals)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, fmt.Errorf("%w (differs from the nearest approval in %s)", ErrPlatformChanged, changed)
	}
	auth := c.auth(f)
	defer clear(auth)
	unsealed, err := t.unseal(r, f.TPM, a, auth)
	if err != nil {
		clear(unsealed)
		return nil, err
	}
	secret := page[:tpmSecretSize]
	copy(secret, unsealed)
	clear(unsealed)
	people := c.people(f)
	defer clear(people)
	seed, err = f.open(secret, people, page[tpmSecretSize:])
	if errors.Is(err, ErrPassphrase) && f.TPM.Second == secondQuorum {
		err = ErrQuorumSecret
	}
	return seed, err
}

// Counter returns the counter that tells a restored database from the newest:
// the authority writes it into its checkpoints. The vault may be locked. Errors:
// [ErrOtherTPM], [ErrCounter], [ErrNoTPM], [ErrCredentials].
func (v *Vault) Counter(t *TPM) (n uint64, err error) {
	err = v.onTPM(t, func(r *root, s *sealedHeader) error {
		n, err = t.readCounter(r, s.rollback())
		return err
	})
	return n, err
}

// AdvanceCounter adds one to that counter and returns it. Errors: [ErrLocked]
// and those of Counter.
func (v *Vault) AdvanceCounter(t *TPM) (n uint64, err error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	s := v.file.TPM
	err = t.onRoot(s, func(r *root) error {
		if v.secrets == nil {
			return ErrLocked
		}
		n, err = t.advance(r, s.rollback(), v.secrets.counter)
		return err
	})
	return n, err
}

// onTPM runs f if t is the vault's TPM.
func (v *Vault) onTPM(t *TPM, f func(*root, *sealedHeader) error) error {
	s := v.contents().TPM
	return t.onRoot(s, func(r *root) error { return f(r, s) })
}

// Format implements fmt.Formatter and shows nothing of the credentials.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redactedCredentials) }

// LogValue implements slog.LogValuer and shows nothing of the credentials.
func (Credentials) LogValue() slog.Value { return slog.StringValue(redactedCredentials) }

// MarshalText implements encoding.TextMarshaler and shows nothing of the credentials.
func (Credentials) MarshalText() ([]byte, error) { return []byte(redactedCredentials), nil }
