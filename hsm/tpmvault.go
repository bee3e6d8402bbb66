package hsm

import (
	"bytes"
	"crypto"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

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

// counterAuth returns what advances the counters of a vault.
func counterAuth(secret []byte) ([]byte, error) {
	b, err := hkdf.Key(sha512.New, secret, nil, counterUse, authSize)
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
	f.TPM = &sealedHeader{Instance: instance, ApprovalKey: key, Second: second}
	return f, nil
}

// CreateTPM makes a vault in a new file at path, mode 0600, for a seed that is new
// unless o names one, which stays with the caller. The seed is encrypted under a
// secret that the TPM releases for the PIN, on platforms that the officers approve,
// and a second one: neither alone opens it. The platform that runs now is the first
// one approved. The vault was opened once for a trial when it is written, and is
// unlocked.
//
// Errors: [ErrExists], [ErrWeakPIN], [ErrWeakPassphrase], [ErrCredentials],
// [ErrCost], [ErrTPMNotReady], [ErrNoTPM], [ErrApproval] for a key that is not of
// P-256, and those of the file system.
func CreateTPM(path string, o TPMOptions) (*Vault, error) {
	seed := o.Seed
	if seed == nil {
		fresh, err := NewSeed(o.Rand)
		if err != nil {
			return nil, err
		}
		defer fresh.Erase()
		seed = fresh
	}
	if erased(seed.page) {
		return nil, fmt.Errorf("%w: the seed was erased, combine its shares again", ErrCredentials)
	}
	return createTPM(path, seed.octets(), o)
}

func createTPM(path string, seed []byte, o TPMOptions) (*Vault, error) {
	second, err := o.check()
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return nil, errors.Join(fmt.Errorf("create the vault: %w", ErrExists), err)
	}
	key, err := approvalPoint(o.Officers)
	if err != nil {
		return nil, err
	}
	page := newPage()
	defer freePage(page)
	secret := page[:tpmSecretSize]
	if _, err := io.ReadFull(o.Rand, secret); err != nil {
		return nil, fmt.Errorf("draw the TPM's secret: %w", err)
	}
	f, err := o.newFile(second, key)
	if err != nil {
		return nil, err
	}
	v := &Vault{path: path, file: f, rand: o.Rand}
	if err := o.TPM.withRoot(func(r *root) error { return v.found(r, &o, secret, seed) }); err != nil {
		return nil, err
	}
	return v, nil
}

// found fills in the file of a new vault, tries it and writes it. It takes the
// counters back when it fails.
func (v *Vault) found(r *root, o *TPMOptions, secret, seed []byte) (err error) {
	t, s := o.TPM, v.file.TPM
	if err := t.checkProtected(); err != nil {
		return err
	}
	advance, err := counterAuth(secret)
	if err != nil {
		return err
	}
	defer clear(advance)
	s.Root = r.name
	for _, index := range []*uint32{&s.Retired, &s.Rollback} {
		if *index, err = t.defineCounter(r, advance); err != nil {
			return err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, t.removeCounter(r, *index))
			}
		}()
	}
	bound, err := t.readCounter(r, s.Retired)
	if err != nil {
		return err
	}
	if err := v.file.lockUp(r, o, bound, secret, seed); err != nil {
		return err
	}
	opened, err := t.openVault(r, v.file, &o.Credentials)
	if err != nil {
		return fmt.Errorf("try the new vault: %w", err)
	}
	b, err := v.file.marshal()
	if err == nil {
		err = writeFile(v.path, b)
	}
	if err != nil {
		opened.erase()
		return err
	}
	v.install(opened)
	return nil
}

// lockUp seals the TPM's secret, approves the platform that runs, and encrypts
// the seed.
func (f *file) lockUp(r *root, o *TPMOptions, bound uint64, secret, seed []byte) error {
	auth := o.Credentials.auth(f)
	defer clear(auth)
	if err := o.TPM.seal(r, f.TPM, secret, auth); err != nil {
		return err
	}
	platform, err := o.TPM.platform(o.Unified)
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
	err := t.withRoot(func(r *root) (err error) {
		s, err = t.openVault(r, f, &c)
		return err
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
	seed, secret, err := t.openSeed(r, f, c, page)
	if err != nil {
		return nil, err
	}
	advance, err := counterAuth(secret)
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

// openSeed returns the seed of f and the TPM's secret, both on page.
func (t *TPM) openSeed(r *root, f *file, c *Credentials, page []byte) (seed, secret []byte, err error) {
	if !bytes.Equal(r.name, f.TPM.Root) {
		return nil, nil, ErrOtherTPM
	}
	a, err := t.choose(r, f.TPM, f.Approvals)
	if err != nil {
		return nil, nil, err
	}
	auth := c.auth(f)
	defer clear(auth)
	unsealed, err := t.unseal(r, f.TPM, a, auth)
	if err != nil {
		clear(unsealed)
		return nil, nil, err
	}
	secret = page[:tpmSecretSize]
	copy(secret, unsealed)
	clear(unsealed)
	people := c.people(f)
	defer clear(people)
	seed, err = f.open(secret, people, page[tpmSecretSize:])
	if errors.Is(err, ErrPassphrase) && f.TPM.Second == secondQuorum {
		err = ErrQuorumSecret
	}
	return seed, secret, err
}

// Counter returns the counter that tells a restored database from the newest:
// the authority writes it into its checkpoints. The vault may be locked. Errors:
// [ErrOtherTPM], [ErrCounter], [ErrNoTPM], [ErrCredentials].
func (v *Vault) Counter(t *TPM) (n uint64, err error) {
	return v.onTPM(t, func(r *root, s *sealedHeader) (uint64, error) { return t.readCounter(r, s.Rollback) })
}

// AdvanceCounter adds one to that counter and returns it. Errors: [ErrLocked]
// and those of Counter.
func (v *Vault) AdvanceCounter(t *TPM) (n uint64, err error) {
	err = v.use(func(secret *secrets) error {
		n, err = v.advance(t, secret, func(s *sealedHeader) uint32 { return s.Rollback })
		return err
	})
	return n, err
}

// advance adds one to a counter. The caller holds v.mu.
func (v *Vault) advance(t *TPM, secret *secrets, which func(*sealedHeader) uint32) (uint64, error) {
	if v.file.Kind != kindTPM {
		return 0, fmt.Errorf("%w: it has no TPM, and so no counter", ErrCredentials)
	}
	return t.AdvanceCounter(which(v.file.TPM), secret.counter)
}

// onTPM runs f if t is the vault's TPM.
func (v *Vault) onTPM(t *TPM, f func(*root, *sealedHeader) (uint64, error)) (n uint64, err error) {
	s := v.contents().TPM
	if s == nil {
		return 0, fmt.Errorf("%w: it has no TPM, and so no counter", ErrCredentials)
	}
	err = t.withRoot(func(r *root) error {
		if !bytes.Equal(r.name, s.Root) {
			return ErrOtherTPM
		}
		n, err = f(r, s)
		return err
	})
	return n, err
}

// Format implements fmt.Formatter and shows nothing of the credentials.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redactedCredentials) }

// LogValue implements slog.LogValuer and shows nothing of the credentials.
func (Credentials) LogValue() slog.Value { return slog.StringValue(redactedCredentials) }

// MarshalText implements encoding.TextMarshaler and shows nothing of the credentials.
func (Credentials) MarshalText() ([]byte, error) { return []byte(redactedCredentials), nil }
