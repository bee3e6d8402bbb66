package authority

import (
	"errors"
	"fmt"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// mayRenew says why an identity cannot get its next package, of which the receipt tells, at a time. The first package of an identity and
// every later one reach as far as one that is made now: keys that last for longer would stay on the lists for longer.
func (a *Authority) mayRenew(w *examined, epoch uint32) error {
	switch {
	case a.ledger.forgotten(w.id.Serial) && w.best.List.Generation < a.ledger.order.Generation:
		return ErrUnproved
	case uint64(lastEpoch(w.id)) >= lastOf(epoch):
		return ErrNotDue
	}
	return nil
}

// lastOf returns the last epoch of a package that is made in one.
func lastOf(epoch uint32) uint64 { return uint64(epoch) + Epochs - 1 }

// answered returns the identity whose newest package was made for what a receipt brought, nil when it was not made yet. It does not
// verify the receipt: who knows U, which cannot be guessed, may have the package, which only the device can open.
func answered(tx *storage.Tx, r *wire.Receipt) (*storage.Identity, error) {
	id, err := find(tx, r.Address)
	switch {
	case err != nil:
		return nil, err
	case r.Sequence >= id.Sequence || r.U != id.EnrolmentKey:
		return nil, nil //nolint:nilnil // it is not an error
	case id.Revoked.Suspended():
		return nil, ErrSuspended
	case id.Revoked != nil:
		return nil, ErrAlreadyRevoked
	}
	return id, nil
}

// takeRenewal takes the receipt that a candidate brings, and prepares the package that it gets for it. What is wrong with the receipt is noted.
func (a *Authority) takeRenewal(tx *storage.Tx, c *candidate, now time.Time) error {
	_, w, err := a.takeReceipt(tx, c.receipt, c.raw)
	if err != nil {
		return c.refuse(err)
	}
	epoch, err := a.core.Epoch(now)
	if err != nil {
		return fmt.Errorf("choose the epochs: %w", err)
	}
	if err := a.mayRenew(w, epoch); err != nil {
		return c.refuse(err)
	}
	return a.renew(tx, c, w, epoch)
}

// ofReceipt reports whether an error concerns one receipt or its identity only.
func ofReceipt(err error) bool {
	for _, known := range []error{
		ErrNotFound, ErrOldReceipt, ErrLaterPackage, ErrNoPoints, ErrTwoReceipts, ErrForeignKey, ErrNotDue, ErrUnproved,
		wire.ErrRealm, wire.ErrForeignAddress, wire.ErrNoEpoch, wire.ErrSignature, wire.ErrProof, wire.ErrValue,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// renew prepares the next package of an identity, and stores who it is for, so that none that follows is made for the same receipt.
func (a *Authority) renew(tx *storage.Tx, c *candidate, w *examined, epoch uint32) error {
	id := *w.id
	first := max(lastEpoch(&id)+1, epoch)
	id.Request, id.EnrolmentKey, id.Sequence = w.next.Hash(), w.next.U, a.ledger.nextSequence(id.Serial)
	id.FirstEpoch, id.Epochs = first, uint32(lastOf(epoch)-uint64(first))+1
	c.request, c.hash = w.next, id.Request
	if err := c.encapsulate(wire.PackageInfo(a.coreHash, c.hash, id.Sequence)); err != nil {
		c.refused = err
		return nil //nolint:nilerr // it concerns this one
	}
	if err := tx.UpdateIdentity(&id); err != nil {
		return fmt.Errorf("renew the identity: %w", err)
	}
	if err := tx.AnswerReceipt(id.Serial); err != nil {
		return fmt.Errorf("renew the identity: %w", err)
	}
	a.receipts.answered = append(a.receipts.answered, id.Serial)
	c.id, c.renews = &id, true
	c.content = &wire.Content{Address: id.Address, FirstEpoch: first, Policy: a.terms.Load().stmt}
	return nil
}
