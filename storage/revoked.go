package storage

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// bucketRevoked is the index of what lists are made from, so that a list costs what it holds and not what the fleet has: u32 serial →
// u32 last epoch ‖ u32 listed in, sealed. It is as old as the bucket: a database of an earlier program has none until [Tx.Revoked] is
// called in an update.
const bucketRevoked = "revoked"

const standingSize = 4 + 4

// Standing is how a revoked serial stands with the lists: that of an identity, or of a gap.
type Standing struct {
	Serial    uint32
	LastEpoch uint32 // of the keys of its newest package, or of those that it could have
	ListedIn  uint32 // sequence number of the first list with it, 0 before
}

// Revoked returns the revoked serials whose keys did not run out, ascending. It reads as many entries of an index, some 0.6 µs each. Where
// there is none yet it reads all records, and makes the index in the transaction if that is an update. Errors: ErrLocked, ErrCorrupt.
func (tx *Tx) Revoked() ([]Standing, error) {
	if tx.keys == nil {
		return nil, ErrLocked
	}
	if none, err := tx.absent(bucketRevoked); err != nil {
		return nil, err
	} else if none {
		return tx.indexRevoked()
	}
	var all []Standing
	for it, err := range tx.walk(bucketRevoked) {
		if err != nil {
			return nil, err
		}
		s, err := tx.openStanding(it)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (tx *Tx) openStanding(it item) (Standing, error) {
	b, err := tx.keys.open(bucketRevoked, it.key, it.value)
	if err != nil {
		return Standing{}, err
	}
	if len(it.key) != 4 || len(b) != standingSize {
		return Standing{}, fmt.Errorf("%w: an entry of %s has no serial or no standing", ErrCorrupt, bucketRevoked)
	}
	return Standing{
		Serial: binary.BigEndian.Uint32(it.key), LastEpoch: binary.BigEndian.Uint32(b), ListedIn: binary.BigEndian.Uint32(b[4:]),
	}, nil
}

// IndexRevoked makes the index anew, in an update, and returns what [Tx.Revoked] does: a database that a program without the index
// changed meanwhile has one that does not follow the records. It reads all of them. Errors: ErrLocked, ErrCorrupt.
func (tx *Tx) IndexRevoked() ([]Standing, error) {
	if tx.keys == nil {
		return nil, ErrLocked
	}
	if err := tx.emptyRevoked(); err != nil {
		return nil, err
	}
	return tx.indexRevoked()
}

func (tx *Tx) emptyRevoked() (err error) {
	if none, err := tx.absent(bucketRevoked); err != nil || none {
		return err
	}
	var keys [][]byte
	for key, err := range tx.keysOf(bucketRevoked) {
		if err != nil {
			return err
		}
		keys = append(keys, slices.Clone(key))
	}
	defer guard(&err)
	b, err := tx.bucket(bucketRevoked)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := b.Delete(key); err != nil {
			return fmt.Errorf("empty %s: %w", bucketRevoked, err)
		}
	}
	return nil
}

// indexRevoked reads what is revoked from the records, and writes the index if it can.
func (tx *Tx) indexRevoked() ([]Standing, error) {
	var all []Standing
	for id, err := range tx.Identities(0) {
		if err != nil {
			return nil, err
		}
		if s, ok := id.standing(); ok {
			all = append(all, s)
		}
	}
	for l, err := range tx.AllLost() {
		if err != nil {
			return nil, err
		}
		if s, ok := l.standing(); ok {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(s, t Standing) int { return cmp.Compare(s.Serial, t.Serial) })
	if !tx.tx.Writable() {
		return all, nil
	}
	if none, err := tx.absent(bucketRevoked); err != nil {
		return nil, err
	} else if none {
		if err := tx.addBucket(bucketRevoked); err != nil {
			return nil, err
		}
	}
	for _, s := range all {
		if err := tx.putStanding(s); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (tx *Tx) addBucket(name string) (err error) {
	defer guard(&err)
	if _, err := tx.tx.CreateBucket([]byte(name)); err != nil {
		return fmt.Errorf("bucket %s: %w", name, err)
	}
	return nil
}

// standing returns how an identity stands with the lists; false when it has nothing to do with them.
func (id *Identity) standing() (Standing, bool) {
	return newStanding(id.Serial, id.FirstEpoch+id.Epochs-1, id.Revoked)
}

func (l *Lost) standing() (Standing, bool) { return newStanding(l.Serial, l.LastEpoch, &l.Revoked) }

func newStanding(serial, last uint32, v *Revocation) (Standing, bool) {
	if v == nil || v.Expired {
		return Standing{Serial: serial}, false
	}
	return Standing{Serial: serial, LastEpoch: last, ListedIn: v.ListedIn}, true
}

func (tx *Tx) putStanding(s Standing) error {
	return tx.putSealed(bucketRevoked, u32(s.Serial), append(u32(s.LastEpoch), u32(s.ListedIn)...))
}

// noteStanding keeps the index, if there is one, in step with a record that was written or removed.
func (tx *Tx) noteStanding(s Standing, revoked bool) (err error) {
	if none, err := tx.absent(bucketRevoked); err != nil || none {
		return err
	}
	if revoked {
		return tx.putStanding(s)
	}
	defer guard(&err)
	b, err := tx.bucket(bucketRevoked)
	if err != nil {
		return err
	}
	if err := b.Delete(u32(s.Serial)); err != nil {
		return fmt.Errorf("take serial %d from %s: %w", s.Serial, bucketRevoked, err)
	}
	return nil
}

// verifyStanding compares the index with a record, and reports whether an entry belongs to it.
func (tx *Tx) verifyStanding(want Standing, revoked bool) (bool, error) {
	if none, err := tx.absent(bucketRevoked); err != nil || none {
		return false, err
	}
	key := u32(want.Serial)
	b, err := tx.get(bucketRevoked, key)
	if err != nil {
		return false, err
	}
	if b != nil && revoked {
		got, err := tx.openStanding(item{key, b})
		if err == nil && got == want {
			return true, nil
		}
		return false, errors.Join(tx.wrongStanding(want.Serial), err)
	}
	if b != nil || revoked {
		return false, tx.wrongStanding(want.Serial)
	}
	return false, nil
}

func (tx *Tx) wrongStanding(serial uint32) error {
	return fmt.Errorf("%w: %s does not say of serial %d what its record says", ErrCorrupt, bucketRevoked, serial)
}

// verifyStandings makes sure that the index has so many entries: those that records led to, and no others.
func (tx *Tx) verifyStandings(want uint64) error {
	if none, err := tx.absent(bucketRevoked); err != nil || none {
		return err
	}
	n := uint64(0)
	for _, err := range tx.keysOf(bucketRevoked) {
		if err != nil {
			return err
		}
		n++
	}
	if n != want {
		return fmt.Errorf("%w: %s has %d entries where the records have %d", ErrCorrupt, bucketRevoked, n, want)
	}
	return nil
}
