package authority

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"marque/device/wire"
	"marque/storage"
)

func serialsOf(revoked []storage.Standing) []uint32 {
	serials := make([]uint32, len(revoked))
	for i, s := range revoked {
		serials[i] = s.Serial
	}
	return serials
}

// revoked returns all serials that are, or are to be, on the list, ascending.
// Registry and log are two accounts of the same events: they must agree on that. Where only the registry's index does not, it is made anew.
func (a *Authority) revoked(tx *storage.Tx) ([]storage.Standing, error) {
	all, err := tx.Revoked()
	if err == nil && !a.ledger.agrees(all) {
		err = storage.ErrCorrupt
	}
	if errors.Is(err, storage.ErrCorrupt) {
		all, err = tx.IndexRevoked()
	}
	if err != nil {
		return nil, fmt.Errorf("read the registry: %w", err)
	}
	if tx.Count() != a.ledger.n() || !slices.Equal(serialsOf(all), a.ledger.serials()) {
		return nil, fmt.Errorf("compare what is revoked: %w", ErrInconsistent)
	}
	return all, nil
}

// agrees reports whether an index has the serials that belong on the next list, with the keys that the log has of them, and none as new
// that the newest list had.
func (l *ledger) agrees(all []storage.Standing) bool {
	if !slices.Equal(serialsOf(all), l.serials()) {
		return false
	}
	return !slices.ContainsFunc(all, func(s storage.Standing) bool {
		return s.LastEpoch != l.lastEpochs[s.Serial] || l.standings[s.Serial] == listed && s.ListedIn == 0
	})
}

// amend changes the record of a revocation.
func amend(tx *storage.Tx, serial uint32, change func(*storage.Revocation)) error {
	id, err := tx.Identity(serial)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return amendLost(tx, serial, change)
	case err != nil:
		return err
	case id.Revoked == nil:
		return ErrInconsistent
	}
	change(id.Revoked)
	return tx.UpdateIdentity(id)
}

func amendLost(tx *storage.Tx, serial uint32, change func(*storage.Revocation)) error {
	lost, err := tx.Lost(serial)
	if err != nil {
		return err
	}
	change(&lost.Revoked)
	return tx.PutLost(lost)
}

// retire records the serials that leave the list because their keys ran out, and
// returns the others.
func (a *Authority) retire(tx *storage.Tx, now time.Time, revoked []storage.Standing) (staying []storage.Standing, left int, err error) {
	first, _ := a.ledger.coverage(now)
	for _, s := range revoked {
		if !lapsed(a.ledger.outlast(s.Serial), first) {
			staying = append(staying, s)
			continue
		}
		if _, _, err := record(tx, now, &wire.ExpireEntry{Serial: s.Serial, LastEpoch: s.LastEpoch}); err != nil {
			return nil, 0, err
		}
		if err := amend(tx, s.Serial, func(r *storage.Revocation) { r.Expired = true }); err != nil {
			return nil, 0, fmt.Errorf("retire serial %d: %w", s.Serial, err)
		}
		left++
	}
	return staying, left, nil
}

// markListed notes the first list of those that were on none, and counts them, padding aside.
func (a *Authority) markListed(tx *storage.Tx, revoked []storage.Standing, sequence uint32) (added int, err error) {
	for _, s := range revoked {
		if s.ListedIn != 0 {
			continue
		}
		if err := amend(tx, s.Serial, func(r *storage.Revocation) { r.ListedIn = sequence }); err != nil {
			return 0, fmt.Errorf("note that serial %d is published: %w", s.Serial, err)
		}
		if !a.ledger.reserves.has(s.Serial) {
			added++
		}
	}
	return added, nil
}
