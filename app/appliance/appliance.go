package appliance

import (
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
	backupNote   = "last-backup" // what the last backup held
	officersFile = "officers"
	cardsFile    = "cards"
	databaseFile = "authority.db"

	announcedFile = "officers.next" // officers who are to come, while the vault is sealed anew for them
	freshSuffix   = ".new"          // of a file that will take another's place
)

// Kinds of vaults, as [Appliance.Kind] says them.
const (
	KindPassphrase = "passphrase"
	KindTPM        = "tpm"
)

// Options are what an authority takes from the system.
type Options struct {
	Clock func() time.Time // the present time; required
	Rand  io.Reader        // for the master secret of a founding; nil is crypto/rand
	TPM   string           // of a TPM vault: the TPM's device, as a rule /dev/tpmrm0, or the Unix socket of swtpm
	Cost  hsm.Cost         // of a guess at a new PIN or passphrase; zero is hsm.DefaultCost

	step func(string) // tests learn from it how far a change of files got
}

// Appliance is an open authority folder. No other program can open it
// meanwhile. It is safe for concurrent use.
type Appliance struct {
	dir       string
	options   Options
	store     *storage.Store
	vault     *hsm.Vault
	authority *authority.Authority

	mu       sync.Mutex    // guards what follows; one Unlock, Lock, change of officers or Close at a time
	officers *hsm.Officers // nil where a passphrase opens the vault
	cards    *cards        // nil where no cards were made
	tpm      *hsm.TPM      // nil while locked, and where there is none

	backups sync.Mutex // one Backup at a time
	exports sync.Mutex // one ExportLog at a time
}

// Open opens the authority in dir, locked: core, policy, log, and lists can be
// read, and were the core's statement and the policy's not genuine, it would
// fail. A change of officers that was cut off is completed or undone, whichever the
// vault says. Errors: authority.ErrNotFounded, [ErrInterrupted], [ErrIncomplete],
// [ErrCards], storage.ErrBusy when another program has it open, storage.ErrCorrupt,
// storage.ErrFormat, hsm.ErrVaultCorrupt, hsm.ErrOfficersCorrupt, and those of the
// file system.
func Open(dir string, o Options) (*Appliance, error) {
	if err := present(dir, databaseFile, vaultFile); err != nil {
		return nil, err
	}
	store, err := storage.Open(filepath.Join(dir, databaseFile))
	if err != nil {
		return nil, fmt.Errorf("open the authority: %w", err)
	}
	a := &Appliance{dir: dir, options: o, store: store}
	if err := a.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the authority: %w", err), store.Close())
	}
	return a, nil
}

// open reads what stands beside the database, whose lock keeps other programs out.
func (a *Appliance) open() (err error) {
	if a.vault, err = hsm.Open(a.path(vaultFile)); err != nil {
		return err
	}
	if a.officers, err = a.settleOfficers(); err != nil {
		return err
	}
	if a.cards, err = readCards(a.path(cardsFile)); err != nil {
		return err
	}
	a.authority, err = authority.Open(a.store, a.vault, a.options.Clock)
	return err
}

func (a *Appliance) path(name string) string { return filepath.Join(a.dir, name) }

// Audit checks the log of the authority in dir without the vault and without
// any secret, and without the right to write; see [authority.VerifyLog]. Errors:
// those of [Open] that concern the database.
func Audit(dir string) (report *authority.AuditReport, err error) {
	err = readOnly(dir, func(store *storage.Store) error {
		report, err = authority.VerifyLog(store)
		return err
	})
	return report, err
}

// AuditLists is [Audit], and reads besides what the log says of the lists.
func AuditLists(dir string) (report *authority.AuditReport, lists *authority.ListLog, err error) {
	err = readOnly(dir, func(store *storage.Store) error {
		if report, err = authority.VerifyLog(store); err != nil {
			return err
		}
		lists, err = authority.ReadListLog(store)
		return err
	})
	return report, lists, err
}

// readOnly opens the database of a folder, without the right to write, for as long as read takes.
func readOnly(dir string, read func(*storage.Store) error) error {
	if err := present(dir, databaseFile); err != nil {
		return err
	}
	store, err := storage.OpenReadOnly(filepath.Join(dir, databaseFile))
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return errors.Join(read(store), store.Close())
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

// Kind says what opens the vault: [KindPassphrase] or [KindTPM].
func (a *Appliance) Kind() string { return a.vault.Kind() }

// Locked reports whether nothing can be issued, revoked or published.
func (a *Appliance) Locked() bool { return a.store.Locked() || a.vault.Locked() }

// Close locks the appliance as [Appliance.Lock] does, waits for changes under way, and lets other
// programs open the folder. It is closed even if an error says that something went wrong.
func (a *Appliance) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := errors.Join(a.lock(), a.store.Close()); err != nil {
		return fmt.Errorf("close the authority: %w", err)
	}
	return nil
}

// reached tells a test how far a change of files got.
func (o *Options) reached(step string) {
	if o.step != nil {
		o.step(step)
	}
}
