package authority

import (
	"errors"
	"fmt"

	"marque/storage"
)

// MaxPastLists is the most that one call of [Authority.PastLists] returns.
const MaxPastLists = 100

// maxListGap is how many sequence numbers in a row may have no list: those that were lost with a database, before it was reopened.
const maxListGap = 10_000

// PastList is a list that was published.
type PastList struct {
	List

	Generation uint32
	Base       uint32
	Size       int // of its statement, octets
}

// PastLists returns up to n published lists (at most [MaxPastLists]), the newest first, beginning below a sequence number, or with the newest of
// all when that is 0. There are fewer only at the end. It works while the authority is locked.
func (a *Authority) PastLists(before uint32, n int) (lists []PastList, err error) {
	n = min(n, MaxPastLists)
	err = a.store.View(func(tx *storage.Tx) error {
		newest, _, err := tx.LatestList()
		if err != nil {
			return err
		}
		at := newest
		if before > 0 {
			at = min(before-1, newest)
		}
		for gap := 0; at > 0 && len(lists) < n && gap < maxListGap; at-- {
			stmt, err := tx.List(at)
			if errors.Is(err, storage.ErrNotFound) {
				gap++
				continue
			}
			if err != nil {
				return err
			}
			b, err := openBundle(stmt, a.core)
			if err != nil {
				return err
			}
			gap = 0
			lists = append(lists, PastList{List: listOf(b), Generation: b.Generation, Base: b.Base, Size: len(stmt)})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read past lists: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range lists { // as far as the log was read, which every other call does
		lists[i].Padding = a.ledger.reserves.at[lists[i].Sequence]
	}
	return lists, nil
}
