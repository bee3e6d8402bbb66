package appliance

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"marque/app/backup"
	"marque/hsm"
)

// Keys open the vault of a backup. They stay with the caller, who clears them.
type Keys struct {
	PIN        []byte
	Officers   map[string][]byte // passphrases by name: as many security officers as the vault needs
	Passphrase []byte            // of a passphrase vault
}

// Restore puts the authority of a backup into dir, which is empty or does not exist yet, and opens it, locked. It has the vault that
// was current when the backup was made, which k opens now: with another TPM, or after the officers were changed, recover from the
// cards instead (see [Founding]). Every octet is verified before dir comes into being. The authority is read-only until
// authority.Authority.Reopen.
//
// Errors: [ErrOccupied], [ErrFoundingElsewhere], [ErrNoFolder], [ErrDatabase], backup.ErrArchive, backup.ErrKey, and those of
// [Appliance.SignOn] and [Appliance.UnlockQuorum].
func Restore(dir string, archive io.Reader, k Keys, o Options) (*Appliance, error) {
	a, err := restore(dir, archive, &k, o)
	if err != nil {
		return nil, fmt.Errorf("restore the authority: %w", err)
	}
	return a, nil
}

func restore(dir string, archive io.Reader, k *Keys, o Options) (*Appliance, error) {
	from, err := backup.NewReader(archive)
	if err != nil {
		return nil, err
	}
	if dir, err = target(dir); err != nil {
		return nil, err
	}
	// The vault is a realm's that lives: nothing of it is ever taken out of the TPM.
	s, err := openSite(dir, restoring, func(string) error { return nil })
	if err != nil {
		return nil, err
	}
	err = unpack(s.path, from, k, o)
	if err == nil {
		o.reached("unpacked")
		err = s.move(dir)
	}
	if err != nil {
		return nil, errors.Join(err, s.abandon())
	}
	a, err := Open(dir, o)
	return a, errors.Join(err, s.close())
}

// unpack fills the site.
func unpack(path string, from *backup.Reader, k *Keys, o Options) (err error) {
	for _, file := range []struct {
		name string
		b    []byte
	}{{vaultFile, from.Header.Vault}, {officersFile, from.Header.Officers}, {cardsFile, from.Header.Cards}} {
		if len(file.b) == 0 {
			continue
		}
		if err := writeFile(filepath.Join(path, file.name), file.b); err != nil {
			return err
		}
	}
	if _, err := readCards(filepath.Join(path, cardsFile)); err != nil {
		return err
	}
	vault, err := hsm.Open(filepath.Join(path, vaultFile))
	if err != nil {
		return err
	}
	if err := k.unlock(vault, path, o); err != nil {
		return err
	}
	defer vault.Lock()
	key, err := vault.StorageKey()
	defer clear(key[:])
	if err != nil {
		return err
	}
	return extract(from, filepath.Join(path, databaseFile), key)
}

// unlock opens the vault of a backup.
func (k *Keys) unlock(vault *hsm.Vault, path string, o Options) error {
	if vault.Kind() != KindTPM {
		return vault.Unlock(k.Passphrase)
	}
	officers, err := readOfficers(filepath.Join(path, officersFile))
	if err != nil {
		return err
	}
	secret, err := k.quorum(officers)
	if err != nil {
		return err
	}
	defer secret.Erase()
	t, err := hsm.OpenTPM(o.TPM, o.Clock)
	if err != nil {
		return err
	}
	defer closeTPM(t)
	return vault.UnlockTPM(t, hsm.Credentials{PIN: k.PIN, Quorum: secret})
}

func (k *Keys) quorum(officers *hsm.Officers) (*hsm.QuorumSecret, error) {
	var present []*hsm.Credential
	defer func() {
		for _, c := range present {
			c.Erase()
		}
	}()
	for _, name := range slices.Sorted(maps.Keys(k.Officers)) {
		o, err := findOfficer(officers, name)
		if err != nil {
			return nil, err
		}
		c, err := officers.SignOn(o.Number, k.Officers[name])
		if err != nil {
			return nil, err
		}
		present = append(present, c)
	}
	return officers.Rebuild(present)
}
