package appliance

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"marque/app/backup"
	"marque/authority"
	"marque/device/wire"
	"marque/storage"
)

// takeDatabase puts the database that was brought for recovery into the site.
func (b *builder) takeDatabase() error {
	key, err := b.vault.StorageKey()
	defer clear(key[:])
	if err != nil {
		return err
	}
	from := bufio.NewReader(b.founding.Database)
	if start, _ := from.Peek(backup.MagicSize); !backup.Is(start) { // a shorter file is no database either
		if err := copyDatabase(b.path(databaseFile), from); err != nil {
			return err
		}
		return acceptDatabase(b.path(databaseFile), key, nil)
	}
	archive, err := backup.NewReader(from)
	if err != nil {
		return err
	}
	if err := extract(archive, b.path(databaseFile), key); err != nil {
		return err
	}
	if len(archive.Header.Cards) == 0 {
		return nil
	}
	c, err := parseCards(archive.Header.Cards)
	if err != nil {
		return err
	}
	for _, s := range c.Sets {
		b.founding.Commitments = append(b.founding.Commitments, s.Commitments)
	}
	return nil
}

// extract writes the database of an archive to path and accepts it.
func extract(archive *backup.Reader, path string, key [32]byte) error {
	defer clear(key[:])
	err := create(path, func(w io.Writer) error {
		_, err := archive.CopyTo(w, key)
		return err
	})
	if err != nil {
		return err
	}
	return acceptDatabase(path, key, archive.Header)
}

func copyDatabase(path string, from io.Reader) error {
	return create(path, func(w io.Writer) error {
		n, err := io.Copy(w, io.LimitReader(from, maxDatabase))
		if err == nil && n == maxDatabase {
			err = fmt.Errorf("it has more than %d octets: %w", maxDatabase, ErrDatabase)
		}
		if err != nil {
			return fmt.Errorf("copy the database: %w", err)
		}
		return nil
	})
}

// create writes a new file, mode 0600, by fill, and makes it survive a power cut.
func create(path string, fill func(io.Writer) error) error {
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = fill(w)
	return errors.Join(err, w.Sync(), w.Close(), syncFolder(filepath.Dir(path)))
}

// acceptDatabase makes sure that a database which comes from elsewhere is whole, and is what h says, if it is not nil, and marks it as
// restored. It has to open with the key, which no other authority's does.
func acceptDatabase(path string, key [32]byte, h *backup.Header) error {
	defer clear(key[:])
	store, err := storage.Open(path)
	if err != nil {
		return err
	}
	err = store.Unlock(key)
	if err == nil {
		err = store.View((*storage.Tx).VerifyRegistry)
	}
	if err == nil {
		err = audit(store)
	}
	if err == nil && h != nil {
		err = store.View(func(tx *storage.Tx) error { return compareHeader(tx, h) })
	}
	if err == nil {
		err = store.Update((*storage.Tx).SetRestored)
	}
	return errors.Join(err, store.Close())
}

func audit(store *storage.Store) error {
	report, err := authority.VerifyLog(store)
	if err != nil {
		return err
	}
	if !report.OK() {
		return fmt.Errorf("%w (%s)", ErrDatabase, report.Findings[0])
	}
	return nil
}

// describe fills in the part of a backup's header that the database says.
func describe(tx *storage.Tx, h *backup.Header) error {
	stmt, err := tx.Core()
	if err != nil {
		return err
	}
	core, err := wire.OpenCore(stmt)
	if err != nil {
		return err
	}
	newest, err := tx.Checkpoint()
	if err != nil {
		return err
	}
	checkpoint, err := wire.OpenCheckpoint(newest.Statement, core)
	if err != nil {
		return err
	}
	h.Core, h.Counter, h.LogSize = core.Hash(), checkpoint.Counter, tx.LogSize()
	h.List, h.Bundle, err = tx.LatestList()
	return err
}

func compareHeader(tx *storage.Tx, h *backup.Header) error {
	var is backup.Header
	if err := describe(tx, &is); err != nil {
		return err
	}
	if is.Core != h.Core || is.Counter != h.Counter || is.LogSize != h.LogSize || is.List != h.List || !bytes.Equal(is.Bundle, h.Bundle) {
		return ErrDatabase
	}
	return nil
}
