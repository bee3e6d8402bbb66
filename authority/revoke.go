package authority

import (
	"fmt"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Revoke withdraws an identity for ever. Others learn of it from the next list:
// see [Authority.Publish]. effective is since when its messages must not be
// believed, cut to whole seconds; the zero time stands for now.
//
// Errors: [ErrNotFound], [ErrAlreadyRevoked], [ErrEffective], [ErrClock],
// [ErrClockAhead], [ErrLocked], and wire.ErrValue for an unknown reason.
func (a *Authority) Revoke(address wire.Address, reason wire.Reason, effective time.Time) error {
	err := a.store.Update(func(tx *storage.Tx) error {
		now, err := a.begin(tx)
		if err != nil {
			return err
		}
		id, err := find(tx, address)
		if err != nil {
			return err
		}
		if id.Revoked != nil {
			return ErrAlreadyRevoked
		}
		since := now
		if !effective.IsZero() {
			since = effective.UTC().Truncate(time.Second)
		}
		if since.After(now) || since.Before(a.core.Epoch0) {
			return ErrEffective
		}
		if _, _, err := record(tx, now, &wire.RevokeEntry{Serial: id.Serial, Reason: reason, Effective: since}); err != nil {
			return err
		}
		id.Revoked = &storage.Revocation{Reason: reason, Effective: since, At: now}
		if err := tx.UpdateIdentity(id); err != nil {
			return fmt.Errorf("store the revocation: %w", err)
		}
		_, err = a.checkpoint(tx, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	return nil
}
