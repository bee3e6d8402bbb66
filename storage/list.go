package storage

import (
	"encoding/binary"
	"fmt"
	"iter"
)

// Checkpoint is a signed checkpoint of the log as it was published.
type Checkpoint struct {
	Size      uint64 // entries of the log that it covers
	Statement []byte // statement of type "checkpoint"
}

var keyCore = []byte("core")

// SetCore stores the statement of the realm's core, once: a realm never changes
// its core (ErrExists).
func (tx *Tx) SetCore(statement []byte) error {
	present, err := tx.getPublic(bucketStatements, keyCore)
	if err != nil {
		return err
	}
	if present != nil {
		return fmt.Errorf("store the core: one %w", ErrExists)
	}
	return tx.putStatement("core", bucketStatements, keyCore, statement, maxStatement)
}

// Core returns the statement of the core, ErrNotFound before [Tx.SetCore].
func (tx *Tx) Core() ([]byte, error) {
	return tx.statement("core", bucketStatements, keyCore)
}

// AddPolicy stores a policy statement, which is in force from then on. Its
// sequence number is above that of the one before (ErrOrder).
func (tx *Tx) AddPolicy(sequence uint32, statement []byte) error {
	last, err := tx.last(bucketPolicies)
	if err != nil {
		return err
	}
	if sequence == 0 || len(last) == 4 && sequence <= binary.BigEndian.Uint32(last) {
		return fmt.Errorf("store policy %d: %w", sequence, ErrOrder)
	}
	return tx.putStatement("policy", bucketPolicies, u32(sequence), statement, maxStatement)
}

// Policy returns the policy statement in force, ErrNotFound before [Tx.AddPolicy].
func (tx *Tx) Policy() ([]byte, error) {
	key, err := tx.last(bucketPolicies)
	if err != nil {
		return nil, err
	}
	return tx.statement("policy", bucketPolicies, key)
}

// PolicyAt returns the policy statement of that sequence number, ErrNotFound when there is none.
func (tx *Tx) PolicyAt(sequence uint32) ([]byte, error) {
	return tx.statement("policy", bucketPolicies, u32(sequence))
}

// AddCheckpoint stores the statement that covers the first size entries of the
// log. Sizes only grow, up to the present one (ErrOrder).
func (tx *Tx) AddCheckpoint(size uint64, statement []byte) error {
	last, err := tx.last(bucketCheckpoints)
	if err != nil {
		return err
	}
	if size > tx.head.size || len(last) == 8 && size <= binary.BigEndian.Uint64(last) {
		return fmt.Errorf("store the checkpoint of %d of %d log entries: %w", size, tx.head.size, ErrOrder)
	}
	return tx.putStatement("checkpoint", bucketCheckpoints, u64(size), statement, maxStatement)
}

// Checkpoint returns the newest checkpoint, ErrNotFound when there is none.
func (tx *Tx) Checkpoint() (*Checkpoint, error) {
	key, err := tx.last(bucketCheckpoints)
	if err != nil {
		return nil, err
	}
	statement, err := tx.statement("checkpoint", bucketCheckpoints, key)
	if err != nil {
		return nil, err
	}
	return checkpoint(key, statement)
}

// Checkpoints yields all checkpoints, smallest first. After an error it yields
// nothing more.
func (tx *Tx) Checkpoints() iter.Seq2[*Checkpoint, error] {
	return func(yield func(*Checkpoint, error) bool) {
		for it, err := range tx.walk(bucketCheckpoints) {
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

func openCheckpoint(it item) (*Checkpoint, error) {
	statement, err := unchecked(bucketCheckpoints, it.key, it.value)
	if err != nil {
		return nil, err
	}
	return checkpoint(it.key, statement)
}

func checkpoint(key, statement []byte) (*Checkpoint, error) {
	if len(key) != 8 {
		return nil, fmt.Errorf("%w: a checkpoint has no size", ErrCorrupt)
	}
	return &Checkpoint{Size: binary.BigEndian.Uint64(key), Statement: statement}, nil
}

// AddList stores a published list under its sequence number, which is above the
// last one (ErrOrder). At most 16 MiB.
func (tx *Tx) AddList(sequence uint32, statement []byte) error {
	last, err := tx.last(bucketLists)
	if err != nil {
		return err
	}
	if sequence == 0 || len(last) == 4 && sequence <= binary.BigEndian.Uint32(last) {
		return fmt.Errorf("store list %d: %w", sequence, ErrOrder)
	}
	return tx.putStatement("list", bucketLists, u32(sequence), statement, maxList)
}

// List returns the list of that sequence number, ErrNotFound when there is none.
func (tx *Tx) List(sequence uint32) ([]byte, error) {
	return tx.statement("list", bucketLists, u32(sequence))
}

// LatestList returns the newest list, ErrNotFound when none was published.
func (tx *Tx) LatestList() (sequence uint32, statement []byte, err error) {
	key, err := tx.last(bucketLists)
	if err != nil {
		return 0, nil, err
	}
	if statement, err = tx.statement("list", bucketLists, key); err != nil {
		return 0, nil, err
	}
	if len(key) != 4 {
		return 0, nil, fmt.Errorf("%w: a list has no number", ErrCorrupt)
	}
	return binary.BigEndian.Uint32(key), statement, nil
}

func (tx *Tx) putStatement(what, bucket string, key, statement []byte, limit int) error {
	if len(statement) == 0 || len(statement) > limit {
		return fmt.Errorf("store the %s: %d octets: %w", what, len(statement), ErrLimit)
	}
	return tx.putPublic(bucket, key, statement)
}

func (tx *Tx) statement(what, bucket string, key []byte) ([]byte, error) {
	if key == nil {
		return nil, fmt.Errorf("%s: %w", what, ErrNotFound)
	}
	b, err := tx.getPublic(bucket, key)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, fmt.Errorf("%s: %w", what, ErrNotFound)
	}
	return b, nil
}
