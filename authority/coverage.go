package authority

import (
	"crypto/sha256"
	"fmt"
	"math"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// reach is how far from the moment that a list is made the times lie of what it is asked about.
type reach struct {
	past   time.Duration // the longest of all policies so far: devices have the one that came with their package
	future time.Duration // likewise
	expiry time.Duration // hard expiry of lists by the policy in force
}

func (r *reach) follow(p *wire.Policy) {
	r.past, r.future, r.expiry = max(r.past, p.Past), max(r.future, p.Future), p.HardExpiry
}

// coverage returns the first and the last epoch that a list made at a time speaks of, so that for as long as it is in force no device asks
// it about another one:
//
//   - first is the epoch whose messages may still arrive, or that of the oldest session, but never that of a key whose serial left the
//     list, for which it could not speak;
//   - last is the last epoch of any key that was given away, or could have been, and no less than that of the newest message that is
//     accepted before the hard expiry: its sender may have got its package, for any number of epochs, after the list was made.
func (l *ledger) coverage(at time.Time) (first, last uint32) {
	now := l.epochAt(at)
	first = min(now-min(now, 1), l.epochAt(at.Add(-l.reach.past-sessionLifetime)))
	if l.anyLeft {
		first = max(first, l.lastLeft+1)
	}
	last = uint32(min(uint64(now)+Epochs, math.MaxUint32))
	return first, max(last, l.lastKey, l.epochAt(at.Add(l.reach.future+l.reach.expiry)))
}

// formerly is what lists spoke of, by the epoch they were made in, before that followed from keys and policies.
func formerly(now uint32) (first, last uint32) {
	return now - min(now, 1), uint32(min(uint64(now)+Epochs, math.MaxUint32))
}

// cover notes of which epochs the list speaks that an entry publishes, and reports whether it has the state that goes with them. Lists
// of earlier versions of the program speak of others than they should, until one has what only this version gives.
func (l *ledger) cover(e *wire.PublishEntry, at time.Time, serials []uint32) bool {
	says := func(first, last uint32) bool {
		l.firstEpoch, l.lastEpoch = first, last
		return e.State == wire.ListState(l.core.Realm, e.Generation, e.Base, first, last, l.n(), serials)
	}
	first, last := l.coverage(at)
	oldFirst, oldLast := formerly(l.epochAt(at))
	if l.modern || first == oldFirst && last == oldLast || !says(oldFirst, oldLast) {
		l.modern = l.modern || first != oldFirst || last != oldLast
		return says(first, last)
	}
	return true
}

// mayLapse reports whether a serial whose last key is of epoch last may leave the lists at a time.
func (l *ledger) mayLapse(last uint32, at time.Time) bool {
	first, _ := l.coverage(at)
	if old, _ := formerly(l.epochAt(at)); !l.modern {
		first = max(first, old)
	}
	return lapsed(last, first)
}

// epochAt returns the epoch of a time, or the nearest one where there is none.
func (l *ledger) epochAt(t time.Time) uint32 {
	if t.Before(l.core.Epoch0) {
		return 0
	}
	epoch, err := l.core.Epoch(t)
	if err != nil {
		return math.MaxUint32
	}
	return epoch
}

// lapsed reports whether a revoked serial whose last key is of epoch last leaves a list that speaks of the epochs from first on.
func lapsed(last, first uint32) bool { return last < first }

// obey makes a policy the one by which the next lists are made. The log has the hash of all but the first, for which want is nil.
func (a *Authority) obey(tx *storage.Tx, sequence uint32, want *[32]byte) error {
	stmt, err := tx.PolicyAt(sequence)
	if err != nil {
		return fmt.Errorf("read policy %d: %w", sequence, err)
	}
	if want != nil && sha256.Sum256(stmt) != *want {
		return fmt.Errorf("policy %d is not the one of the log: %w", sequence, ErrInconsistent)
	}
	p, err := openPolicy(stmt, a.core, a.coreHash)
	if err != nil {
		return err
	}
	a.ledger.reach.follow(p)
	return nil
}
