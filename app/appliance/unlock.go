package appliance

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"

	"marque/authority"
	"marque/hsm"
	"marque/storage"
)

// Unlock opens vault and database with the passphrase, makes sure that they
// belong together, and reads every private record once, which takes 6 µs per
// identity, so that a damaged registry is not built upon. It checks the passphrase of
// an unlocked appliance, too. Errors: hsm.ErrPassphrase, and hsm.ErrCredentials for a
// TPM vault, which leave things as they were; authority.ErrOtherMaster and
// storage.ErrCorrupt, after which the appliance is locked.
func (a *Appliance) Unlock(passphrase []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	err := a.vault.Unlock(passphrase)
	if err == nil {
		err = a.attendOrLock(nil)
	}
	if err != nil {
		return fmt.Errorf("unlock the authority: %w", err)
	}
	return nil
}

// Officers returns the officers of a TPM vault, or nil where a passphrase opens it.
func (a *Appliance) Officers() *hsm.Officers {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.officers
}

// SignOn opens what an officer holds, for the caller to erase: what signs approvals, and what
// [Appliance.UnlockQuorum] takes. It costs the time and memory of the officer's hsm.Cost, and works whether or not the vault is
// locked. A change of officers makes it worthless. Errors: [ErrNoOfficers], and those of hsm.Officers.SignOn.
func (a *Appliance) SignOn(name string, passphrase []byte) (*hsm.Credential, error) {
	officers := a.Officers() // not held while the passphrase is stretched
	if officers == nil {
		return nil, fmt.Errorf("sign on: %w", ErrNoOfficers)
	}
	o, err := findOfficer(officers, name)
	if err != nil {
		return nil, fmt.Errorf("sign on: %w", err)
	}
	return officers.SignOn(o.Number, passphrase)
}

// UnlockQuorum is Unlock for a TPM vault: with the PIN, and the security officers who have signed on, as many as the vault needs.
// The TPM stays open until the appliance is locked, and no other program should use it meanwhile.
//
// A database that is older than the TPM's counter, that came from a backup, or whose counter is lost is unlocked for reading only:
// see authority.Authority.ReadOnly.
//
// Errors: those of hsm.OpenTPM, hsm.Officers.Rebuild and hsm.Vault.UnlockTPM, which leave things as they were; and those of
// Unlock.
func (a *Appliance) UnlockQuorum(pin []byte, present []*hsm.Credential) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.unlockQuorum(pin, present); err != nil {
		return fmt.Errorf("unlock the authority: %w", err)
	}
	return nil
}

func (a *Appliance) unlockQuorum(pin []byte, present []*hsm.Credential) error {
	if a.officers == nil {
		return fmt.Errorf("%w: it has no officers, but a passphrase", hsm.ErrCredentials)
	}
	secret, err := a.officers.Rebuild(present)
	if err != nil {
		return err
	}
	defer secret.Erase()
	if a.tpm != nil {
		return a.unlockWith(a.tpm, pin, secret)
	}
	t, err := a.openTPM()
	if err != nil {
		return err
	}
	if err = a.unlockWith(t, pin, secret); a.tpm != t {
		closeTPM(t)
	}
	return err
}

// unlockWith takes the TPM over if the vault opens.
func (a *Appliance) unlockWith(t *hsm.TPM, pin []byte, secret *hsm.QuorumSecret) error {
	if err := a.vault.UnlockTPM(t, hsm.Credentials{PIN: pin, Quorum: secret}); err != nil {
		return err
	}
	return a.attendOrLock(t)
}

// attendOrLock is attend, after an error of which everything is locked.
func (a *Appliance) attendOrLock(t *hsm.TPM) error {
	if err := a.attend(t); err != nil {
		return errors.Join(err, a.lock())
	}
	return nil
}

// attend makes an authority of a vault that was just unlocked: with its database, its TPM, which it takes over, and its officers.
// The caller holds a.mu.
func (a *Appliance) attend(t *hsm.TPM) error {
	a.tpm = t
	if err := a.unlockStore(); err != nil {
		return err
	}
	if err := a.appoint(); err != nil {
		return err
	}
	if err := a.count(); err != nil {
		return err
	}
	a.authority.BeginIndex()
	return nil
}

func (a *Appliance) unlockStore() error {
	core := a.authority.Core()
	params, err := a.vault.Params()
	if err != nil {
		return err
	}
	statement, ok := a.vault.Public().(ed25519.PublicKey)
	if !ok || !bytes.Equal(statement, core.StatementKey[:]) || params.X() != core.X || params.Z() != core.Z {
		return authority.ErrOtherMaster
	}
	key, err := a.vault.StorageKey()
	defer clear(key[:])
	if err != nil {
		return err
	}
	if err := a.store.Unlock(key); err != nil {
		return err
	}
	return a.store.View((*storage.Tx).VerifyRegistry)
}

// Lock seals the log's end and makes vault and database forget their keys. Changes under way may still be completed or fail as a
// whole. The appliance is locked even if an error says that the end could not be sealed: a copy of the database from before the last
// issuings would then be noticed only by their absence.
func (a *Appliance) Lock() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.lock(); err != nil {
		return fmt.Errorf("lock the authority: it is locked, but %w", err)
	}
	return nil
}

// lock is Lock for a caller who holds a.mu.
func (a *Appliance) lock() error {
	err := a.seal()
	a.store.Lock()
	if a.authority != nil {
		a.authority.Forget()
	}
	a.vault.Lock()
	if a.tpm != nil {
		err = errors.Join(err, a.authority.SetCounter(nil))
		closeTPM(a.tpm)
		a.tpm = nil
	}
	return err
}
