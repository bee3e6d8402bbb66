package appliance

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"marque/authority"
	"marque/hsm"
	"marque/storage"
)

const (
	vaultFile    = "vault"
	databaseFile = "authority.db"
)

// Options are what an authority takes from the system.
type Options struct {
	Clock func() time.Time // the present time; required
	Rand  io.Reader        // for the master secret of a founding; nil is crypto/rand
}

// Appliance is an open authority folder. No other program can open it
// meanwhile. It is safe for concurrent use.
type Appliance struct {
	store     *storage.Store
	vault     *hsm.Vault
	authority *authority.Authority
	clock     func() time.Time

	mu sync.Mutex // one Unlock, Lock or Close at a time
}

// Open opens the authority in dir, locked: core, policy, log, and lists can be
// read, and were the core's statement and the policy's not genuine, it would
// fail. Errors: authority.ErrNotFounded, [ErrInterrupted], [ErrIncomplete],
// storage.ErrBusy when another program has it open, storage.ErrCorrupt,
// storage.ErrFormat, hsm.ErrVaultCorrupt, and those of the file system.
func Open(dir string, o Options) (*Appliance, error) {
	if err := present(dir, databaseFile, vaultFile); err != nil {
		return nil, err
	}
	vault, err := hsm.Open(filepath.Join(dir, vaultFile))
	if err != nil {
		return nil, fmt.Errorf("open the authority: %w", err)
	}
	store, err := storage.Open(filepath.Join(dir, databaseFile))
	if err != nil {
		return nil, fmt.Errorf("open the authority: %w", err)
	}
	a, err := authority.Open(store, vault, o.Clock)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the authority: %w", err), store.Close())
	}
	return &Appliance{store: store, vault: vault, authority: a, clock: o.Clock}, nil
}

// Audit checks the log of the authority in dir without the vault and without
// any secret, and without the right to write; see [authority.VerifyLog]. Errors:
// those of [Open] that concern the database.
func Audit(dir string) (*authority.AuditReport, error) {
	if err := present(dir, databaseFile); err != nil {
		return nil, err
	}
	store, err := storage.OpenReadOnly(filepath.Join(dir, databaseFile))
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	report, err := authority.VerifyLog(store)
	return report, errors.Join(err, store.Close())
}

// present looks for the files of an authority and says what their absence means.
func present(dir string, names ...string) error {
	var missing []string
	for _, name := range names {
		switch _, err := os.Stat(filepath.Join(dir, name)); {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, name)
		case err != nil:
			return fmt.Errorf("open the authority: %w", err)
		}
	}
	switch {
	case len(missing) == 0:
		return nil
	case len(missing) < len(names):
		return fmt.Errorf("open the authority: no file %s: %w", missing[0], ErrIncomplete)
	case interrupted(dir):
		return fmt.Errorf("open the authority: %w", ErrInterrupted)
	default:
		return fmt.Errorf("open the authority: %w", authority.ErrNotFounded)
	}
}

// Authority returns the authority of the folder. While the appliance is locked,
// what needs a secret fails with an error that says so.
func (a *Appliance) Authority() *authority.Authority { return a.authority }

// Unlock opens vault and database with the passphrase, makes sure that they
// belong together, and reads every private record once, which takes 6 µs per
// identity, so that a damaged registry is not built upon. Errors:
// hsm.ErrPassphrase, and hsm.ErrCredentials for a TPM vault, which leave things as
// they were; authority.ErrOtherMaster and storage.ErrCorrupt, after which the
// appliance is locked.
func (a *Appliance) Unlock(passphrase []byte) error {
	if err := a.unlock(passphraseKeys(passphrase)); err != nil {
		return fmt.Errorf("unlock the authority: %w", err)
	}
	return nil
}

// UnlockTPM is Unlock for a TPM vault. It uses the TPM only until it returns.
// Errors: those of hsm.OpenTPM and hsm.Vault.UnlockTPM, which leave things as they
// were, and those of Unlock.
func (a *Appliance) UnlockTPM(t TPM, passphrase []byte) error {
	if err := a.unlockTPM(t, passphrase); err != nil {
		return fmt.Errorf("unlock the authority: %w", err)
	}
	return nil
}

func (a *Appliance) unlockTPM(t TPM, passphrase []byte) error {
	if a.Kind() != KindTPM { // which would be found out only with a TPM at hand
		return fmt.Errorf("%w: it has no TPM, but a passphrase", hsm.ErrCredentials)
	}
	k, err := openTPM(t, passphrase, a.clock)
	if err != nil {
		return err
	}
	defer k.close()
	return a.unlock(k)
}

func (a *Appliance) unlock(k keys) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := k.open(a.vault); err != nil {
		return err
	}
	if err := a.unlockStore(); err != nil {
		a.lock()
		return err
	}
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

// Lock makes vault and database forget their keys. Changes under way may still
// be completed or fail as a whole.
func (a *Appliance) Lock() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lock()
}

func (a *Appliance) lock() {
	a.store.Lock()
	a.vault.Lock()
}

// Locked reports whether nothing can be issued, revoked or published.
func (a *Appliance) Locked() bool { return a.store.Locked() || a.vault.Locked() }

// Kind says what opens the vault: [KindPassphrase] or [KindTPM].
func (a *Appliance) Kind() string { return a.vault.Kind() }

// Grade says what the vault is good for: "evaluation" under a passphrase,
// "experimental" under a TPM.
func (a *Appliance) Grade() string { return a.vault.Grade() }

// Close locks the appliance, waits for changes under way, and lets other
// programs open the folder.
func (a *Appliance) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lock()
	if err := a.store.Close(); err != nil {
		return fmt.Errorf("close the authority: %w", err)
	}
	return nil
}
