package authority

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"marque/device/revocation"
	"marque/device/wire"
	"marque/storage"
)

// Impact is what revoking identities would do.
type Impact struct {
	Before    int // serials that the next list holds without it
	After     int // and with it
	N         uint64
	SizeNow   int       // octets of the next list without it, about
	SizeAfter int       // and with it
	Until     time.Time // when the last key of any of them runs out, exclusive; zero where nobody knows
	Needed    int       // security officers that it takes; 1 where there are none
	Problems  []ImpactProblem
}

// ImpactProblem says why one of them cannot be revoked.
type ImpactProblem struct {
	Address wire.Address
	Err     error // ErrNotFound or ErrAlreadyRevoked
}

// Impact tells what revoking identities, at most [MaxBatch], would do to the next list. It codes the list twice: some 10 ms with 10,000
// serials on it. Errors: [ErrLocked], [ErrPayloadForm] for too many, and storage's.
func (a *Authority) Impact(addresses []wire.Address) (*Impact, error) {
	if len(addresses) > MaxBatch {
		return nil, malformed("%d addresses, where %d can be revoked at once", len(addresses), MaxBatch)
	}
	m := &Impact{Needed: 1}
	err := a.current(func(tx *storage.Tx) error {
		before := a.ledger.serials()
		after := slices.Clone(before)
		for _, address := range addresses {
			id, err := find(tx, address)
			switch {
			case errors.Is(err, ErrNotFound):
				m.Problems = append(m.Problems, ImpactProblem{address, ErrNotFound})
				continue
			case err != nil:
				return err
			case id.Revoked != nil && !id.Revoked.Suspended(): // the suspended can be revoked for ever
				m.Problems = append(m.Problems, ImpactProblem{address, ErrAlreadyRevoked})
				continue
			}
			after = append(after, id.Serial)
			if until := a.core.EpochStart(lastEpoch(id) + 1); until.After(m.Until) {
				m.Until = until
			}
		}
		slices.Sort(after)
		return a.weigh(tx, m, before, slices.Compact(after))
	})
	if err != nil {
		return nil, fmt.Errorf("what revoking does: %w", err)
	}
	if c := a.desk.council.Load(); c != nil {
		action := ActionRevoke
		if len(addresses) > 1 {
			action = ActionBatch
		}
		need, err := c.table.Needs(action, c.roster)
		if err != nil {
			return nil, err
		}
		m.Needed = need.Officers
	}
	return m, nil
}

// weigh codes both lists. What else a statement holds is as long as in the newest one.
func (a *Authority) weigh(tx *storage.Tx, m *Impact, before, after []uint32) error {
	_, stmt, err := tx.LatestList()
	if err != nil {
		return fmt.Errorf("read the newest list: %w", err)
	}
	newest, err := openBundle(stmt, a.core)
	if err != nil {
		return err
	}
	around := len(stmt) - len(newest.Data)
	m.Before, m.After, m.N = len(before)-a.ledger.reserves.padded, len(after)-a.ledger.reserves.padded, tx.Count()
	for _, side := range []struct {
		serials []uint32
		size    *int
	}{{before, &m.SizeNow}, {after, &m.SizeAfter}} {
		padding, err := a.chooseReserve(a.now(), a.ledger.reserves.padding.missing(len(side.serials)))
		if err != nil {
			return err
		}
		set, err := revocation.NewSet(m.N, slices.Sorted(slices.Values(append(slices.Clone(side.serials), padding...))))
		if err != nil {
			return fmt.Errorf("weigh a list: %w", err)
		}
		_, data := revocation.Encode(set)
		*side.size = around + len(data)
	}
	return nil
}
