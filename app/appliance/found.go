package appliance

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"marque/authority"
	"marque/storage"
)

// Found founds an authority in dir, which is empty or does not exist yet, and
// leaves it unlocked. It draws the master secret, seals it under the passphrase,
// and begins registry and log; all of it is on the disk, and was opened again
// with the passphrase, before dir comes into being. When Found fails there is no
// authority. Errors: [ErrOccupied], [ErrFoundingElsewhere], [ErrNoFolder],
// authority.ErrFounded, hsm.ErrWeakPassphrase, and those of authority.Found.
func Found(dir string, f authority.Founding, passphrase []byte, o Options) (*Appliance, error) {
	a, err := found(dir, f, passphraseKeys(passphrase), o)
	if err != nil {
		return nil, fmt.Errorf("found the authority: %w", err)
	}
	return a, nil
}

// FoundTPM is Found for a vault that the TPM and the passphrase open together. It
// first protects the TPM against guessed PINs. A founding that was killed leaves
// two counters in the TPM, which harm nobody. Errors: those of Found and of
// hsm.CreateTPM, and hsm.ErrLockoutAuth.
func FoundTPM(dir string, f authority.Founding, t NewTPM, passphrase []byte, o Options) (*Appliance, error) {
	a, err := foundTPM(dir, f, t, passphrase, o)
	if err != nil {
		return nil, fmt.Errorf("found the authority: %w", err)
	}
	return a, nil
}

func foundTPM(dir string, f authority.Founding, t NewTPM, passphrase []byte, o Options) (*Appliance, error) {
	k, err := openTPM(t.TPM, passphrase, o.Clock)
	if err != nil {
		return nil, err
	}
	defer k.close()
	k.officers = t.Officers
	if t.Lockout != nil {
		if err := k.tpm.Protect(t.Lockout); err != nil {
			return nil, err
		}
	}
	return found(dir, f, k, o)
}

func found(dir string, f authority.Founding, k keys, o Options) (*Appliance, error) {
	dir, err := target(dir)
	if err != nil {
		return nil, err
	}
	site, err := openSite(dir)
	if err != nil {
		return nil, err
	}
	a, err := build(site.path, f, k, o)
	if err != nil {
		return nil, errors.Join(err, k.abandon(), site.abandon())
	}
	if err := site.move(dir); err != nil {
		err = errors.Join(err, a.Close())
		if _, gone := os.Stat(site.path); errors.Is(gone, fs.ErrNotExist) {
			return nil, err // it stands at its place, only not durably for sure: what guards it must stay
		}
		return nil, errors.Join(err, k.abandon(), site.abandon())
	}
	return a, nil
}

// build makes the files of an authority and opens them as every later start will.
func build(dir string, f authority.Founding, k keys, o Options) (*Appliance, error) {
	if err := write(dir, f, k, o); err != nil {
		return nil, err
	}
	a, err := Open(dir, o)
	if err != nil {
		return nil, fmt.Errorf("check what was written: %w", err)
	}
	if err := a.unlock(k); err != nil {
		return nil, errors.Join(fmt.Errorf("check what was written: %w", err), a.Close())
	}
	return a, nil
}

func write(dir string, f authority.Founding, k keys, o Options) (err error) {
	vault, err := k.create(filepath.Join(dir, vaultFile), cmp.Or(o.Rand, rand.Reader))
	if err != nil {
		return err
	}
	defer vault.Lock()
	params, err := vault.Params()
	if err != nil {
		return err
	}
	key, err := vault.StorageKey()
	defer clear(key[:])
	if err != nil {
		return err
	}
	store, err := storage.Create(filepath.Join(dir, databaseFile), key)
	if err != nil {
		return err
	}
	_, err = authority.Found(store, vault, params, f, o.Clock)
	return errors.Join(err, store.Close())
}
