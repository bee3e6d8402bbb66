package hsm

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// CreateTPM makes a vault in a new file at path, mode 0600, for a seed that is new
// unless o names one, which stays with the caller. The seed is encrypted under a
// secret that the TPM releases for the PIN, on platforms that the officers approve,
// and a second one: neither alone opens it. The platform that runs now is the first
// one approved. The vault was opened once for a trial when it is written, and is
// unlocked.
//
// Before it makes counters in the TPM it writes a file at path that says whose they
// are. Where it was killed, [DiscardStale] finds them by that.
//
// Errors: [ErrExists], [ErrWeakPIN], [ErrSamePIN], [ErrWeakPassphrase],
// [ErrCredentials], [ErrCost], [ErrTPMNotReady], [ErrNoTPM], [ErrApproval] for a key
// that is not of P-256, and those of the file system.
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
	if err := seed.check(); err != nil {
		return nil, err
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
	f, err := o.newFile(second, key)
	if err != nil {
		return nil, err
	}
	f.TPM.Counters.Founding = make([]byte, saltSize)
	if _, err := io.ReadFull(o.Rand, f.TPM.Counters.Founding); err != nil {
		return nil, fmt.Errorf("draw the counters' mark: %w", err)
	}
	v := &Vault{path: path, file: f, rand: o.Rand}
	if err := o.TPM.withRoot(func(r *root) error { return v.found(r, &o, seed) }); err != nil {
		return nil, err
	}
	return v, nil
}

// found fills in the file of a new vault, tries it and writes it. When it fails it
// takes the counters back and then removes the file, which is their only record.
func (v *Vault) found(r *root, o *TPMOptions, seed []byte) (err error) {
	t, s := o.TPM, v.file.TPM
	if err := t.checkProtected(); err != nil {
		return err
	}
	s.Root = r.name
	if err := v.file.begin(v.path); err != nil {
		return err
	}
	defer func() {
		if err == nil {
			return
		}
		_, left := t.removeCounters(r, s.Counters.owner())
		if left == nil {
			left = os.Remove(v.path)
		}
		err = errors.Join(err, left)
	}()
	bound, err := t.defineCounters(r, s, seed)
	if err != nil {
		return err
	}
	if err := v.file.lockUp(r, o, bound, seed); err != nil {
		return err
	}
	opened, err := t.openVault(r, v.file, &o.Credentials)
	if err != nil {
		return fmt.Errorf("try the new vault: %w", err)
	}
	b, err := v.file.marshal()
	if err == nil {
		err = replaceFile(v.path, freshSuffix, b)
	}
	if err != nil {
		opened.erase()
		return err
	}
	v.install(opened)
	return nil
}

// defineCounters makes the three counters of a vault, notes them in s, and returns
// the value of that of retired approvals.
func (t *TPM) defineCounters(r *root, s *sealedHeader, seed []byte) (retired uint64, err error) {
	auth, err := s.counterAuth(seed)
	if err != nil {
		return 0, err
	}
	defer clear(auth)
	for _, index := range []*uint32{&s.Counters.Retired, &s.Counters.Rollback, &s.Counters.Rekeyed} {
		if *index, err = t.defineCounter(r, s.Counters.owner(), auth); err != nil {
			return 0, err
		}
	}
	if s.Rekeyed, err = t.readCounter(r, s.rekeyed()); err != nil {
		return 0, err
	}
	return t.readCounter(r, s.retired())
}
