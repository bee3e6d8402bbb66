package appliance

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"marque/app/backup"
	"marque/storage"
)

// BackupInfo is what a backup of the database holds.
type BackupInfo struct {
	Size    int64 // octets
	Hash    [32]byte
	LogSize uint64
	List    uint32 // number of the newest list
	Counter uint64 // of the newest checkpoint
	Time    time.Time
}

// Backup writes a backup of the authority as it is now to w, while the authority goes on: database, encrypted under the key of the
// database, and the vault's files beside it, which open with what opens them now. See package backup. Meanwhile a copy of the
// database, in which private values are sealed as in the database itself, lies beside the folder under the name ".NAME.snapshot".
// The appliance must be unlocked. Errors: storage.ErrLocked, those of the file system, and w's.
func (a *Appliance) Backup(w io.Writer) (*BackupInfo, error) {
	a.backups.Lock()
	defer a.backups.Unlock()
	info, err := a.backup(w)
	if err != nil {
		return nil, fmt.Errorf("back up: %w", err)
	}
	a.noteBackup(info)
	return info, nil
}

func (a *Appliance) backup(w io.Writer) (*BackupInfo, error) {
	h, key, err := a.belongings()
	defer clear(key[:])
	if err != nil {
		return nil, err
	}
	path := filepath.Join(filepath.Dir(a.dir), "."+filepath.Base(a.dir)+".snapshot")
	if err := remove(path); err != nil { // that of a program that was killed
		return nil, err
	}
	defer remove(path) //nolint:errcheck // the next backup removes it
	err = create(path, func(w io.Writer) error {
		_, err := a.store.Snapshot(w)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := describeFile(path, h); err != nil {
		return nil, err
	}
	from, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info := &BackupInfo{LogSize: h.LogSize, List: h.List, Counter: h.Counter, Time: h.Time}
	return info, errors.Join(info.write(w, h, key, from, a.options.rand()), from.Close())
}

// belongings returns what of the authority goes into a backup besides its database, and the key of the database, for the caller to
// clear.
func (a *Appliance) belongings() (h *backup.Header, key [32]byte, err error) {
	a.mu.Lock() // no change of officers meanwhile
	defer a.mu.Unlock()
	if a.Locked() {
		return nil, key, storage.ErrLocked
	}
	h = &backup.Header{Time: a.options.Clock().UTC().Truncate(time.Second)}
	for _, file := range []struct {
		name  string
		limit int64
		to    *[]byte
	}{
		{vaultFile, maxVaultFile, &h.Vault},
		{officersFile, maxOfficersFile, &h.Officers},
		{cardsFile, maxCardsFile, &h.Cards},
	} {
		*file.to, err = readFile(a.path(file.name), file.limit)
		if errors.Is(err, fs.ErrNotExist) && file.name != vaultFile {
			err = nil
		}
		if err != nil {
			return nil, key, err
		}
	}
	key, err = a.vault.StorageKey()
	return h, key, err
}

// describeFile reads from a copy of the database what is in it.
func describeFile(path string, h *backup.Header) error {
	store, err := storage.OpenReadOnly(path)
	if err != nil {
		return err
	}
	err = store.View(func(tx *storage.Tx) error { return describe(tx, h) })
	return errors.Join(err, store.Close())
}

// write writes the archive, and notes its size and hash.
func (i *BackupInfo) write(w io.Writer, h *backup.Header, key [32]byte, database io.Reader, rand io.Reader) error {
	defer clear(key[:])
	hash := sha256.New()
	count := &counted{to: io.MultiWriter(w, hash)}
	archive, err := backup.NewWriter(count, h, key, rand)
	if err != nil {
		return err
	}
	if _, err := io.Copy(archive, database); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if err := archive.Close(); err != nil {
		return err
	}
	i.Size = count.n
	hash.Sum(i.Hash[:0])
	return nil
}

// counted counts what goes through it.
type counted struct {
	to io.Writer
	n  int64
}

// Write implements io.Writer.
func (c *counted) Write(b []byte) (int, error) {
	n, err := c.to.Write(b)
	c.n += int64(n)
	return n, err //nolint:wrapcheck // the caller's writer
}
