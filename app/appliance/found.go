package appliance

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"

	"marque/authority"
	"marque/hsm"
	"marque/storage"
)

// Found founds an authority in dir, which is empty or does not exist yet, and
// leaves it unlocked. It draws the master secret, seals it under the passphrase,
// and begins registry and log; all of it is on the disk, and was opened again
// with the passphrase, before dir comes into being. When Found fails there is no
// authority. Errors: [ErrOccupied], [ErrFoundingElsewhere], [ErrNoFolder],
// authority.ErrFounded, hsm.ErrWeakPassphrase, and those of authority.Found.
func Found(dir string, f authority.Founding, passphrase []byte, o Options) (*Appliance, error) {
	dir, err := target(dir)
	if err != nil {
		return nil, fmt.Errorf("found the authority: %w", err)
	}
	site, err := openSite(dir)
	if err != nil {
		return nil, fmt.Errorf("found the authority: %w", err)
	}
	a, err := build(site.path, f, passphrase, o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("found the authority: %w", err), site.abandon())
	}
	if err := site.move(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("found the authority: %w", err), a.Close(), site.abandon())
	}
	return a, nil
}

// build makes the files of an authority and opens them as every later start will.
func build(dir string, f authority.Founding, passphrase []byte, o Options) (*Appliance, error) {
	if err := write(dir, f, passphrase, o); err != nil {
		return nil, err
	}
	a, err := Open(dir, o)
	if err != nil {
		return nil, fmt.Errorf("check what was written: %w", err)
	}
	if err := a.Unlock(passphrase); err != nil {
		return nil, errors.Join(fmt.Errorf("check what was written: %w", err), a.Close())
	}
	return a, nil
}

func write(dir string, f authority.Founding, passphrase []byte, o Options) (err error) {
	vault, err := hsm.CreatePassphrase(filepath.Join(dir, vaultFile), passphrase, cmp.Or(o.Rand, rand.Reader))
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
