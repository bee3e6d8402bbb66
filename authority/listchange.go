package authority

import (
	"errors"
	"fmt"
	"slices"

	"marque/device/revocation"
	"marque/device/wire"
	"marque/storage"
)

// ListChange brings a device that holds list From, or a later one, to a list; one that holds any or none, with From 0.
type ListChange struct {
	From      uint32
	Added     int
	Statement []byte // of type change
}

// maxListsBack is how many lists a change reaches back at most.
const maxListsBack = 1000

// changesTo signs what leads to a list: from the one before it and, if that is another one, from the oldest of its base. There are none for the
// first list of a base.
func (a *Authority) changesTo(tx *storage.Tx, statement []byte) ([]ListChange, error) {
	to, err := openBundle(statement, a.core)
	if err != nil {
		return nil, err
	}
	earlier, err := a.earlier(tx, to)
	if err != nil {
		return nil, err
	}
	changes := make([]ListChange, 0, len(earlier))
	for _, from := range earlier {
		c, err := a.changeTo(from, to)
		if err != nil {
			return nil, fmt.Errorf("change from list %d to list %d: %w", from.Sequence, to.Sequence, err)
		}
		changes = append(changes, *c)
	}
	return changes, nil
}

// earlier returns the list before one and the oldest, both of its generation and base; only one if they are the same, none if there is none.
// The lists of a base follow each other without gaps, so that the oldest is found in ten steps: a list may have 16 MiB.
func (a *Authority) earlier(tx *storage.Tx, to *wire.Bundle) ([]*wire.Bundle, error) {
	before, err := a.sameBase(tx, to, to.Sequence-1)
	if before == nil || err != nil {
		return nil, err
	}
	oldest := before
	for first := to.Sequence - min(to.Sequence, maxListsBack); first < oldest.Sequence; {
		middle := first + (oldest.Sequence-first)/2
		b, err := a.sameBase(tx, to, middle)
		switch {
		case err != nil:
			return nil, err
		case b != nil:
			oldest = b
		default:
			first = middle + 1
		}
	}
	return slices.Compact([]*wire.Bundle{before, oldest}), nil
}

// sameBase returns the list of a number if it is of the generation and base of a later one, nil otherwise. One that is not stored as it was
// signed counts as none: the audit complains of it, and it must not keep revocations from being published.
func (a *Authority) sameBase(tx *storage.Tx, later *wire.Bundle, sequence uint32) (*wire.Bundle, error) {
	statement, err := tx.List(sequence)
	if err != nil {
		if errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrCorrupt) {
			err = nil
		}
		return nil, err
	}
	b, err := openBundle(statement, a.core)
	if err != nil || b.Generation != later.Generation || b.Base != later.Base || b.Sequence != sequence {
		return nil, nil //nolint:nilerr,nilnil // see above
	}
	return b, nil
}

// changeTo signs one change. It reads it as a device will before that. Without a list to begin with it begins with nobody.
func (a *Authority) changeTo(from, to *wire.Bundle) (*ListChange, error) {
	if from == nil {
		from = &wire.Bundle{N: to.N, Codec: uint8(revocation.CodecGolomb)}
	}
	before, err := decode(from)
	if err != nil {
		return nil, err
	}
	after, err := decode(to)
	if err != nil {
		return nil, err
	}
	added := slices.DeleteFunc(slices.Clone(after), func(serial uint32) bool {
		_, had := slices.BinarySearch(before, serial)
		return had
	})
	set, err := revocation.NewSet(to.N, added)
	if err != nil {
		return nil, err
	}
	codec, data := revocation.Encode(set)
	payload, err := (&wire.Change{
		Core: a.core.Ref(), Generation: to.Generation, Base: to.Base, Sequence: to.Sequence, From: from.Sequence, State: to.State,
		Issued: to.Issued, NextUpdate: to.NextUpdate, HardExpiry: to.HardExpiry, N: to.N, Count: uint32(set.Len()), Codec: uint8(codec), Data: data,
		FirstEpoch: to.FirstEpoch, LastEpoch: to.LastEpoch,
	}).Marshal()
	if err != nil {
		return nil, err
	}
	if err := checkChange(payload, from, after); err != nil {
		return nil, errors.Join(ErrSelfCheck, err)
	}
	statement, err := a.sign(wire.TypeChange, payload)
	if err != nil {
		return nil, err
	}
	return &ListChange{From: from.Sequence, Added: set.Len(), Statement: statement}, nil
}

// checkChange follows a change from one list, and compares what comes out with the serials of the other.
func checkChange(payload []byte, from *wire.Bundle, after []uint32) error {
	c, err := wire.ParseChange(payload)
	if err != nil {
		return err
	}
	before, err := revocation.Decode(revocation.Codec(from.Codec), from.N, int(from.Count), from.Data)
	if err != nil {
		return err
	}
	added, err := revocation.Decode(revocation.Codec(c.Codec), c.N, int(c.Count), c.Data)
	if err != nil {
		return err
	}
	if !slices.Equal(before.Union(added).Serials(), after) {
		return errors.New("a change leads to other serials than its list has")
	}
	return nil
}

// ListChanges returns what leads to the newest list, as [Published] has it, signed again: the same octets. Errors: [ErrLocked].
func (a *Authority) ListChanges() (sequence uint32, changes []ListChange, err error) {
	err = a.store.View(func(tx *storage.Tx) error {
		var statement []byte
		if sequence, statement, err = tx.LatestList(); err != nil {
			return err
		}
		changes, err = a.changesTo(tx, statement)
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("change of the newest list: %w", err)
	}
	return sequence, changes, nil
}

// Compact returns the newest list as a change that begins with nobody: what the list says, for any device, without what it says of the log, in
// some 80 octets less. It is made anew each time: the same octets. Errors: [ErrLocked], [ErrSelfCheck].
func (a *Authority) Compact() (sequence uint32, list *ListChange, err error) {
	err = a.store.View(func(tx *storage.Tx) error {
		_, statement, err := tx.LatestList()
		if err != nil {
			return err
		}
		to, err := openBundle(statement, a.core)
		if err != nil {
			return err
		}
		sequence = to.Sequence
		list, err = a.changeTo(nil, to)
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("compact form of the newest list: %w", err)
	}
	return sequence, list, nil
}
