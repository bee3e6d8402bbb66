package authority

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"marque/device/revocation"
	"marque/device/wire"
	"marque/storage"
)

// Published is a list as it was signed.
type Published struct {
	Bundle     []byte       // statement of type bundle
	Changes    []ListChange // from the list before, and from the oldest one of the same base if that is another; none for the first of a base
	Generation uint32
	Base       uint32
	Sequence   uint32
	State      [16]byte
	N          uint64    // the list speaks of serials below N
	Count      uint32    // serials on it
	Padding    int       // of those, given to nobody: see [Padding]
	Short      int       // serials that the reserve lacked to fill the list up to the step of the padding
	Added      int       // of those, on no list before
	Left       int       // serials that left because their keys ran out
	Released   int       // serials that left because they were released
	Issued     time.Time // whole seconds
	NextUpdate time.Time // stale from then on
	HardExpiry time.Time // refused from then on

	Trust *TrustList // signed anew with it; the zero value where there is none
}

// Publish signs a new full list of all revoked serials and returns it once it is
// on the disk. Nothing needs to have changed: a list that says the same is
// fresh again, and so is the trust list. Errors: [ErrClock], [ErrClockAhead], [ErrLocked],
// [ErrInconsistent], [ErrSelfCheck], and what [Authority.ReadOnly] says.
func (a *Authority) Publish() (*Published, error) {
	var p *Published
	err := a.change(func(tx *storage.Tx, now time.Time) error {
		revoked, err := a.revoked(tx)
		if err != nil {
			return err
		}
		order, previous := a.ledger.next(), a.ledger.state
		released := a.ledger.suspensions.released
		staying, left, err := a.retire(tx, now, revoked)
		if err != nil {
			return err
		}
		if left > 0 && !a.ledger.left {
			order.Base++
		}
		if p, err = a.publish(tx, now, order, previous, staying); err != nil {
			return err
		}
		p.Left, p.Released = left, released
		if p.Changes, err = a.changesTo(tx, p.Bundle); err != nil {
			return err
		}
		p.Trust, err = a.renewTrust(tx, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("publish: %w", err)
	}
	return p, nil
}

// publish makes, checks, signs, records and stores the list of the given records.
func (a *Authority) publish(tx *storage.Tx, now time.Time, order wire.Order, previous [16]byte, revoked []storage.Standing) (*Published, error) {
	revoked, short, err := a.pad(tx, now, revoked)
	if err != nil {
		return nil, err
	}
	serials := serialsOf(revoked)
	b, err := a.bundle(tx, now, order, serials)
	if err != nil {
		return nil, err
	}
	b.Previous = previous
	stmt, err := a.signBundle(b, serials)
	if err != nil {
		return nil, err
	}
	if _, _, err := record(tx, now, &wire.PublishEntry{
		Generation: b.Generation, Base: b.Base, Sequence: b.Sequence, State: b.State, Bundle: sha256.Sum256(stmt),
	}); err != nil {
		return nil, err
	}
	if err := tx.AddList(b.Sequence, stmt); err != nil {
		return nil, fmt.Errorf("store the list: %w", err)
	}
	added, err := a.markListed(tx, revoked, b.Sequence)
	if err != nil {
		return nil, err
	}
	return &Published{
		Bundle: stmt, Generation: b.Generation, Base: b.Base, Sequence: b.Sequence, State: b.State,
		N: b.N, Count: b.Count, Padding: a.ledger.reserves.padded, Short: short, Added: added,
		Issued: now, NextUpdate: now.Add(b.NextUpdate), HardExpiry: now.Add(b.HardExpiry),
	}, nil
}

// bundle fills in a list of the given serials.
func (a *Authority) bundle(tx *storage.Tx, now time.Time, order wire.Order, serials []uint32) (*wire.Bundle, error) {
	if err := a.read(tx); err != nil { // what this change made of the log before
		return nil, err
	}
	set, err := revocation.NewSet(tx.Count(), serials)
	if err != nil {
		return nil, fmt.Errorf("make the list: %w", err)
	}
	root, err := tx.LogRoot()
	if err != nil {
		return nil, fmt.Errorf("make the list: %w", err)
	}
	codec, data := revocation.Encode(set)
	b := &wire.Bundle{
		Core: a.coreHash, Kind: wire.KindFull,
		Generation: order.Generation, Base: order.Base, Sequence: order.Sequence,
		Issued: now, NextUpdate: a.Policy().NextUpdate, HardExpiry: a.Policy().HardExpiry,
		N: set.N(), Count: uint32(set.Len()), Codec: uint8(codec), Data: data,
		LogSize: tx.LogSize(), LogRoot: root,
	}
	b.FirstEpoch, b.LastEpoch = a.ledger.coverage(now)
	b.State = wire.ListState(a.core.Realm, b.Generation, b.Base, b.FirstEpoch, b.LastEpoch, b.N, serials)
	return b, nil
}

// signBundle reads the list as a device will before it signs it: a coder that
// loses a serial would un-revoke it.
func (a *Authority) signBundle(b *wire.Bundle, serials []uint32) ([]byte, error) {
	payload, err := b.Marshal()
	if err != nil {
		return nil, fmt.Errorf("make the list: %w", err)
	}
	parsed, err := wire.ParseBundle(payload)
	if err != nil {
		return nil, fmt.Errorf("make the list: %w", errors.Join(ErrSelfCheck, err))
	}
	got, err := decodeSet(parsed)
	if err := checkList(got, err, serials); err != nil {
		return nil, fmt.Errorf("make the list: %w", err)
	}
	if again, err := parsed.Marshal(); err != nil || !bytes.Equal(again, payload) {
		return nil, fmt.Errorf("make the list: %w", errors.Join(ErrSelfCheck, err))
	}
	return a.sign(wire.TypeBundle, payload)
}

// decode returns the serials on a list, ascending.
func decode(b *wire.Bundle) ([]uint32, error) {
	set, err := decodeSet(b)
	return set.Serials(), err
}

func decodeSet(b *wire.Bundle) (*revocation.Set, error) {
	set, err := revocation.Decode(revocation.Codec(b.Codec), b.N, int(b.Count), b.Data)
	if err != nil {
		return nil, fmt.Errorf("decode the list: %w", err)
	}
	return set, nil
}

// NewestList returns the newest list, a statement of type bundle, and its
// sequence number. It works while the authority is locked.
func (a *Authority) NewestList() (sequence uint32, bundle []byte, err error) {
	err = a.store.View(func(tx *storage.Tx) error {
		sequence, bundle, err = tx.LatestList()
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("read the newest list: %w", err)
	}
	return sequence, bundle, nil
}
