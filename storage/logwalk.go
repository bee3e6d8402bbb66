package storage

import (
	"bytes"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
)

// Logged is an entry of the log at its index.
type Logged struct {
	Index uint64
	Entry []byte
}

// LogBackwards yields the entries below index before, the newest first. It is for finding entries among many: unlike [Tx.LogEntry] it does
// not compare them with their hashes. After an error it yields nothing more.
func (tx *Tx) LogBackwards(before uint64) iter.Seq2[Logged, error] {
	return func(yield func(Logged, error) bool) {
		b, err := tx.bucket(bucketLog)
		if err != nil {
			yield(Logged{}, err)
			return
		}
		cursor := b.Cursor()
		next := min(before, tx.head.size)
		move := func() ([]byte, []byte) { return seekBefore(cursor, u64(next)) }
		for ; next > 0; next-- {
			it, err := step(move)
			if err == nil && !bytes.Equal(it.key, u64(next-1)) {
				err = fmt.Errorf("%w: log entry %d is missing", ErrCorrupt, next-1)
			}
			if !yield(Logged{next - 1, it.value}, err) || err != nil {
				return
			}
			move = cursor.Prev
		}
	}
}

// seekBefore moves to the last key below another one.
func seekBefore(c *bbolt.Cursor, key []byte) (k, v []byte) {
	if k, _ := c.Seek(key); k == nil {
		return c.Last()
	}
	return c.Prev()
}

// CheckpointsAfter yields the checkpoints that cover more than size entries, smallest first. After an error it yields nothing more.
func (tx *Tx) CheckpointsAfter(size uint64) iter.Seq2[*Checkpoint, error] {
	return func(yield func(*Checkpoint, error) bool) {
		if size == 1<<64-1 {
			return
		}
		for it, err := range tx.walkFrom(bucketCheckpoints, u64(size+1)) {
			var c *Checkpoint
			if err == nil {
				c, err = openCheckpoint(it)
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// VerifyEntries does what [Tx.VerifyLog] does, but for the root, with the entries from index from up to index to, exclusive, and makes sure
// that what is stored next is what has to follow. Stretch by stretch, it verifies a long log without one long transaction.
func (tx *Tx) VerifyEntries(from, to uint64) error {
	if from > to || to > tx.head.size {
		return fmt.Errorf("verify the log: %w: entries %d to %d of %d", ErrNotFound, from, to, tx.head.size)
	}
	for i, err := range tx.indexes(bucketLog, from, to, tx.head.size) {
		if err != nil {
			return err
		}
		if err := tx.verifyEntry(int64(i)); err != nil {
			return err
		}
	}
	hashes := func(n uint64) uint64 { return uint64(tlog.StoredHashCount(int64(n))) }
	for _, err := range tx.indexes(bucketHashes, hashes(from), hashes(to), hashes(tx.head.size)) {
		if err != nil {
			return err
		}
	}
	return nil
}

// indexes yields from, from + 1, … to − 1 and makes sure that these are the keys of a bucket, and that the next one, below n, follows.
func (tx *Tx) indexes(bucket string, from, to, n uint64) iter.Seq2[uint64, error] {
	return func(yield func(uint64, error) bool) {
		next := from
		start := u64(from)
		if from == 0 {
			start = nil // what stands before the first should not be there, either
		}
		for it, err := range tx.walkFrom(bucket, start) {
			if err == nil && (next >= n || !bytes.Equal(it.key, u64(next))) {
				err = fmt.Errorf("%w: item %d of %s should not be there", ErrCorrupt, next, bucket)
			}
			if err == nil && next >= to {
				return
			}
			if !yield(next, err) || err != nil {
				return
			}
			next++
		}
		if next != min(to, n) || to < n {
			yield(0, fmt.Errorf("%w: %s has %d items instead of %d", ErrCorrupt, bucket, next, n))
		}
	}
}

// walkFrom is walk from a key on; nil is the first.
func (tx *Tx) walkFrom(bucket string, from []byte) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		b, err := tx.bucket(bucket)
		if err != nil {
			yield(item{}, err)
			return
		}
		cursor := b.Cursor()
		it, err := step(func() ([]byte, []byte) { return cursor.Seek(from) })
		for ; err == nil && it.key != nil; it, err = step(cursor.Next) {
			if !yield(it, nil) {
				return
			}
		}
		if err != nil {
			yield(item{}, err)
		}
	}
}
