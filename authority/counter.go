package authority

import (
	"errors"
	"fmt"

	"marque/device/wire"
	"marque/storage"
)

// Counter is a counter that only goes up and that nobody can set back, such as
// one in a TPM. Its value stands in every checkpoint, so that an older copy of
// the database is noticed.
type Counter interface {
	Value() (uint64, error)
	Advance() (uint64, error) // adds one and returns the new value
}

// rollback is what the authority knows of its counter. The caller of its methods holds a.mu.
type rollback struct {
	counter Counter // nil: none
	wrong   error   // ErrRolledBack or ErrCounterLost, until somebody reopens
	unsure  bool    // database and counter are to be compared before the next change
	unclean bool    // the authority ended without sealing: serials may have been taken from the log
	since   int     // serials that were issued, or left out among them, since the counter advanced

	// Of the change under way:
	to      uint64 // the value that its checkpoint carries, when the counter is to advance
	issued  int
	skipped bool
}

// SetCounter gives the authority its counter and compares it with the newest
// checkpoint, which needs the master unlocked when the counter is to advance.
// Equal values are in order. A checkpoint that is one ahead was committed just
// before a crash, and the counter follows. In all other cases the error says what
// is wrong, and the authority stays open, but read-only: [ErrRolledBack] for a
// database that is older than the counter, [ErrCounterLost] for one that is of
// another counter, [ErrCounter] for a counter that does not answer. nil takes the
// counter away: where the newest checkpoint carries a value of one, changes then
// fail with ErrCounter, as they do before SetCounter was called.
//
// A realm that has a counter is founded with it ([Founding]); one that was
// founded without has to be reopened, and so has one that goes on without.
func (a *Authority) SetCounter(c Counter) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rollback = rollback{}
	if c == nil {
		return nil
	}
	a.rollback = rollback{counter: c, unsure: true}
	err := a.store.View(func(tx *storage.Tx) error {
		_, err := a.catchUp(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("compare the counter: %w", err)
	}
	a.rollback.unclean = !a.ledger.sealed
	if err := a.reconcile(); err != nil {
		return fmt.Errorf("compare the counter: %w", err)
	}
	return nil
}

// ReadOnly says why nothing can be changed, with the values of counter and
// checkpoint where they matter: [ErrRestored], [ErrRolledBack], [ErrCounterLost]
// or [ErrCounter]; nil when changes are possible. After ErrCounter it asks the
// counter again.
func (a *Authority) ReadOnly() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.readOnly()
}

func (a *Authority) readOnly() error {
	err := a.store.View(func(tx *storage.Tx) error {
		if tx.Restored() {
			return ErrRestored
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.reconcile()
}

// Seal marks the log as complete, under a counter that no earlier state of it
// carries. It is called before the master is locked; whoever ends without it
// leaves a gap of 64 serials, because up to that many could have been issued
// under one value of the counter and taken from the log unnoticed. Without a
// counter, with a log that is sealed, and while nothing may be changed, it does nothing.
func (a *Authority) Seal() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.rollback.counter == nil {
		return nil
	}
	err := a.commit(a.seal)
	switch {
	case errors.Is(err, errSealed), errors.Is(err, ErrRestored), errors.Is(err, ErrRolledBack), errors.Is(err, ErrCounterLost):
		return nil
	case err != nil:
		return fmt.Errorf("seal the log: %w", err)
	}
	return nil
}

var errSealed = errors.New("sealed already")

func (a *Authority) seal(tx *storage.Tx) error {
	now, err := a.begin(tx)
	if err != nil {
		return err
	}
	if a.ledger.sealed {
		return errSealed
	}
	if err := a.skipLost(tx, now); err != nil {
		return err
	}
	if _, _, err := record(tx, now, &wire.SealEntry{}); err != nil {
		return err
	}
	_, err = a.checkpoint(tx, now, true)
	return err
}

// reconcile compares database and counter when that is due, and returns what is wrong with them.
func (a *Authority) reconcile() error {
	r := &a.rollback
	if r.counter == nil || !r.unsure {
		return r.wrong
	}
	value, err := r.counter.Value()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCounter, err)
	}
	signed, err := a.signedCounter()
	if err != nil {
		return err
	}
	if signed == value+1 {
		if value, err = r.counter.Advance(); err != nil {
			return fmt.Errorf("%w: %w", ErrCounter, err)
		}
	}
	r.unsure, r.wrong = false, judge(signed, value)
	return r.wrong
}

func judge(signed, value uint64) error {
	numbers := fmt.Sprintf("the newest checkpoint carries %d, the counter stands at %d", signed, value)
	switch {
	case signed < value:
		return fmt.Errorf("%w (%s)", ErrRolledBack, numbers)
	case signed > value:
		return fmt.Errorf("%w (%s)", ErrCounterLost, numbers)
	}
	return nil
}

// signedCounter returns the counter of the newest checkpoint, which must be of the log as it is.
func (a *Authority) signedCounter() (value uint64, err error) {
	err = a.store.View(func(tx *storage.Tx) error {
		c, err := a.openHead(tx)
		if err == nil {
			value = c.Counter
		}
		return err
	})
	return value, err
}

// commit runs a change in a transaction. First the checkpoint with the next value
// of the counter is committed, then the counter advances, and only then the
// change is acknowledged: whatever happens between, [Authority.reconcile] finishes it
// or notices it. The caller holds a.mu.
func (a *Authority) commit(f func(tx *storage.Tx) error) error {
	if err := a.readOnly(); err != nil {
		return err
	}
	return a.commitAnyway(f)
}

// commitAnyway is commit for an authority that may be read-only.
func (a *Authority) commitAnyway(f func(tx *storage.Tx) error) error {
	r := &a.rollback
	r.to, r.issued, r.skipped, a.staged, a.receipts.taken = 0, 0, false, nil, nil
	err := a.store.Update(f)
	a.settle(err == nil)
	r.since += r.issued
	if err != nil {
		r.unsure = r.unsure || r.to > 0 // a commit that failed may have reached the disk all the same
		return err
	}
	if a.staged != nil {
		a.terms.Store(a.staged)
	}
	r.unclean = r.unclean && !r.skipped
	if r.to == 0 {
		return nil
	}
	return a.advance()
}

func (a *Authority) advance() error {
	r := &a.rollback
	r.unsure = true
	value, err := r.counter.Advance()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotCounted, err)
	}
	r.unsure, r.since, r.wrong = false, 0, judge(r.to, value)
	if r.wrong != nil {
		return fmt.Errorf("%w: somebody else advanced it: %w", ErrNotCounted, r.wrong)
	}
	return nil
}

// due reports whether the counter must advance with the issuing under way: with
// the first one after a seal, since otherwise the sealed log could be put back,
// with the first one after a gap, since otherwise the log before the gap could be,
// and would make the same gap again, and with every 64th.
func (a *Authority) due() bool {
	return a.ledger.sealed || a.rollback.skipped || a.rollback.since+1 >= advanceEvery
}
