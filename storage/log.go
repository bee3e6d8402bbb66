package storage

import (
	"fmt"
	"iter"

	"golang.org/x/mod/sumdb/tlog"
)

// The log is a Merkle tree as in RFC 6962 section 2.1 (SHA-256). Entries stand
// in one bucket, the hashes of its complete subtrees in another, numbered as
// tlog.StoredHashIndex numbers them.

// AppendLog adds an entry, at most 1,024 octets, and returns its index, counted
// from 0. It is committed with everything else that the transaction writes.
func (tx *Tx) AppendLog(entry []byte) (index uint64, err error) {
	if len(entry) > maxLogEntry {
		return 0, fmt.Errorf("append to the log: %d octets: %w", len(entry), ErrLimit)
	}
	// New hashes are made of old ones: an entry must not be put on a damaged tree.
	if _, err := tx.LogRoot(); err != nil {
		return 0, fmt.Errorf("append to the log: %w", err)
	}
	n := int64(tx.head.size)
	hashes, err := tlog.StoredHashes(n, entry, tx.hashes())
	if err != nil {
		return 0, fmt.Errorf("append to the log: %w", err)
	}
	if err := tx.put(bucketLog, u64(uint64(n)), entry); err != nil {
		return 0, err
	}
	first := tlog.StoredHashIndex(0, n)
	for i, h := range hashes {
		if err := tx.put(bucketHashes, u64(uint64(first+int64(i))), h[:]); err != nil {
			return 0, err
		}
	}
	tx.head.size++
	tx.dirty, tx.appended = true, true
	return uint64(n), nil
}

// LogSize returns the number of entries.
func (tx *Tx) LogSize() uint64 { return tx.head.size }

// LogRoot returns the root hash of the tree over all entries (RFC 6962 section
// 2.1); that of an empty log is the SHA-256 of nothing. It is computed from the
// stored hashes and compared with the stored root.
func (tx *Tx) LogRoot() ([32]byte, error) {
	root, err := tx.rootAt(tx.head.size)
	if err != nil {
		return [32]byte{}, err
	}
	if !tx.appended && root != tx.head.root {
		return [32]byte{}, fmt.Errorf("%w: the log's hashes do not make its root", ErrCorrupt)
	}
	return root, nil
}

// LogRootAt returns the root of the tree over the first size entries, after it
// verified that the present tree extends that one (RFC 6962 section 2.1.2).
func (tx *Tx) LogRootAt(size uint64) ([32]byte, error) {
	if size > tx.head.size {
		return [32]byte{}, fmt.Errorf("root of %d of %d log entries: %w", size, tx.head.size, ErrNotFound)
	}
	root, err := tx.LogRoot()
	switch {
	case err != nil:
		return [32]byte{}, err
	case size == tx.head.size:
		return root, nil
	case size == 0:
		return emptyRoot(), nil // every tree extends the empty one
	}
	old, err := tx.rootAt(size)
	if err != nil {
		return [32]byte{}, err
	}
	proof, err := tlog.ProveTree(int64(tx.head.size), int64(size), tx.hashes())
	if err != nil {
		return [32]byte{}, fmt.Errorf("prove the log's first %d entries: %w", size, err)
	}
	if err := tlog.CheckTree(proof, int64(tx.head.size), root, int64(size), old); err != nil {
		return [32]byte{}, fmt.Errorf("%w: the log does not extend its first %d entries", ErrCorrupt, size)
	}
	return old, nil
}

// ProveLog returns the audit path of the entry at index in the tree over the
// first size entries (RFC 6962 section 2.1.1), lowest hash first. The proof is
// verified before it is returned.
func (tx *Tx) ProveLog(index, size uint64) ([][32]byte, error) {
	if index >= size {
		return nil, fmt.Errorf("prove log entry %d of %d: %w", index, size, ErrNotFound)
	}
	root, err := tx.LogRootAt(size)
	if err != nil {
		return nil, err
	}
	entry, err := tx.LogEntry(index)
	if err != nil {
		return nil, err
	}
	proof, err := tlog.ProveRecord(int64(size), int64(index), tx.hashes())
	if err != nil {
		return nil, fmt.Errorf("prove log entry %d: %w", index, err)
	}
	if err := tlog.CheckRecord(proof, int64(size), root, int64(index), tlog.RecordHash(entry)); err != nil {
		return nil, fmt.Errorf("%w: the proof of log entry %d does not hold", ErrCorrupt, index)
	}
	path := make([][32]byte, len(proof))
	for i, h := range proof {
		path[i] = h
	}
	return path, nil
}

// LogEntry returns the entry at index, after it compared it with its leaf hash.
func (tx *Tx) LogEntry(index uint64) ([]byte, error) {
	if index >= tx.head.size {
		return nil, fmt.Errorf("log entry %d: %w", index, ErrNotFound)
	}
	entry, err := tx.get(bucketLog, u64(index))
	if err != nil {
		return nil, err
	}
	leaf, err := tx.hashes().ReadHashes([]int64{tlog.StoredHashIndex(0, int64(index))})
	if err != nil {
		return nil, err
	}
	if entry == nil || tlog.RecordHash(entry) != leaf[0] {
		return nil, fmt.Errorf("%w: log entry %d is not what its hash says", ErrCorrupt, index)
	}
	return entry, nil
}

// LogEntries yields the entries from index from to the last. After an error it
// yields nothing more.
func (tx *Tx) LogEntries(from uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for i := from; i < tx.head.size; i++ {
			entry, err := tx.LogEntry(i)
			if !yield(entry, err) || err != nil {
				return
			}
		}
	}
}

// VerifyLog recomputes every hash of the tree from the entries, compares it
// with the stored one, and makes sure that nothing else is stored. It takes
// about 3 µs per entry and needs no key.
func (tx *Tx) VerifyLog() error {
	if err := tx.VerifyEntries(0, tx.head.size); err != nil {
		return err
	}
	_, err := tx.LogRoot()
	return err
}

// verifyEntry recomputes the hashes that entry n added. Those that they are
// made of were verified with earlier entries.
func (tx *Tx) verifyEntry(n int64) error {
	entry, err := tx.LogEntry(uint64(n))
	if err != nil {
		return err
	}
	hashes, err := tlog.StoredHashes(n, entry, tx.hashes())
	if err != nil {
		return fmt.Errorf("verify log entry %d: %w", n, err)
	}
	at := make([]int64, len(hashes))
	for i := range at {
		at[i] = tlog.StoredHashIndex(0, n) + int64(i)
	}
	stored, err := tx.hashes().ReadHashes(at)
	if err != nil {
		return err
	}
	for i := range hashes {
		if hashes[i] != stored[i] {
			return fmt.Errorf("%w: a hash over log entry %d is wrong", ErrCorrupt, n)
		}
	}
	return nil
}

func (tx *Tx) rootAt(size uint64) ([32]byte, error) {
	root, err := tlog.TreeHash(int64(size), tx.hashes())
	if err != nil {
		return [32]byte{}, fmt.Errorf("root of the log: %w", err)
	}
	return root, nil
}

// hashes reads the stored hashes for tlog.
func (tx *Tx) hashes() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			b, err := tx.get(bucketHashes, u64(uint64(index)))
			if err != nil {
				return nil, err
			}
			if len(b) != tlog.HashSize {
				return nil, fmt.Errorf("%w: hash %d of the log is missing", ErrCorrupt, index)
			}
			hashes[i] = tlog.Hash(b)
		}
		return hashes, nil
	})
}
