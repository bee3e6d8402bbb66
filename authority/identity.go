package authority

import (
	"errors"
	"fmt"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Identity is one vehicle or application of the realm. Times are in UTC, to the second.
type Identity struct {
	Address    wire.Address
	Kind       wire.Kind
	Request    [32]byte // hash of the request it was enrolled with
	Sequence   uint32   // of its newest package
	FirstEpoch uint32   // of its keys
	LastEpoch  uint32
	Issued     time.Time
	Until      time.Time   // when its last key runs out, exclusive
	Revoked    *Revocation // nil while it is in order
}

// Revocation says why an identity is no longer trusted, and since when.
type Revocation struct {
	Reason    wire.Reason
	Effective time.Time // since when its messages must not be believed
	At        time.Time // when that was recorded
	List      uint32    // sequence of the first list that has it, 0 before it is published
	Expired   bool      // its keys ran out, so that it left the list
}

// Suspended reports whether a release can end it. It is false for none.
func (v *Revocation) Suspended() bool {
	return v != nil && v.Reason == wire.ReasonSuspended && !v.Expired
}

// Identity returns the identity of an address: [ErrNotFound], [ErrLocked].
func (a *Authority) Identity(address wire.Address) (*Identity, error) {
	var id *Identity
	err := a.store.View(func(tx *storage.Tx) error {
		record, err := find(tx, address)
		if err == nil {
			id = a.identity(record)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look up an identity: %w", err)
	}
	return id, nil
}

// Identities returns up to n identities (at most [MaxIdentities]) in the order
// of their serials, beginning with serial from; none when there are none left.
func (a *Authority) Identities(from uint32, n int) ([]Identity, error) {
	n = min(n, MaxIdentities)
	var ids []Identity
	err := a.store.View(func(tx *storage.Tx) error {
		for record, err := range tx.Identities(from) {
			if err != nil {
				return err
			}
			if len(ids) >= n {
				return nil
			}
			ids = append(ids, *a.identity(record))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list identities: %w", err)
	}
	return ids, nil
}

// find returns the record of exactly this address.
func find(tx *storage.Tx, address wire.Address) (*storage.Identity, error) {
	if address.IsZero() {
		return nil, ErrNotFound
	}
	id, err := tx.Identity(address.Serial())
	if errors.Is(err, storage.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("look the address up: %w", err)
	}
	if id.Address != address {
		return nil, ErrNotFound
	}
	return id, nil
}

func lastEpoch(r *storage.Identity) uint32 { return r.FirstEpoch + r.Epochs - 1 }

// until returns when the last key of an identity runs out, exclusive.
func (a *Authority) until(r *storage.Identity) time.Time { return a.core.EpochStart(lastEpoch(r) + 1) }

func (a *Authority) identity(r *storage.Identity) *Identity {
	id := &Identity{
		Address: r.Address, Kind: r.Kind, Request: r.Request, Sequence: r.Sequence,
		FirstEpoch: r.FirstEpoch, LastEpoch: lastEpoch(r),
		Issued: r.Issued, Until: a.until(r),
	}
	if v := r.Revoked; v != nil {
		id.Revoked = &Revocation{Reason: v.Reason, Effective: v.Effective, At: v.At, List: v.ListedIn, Expired: v.Expired}
	}
	return id
}
