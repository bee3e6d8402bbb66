package authority

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Taken is a depot's batch that may be enrolled.
type Taken struct {
	Depot Depot
	Batch *wire.Batch
	Again bool // it was taken before: what is left of it is enrolled now, and the rest gives the same packages again
}

// Depots returns all depots that were ever registered, in that order. It works while the authority is locked.
func (a *Authority) Depots() ([]Depot, error) {
	all := []Depot{}
	err := a.current(func(tx *storage.Tx) (err error) {
		all, err = a.depots(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the depots: %w", err)
	}
	return all, nil
}

// depots reads them. The caller holds a.mu, and has caught up.
func (a *Authority) depots(tx *storage.Tx) ([]Depot, error) {
	all := []Depot{}
	for _, key := range a.ledger.depots.order {
		d := *a.ledger.depots.byKey[key]
		told, err := tx.DepotList(key)
		if err != nil {
			return nil, err
		}
		d.List, d.Told = told.List, told.At
		all = append(all, d)
	}
	return all, nil
}

// TakeBatch verifies a depot's batch, a statement of at most 8 MiB, and records that it was taken. The requests in it, whose words the
// depot compared, are then for [Authority.EnrolAll]. Errors: those of wire.OpenBatch, [ErrNoDepot], [ErrDepotRevoked],
// [ErrDepotLapsed], [ErrOldBatch], and those of every change.
func (a *Authority) TakeBatch(statement []byte) (*Taken, error) {
	batch, err := wire.OpenBatch(statement, a.core)
	if err != nil {
		return nil, fmt.Errorf("take a batch: %w", err)
	}
	taken := &Taken{Batch: batch}
	hash := sha256.Sum256(statement)
	err = a.change(func(tx *storage.Tx, now time.Time) error {
		again, err := a.ledger.depots.mayTake(&batch.HandOver, hash)
		if err != nil {
			return err
		}
		taken.Depot, taken.Again = *a.ledger.depots.byKey[batch.Key], again
		if again {
			return errTakenBefore
		}
		for _, c := range batch.Requests {
			if err := tx.PutOrigin(wire.RequestHash(c.Request), batch.Name); err != nil {
				return err
			}
		}
		_, _, err = record(tx, now, &wire.BatchEntry{Key: batch.Key, Sequence: batch.Sequence, Hash: hash})
		return err
	})
	if err != nil && !errors.Is(err, errTakenBefore) {
		return nil, fmt.Errorf("take a batch: %w", err)
	}
	return taken, nil
}

// OpenReceipts verifies what a depot collected of receipts, a statement of at most 8 MiB. Each of them is then for
// [Authority.AcceptReceipt]. Which list the depot says it has is kept, if the log has it and it is none older than it said before, and
// [Authority.Depots] tells it. Errors: those of wire.OpenReceipts, [ErrNoDepot], [ErrDepotRevoked], [ErrDepotLapsed]; beside a list
// [ErrListAhead], those of storage, and
// what [Authority.ReadOnly] says.
func (a *Authority) OpenReceipts(statement []byte) (*wire.Receipts, error) {
	r, err := wire.OpenReceipts(statement, a.core)
	if err != nil {
		return nil, fmt.Errorf("open receipts: %w", err)
	}
	find := func(*storage.Tx) error {
		_, err := a.ledger.depots.find(&r.HandOver)
		return err
	}
	if r.List == (wire.Order{}) {
		err = a.current(find)
	} else {
		err = a.noteDepotList(r, find)
	}
	if err != nil {
		return nil, fmt.Errorf("open receipts: %w", err)
	}
	return r, nil
}

// noteDepotList keeps which list a depot has, if find has nothing against it.
func (a *Authority) noteDepotList(r *wire.Receipts, find func(*storage.Tx) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.commit(func(tx *storage.Tx) error {
		if _, err := a.catchUp(tx); err != nil {
			return err
		}
		if err := find(tx); err != nil {
			return err
		}
		if r.List.Compare(a.ledger.order) > 0 {
			return ErrListAhead
		}
		before, err := tx.DepotList(r.Key)
		if err != nil || !a.ledger.hasList(r.List) || a.ledger.hasList(before.List) && r.List.Compare(before.List) < 0 {
			return err
		}
		return tx.PutDepotList(r.Key, &storage.DepotList{List: r.List, At: a.now()})
	})
}
