package authority

import (
	"errors"
	"fmt"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// change carries out one change: f, which writes records and log entries in tx at
// the time now, and the checkpoint that ends every change, in one transaction, and
// the counter. The error of f is returned as it is, and nothing is kept. f must
// not lock a.mu, nor rely on a.ledger for what it wrote itself.
func (a *Authority) change(f func(tx *storage.Tx, now time.Time) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.commit(func(tx *storage.Tx) error {
		now, err := a.begin(tx)
		if err != nil {
			return err
		}
		if err := f(tx, now); err != nil {
			return err
		}
		_, err = a.checkpoint(tx, now, true)
		return err
	})
}

// begin returns the time of a change, in whole seconds, not before the last
// entry of the log: times in the log, and the lists made by them, never go back.
// Nor does it lie far ahead, unless somebody confirmed it.
// The change builds on the log that was signed last, and on no other. A log that
// was signed under a counter is continued under one only, or is reopened.
func (a *Authority) begin(tx *storage.Tx) (time.Time, error) {
	now, err := a.beginAfter(tx, time.Time{})
	if err == nil && a.signed > 0 && a.rollback.counter == nil {
		err = fmt.Errorf("%w: nobody connected it", ErrCounter)
	}
	return now, err
}

// beginAfter is begin at a time not before known, which a statement of the
// authority vouches for.
func (a *Authority) beginAfter(tx *storage.Tx, known time.Time) (time.Time, error) {
	now := a.now()
	head, err := a.catchUp(tx)
	if err != nil {
		return time.Time{}, err
	}
	if known.Before(a.ledger.last) {
		known = a.ledger.last
	}
	if err := a.checkClock(now, known); err != nil {
		return time.Time{}, err
	}
	if err := a.agree(tx); err != nil {
		return time.Time{}, err
	}
	a.signed = head.Counter
	return now, nil
}

// openHead returns the newest checkpoint and makes sure that it is of the log as
// it is. The log is public: whoever can write to the store can change it with all
// its hashes, and would otherwise get the authority's signature for it.
func (a *Authority) openHead(tx *storage.Tx) (*wire.Checkpoint, error) {
	root, err := tx.LogRoot()
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	stored, err := tx.Checkpoint()
	if err != nil {
		return nil, fmt.Errorf("read the newest checkpoint: %w", err)
	}
	c, err := wire.OpenCheckpoint(stored.Statement, a.core)
	if err != nil || c.Size != tx.LogSize() || c.Root != root || c.Size == 0 {
		return nil, errors.Join(fmt.Errorf("the log is not the one that was signed last: %w", ErrInconsistent), err)
	}
	return c, nil
}

// record appends an entry to the log and returns its index and encoding.
func record(tx *storage.Tx, now time.Time, e wire.Entry) (uint64, []byte, error) {
	b, err := (&wire.LogEntry{Time: now, Entry: e}).Marshal()
	if err != nil {
		return 0, nil, fmt.Errorf("log: %w", err)
	}
	i, err := tx.AppendLog(b)
	if err != nil {
		return 0, nil, fmt.Errorf("log: %w", err)
	}
	return i, b, nil
}

// checkpoint signs the head of the log, stores the statement and returns it.
// Every change ends with one, after its last entry. With advance, and a counter,
// it carries the counter's next value. It does not sign for entries that break the
// rules by which the log is read, and for no other root than that of the entries.
func (a *Authority) checkpoint(tx *storage.Tx, now time.Time, advance bool) ([]byte, error) {
	counter := a.signed
	if advance && a.rollback.counter != nil {
		counter++
		a.rollback.to = counter
	}
	root, err := a.follow(tx)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	c := &wire.Checkpoint{Core: a.coreHash, Size: tx.LogSize(), Root: root, Time: now, Counter: counter}
	b, err := c.Marshal()
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	stmt, err := a.sign(wire.TypeCheckpoint, b)
	if err != nil {
		return nil, err
	}
	if err := tx.AddCheckpoint(c.Size, stmt); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return stmt, nil
}
