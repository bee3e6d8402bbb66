package authority

import (
	"context"
	"fmt"
	"slices"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Granted is what became of one request of a batch.
type Granted struct {
	Index  int     // of the request in the batch, from 0
	Issued *Issued // nil when it was refused
	Err    error   // why it was refused, as [Authority.Enrol] would say it; nil when it was not
}

// EnrolAll does what [Authority.Enrol] does for each of the requests, or receipts in their place, in their order, and hands over what became of them: up to
// [MaxTogether] at a time, once they are on the disk. Those are one transaction with one checkpoint, which all their packages carry,
// and one step of the counter; their keys are made on all processors. A request that is refused does not stop the others, and neither
// does one that repeats an earlier one, which gives the same package.
//
// It stops between transactions when ctx ends or when each returns an error, which it returns. Any other error, such as
// [ErrDrillPending], [ErrClock], [ErrLocked] or a full disk, stops it, too, and nothing of the transaction under way is kept. However
// it ended, in a crash too: the same requests again give the same packages for what was done, and go on from there.
func (a *Authority) EnrolAll(ctx context.Context, requests [][]byte, each func([]Granted) error) error {
	for done := 0; done < len(requests); {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("enrol: stopped after %d of %d requests: %w", done, len(requests), err)
		}
		granted, err := a.grant(requests[done:min(done+MaxTogether, len(requests))])
		if err != nil {
			return fmt.Errorf("enrol: after %d of %d requests: %w", done, len(requests), err)
		}
		for i := range granted {
			granted[i].Index += done
		}
		done += len(granted)
		if err := each(granted); err != nil {
			return err
		}
	}
	return nil
}

// grant grants at most MaxTogether requests in one transaction.
func (a *Authority) grant(requests [][]byte) ([]Granted, error) {
	all := make([]candidate, len(requests))
	_ = inParallel(len(all), func(i int) error {
		all[i].read(requests[i], a.coreHash)
		return nil // what is wrong with one concerns that one
	})
	if err := a.commitGrant(all); err != nil {
		return nil, err
	}
	granted := make([]Granted, len(all))
	for i := range all {
		granted[i] = Granted{Index: i, Issued: all[i].issued, Err: all[i].refused}
		if c := &all[i]; c.receipt != nil {
			granted[i].Err = a.alarm(c.receipt, c.raw, c.refused)
		}
	}
	return granted, nil
}

func (a *Authority) commitGrant(all []candidate) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.commit(func(tx *storage.Tx) error { return a.grantIn(tx, all) })
}

// grantIn finds out which requests are new, issues to those, and looks the packages of the others up.
func (a *Authority) grantIn(tx *storage.Tx, all []candidate) error {
	var fresh, old []*candidate
	var now time.Time
	for i := range all {
		c := &all[i]
		if c.refused == nil {
			if err := c.find(tx); err != nil {
				return err
			}
		}
		if c.refused == nil && c.id == nil {
			var err error
			if now.IsZero() {
				now, err = a.beginIssuing(tx)
			}
			if err == nil {
				err = a.admitNew(tx, c, now)
			}
			if err != nil {
				return err
			}
		}
		switch {
		case c.refused != nil:
		case c.content != nil:
			fresh = append(fresh, c)
		default: // perhaps since a moment ago, by the same request
			old = append(old, c)
		}
	}
	if err := a.issue(tx, fresh, now); err != nil {
		return err
	}
	for _, c := range old {
		var err error
		if c.issued, err = again(tx, c.id); err != nil {
			return err
		}
	}
	return nil
}

// admitNew gives a candidate its serial, or the one that it has had.
func (a *Authority) admitNew(tx *storage.Tx, c *candidate, now time.Time) error {
	if c.receipt != nil {
		return a.takeRenewal(tx, c, now)
	}
	return a.reserve(tx, c, now)
}

// beginIssuing returns the time at which keys are made, if that may be done now.
func (a *Authority) beginIssuing(tx *storage.Tx) (time.Time, error) {
	now, err := a.begin(tx)
	if err != nil {
		return time.Time{}, err
	}
	if a.ledger.drill == DrillPending {
		return time.Time{}, ErrDrillPending
	}
	return now, a.skipLost(tx, now)
}

// issue gives those who have a serial their keys and packages: the entries of the log, one checkpoint over all of them, and what each
// gets besides its keys follow one another, and everything that takes time is done for all of them at once.
func (a *Authority) issue(tx *storage.Tx, fresh []*candidate, now time.Time) error {
	if len(fresh) == 0 {
		return a.signGap(tx, now)
	}
	defer func() {
		for _, c := range fresh {
			erase(c.content.Keys)
		}
	}()
	if err := a.extract(fresh); err != nil {
		return err
	}
	if err := a.enter(tx, fresh, now); err != nil {
		return err
	}
	err := inParallel(len(fresh), func(i int) error { return a.pack(fresh[i]) })
	if err != nil {
		return err
	}
	for _, c := range fresh {
		if err := storePackage(tx, c); err != nil {
			return err
		}
	}
	a.rollback.issued += taken(fresh)
	return nil
}

// signGap ends a change in which serials were left out and nobody got one after all: no log goes without a checkpoint over its end.
func (a *Authority) signGap(tx *storage.Tx, now time.Time) error {
	if !a.rollback.skipped {
		return nil
	}
	_, err := a.checkpoint(tx, now, true)
	return err
}

// enter records all keys in the log, signs the new head, and completes what the devices are to get with the proofs of the records.
func (a *Authority) enter(tx *storage.Tx, fresh []*candidate, now time.Time) (err error) {
	for _, c := range fresh {
		if c.leaves {
			if _, _, err := record(tx, now, &wire.ReserveEntry{NextSerial: c.id.Serial}); err != nil {
				return err
			}
		}
		entry := &wire.IssueEntry{
			Address: c.id.Address, Request: c.id.Request, Sequence: c.id.Sequence,
			FirstEpoch: c.id.FirstEpoch, Count: len(c.content.Keys), Keys: keysHash(c.content.Keys),
		}
		if c.content.Index, c.content.Entry, err = record(tx, now, entry); err != nil {
			return err
		}
	}
	// A renewal that was lost with a copy of the database could be made again for the same epochs.
	advance := slices.ContainsFunc(fresh, func(c *candidate) bool { return c.renews })
	head, err := a.checkpoint(tx, now, advance || a.due() || a.rollback.since+taken(fresh) >= advanceEvery)
	if err != nil {
		return err
	}
	for _, c := range fresh {
		c.content.Checkpoint = head
		if c.content.Path, err = tx.ProveLog(c.content.Index, tx.LogSize()); err != nil {
			return fmt.Errorf("prove the entry: %w", err)
		}
	}
	return nil
}
