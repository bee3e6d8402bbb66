package storage

import (
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// auditBuckets are what an audit reads. The public points of keys are not among them: the log has their hashes.
var auditBuckets = []string{bucketStatements, bucketLists, bucketCheckpoints, bucketLog, bucketHashes, bucketGaps, bucketPolicies, bucketDecisions}

// exportPiece is how many items are written at once.
const exportPiece = 20_000

// ExportPublic writes a new database at path, mode 0600, with what can be verified without a secret, as it stands at one moment: the log and
// its hashes, checkpoints, lists, policies, core and decisions, and nothing that is sealed. [OpenReadOnly] takes it. It works while the store
// is locked. An existing file is refused with ErrExists.
func (s *Store) ExportPublic(path string) error {
	to, err := openFile(path, os.O_RDWR|os.O_EXCL)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("export the log: a file of that name %w", ErrExists)
	}
	if err != nil {
		return fmt.Errorf("export the log: %w", err)
	}
	to.NoSync = true // until the end: half an export is none
	err = s.View(func(tx *Tx) error { return tx.export(to) })
	err = errors.Join(err, to.Sync(), to.Close())
	if err != nil {
		return errors.Join(fmt.Errorf("export the log: %w", err), os.Remove(path))
	}
	return nil
}

func (tx *Tx) export(to *bbolt.DB) error {
	err := to.Update(func(b *bbolt.Tx) error {
		for _, list := range [][]string{publicBuckets, sealedBuckets} {
			for _, name := range list {
				if _, err := b.CreateBucket([]byte(name)); err != nil {
					return err
				}
			}
		}
		meta := b.Bucket([]byte(bucketMeta))
		for _, key := range [][]byte{keyFormat, keyHead} {
			value, err := tx.get(bucketMeta, key)
			if err != nil {
				return err
			}
			if err := meta.Put(key, value); err != nil {
				return err
			}
		}
		return nil
	})
	for _, name := range auditBuckets {
		if err == nil {
			err = tx.exportBucket(to, name)
		}
	}
	return err
}

func (tx *Tx) exportBucket(to *bbolt.DB, name string) error {
	var from []byte
	for {
		n := 0
		err := to.Update(func(b *bbolt.Tx) error {
			into := b.Bucket([]byte(name))
			into.FillPercent = 1 // keys only grow here
			for it, err := range tx.walkFrom(name, from) {
				if err != nil {
					return err
				}
				if n++; n > exportPiece {
					from = it.key
					return nil
				}
				if err := into.Put(it.key, it.value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n <= exportPiece {
			return err
		}
	}
}
