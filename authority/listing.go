package authority

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// listing is a serial that is, or is to be, on the list: a known one, or one of a gap.
type listing struct {
	serial  uint32
	last    uint32              // epoch of its last key
	revoked *storage.Revocation // of one of these, for save to store
	id      *storage.Identity
	lost    *storage.Lost
}

func (l *listing) save(tx *storage.Tx) error {
	if l.id != nil {
		return tx.UpdateIdentity(l.id)
	}
	return tx.PutLost(l.lost)
}

func serialsOf(revoked []*listing) []uint32 {
	serials := make([]uint32, len(revoked))
	for i, l := range revoked {
		serials[i] = l.serial
	}
	return serials
}

// revoked returns all serials that are, or are to be, on the list, ascending.
// Registry and log are two accounts of the same events: they must agree on that.
func (a *Authority) revoked(tx *storage.Tx) ([]*listing, error) {
	all, err := listings(tx)
	if err != nil {
		return nil, err
	}
	if tx.Count() != a.ledger.n() || !slices.Equal(serialsOf(all), a.ledger.serials()) {
		return nil, fmt.Errorf("compare what is revoked: %w", ErrInconsistent)
	}
	return all, nil
}

// listings reads them from the registry.
func listings(tx *storage.Tx) ([]*listing, error) {
	var all []*listing
	for id, err := range tx.Identities(0) {
		if err != nil {
			return nil, fmt.Errorf("read the registry: %w", err)
		}
		if id.Revoked != nil && !id.Revoked.Expired {
			all = append(all, &listing{serial: id.Serial, last: lastEpoch(id), revoked: id.Revoked, id: id})
		}
	}
	for lost, err := range tx.AllLost() {
		if err != nil {
			return nil, fmt.Errorf("read the registry: %w", err)
		}
		if !lost.Revoked.Expired {
			all = append(all, &listing{serial: lost.Serial, last: lost.LastEpoch, revoked: &lost.Revoked, lost: lost})
		}
	}
	slices.SortFunc(all, func(l, m *listing) int { return cmp.Compare(l.serial, m.serial) })
	return all, nil
}

// retire records the serials that leave the list because their keys ran out, and
// returns the others.
func (a *Authority) retire(tx *storage.Tx, now time.Time, revoked []*listing) (staying []*listing, left int, err error) {
	epoch, err := a.core.Epoch(now)
	if err != nil {
		return nil, 0, fmt.Errorf("find the epoch: %w", err)
	}
	for _, l := range revoked {
		if !lapsed(l.last, epoch) {
			staying = append(staying, l)
			continue
		}
		if _, _, err := record(tx, now, &wire.ExpireEntry{Serial: l.serial, LastEpoch: l.last}); err != nil {
			return nil, 0, err
		}
		l.revoked.Expired = true
		if err := l.save(tx); err != nil {
			return nil, 0, fmt.Errorf("retire serial %d: %w", l.serial, err)
		}
		left++
	}
	return staying, left, nil
}

// markListed notes the first list of those that were on none, and counts them.
func markListed(tx *storage.Tx, revoked []*listing, sequence uint32) (added int, err error) {
	for _, l := range revoked {
		if l.revoked.ListedIn != 0 {
			continue
		}
		l.revoked.ListedIn = sequence
		if err := l.save(tx); err != nil {
			return 0, fmt.Errorf("note that serial %d is published: %w", l.serial, err)
		}
		added++
	}
	return added, nil
}
