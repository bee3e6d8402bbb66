package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"marque/device/wire"
)

// Tx is a transaction. It belongs to the goroutine and to the call of
// [Store.View] or [Store.Update] that it was made for. Whatever it returns is a
// copy that the caller may keep and change.
type Tx struct {
	tx       *bbolt.Tx
	keys     *keyring // nil while locked
	head     head
	dirty    bool // head has to be written
	appended bool // head.root is older than head.size
	touched  []uint32

	store   *Store                   // of a view, nil of an update
	buckets map[string]*bbolt.Bucket // that were looked up
}

// head is what changes with every entry of the log and every identity.
type head struct {
	size       uint64   // entries in the log
	root       [32]byte // of the tree over them
	identities uint64   // serials given away
}

const headSize = 8 + 32 + 8

func (tx *Tx) loadHead() error {
	b, err := tx.getPublic(bucketMeta, keyHead)
	if err != nil {
		return err
	}
	if len(b) != headSize {
		return fmt.Errorf("%w: the head is missing", ErrCorrupt)
	}
	tx.head.size = binary.BigEndian.Uint64(b)
	copy(tx.head.root[:], b[8:])
	tx.head.identities = binary.BigEndian.Uint64(b[40:])
	if tx.head.size > maxLogSize || tx.head.identities > wire.MaxSerials {
		return fmt.Errorf("%w: the head counts too much", ErrCorrupt)
	}
	return nil
}

func (tx *Tx) putHead() error {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, headSize), tx.head.size)
	b = append(b, tx.head.root[:]...)
	return tx.putPublic(bucketMeta, keyHead, binary.BigEndian.AppendUint64(b, tx.head.identities))
}

// finish brings the head up to date before the commit.
func (tx *Tx) finish() error {
	if !tx.dirty {
		return nil
	}
	root, err := tx.LogRoot()
	if err != nil {
		return err
	}
	tx.head.root, tx.appended, tx.dirty = root, false, false
	return tx.putHead()
}

var errEnded = errors.New("storage: the transaction has ended")

func (tx *Tx) bucket(name string) (b *bbolt.Bucket, err error) {
	defer guard(&err)
	if tx.tx.DB() == nil {
		return nil, errEnded
	}
	if b = tx.buckets[name]; b != nil {
		return b, nil
	}
	if b = tx.tx.Bucket([]byte(name)); b == nil {
		return nil, fmt.Errorf("%w: %s is missing", ErrCorrupt, name)
	}
	if tx.buckets == nil {
		tx.buckets = make(map[string]*bbolt.Bucket)
	}
	tx.buckets[name] = b
	return b, nil
}

// get returns a copy of what stands under key, nil when nothing does.
func (tx *Tx) get(bucket string, key []byte) (value []byte, err error) {
	defer guard(&err)
	b, err := tx.bucket(bucket)
	if err != nil {
		return nil, err
	}
	return bytes.Clone(b.Get(key)), nil
}

func (tx *Tx) put(bucket string, key, value []byte) (err error) {
	defer guard(&err)
	b, err := tx.bucket(bucket)
	if err != nil {
		return err
	}
	if err := b.Put(key, value); err != nil {
		return fmt.Errorf("write to %s: %w", bucket, err)
	}
	return nil
}

// getPublic returns a public value, nil when there is none.
func (tx *Tx) getPublic(bucket string, key []byte) ([]byte, error) {
	stored, err := tx.get(bucket, key)
	if err != nil || stored == nil {
		return nil, err
	}
	return unchecked(bucket, key, stored)
}

func (tx *Tx) putPublic(bucket string, key, value []byte) error {
	return tx.put(bucket, key, checked(bucket, key, value))
}

// getSealed returns a private value, nil when there is none.
func (tx *Tx) getSealed(bucket string, key []byte) (value []byte, err error) {
	if tx.keys == nil {
		return nil, ErrLocked
	}
	defer guard(&err)
	b, err := tx.bucket(bucket)
	if err != nil {
		return nil, err
	}
	stored := b.Get(key)
	if stored == nil {
		return nil, nil
	}
	return tx.keys.open(bucket, key, stored) // reads what is stored, and returns a copy
}

func (tx *Tx) putSealed(bucket string, key, value []byte) error {
	if tx.keys == nil {
		return ErrLocked
	}
	return tx.put(bucket, key, tx.keys.seal(bucket, key, value))
}

// item is what a cursor stands on.
type item struct{ key, value []byte }

// last returns the last key of a bucket, nil when it is empty.
func (tx *Tx) last(bucket string) (key []byte, err error) {
	defer guard(&err)
	b, err := tx.bucket(bucket)
	if err != nil {
		return nil, err
	}
	key, _ = b.Cursor().Last()
	return bytes.Clone(key), nil
}

// walk yields the items of a bucket in the order of their keys. The bucket must
// not change meanwhile.
func (tx *Tx) walk(bucket string) iter.Seq2[item, error] { return tx.walkFrom(bucket, nil) }

// keysOf yields the keys of a bucket, in their order, without reading what stands under them.
func (tx *Tx) keysOf(bucket string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		b, err := tx.bucket(bucket)
		if err != nil {
			yield(nil, err)
			return
		}
		cursor := b.Cursor()
		key, err := stepKey(cursor.First)
		for ; err == nil && key != nil; key, err = stepKey(cursor.Next) {
			if !yield(key, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func stepKey(move func() ([]byte, []byte)) (key []byte, err error) {
	defer guard(&err)
	key, _ = move()
	return bytes.Clone(key), nil
}

func step(move func() ([]byte, []byte)) (it item, err error) {
	defer guard(&err)
	key, value := move()
	return item{bytes.Clone(key), bytes.Clone(value)}, nil
}

func u32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

func u64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
