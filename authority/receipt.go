package authority

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
	"marque/storage"
)

// MaxReceipts is the most that one call of [Authority.Receipts] returns.
const MaxReceipts = 1000

// Receipt is what is known of one identity that is in order and has keys for now or later.
type Receipt struct {
	Address   wire.Address
	Kind      wire.Kind
	Issued    time.Time
	Until     time.Time  // when its last key runs out, exclusive
	Got       bool       // a receipt for the newest package came; without one, the rest is empty
	Received  time.Time  // when the one that counts came
	Made      time.Time  // when it was made, by the device's clock
	Installed time.Time  // when the package was, by the device's clock
	List      wire.Order // that the device held then; zero for none
	Next      [32]byte   // hash of the request that the next package answers
	Kept      []byte     // the receipt; for [Authority.EnrolAll] to answer it with the next package
}

// Accepted is what became of a receipt.
type Accepted struct {
	Receipt

	Again   bool   // it says nothing new: the same, or an older one than the one that is kept
	Warning string // what is odd about it; empty when nothing is
}

// AcceptReceipt verifies a receipt of at most 536 octets against the registry and the points that were issued, and keeps it. What shows
// that keys are in two hands ([ErrTwoReceipts]), or that somebody else issues keys ([ErrForeignKey]), is refused, kept as evidence, and
// recorded in the log as an alarm, once for each identity. The former suspends the identity in the same change, without officers: they
// decide what becomes of it. Once they released it, the same is no reason again.
//
// Other errors: those of wire.ParseReceipt and wire.Receipt.Verify, [ErrNotFound], [ErrSuspended], [ErrAlreadyRevoked], [ErrOldReceipt], [ErrLaterPackage],
// [ErrNoPoints], [ErrSeenKey], [ErrLocked], and what [Authority.ReadOnly] says.
func (a *Authority) AcceptReceipt(b []byte) (*Accepted, error) {
	out, err := a.acceptReceipt(b)
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	return out, nil
}

func (a *Authority) acceptReceipt(b []byte) (out *Accepted, err error) {
	r, err := wire.ParseReceipt(b)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	err = a.commit(func(tx *storage.Tx) error {
		if _, err := a.catchUp(tx); err != nil {
			return err
		}
		out, _, err = a.takeReceipt(tx, r, b)
		return err
	})
	a.mu.Unlock()
	return out, a.alarm(r, b, err)
}

// alarm records what a receipt shows, if that is why it was refused, and returns why it was. The caller does not hold a.mu.
func (a *Authority) alarm(r *wire.Receipt, b []byte, refused error) error {
	switch {
	case errors.Is(refused, ErrTwoReceipts):
		return a.raise(wire.AlarmTwoReceipts, r.Address.Serial(), b, refused)
	case errors.Is(refused, ErrForeignKey):
		return a.raise(wire.AlarmForeignKey, r.Address.Serial(), b, refused)
	}
	return refused
}

// examined is what a receipt turns out to be.
type examined struct {
	id   *storage.Identity
	next *wire.Request // that it stands for
	best *wire.Receipt // this one, or the one that is kept if that is newer
	old  bool          // it says nothing new
}

// examine verifies a receipt, and compares it with the registry. It changes nothing.
func (a *Authority) examine(tx *storage.Tx, r *wire.Receipt) (*examined, error) {
	id, err := find(tx, r.Address)
	switch {
	case err != nil:
		return nil, err
	case id.Revoked != nil && !id.Revoked.Suspended():
		return nil, ErrAlreadyRevoked
	case r.Sequence > id.Sequence:
		return nil, ErrLaterPackage
	case r.Sequence < id.Sequence:
		return nil, a.examineOld(tx, id, r)
	}
	w := &examined{id: id, best: r}
	if w.next, err = r.Verify(a.core, id.Kind, id.Request); err != nil {
		return nil, err
	}
	if err := a.checkPoint(tx, id, r); err != nil {
		return nil, err
	}
	switch before, err := newestReceipt(tx, id); {
	case err != nil:
		return nil, err
	case before != nil && !before.SameNext(r):
		return nil, ErrTwoReceipts
	case id.Revoked != nil:
		return nil, ErrSuspended
	case before != nil && !newer(r, before):
		w.best, w.old = before, true
	}
	switch holder, seen, err := tx.HasNextKey(r.U); {
	case err != nil:
		return nil, fmt.Errorf("look the next enrolment key up: %w", err)
	case seen && holder != id.Serial:
		return nil, ErrSeenKey
	}
	switch _, used, err := tx.HasU(r.U); { // a package answered it
	case err != nil:
		return nil, fmt.Errorf("look the enrolment key up: %w", err)
	case used:
		return nil, ErrSeenKey
	}
	return w, nil
}

// examineOld says what is wrong with a receipt of a package before the newest: at least that it is one, unless the newest was made for
// another device with the same keys.
func (a *Authority) examineOld(tx *storage.Tx, id *storage.Identity, r *wire.Receipt) error {
	kept, err := tx.Receipt(id.Serial, storage.SlotAnswered)
	if errors.Is(err, storage.ErrNotFound) {
		return ErrOldReceipt
	}
	if err != nil {
		return fmt.Errorf("read the receipt before: %w", err)
	}
	answered, err := wire.ParseReceipt(kept.Receipt)
	if err != nil {
		return fmt.Errorf("read the receipt before: %w", err)
	}
	if answered.Sequence != r.Sequence || answered.SameNext(r) {
		return ErrOldReceipt
	}
	pkg, err := tx.PackageBefore(id.Serial, r.Sequence)
	if err != nil {
		return fmt.Errorf("read the package before: %w", err)
	}
	p, _, err := wire.OpenPackage(pkg)
	if err != nil || wire.CoreHash(p.Core) != a.coreHash || p.Sequence != r.Sequence {
		return errors.Join(fmt.Errorf("the package before is none of this identity: %w", ErrInconsistent), err)
	}
	if _, err := r.Verify(a.core, id.Kind, p.RequestHash); err != nil {
		return err
	}
	if err := a.checkPoint(tx, id, r); err != nil {
		return err
	}
	return ErrTwoReceipts
}

// takeReceipt stores a receipt that is newer than the one before.
func (a *Authority) takeReceipt(tx *storage.Tx, r *wire.Receipt, b []byte) (*Accepted, *examined, error) {
	w, err := a.examine(tx, r)
	if err != nil {
		return nil, nil, err
	}
	out := &Accepted{Receipt: *a.received(w.id, r, a.now(), w.next), Again: w.old}
	if w.old {
		return out, w, nil
	}
	if r.List.Compare(a.ledger.order) > 0 {
		out.Warning = fmt.Sprintf("it holds list %d of generation %d, which is newer than any that this authority knows of", r.List.Sequence, r.List.Generation)
	}
	if err := tx.AddNextKey(r.U, w.id.Serial); errors.Is(err, storage.ErrSeen) {
		return nil, nil, ErrSeenKey
	} else if err != nil {
		return nil, nil, fmt.Errorf("store the receipt: %w", err)
	}
	if err := tx.PutReceipt(w.id.Serial, storage.SlotNewest, &storage.Received{At: out.Received, Receipt: b}); err != nil {
		return nil, nil, fmt.Errorf("store the receipt: %w", err)
	}
	a.receipts.taken = append(a.receipts.taken, w.id.Serial)
	return out, w, nil
}

// checkPoint makes sure that the key that signed was issued for that epoch: with the package that the receipt answers, or with one before
// it, whose keys the device goes on with.
func (a *Authority) checkPoint(tx *storage.Tx, id *storage.Identity, r *wire.Receipt) error {
	epoch, err := a.core.Epoch(r.Time)
	if err != nil {
		return err
	}
	if uint64(id.Serial) >= a.ledger.n() {
		return fmt.Errorf("the log does not have the identity: %w", ErrInconsistent)
	}
	from, known := a.ledger.issuance(id.Serial, epoch)
	if !known { // after the end of all keys
		return ErrForeignKey
	}
	points, err := tx.Points(id.Serial, from.sequence)
	if errors.Is(err, storage.ErrNotFound) {
		return ErrNoPoints
	}
	if err != nil {
		return fmt.Errorf("read what was issued: %w", err)
	}
	// They are kept in the clear: whoever can write to the database could hide a key of theirs, or raise an alarm about an honest one.
	if wire.KeysHash(points) != from.keys {
		return fmt.Errorf("the keys that are kept are not those that the log has: %w", ErrInconsistent)
	}
	first := from.last + 1 - uint32(len(points))
	switch {
	case epoch < first && from.sequence > firstPackage: // of a package whose keys nobody should sign with any more
		return ErrOldReceipt
	case epoch < first || points[epoch-first] != r.R:
		return ErrForeignKey
	}
	return nil
}

// newestReceipt returns the receipt that is kept for an identity's newest package, nil when there is none.
func newestReceipt(tx *storage.Tx, id *storage.Identity) (*wire.Receipt, error) {
	kept, err := tx.Receipt(id.Serial, storage.SlotNewest)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil //nolint:nilnil // none is no error
	}
	if err != nil {
		return nil, fmt.Errorf("read the receipt before: %w", err)
	}
	r, err := wire.ParseReceipt(kept.Receipt)
	if err != nil {
		return nil, fmt.Errorf("read the receipt before: %w", err)
	}
	if r.Sequence != id.Sequence {
		return nil, nil //nolint:nilnil // it is of an older package
	}
	return r, nil
}

func newer(r, before *wire.Receipt) bool {
	if c := r.List.Compare(before.List); c != 0 {
		return c > 0
	}
	return r.Time.After(before.Time)
}

func (a *Authority) received(id *storage.Identity, r *wire.Receipt, at time.Time, next *wire.Request) *Receipt {
	return &Receipt{
		Address: id.Address, Kind: id.Kind, Issued: id.Issued, Until: a.until(id), Got: true,
		Received: at, Made: r.Time, Installed: r.Installed, List: r.List, Next: next.Hash(),
	}
}

// raise keeps a receipt as evidence and records the alarm, unless there was one of that kind about the serial.
func (a *Authority) raise(what uint8, serial uint32, b []byte, cause error) error {
	err := a.change(func(tx *storage.Tx, now time.Time) error {
		if a.ledger.depots.alarms[alarm{what, serial}] {
			return errTakenBefore
		}
		if err := tx.PutReceipt(serial, storage.Slot(what), &storage.Received{At: now, Receipt: b}); err != nil {
			return fmt.Errorf("keep the receipt: %w", err)
		}
		if _, _, err := record(tx, now, &wire.AlarmEntry{What: what, Serial: serial, Receipt: sha256.Sum256(b)}); err != nil {
			return err
		}
		if what != wire.AlarmTwoReceipts { // whoever has the realm's secret could have anybody suspended
			return nil
		}
		return suspendAlarmed(tx, now, serial)
	})
	if err != nil && !errors.Is(err, errTakenBefore) {
		return errors.Join(cause, fmt.Errorf("the alarm is not recorded: %w", err))
	}
	return cause
}

// suspendAlarmed suspends an identity whose keys are in two hands, unless it is revoked.
func suspendAlarmed(tx *storage.Tx, now time.Time, serial uint32) error {
	id, err := tx.Identity(serial)
	if err != nil {
		return fmt.Errorf("suspend it: %w", err)
	}
	if id.Revoked != nil {
		return nil
	}
	return revokeKnown(tx, id, storage.Revocation{Reason: wire.ReasonSuspended, Effective: now, At: now})
}

// Receipts returns up to n identities (at most [MaxReceipts]) that are in order, and whose keys last or that can be renewed, in the order of their serials,
// beginning with serial from, and what their receipts say. It is shorter than n only at the end. Error: [ErrLocked].
func (a *Authority) Receipts(from uint32, n int) (list []Receipt, err error) {
	n = min(n, MaxReceipts)
	now := a.now()
	err = a.store.View(func(tx *storage.Tx) error {
		for id, err := range tx.Identities(from) {
			if err != nil {
				return err
			}
			if len(list) >= n {
				return nil
			}
			if id.Revoked != nil {
				continue
			}
			r, err := a.receiptOf(tx, id)
			if err != nil {
				return err
			}
			if !r.Got && !now.Before(r.Until) {
				continue
			}
			list = append(list, *r)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the receipts: %w", err)
	}
	return list, nil
}

func (a *Authority) receiptOf(tx *storage.Tx, id *storage.Identity) (*Receipt, error) {
	r, err := newestReceipt(tx, id)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return &Receipt{Address: id.Address, Kind: id.Kind, Issued: id.Issued, Until: a.until(id)}, nil
	}
	kept, err := tx.Receipt(id.Serial, storage.SlotNewest)
	if err != nil {
		return nil, fmt.Errorf("read a receipt: %w", err)
	}
	out := a.received(id, r, kept.At, r.Next(id.Kind, id.Request))
	out.Kept = kept.Receipt
	return out, nil
}

// storePackage keeps a package, and the points of its keys, which its receipt is verified with.
func storePackage(tx *storage.Tx, c *candidate) error {
	if err := tx.AddPackage(c.id.Serial, c.id.Sequence, c.issued.Package); err != nil {
		return fmt.Errorf("store the package: %w", err)
	}
	if err := tx.AddPoints(c.id.Serial, c.id.Sequence, pointsOf(c.content.Keys)); err != nil {
		return fmt.Errorf("store the points of its keys: %w", err)
	}
	return nil
}

func pointsOf(keys []*ibc.PartialKey) [][32]byte {
	points := make([][32]byte, len(keys))
	for i, k := range keys {
		points[i] = k.R()
	}
	return points
}
