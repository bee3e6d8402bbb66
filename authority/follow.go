package authority

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"marque/device/wire"
	"marque/storage"
)

// mark is a state of the log.
type mark struct {
	size uint64
	root [32]byte
}

// catchUp brings the ledger to the log's present end, which it makes sure is the
// one that was signed last, and returns the checkpoint that says so. The root is computed
// from the entries: the hashes in the store are covered by no signature, and
// those above an entry can be left as they were when it is exchanged. Nor does
// the log go back behind what this process has seen. The caller holds a.mu and has
// not written to the log in tx, which might yet fail.
func (a *Authority) catchUp(tx *storage.Tx) (*wire.Checkpoint, error) {
	head, err := a.openHead(tx)
	if err != nil {
		return nil, err
	}
	if head.Size < a.known.size || head.Size < a.ledger.size {
		return nil, fmt.Errorf("read the log: it became shorter: %w", ErrInconsistent)
	}
	if err = a.read(tx); err == nil && a.ledger.tree.root() != head.Root {
		err = fmt.Errorf("the entries of the log are not those that were signed: %w", ErrInconsistent)
	}
	if err != nil {
		a.ledger = newLedger(a.core)
		return nil, err
	}
	a.known = mark{head.Size, head.Root}
	return head, nil
}

// follow reads what the change under way wrote to the log, and returns the root of
// the tree over all of it.
func (a *Authority) follow(tx *storage.Tx) ([32]byte, error) {
	stored, err := tx.LogRoot()
	if err != nil {
		return [32]byte{}, fmt.Errorf("read the log: %w", err)
	}
	if err := a.read(tx); err != nil {
		return [32]byte{}, err
	}
	root := a.ledger.tree.root()
	if root != stored {
		return [32]byte{}, fmt.Errorf("the stored hashes are not those of the entries: %w", ErrInconsistent)
	}
	return root, nil
}

// settle is called when a change has been committed, or has failed.
func (a *Authority) settle(committed bool) {
	a.receipts.settle(committed)
	switch {
	case committed && a.ledger.size > a.known.size:
		a.known = mark{a.ledger.size, a.ledger.tree.root()}
	case !committed && a.ledger.size != a.known.size:
		a.ledger = newLedger(a.core)
	}
}

// read adds the entries that the ledger does not have yet.
func (a *Authority) read(tx *storage.Tx) error {
	if a.ledger.size == 0 {
		if err := a.obey(tx, firstPolicy, nil); err != nil {
			return err
		}
	}
	for b, err := range tx.LogEntries(a.ledger.size) {
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		e, err := wire.ParseLogEntry(b)
		if err != nil {
			return fmt.Errorf("read entry %d of the log: %w", a.ledger.size, err)
		}
		if p, ok := e.Entry.(*wire.PolicyEntry); ok {
			if err := a.obey(tx, p.Sequence, &p.Hash); err != nil {
				return err
			}
		}
		if i, wrong := a.ledger.size, a.ledger.add(e); len(wrong) > 0 {
			return fmt.Errorf("entry %d of the log: %s: %w", i, wrong[0], ErrInconsistent)
		}
		a.ledger.tree.add(b)
		if a.ledger.size == a.known.size && a.ledger.tree.root() != a.known.root {
			return fmt.Errorf("the log is another one than before: %w", ErrInconsistent)
		}
	}
	return nil
}

// agree compares what stands in the store in the clear, and decides what is given away next, with the log.
func (a *Authority) agree(tx *storage.Tx) error {
	if err := a.agreeGaps(tx); err != nil {
		return err
	}
	t := a.terms.Load()
	if t.policy.Sequence != a.ledger.policy || t.policy.Sequence > firstPolicy && sha256.Sum256(t.stmt) != a.ledger.policyHash {
		return fmt.Errorf("the policy in force is not the newest one of the log: %w", ErrInconsistent)
	}
	return nil
}

// agreeGaps compares the gaps that were not compared before: there may be as many as one in some serials.
func (a *Authority) agreeGaps(tx *storage.Tx) error {
	fresh, from := a.ledger.gaps[a.ledger.agreed:], uint32(0)
	if a.ledger.agreed > 0 {
		from = a.ledger.gaps[a.ledger.agreed-1].Next
	}
	stored, err := tx.Gaps(from)
	if err != nil {
		return fmt.Errorf("read the gaps: %w", err)
	}
	if tx.Count() != a.ledger.n() || !slices.EqualFunc(stored, fresh, func(s storage.Gap, g gap) bool { return s == g.Gap }) {
		return fmt.Errorf("the serials that were given away are not those of the log: %w", ErrInconsistent)
	}
	a.ledger.agreed = len(a.ledger.gaps)
	return nil
}

// current runs f on the store with a ledger that has caught up. f must not change anything.
func (a *Authority) current(f func(tx *storage.Tx) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.store.View(func(tx *storage.Tx) error {
		if _, err := a.catchUp(tx); err != nil {
			return err
		}
		return f(tx)
	})
}

// decision returns what the officers decided about a proposal, nil when they did
// not. Only the log says that they did: what is filed beside it is not signed. A decision whose file is missing is
// nil, too, but done. The caller is called by [Authority.current], or in a change.
func (a *Authority) decision(tx *storage.Tx, digest [32]byte) (d *Decision, done bool, err error) {
	hash, done := a.ledger.decided[digest]
	if d, err = readDecision(tx, digest); err != nil || d == nil {
		return nil, done, err
	}
	entry, err := d.Entry()
	if err != nil || !done || entry.Approvals != hash {
		return nil, done, errors.Join(fmt.Errorf("a decision is not the one that the log records: %w", ErrInconsistent), err)
	}
	return d, true, nil
}
