package storage

import (
	"fmt"
	"io"
	"runtime/debug"

	"go.etcd.io/bbolt"
)

// Snapshot writes the database as it stands at one moment to w: a file that
// [Open] takes. Updates go on meanwhile, and are in it as a whole or not at all.
// It works while the store is locked; what is sealed stays so. n counts the
// octets that were written, also before an error.
func (s *Store) Snapshot(w io.Writer) (n int64, err error) {
	err = s.view(func(b *bbolt.Tx) error {
		n, err = write(b, w)
		return err
	})
	if err != nil {
		return n, fmt.Errorf("copy the database: %w", err)
	}
	return n, nil
}

func write(b *bbolt.Tx, w io.Writer) (n int64, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer guard(&err)
	return b.WriteTo(w)
}

// SetRestored marks the database as one that was put back from a backup: it may
// have forgotten what happened after that was made.
func (tx *Tx) SetRestored() error { return tx.putPublic(bucketMeta, keyRestored, []byte{1}) }

// Restored reports whether [Tx.SetRestored] marked it. A mark that is unreadable counts.
func (tx *Tx) Restored() bool {
	b, err := tx.getPublic(bucketMeta, keyRestored)
	return err != nil || b != nil
}

// ClearRestored takes the mark away.
func (tx *Tx) ClearRestored() (err error) {
	defer guard(&err)
	b, err := tx.bucket(bucketMeta)
	if err != nil {
		return err
	}
	if err := b.Delete(keyRestored); err != nil {
		return fmt.Errorf("take the mark of a restored database away: %w", err)
	}
	return nil
}
