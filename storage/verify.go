package storage

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"
)

const verifyShare = 4096 // serials that are verified in one go

// VerifyRegistry opens every private value that identities are issued by, and compares the indexes with the identities. It needs the
// key, and takes about 6 µs per identity, and what opening its packages does, on all processors in a transaction of [Store.View].
func (tx *Tx) VerifyRegistry() error {
	var identities, names, revoked atomic.Uint64 // that were read, names that lead to them, and those of them that are in the index
	shares := int((tx.head.identities + verifyShare - 1) / verifyShare)
	err := tx.spread(shares, func(tx *Tx, i int) error {
		from := uint64(i) * verifyShare
		for id, err := range tx.identities(from, from+verifyShare) {
			if err != nil {
				return err
			}
			own, err := tx.verifyIndexes(id)
			if err != nil {
				return err
			}
			indexed, err := tx.verifyStanding(id.standing())
			if err != nil {
				return err
			}
			if indexed {
				revoked.Add(1)
			}
			identities.Add(1)
			if own {
				names.Add(1)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	lost, err := tx.verifyLost()
	if err == nil {
		err = tx.verifyStandings(revoked.Load() + lost)
	}
	if err != nil {
		return err
	}
	n := identities.Load()
	if err := tx.verifyRest(map[string]uint64{bucketNames: names.Load(), bucketRequests: n, bucketKeys: n}); err != nil {
		return err
	}
	return tx.spread(max(shares, 1), func(tx *Tx, i int) error { // packages begin with their serials
		var from, to []byte
		if i > 0 {
			from = u32(uint32(i) * verifyShare)
		}
		if i+1 < shares {
			to = u32(uint32(i+1) * verifyShare)
		}
		return tx.openBetween(bucketPackages, from, to)
	})
}

// verifyRest opens what stands in the indexes besides what the identities led to, which was opened: that many. Every identity led to
// another item, so that there are others only where a bucket has more items. Old requests and keys are referred to by nothing; opening
// them is all that can be checked.
func (tx *Tx) verifyRest(opened map[string]uint64) error {
	buckets := []string{bucketNames, bucketRequests, bucketKeys}
	return tx.spread(len(buckets), func(tx *Tx, i int) error {
		n := uint64(0)
		for _, err := range tx.keysOf(buckets[i]) {
			if err != nil {
				return err
			}
			n++
		}
		if buckets[i] == bucketNames && n > tx.head.identities {
			return fmt.Errorf("%w: %d names for %d identities", ErrCorrupt, n, tx.head.identities)
		}
		if n == opened[buckets[i]] {
			return nil
		}
		return tx.openBetween(buckets[i], nil, nil)
	})
}

// openBetween opens what stands under the keys from one to another, which is not included; nil is no bound.
func (tx *Tx) openBetween(bucket string, from, to []byte) error {
	if tx.keys == nil {
		return ErrLocked
	}
	for it, err := range tx.walkFrom(bucket, from) {
		if err == nil && to != nil && bytes.Compare(it.key, to) >= 0 {
			return nil
		}
		if err == nil {
			_, err = tx.keys.open(bucket, it.key, it.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// verifyIndexes makes sure that the indexes lead to an identity, and reports whether its name is its own still: a revoked identity's
// may have gone to a later one.
func (tx *Tx) verifyIndexes(id *Identity) (own bool, err error) {
	newest, used, err := tx.serial(bucketNames, []byte(id.Address.Name()))
	if err == nil && used && newest > id.Serial && id.Revoked != nil {
		_, err = tx.Identity(newest)
	} else if newest != id.Serial {
		used = false
	}
	if err != nil || !used {
		return false, errors.Join(fmt.Errorf("%w: %s do not lead to the identity with serial %d", ErrCorrupt, bucketNames, id.Serial), err)
	}
	for _, index := range []struct {
		bucket string
		key    [32]byte
	}{{bucketRequests, id.Request}, {bucketKeys, id.EnrolmentKey}} {
		serial, ok, err := tx.serial(index.bucket, index.key[:])
		if err != nil {
			return false, err
		}
		if !ok || serial != id.Serial {
			return false, fmt.Errorf("%w: %s do not lead to the identity with serial %d", ErrCorrupt, index.bucket, id.Serial)
		}
	}
	return newest == id.Serial, nil
}
