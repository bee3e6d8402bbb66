package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"marque/device/wire"
)

// Identity is what the authority remembers of one vehicle or application. Times
// are kept to the second.
type Identity struct {
	Serial       uint32       // 0, 1, 2, …, the one in Address
	Address      wire.Address // never changes
	Kind         wire.Kind    // never changes
	Request      [32]byte     // hash of the newest request that was granted
	EnrolmentKey [32]byte     // U of that request
	Sequence     uint32       // number of the newest package
	FirstEpoch   uint32       // of the newest package
	Epochs       uint32       // that it covers, 1 to 64
	Issued       time.Time    // when the first package was made: it rises with the serial
	Revoked      *Revocation  // the newest; nil while the identity is in order
}

// Revocation says why and when an identity lost its keys.
type Revocation struct {
	Reason    wire.Reason
	Effective time.Time // from when on it must not be trusted
	At        time.Time // when that was recorded
	ListedIn  uint32    // sequence number of the first list with it, 0 before
	Expired   bool      // its keys ran out and it left the list
}

// Suspended reports whether v can end by a release: it is a suspension, and the keys have not run out. It is false for none.
func (v *Revocation) Suspended() bool {
	return v != nil && v.Reason == wire.ReasonSuspended && !v.Expired
}

// HoldsName reports whether nobody else can get the name of the identity: it is in order, or may be again.
func (id *Identity) HoldsName() bool { return id.Revoked == nil || id.Revoked.Suspended() }

// Count returns the number of serials given away or skipped, up to 2³².
func (tx *Tx) Count() uint64 { return tx.head.identities }

// NextSerial returns the serial that [Tx.AddIdentity] takes next. Serials are
// dense, but for gaps ([Tx.SkipTo]), and never used twice; ErrLimit when none is left.
func (tx *Tx) NextSerial() (uint32, error) {
	if tx.head.identities >= wire.MaxSerials {
		return 0, fmt.Errorf("next serial: %w", ErrLimit)
	}
	return uint32(tx.head.identities), nil
}

// AddIdentity stores a new identity, whose serial is [Tx.NextSerial] (ErrOrder).
// A name in use is refused with ErrExists; that of an identity that was revoked for ever is free
// again, since the serial is what keys and lists go by. An enrolment key or a
// request that was ever seen is refused with ErrSeen.
func (tx *Tx) AddIdentity(id *Identity) error {
	next, err := tx.NextSerial()
	if err != nil {
		return err
	}
	if id.Serial != next {
		return fmt.Errorf("add serial %d instead of %d: %w", id.Serial, next, ErrOrder)
	}
	switch holder, err := tx.IdentityByName(id.Address.Name()); {
	case err == nil && holder.HoldsName():
		return fmt.Errorf("add an identity: the name %w", ErrExists)
	case err != nil && !errors.Is(err, ErrNotFound):
		return err
	}
	if err := tx.putIdentity(id); err != nil {
		return err
	}
	if err := tx.putSealed(bucketNames, []byte(id.Address.Name()), u32(id.Serial)); err != nil {
		return err
	}
	if err := tx.index(bucketRequests, id.Request, id.Serial); err != nil {
		return fmt.Errorf("add an identity: the request %w", err)
	}
	if err := tx.index(bucketKeys, id.EnrolmentKey, id.Serial); err != nil {
		return fmt.Errorf("add an identity: the enrolment key %w", err)
	}
	tx.head.identities++
	tx.dirty = true
	return nil
}

// UpdateIdentity replaces the record of id.Serial. Address and kind must stay
// (ErrInvalid); a new request or enrolment key must never have been seen (ErrSeen).
func (tx *Tx) UpdateIdentity(id *Identity) error {
	old, err := tx.Identity(id.Serial)
	if err != nil {
		return err
	}
	if id.Address != old.Address || id.Kind != old.Kind {
		return fmt.Errorf("update serial %d: the address or the kind would change: %w", id.Serial, ErrInvalid)
	}
	if id.Request != old.Request {
		if err := tx.index(bucketRequests, id.Request, id.Serial); err != nil {
			return fmt.Errorf("update serial %d: the request %w", id.Serial, err)
		}
	}
	if id.EnrolmentKey != old.EnrolmentKey {
		if err := tx.index(bucketKeys, id.EnrolmentKey, id.Serial); err != nil {
			return fmt.Errorf("update serial %d: the enrolment key %w", id.Serial, err)
		}
	}
	return tx.putIdentity(id)
}

// Identity returns the record of a serial, ErrNotFound when it was not given away.
func (tx *Tx) Identity(serial uint32) (*Identity, error) {
	if uint64(serial) >= tx.head.identities {
		return nil, fmt.Errorf("identity with serial %d: %w", serial, ErrNotFound)
	}
	b, err := tx.getSealed(bucketIdentities, u32(serial))
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, tx.missing(serial)
	}
	id, err := parseIdentity(b)
	if err != nil || id.Serial != serial {
		return nil, errors.Join(fmt.Errorf("%w: the identity with serial %d is unreadable", ErrCorrupt, serial), err)
	}
	return id, nil
}

// missing says why there is no record of a serial below the next one.
func (tx *Tx) missing(serial uint32) error {
	skipped, err := tx.Skipped(serial)
	switch {
	case err != nil:
		return err
	case skipped:
		return fmt.Errorf("identity with serial %d: %w", serial, ErrNotFound)
	}
	return fmt.Errorf("%w: the identity with serial %d is missing", ErrCorrupt, serial)
}

// IdentityByName returns the newest record of a name, ErrNotFound when nobody
// ever had it. The name is the one in the address, without the letter S or C and the serial.
func (tx *Tx) IdentityByName(name string) (*Identity, error) {
	serial, used, err := tx.serial(bucketNames, []byte(name))
	if err != nil {
		return nil, err
	}
	if !used {
		return nil, fmt.Errorf("identity of that name: %w", ErrNotFound)
	}
	return tx.Identity(serial)
}

// Identities yields the identities from serial from to the last. After an error
// it yields nothing more. Records may be updated meanwhile.
func (tx *Tx) Identities(from uint32) iter.Seq2[*Identity, error] {
	return tx.identities(uint64(from), math.MaxUint64)
}

// identities is Identities up to a serial, which is not included.
func (tx *Tx) identities(from, to uint64) iter.Seq2[*Identity, error] {
	return func(yield func(*Identity, error) bool) {
		gaps, err := tx.gaps(uint32(min(from, math.MaxUint32)), to)
		if err != nil {
			yield(nil, err)
			return
		}
		for serial := from; serial < min(to, tx.head.identities); serial++ {
			for len(gaps) > 0 && uint64(gaps[0].Next) <= serial {
				gaps = gaps[1:]
			}
			if len(gaps) > 0 && uint64(gaps[0].First) <= serial {
				serial = uint64(gaps[0].Next) - 1
				continue
			}
			id, err := tx.Identity(uint32(serial))
			if !yield(id, err) || err != nil {
				return
			}
		}
	}
}

// HasRequest reports whose request has that hash, also one that was replaced.
func (tx *Tx) HasRequest(hash [32]byte) (serial uint32, seen bool, err error) {
	return tx.serial(bucketRequests, hash[:])
}

// HasU reports who enrolled with the enrolment key U, also one that was replaced.
func (tx *Tx) HasU(u [32]byte) (serial uint32, seen bool, err error) {
	return tx.serial(bucketKeys, u[:])
}

// AddPackage stores the package statement that was made for a serial, at most
// 65,536 octets. Its sequence number is the one in the identity's record
// (ErrOrder), which is written first. A package is never replaced (ErrExists).
func (tx *Tx) AddPackage(serial, sequence uint32, pkg []byte) error {
	if len(pkg) == 0 || len(pkg) > maxPackage {
		return fmt.Errorf("store a package: %d octets: %w", len(pkg), ErrLimit)
	}
	id, err := tx.Identity(serial)
	if err != nil {
		return err
	}
	if sequence != id.Sequence {
		return fmt.Errorf("store package %d for serial %d instead of %d: %w", sequence, serial, id.Sequence, ErrOrder)
	}
	key := packageKey(id)
	present, err := tx.get(bucketPackages, key)
	if err != nil {
		return err
	}
	if present != nil {
		return fmt.Errorf("store package %d for serial %d: one %w", sequence, serial, ErrExists)
	}
	return tx.putSealed(bucketPackages, key, pkg)
}

// Package returns the newest package statement of a serial, byte for byte as it
// was stored, ErrNotFound when there is none.
func (tx *Tx) Package(serial uint32) ([]byte, error) {
	id, err := tx.Identity(serial)
	if err != nil {
		return nil, err
	}
	return tx.PackageBefore(serial, id.Sequence)
}

// PackageBefore is [Tx.Package] of an earlier sequence number.
func (tx *Tx) PackageBefore(serial, sequence uint32) ([]byte, error) {
	pkg, err := tx.getSealed(bucketPackages, packageKey(&Identity{Serial: serial, Sequence: sequence}))
	if err != nil {
		return nil, err
	}
	if pkg == nil {
		return nil, fmt.Errorf("package %d for serial %d: %w", sequence, serial, ErrNotFound)
	}
	return pkg, nil
}

func packageKey(id *Identity) []byte { return append(u32(id.Serial), u32(id.Sequence)...) }

func (tx *Tx) putIdentity(id *Identity) error {
	b, err := id.marshal()
	if err != nil {
		return err
	}
	tx.touched = append(tx.touched, id.Serial)
	if err := tx.putSealed(bucketIdentities, u32(id.Serial), b); err != nil {
		return err
	}
	return tx.noteStanding(id.standing())
}

// index adds what must be new.
func (tx *Tx) index(bucket string, key [32]byte, serial uint32) error {
	if _, seen, err := tx.serial(bucket, key[:]); err != nil {
		return err
	} else if seen {
		return ErrSeen
	}
	return tx.putSealed(bucket, key[:], u32(serial))
}

// serial looks something up in an index.
func (tx *Tx) serial(bucket string, key []byte) (serial uint32, found bool, err error) {
	b, err := tx.getSealed(bucket, key)
	if err != nil || b == nil {
		return 0, false, err
	}
	if len(b) != 4 {
		return 0, false, fmt.Errorf("%w: an index entry in %s has no serial", ErrCorrupt, bucket)
	}
	return binary.BigEndian.Uint32(b), true, nil
}
