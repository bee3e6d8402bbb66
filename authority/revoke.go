package authority

import (
	"errors"
	"fmt"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Revoke withdraws an identity, for ever or, as wire.ReasonSuspended, until it is released ([Authority.Release]); one that is suspended can be
// revoked for ever for another reason. Others learn of it from the next list:
// see [Authority.Publish]. effective is since when its messages must not be
// believed, cut to whole seconds; the zero time stands for now. An address whose
// serial was lost in a restore can be revoked like any other.
//
// Errors: [ErrNotFound], [ErrAlreadyRevoked], [ErrSuspended], [ErrEffective], [ErrClock],
// [ErrClockAhead], [ErrLocked], wire.ErrValue for an unknown reason, and what
// [Authority.ReadOnly] says.
func (a *Authority) Revoke(address wire.Address, reason wire.Reason, effective time.Time) error {
	return a.RevokeAll([]wire.Address{address}, reason, effective)
}

// RevokeAll is [Authority.Revoke] of several identities, all of them or none. The
// error names the one that it is about. Where there are officers, they decide:
// [ErrApprovalsMissing], see [Authority.Propose].
func (a *Authority) RevokeAll(addresses []wire.Address, reason wire.Reason, effective time.Time) error {
	if err := a.direct(); err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	err := a.change(func(tx *storage.Tx, now time.Time) error {
		return a.revokeIn(tx, now, addresses, reason, effective)
	})
	if err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	return nil
}

// revokeIn is RevokeAll inside a change.
func (a *Authority) revokeIn(tx *storage.Tx, now time.Time, addresses []wire.Address, reason wire.Reason, effective time.Time) error {
	if len(addresses) == 0 {
		return fmt.Errorf("nobody was named: %w", ErrNotFound)
	}
	since := now
	if !effective.IsZero() {
		since = effective.UTC().Truncate(time.Second)
	}
	if since.After(now) || since.Before(a.core.Epoch0) {
		return ErrEffective
	}
	for _, address := range addresses {
		r := storage.Revocation{Reason: reason, Effective: since, At: now}
		if err := a.revokeOne(tx, address, r); err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
	}
	return nil
}

func (a *Authority) revokeOne(tx *storage.Tx, address wire.Address, r storage.Revocation) error {
	id, err := find(tx, address)
	switch {
	case errors.Is(err, ErrNotFound):
		return a.revokeLost(tx, address, r)
	case err != nil:
		return err
	}
	if err := mayRevoke(id.Revoked, &r); err != nil {
		return err
	}
	return revokeKnown(tx, id, r)
}

// mayRevoke says whether a revocation, if there is one, can be followed by another. The list that has it stays the first.
func mayRevoke(present, next *storage.Revocation) error {
	switch {
	case present == nil:
		return nil
	case !present.Suspended():
		return ErrAlreadyRevoked
	case next.Reason == wire.ReasonSuspended:
		return ErrSuspended
	}
	next.ListedIn = present.ListedIn
	return nil
}

func revokeKnown(tx *storage.Tx, id *storage.Identity, r storage.Revocation) error {
	if err := recordRevocation(tx, id.Serial, r); err != nil {
		return err
	}
	id.Revoked = &r
	if err := tx.UpdateIdentity(id); err != nil {
		return fmt.Errorf("store the revocation: %w", err)
	}
	return nil
}

// revokeLost revokes an address whose serial is in a gap: that of a device, that is, which got its keys after the
// backup was made, and which nothing else is known of.
func (a *Authority) revokeLost(tx *storage.Tx, address wire.Address, r storage.Revocation) error {
	if address.IsZero() || !a.core.Lists(address.SPID()) {
		return ErrNotFound
	}
	serial := address.Serial()
	skipped, err := tx.Skipped(serial)
	if err != nil {
		return fmt.Errorf("look the address up: %w", err)
	}
	if !skipped || uint64(serial) >= a.ledger.n() || a.ledger.reserves.has(serial) {
		return ErrNotFound
	}
	switch lost, err := tx.Lost(serial); {
	case errors.Is(err, storage.ErrNotFound):
	case err != nil:
		return fmt.Errorf("look the address up: %w", err)
	default:
		if err := mayRevoke(&lost.Revoked, &r); err != nil {
			return err
		}
	}
	return putLost(tx, &storage.Lost{Serial: serial, Address: address, LastEpoch: a.ledger.lastEpochs[serial], Revoked: r})
}

func putLost(tx *storage.Tx, l *storage.Lost) error {
	if err := recordRevocation(tx, l.Serial, l.Revoked); err != nil {
		return err
	}
	if err := tx.PutLost(l); err != nil {
		return fmt.Errorf("store the revocation: %w", err)
	}
	return nil
}

func recordRevocation(tx *storage.Tx, serial uint32, r storage.Revocation) error {
	_, _, err := record(tx, r.At, &wire.RevokeEntry{Serial: serial, Reason: r.Reason, Effective: r.Effective})
	return err
}
