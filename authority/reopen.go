package authority

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Reopened is what came of reopening an authority.
type Reopened struct {
	Generation uint32     // of the lists from now on
	NextSerial uint32     // the first that is given away from now on
	Merged     int        // serials that are revoked because a list says so that was found elsewhere
	Missing    uint64     // how often the counter had advanced since the newest state that anybody showed; 0 without a counter
	List       *Published // the list that was published at once
}

// Reopen ends read-only: it is the only way on for a database that was restored,
// rolled back, or is of another counter. It takes the newest lists and checkpoints
// that were found on any medium, in any order: statements under this realm's core,
// or the error names the one that is not. With them nobody is un-revoked:
//
//   - whoever is on any of the lists that its log does not have is revoked from now on, also serials that this
//     database knows nothing of. They stay on the lists until every key that they
//     could have has run out;
//   - serials go on 65,536 above the largest that is known, since keys may have been
//     issued that nobody has a record of;
//   - the lists' generation rises, so that a new list is above every list that was
//     published and lost, and that list is published at once.
//
// A checkpoint that is longer than the log belongs to the tail that was lost; the
// longest is recorded. One that contradicts the log is refused with [ErrOtherLog].
// The clock must not be before any of the statements. Where there are officers,
// they have decided before ([Authority.Decide]): [ErrApprovalsMissing].
//
// The new checkpoint carries the counter's next value. Other errors: [ErrClock],
// [ErrClockAhead], [ErrLocked], [ErrInconsistent], [ErrSerials], [ErrCounter],
// [ErrNotCounted], and those of wire for statements.
func (a *Authority) Reopen(lists, checkpoints [][]byte) (*Reopened, error) {
	published, err := a.publishedLists()
	if err != nil {
		return nil, fmt.Errorf("reopen: %w", err)
	}
	e, err := a.gather(lists, checkpoints, published)
	if err != nil {
		return nil, fmt.Errorf("reopen: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if e.counter, err = a.counterNow(); err != nil {
		return nil, fmt.Errorf("reopen: %w", err)
	}
	var r *Reopened
	err = a.commitAnyway(func(tx *storage.Tx) error {
		now, err := a.beginAfter(tx, e.latest)
		if err != nil {
			return err
		}
		if err := a.restoring(tx, now, lists, checkpoints); err != nil {
			return err
		}
		r, err = a.reopen(tx, now, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reopen: %w", err)
	}
	a.rollback.wrong, a.rollback.unclean = nil, false
	return r, nil
}

func (a *Authority) counterNow() (uint64, error) {
	if a.rollback.counter == nil {
		return 0, nil
	}
	value, err := a.rollback.counter.Value()
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrCounter, err)
	}
	return value, nil
}

// evidence is what was found outside of the database.
type evidence struct {
	order       wire.Order           // the largest generation, base and sequence
	newest      wire.Order           // of the newest list
	state       [16]byte             // of that one
	n           uint64               // the largest of the lists
	revoked     map[uint32]time.Time // serial → when the earliest list with it was issued
	checkpoints []*wire.Checkpoint   // ascending by size, then time
	latest      time.Time            // of all statements
	counter     uint64               // its value now; 0 without one
}

// publishedLists returns the states of all lists that the log has.
func (a *Authority) publishedLists() (states map[wire.Order][16]byte, err error) {
	err = a.current(func(*storage.Tx) error {
		states = maps.Clone(a.ledger.published)
		return nil
	})
	return states, err
}

// gather verifies statements. published is what the log has of lists.
func (a *Authority) gather(lists, checkpoints [][]byte, published map[wire.Order][16]byte) (*evidence, error) {
	e := &evidence{revoked: make(map[uint32]time.Time)}
	for i, stmt := range lists {
		if err := e.addList(a.core, stmt, published); err != nil {
			return nil, fmt.Errorf("list %d of %d: %w", i+1, len(lists), err)
		}
	}
	for i, stmt := range checkpoints {
		c, err := wire.OpenCheckpoint(stmt, a.core)
		if err != nil {
			return nil, fmt.Errorf("checkpoint %d of %d: %w", i+1, len(checkpoints), err)
		}
		e.checkpoints = append(e.checkpoints, c)
		e.raise(c.Time)
	}
	slices.SortFunc(e.checkpoints, bySize)
	return e, nil
}

func (e *evidence) raise(at time.Time) {
	if at.After(e.latest) {
		e.latest = at
	}
}

func (e *evidence) addList(core *wire.Core, stmt []byte, published map[wire.Order][16]byte) error {
	b, err := openBundle(stmt, core)
	if err != nil {
		return err
	}
	serials, err := decode(b)
	if err != nil {
		return err
	}
	if b.State != wire.ListState(core.Realm, b.Generation, b.Base, b.FirstEpoch, b.LastEpoch, b.N, serials) {
		return fmt.Errorf("its state is not that of the serials on it: %w", wire.ErrValue)
	}
	e.follow(b.Order(), b.State)
	e.n = max(e.n, b.N)
	e.raise(b.Issued)
	if state, ok := published[b.Order()]; ok && state == b.State {
		return nil // the log says what became of all on it: some were released
	}
	for _, s := range serials {
		if first, known := e.revoked[s]; !known || b.Issued.Before(first) {
			e.revoked[s] = b.Issued
		}
	}
	return nil
}

// follow notes the number and state of a list. Of two with one number, the larger
// state counts: the order in which they were found must not matter.
func (e *evidence) follow(o wire.Order, state [16]byte) {
	e.order.Generation = max(e.order.Generation, o.Generation)
	e.order.Base = max(e.order.Base, o.Base)
	e.order.Sequence = max(e.order.Sequence, o.Sequence)
	c := o.Compare(e.newest)
	if c > 0 || c == 0 && bytes.Compare(state[:], e.state[:]) > 0 {
		e.newest, e.state = o, state
	}
}

// reopen is the change.
func (a *Authority) reopen(tx *storage.Tx, now time.Time, e *evidence) (*Reopened, error) {
	e.follow(a.ledger.order, a.ledger.state)
	lost, err := a.lostTail(tx, e.checkpoints)
	if err != nil {
		return nil, err
	}
	r := &Reopened{Missing: e.missing(a.signed)}
	next := max(tx.Count(), e.n) + serialJump
	if next >= wire.MaxSerials {
		return nil, ErrSerials
	}
	if e.order.Generation+1 == 0 || e.order.Base+1 == 0 || e.order.Sequence+1 == 0 {
		return nil, fmt.Errorf("the lists' numbers are used up: %w", storage.ErrLimit)
	}
	r.Generation, r.NextSerial = e.order.Generation+1, uint32(next)
	a.signed = e.counter
	if err := a.goOn(tx, now, e, r, lost); err != nil {
		return nil, err
	}
	if r.Merged, err = a.merge(tx, now, e); err != nil {
		return nil, err
	}
	if r.List, err = a.publishReopened(tx, now, e, r); err != nil {
		return nil, err
	}
	if err := tx.ClearRestored(); err != nil {
		return nil, fmt.Errorf("take the mark away: %w", err)
	}
	_, err = a.checkpoint(tx, now, true)
	return r, err
}

// goOn records where the realm goes on and leaves the serials before out.
func (a *Authority) goOn(tx *storage.Tx, now time.Time, e *evidence, r *Reopened, lost *wire.Checkpoint) error {
	entry := &wire.ReopenEntry{
		Generation: r.Generation, Base: e.order.Base, Sequence: e.order.Sequence, NextSerial: r.NextSerial, List: e.state, Counter: a.signed,
	}
	if a.rollback.counter != nil {
		entry.Counter++
	}
	if lost != nil {
		entry.Size, entry.Root = lost.Size, lost.Root
	}
	if _, _, err := record(tx, now, entry); err != nil {
		return err
	}
	if err := tx.SkipTo(r.NextSerial); err != nil {
		return fmt.Errorf("leave serials out: %w", err)
	}
	return nil
}

// merge revokes whoever is on a list that was found, and is not revoked here.
func (a *Authority) merge(tx *storage.Tx, now time.Time, e *evidence) (merged int, err error) {
	epoch, err := a.core.Epoch(now)
	if err != nil {
		return 0, fmt.Errorf("find the epoch: %w", err)
	}
	for _, serial := range slices.Sorted(maps.Keys(e.revoked)) {
		r := storage.Revocation{Reason: wire.ReasonUnspecified, Effective: e.revoked[serial], At: now}
		revoked, err := a.mergeOne(tx, serial, lostUntil(epoch), r)
		if err != nil {
			return 0, fmt.Errorf("serial %d: %w", serial, err)
		}
		if revoked {
			merged++
		}
	}
	return merged, nil
}

func (a *Authority) mergeOne(tx *storage.Tx, serial, last uint32, r storage.Revocation) (bool, error) {
	id, err := tx.Identity(serial)
	switch {
	case err == nil && id.Revoked != nil:
		return false, nil
	case err == nil:
		return true, revokeKnown(tx, id, r)
	case !errors.Is(err, storage.ErrNotFound):
		return false, fmt.Errorf("look it up: %w", err)
	}
	switch _, err := tx.Lost(serial); {
	case err == nil:
		return false, nil
	case !errors.Is(err, storage.ErrNotFound):
		return false, fmt.Errorf("look it up: %w", err)
	}
	if a.ledger.reserves.has(serial) { // lists that are lost were padded with it
		r.Reason = wire.ReasonNeverIssued
		return false, putLost(tx, &storage.Lost{Serial: serial, LastEpoch: a.ledger.lastEpochs[serial], Revoked: r})
	}
	if uint64(serial) < a.ledger.n() {
		last = a.ledger.lastEpochs[serial] // of an earlier gap
	}
	return true, putLost(tx, &storage.Lost{Serial: serial, LastEpoch: last, Revoked: r})
}

func (a *Authority) publishReopened(tx *storage.Tx, now time.Time, e *evidence, r *Reopened) (*Published, error) {
	if err := a.read(tx); err != nil { // what this change made of the log before
		return nil, err
	}
	revoked, err := a.revoked(tx)
	if err != nil {
		return nil, err
	}
	staying, left, err := a.retire(tx, now, revoked)
	if err != nil {
		return nil, err
	}
	order := wire.Order{Generation: r.Generation, Base: e.order.Base + 1, Sequence: e.order.Sequence + 1}
	p, err := a.publish(tx, now, order, e.state, staying)
	if err != nil {
		return nil, err
	}
	p.Left = left
	return p, nil
}

// missing returns how often the counter advanced since the newest state that is known.
func (e *evidence) missing(signed uint64) uint64 {
	for _, c := range e.checkpoints {
		signed = max(signed, c.Counter)
	}
	return max(e.counter, signed) - signed
}

func bySize(c, d *wire.Checkpoint) int {
	switch {
	case c.Size != d.Size:
		if c.Size < d.Size {
			return -1
		}
		return 1
	case c.Time.Before(d.Time):
		return -1
	case d.Time.Before(c.Time):
		return 1
	}
	return 0
}

// lostTail compares checkpoints with the log. Those that are longer belong to the
// tail that was lost, of which it returns the longest, nil when there is none.
// What contradicts the log, or another one of them, is ErrOtherLog, unless it can
// be of a tail that was lost at an earlier time, and given up then.
func (a *Authority) lostTail(tx *storage.Tx, checkpoints []*wire.Checkpoint) (*wire.Checkpoint, error) {
	stored, err := tx.Checkpoint()
	if err != nil {
		return nil, fmt.Errorf("read the newest checkpoint: %w", err)
	}
	head, err := wire.OpenCheckpoint(stored.Statement, a.core)
	if err != nil {
		return nil, fmt.Errorf("read the newest checkpoint: %w", err)
	}
	longest := head
	for _, c := range checkpoints {
		if a.ledger.gaveUp(c) {
			continue
		}
		root := longest.Root
		if c.Size < head.Size {
			if root, err = tx.LogRootAt(c.Size); err != nil {
				return nil, fmt.Errorf("compare a checkpoint: %w", err)
			}
		}
		switch {
		case c.Size <= longest.Size && c.Root != root, c.Size > longest.Size && c.Time.Before(longest.Time):
			return nil, fmt.Errorf("checkpoint of %d entries: %w", c.Size, ErrOtherLog)
		case c.Size > longest.Size:
			longest = c
		}
	}
	if longest == head {
		return nil, nil
	}
	return longest, nil
}

// gaveUp says whether a checkpoint can be of a tail that was lost before an entry of this log.
func (l *ledger) gaveUp(c *wire.Checkpoint) bool {
	return slices.ContainsFunc(l.forks, func(f fork) bool { return c.Size > f.size && !c.Time.After(f.at) })
}
