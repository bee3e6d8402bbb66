package authority

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Undo returns what takes revocations back that no list has yet, for [Authority.Propose]: by one officer, or, where more than one
// decided about any of them, or there are several, by as many. Errors: those of carrying it out, [ErrNotFound], [ErrNotRevoked],
// [ErrListed], [ErrSuspended] for a suspension that a list has, [ErrNameFollowed] and [ErrLocked], which name the address that they are about.
func (a *Authority) Undo(addresses []wire.Address) (*UndoPayload, error) {
	p := &UndoPayload{Addresses: slices.Clone(addresses)}
	slices.SortFunc(p.Addresses, compareAddresses)
	p.Addresses = slices.Compact(p.Addresses)
	p.Together = len(p.Addresses) > 1
	err := a.current(func(tx *storage.Tx) error {
		for _, address := range p.Addresses {
			if _, err := a.undoable(tx, address); err != nil {
				return fmt.Errorf("%s: %w", address, err)
			}
			p.Together = p.Together || a.ledger.together[address.Serial()]
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("take a revocation back: %w", err)
	}
	return p, nil
}

// Undoable returns the revocations that no list has yet, in the order of their serials, of identities that this database knows, and at
// most [MaxIdentities]. Errors: [ErrLocked], and storage's.
func (a *Authority) Undoable() (list []Identity, err error) {
	err = a.current(func(tx *storage.Tx) error {
		if a.ledger.unlisted == 0 {
			return nil
		}
		for serial, s := range a.ledger.standings {
			if s != unlisted || a.ledger.leftOut(uint32(serial)) {
				continue
			}
			id, err := tx.Identity(uint32(serial))
			if err != nil {
				return fmt.Errorf("read the registry: %w", err)
			}
			if list = append(list, *a.identity(id)); len(list) == MaxIdentities {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list what is unpublished: %w", err)
	}
	return list, nil
}

// undoable returns the identity whose revocation can be taken back, nil for a serial of a gap.
func (a *Authority) undoable(tx *storage.Tx, address wire.Address) (*storage.Identity, error) {
	id, err := find(tx, address)
	if errors.Is(err, ErrNotFound) {
		return nil, a.undoableLost(tx, address)
	}
	switch {
	case err != nil:
		return nil, err
	case id.Revoked == nil:
		return nil, ErrNotRevoked
	case id.Revoked.ListedIn != 0 && id.Revoked.Suspended():
		return nil, ErrSuspended
	case id.Revoked.ListedIn != 0 || id.Revoked.Expired || a.ledger.standings[id.Serial] != unlisted:
		return nil, ErrListed
	}
	// Two in order would have the name, or one whose vehicle has it no more.
	switch newest, err := tx.IdentityByName(id.Address.Name()); {
	case err != nil:
		return nil, fmt.Errorf("look the name up: %w", err)
	case newest.Serial != id.Serial:
		return nil, ErrNameFollowed
	}
	return id, nil
}

func (a *Authority) undoableLost(tx *storage.Tx, address wire.Address) error {
	if address.IsZero() {
		return ErrNotFound
	}
	lost, err := tx.Lost(address.Serial())
	switch {
	case errors.Is(err, storage.ErrNotFound) || err == nil && lost.Address != address:
		return ErrNotFound
	case err != nil:
		return fmt.Errorf("look the address up: %w", err)
	case lost.Revoked.ListedIn != 0 && lost.Revoked.Suspended():
		return ErrSuspended
	case lost.Revoked.ListedIn != 0 || lost.Revoked.Expired:
		return ErrListed
	}
	return nil
}

// do takes revocations back, all of them or none.
func (p *UndoPayload) do(a *Authority, tx *storage.Tx, now time.Time) error {
	for _, address := range p.Addresses {
		if err := p.undo(a, tx, now, address); err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
	}
	return nil
}

func (p *UndoPayload) undo(a *Authority, tx *storage.Tx, now time.Time, address wire.Address) error {
	id, err := a.undoable(tx, address)
	if err != nil {
		return err
	}
	if a.ledger.together[address.Serial()] && !p.Together {
		return ErrUndoTogether
	}
	if _, _, err := record(tx, now, &wire.UndoEntry{Serial: address.Serial()}); err != nil {
		return err
	}
	return unrevoke(tx, address.Serial(), id, a.ledger.suspensions.before(address.Serial()))
}

// unrevoke stores that a serial is in order again, or revoked as it was before; id is nil for one of a gap.
func unrevoke(tx *storage.Tx, serial uint32, id *storage.Identity, before *storage.Revocation) (err error) {
	switch {
	case id != nil:
		id.Revoked = before
		err = tx.UpdateIdentity(id)
	case before == nil:
		err = tx.DeleteLost(serial)
	default:
		var lost *storage.Lost
		if lost, err = tx.Lost(serial); err == nil {
			lost.Revoked = *before
			err = tx.PutLost(lost)
		}
	}
	if err != nil {
		return fmt.Errorf("store what was taken back: %w", err)
	}
	return nil
}

// waitedUndo takes revocations back by a proposal that waited: those that there were when it was asked for.
type waitedUndo struct {
	*UndoPayload

	asked time.Time
}

func (p *waitedUndo) do(a *Authority, tx *storage.Tx, now time.Time) error {
	for _, address := range p.Addresses {
		at, err := a.revokedAt(tx, address)
		if err == nil && at.After(p.asked) {
			err = fmt.Errorf("%w: it was revoked anew since", ErrPayload)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
	}
	return p.UndoPayload.do(a, tx, now)
}

// revokedAt returns when a revocation was recorded that can be taken back.
func (a *Authority) revokedAt(tx *storage.Tx, address wire.Address) (time.Time, error) {
	id, err := a.undoable(tx, address)
	if err != nil {
		return time.Time{}, err
	}
	if id != nil {
		return id.Revoked.At, nil
	}
	lost, err := tx.Lost(address.Serial())
	if err != nil {
		return time.Time{}, fmt.Errorf("look the address up: %w", err)
	}
	return lost.Revoked.At, nil
}

// decide notes by which decision the next entries are there.
func (l *ledger) decide(e wire.Entry) {
	switch entry := e.(type) {
	case *wire.DecideEntry:
		l.deciding = Action(entry.Action)
	case *wire.AlarmEntry: // what it suspends only those end who could release it
		l.deciding = ActionRelease
	case *wire.RevokeEntry: // one of those that were decided about together
		if l.deciding == ActionRelease {
			l.deciding = ""
		}
	default:
		l.deciding = ""
	}
}

func (l *ledger) undo(e *wire.UndoEntry, complain func(string, ...any)) {
	if uint64(e.Serial) >= l.n() || l.standings[e.Serial] != unlisted {
		complain("it takes back the revocation of serial %d, which is not revoked, or on a list", e.Serial)
		return
	}
	if l.reopening {
		complain("it takes back a revocation after a reopening that published no list")
	}
	if l.suspensions.undo(e.Serial) { // it is suspended, as before
		return
	}
	l.restore(e.Serial)
}

// restore puts a serial that is revoked back in order.
func (l *ledger) restore(serial uint32) {
	if l.standings[serial] == unlisted {
		l.unlisted--
	}
	l.standings[serial] = inOrder
	if l.leftOut(serial) {
		l.standings[serial] = skipped
	}
	delete(l.together, serial)
	l.revoked--
}
