package authority

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Release returns what ends suspensions, for [Authority.Propose], by two officers. What a list had is off the next one, which begins a new base:
// no change leads there, only the full list. What no list had yet never gets on one. Errors: those of carrying it out, [ErrNotFound],
// [ErrNotSuspended] and [ErrLocked], which name the address that they are about.
func (a *Authority) Release(addresses []wire.Address) (*ReleasePayload, error) {
	p := &ReleasePayload{Addresses: slices.Clone(addresses)}
	slices.SortFunc(p.Addresses, compareAddresses)
	p.Addresses = slices.Compact(p.Addresses)
	err := a.current(func(tx *storage.Tx) error {
		for _, address := range p.Addresses {
			if _, err := a.suspended(tx, address); err != nil {
				return fmt.Errorf("%s: %w", address, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	return p, nil
}

// suspended returns the identity that is suspended, nil for a serial of a gap.
func (a *Authority) suspended(tx *storage.Tx, address wire.Address) (*storage.Identity, error) {
	id, err := find(tx, address)
	if errors.Is(err, ErrNotFound) {
		return nil, a.suspendedLost(tx, address)
	}
	switch {
	case err != nil:
		return nil, err
	case !id.Revoked.Suspended() || !a.ledger.suspensions.is(id.Serial):
		return nil, ErrNotSuspended
	}
	return id, nil
}

func (a *Authority) suspendedLost(tx *storage.Tx, address wire.Address) error {
	if address.IsZero() {
		return ErrNotFound
	}
	lost, err := tx.Lost(address.Serial())
	switch {
	case errors.Is(err, storage.ErrNotFound) || err == nil && lost.Address != address:
		return ErrNotFound
	case err != nil:
		return fmt.Errorf("look the address up: %w", err)
	case !lost.Revoked.Suspended() || !a.ledger.suspensions.is(lost.Serial):
		return ErrNotSuspended
	}
	return nil
}

// do ends suspensions, all of them or none.
func (p *ReleasePayload) do(a *Authority, tx *storage.Tx, now time.Time) error {
	for _, address := range p.Addresses {
		if err := a.release(tx, now, address); err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
	}
	return nil
}

func (a *Authority) release(tx *storage.Tx, now time.Time, address wire.Address) error {
	id, err := a.suspended(tx, address)
	if err != nil {
		return err
	}
	if _, _, err := record(tx, now, &wire.ReleaseEntry{Serial: address.Serial()}); err != nil {
		return err
	}
	return unrevoke(tx, address.Serial(), id, nil)
}

// waitedRelease ends suspensions by a proposal that waited: those that there were when it was asked for.
type waitedRelease struct {
	*ReleasePayload

	asked time.Time
}

func (p *waitedRelease) do(a *Authority, tx *storage.Tx, now time.Time) error {
	for _, address := range p.Addresses {
		if s := a.ledger.suspensions.present[address.Serial()]; s != nil && s.at.After(p.asked) {
			return fmt.Errorf("%s: %w: it was suspended anew since", address, ErrPayload)
		}
	}
	return p.ReleasePayload.do(a, tx, now)
}
