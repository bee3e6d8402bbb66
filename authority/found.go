package authority

import (
	"cmp"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
	"marque/storage"
)

// Founding says what realm to found. Zero durations stand for the defaults.
type Founding struct {
	Realm string   // lower-case domain name, also the SP-ID of its addresses
	SPIDs []string // further SP-IDs, at most 15

	EpochLength time.Duration // one hour or more, whole seconds
	Past        time.Duration // how old a message may be
	Future      time.Duration // how far ahead of the recipient's clock
	NextUpdate  time.Duration // after which a list is stale
	HardExpiry  time.Duration // after which a list is refused; not below NextUpdate
}

// Found founds a realm in an empty store: core, policy, the first entry of the
// log, and list 1, which is empty. Epoch 0 begins with the day, UTC. p are the
// public parameters of m. Errors: [ErrFounded], [ErrLocked], and those of wire
// for values that do not fit a core or a policy.
func Found(store *storage.Store, m Master, p *ibc.Params, f Founding, clock func() time.Time) (*Authority, error) {
	a := &Authority{store: store, master: m, clock: clock}
	now := a.now()
	core, err := a.makeCore(p, f, now)
	if err != nil {
		return nil, err
	}
	if err := a.makePolicy(f); err != nil {
		return nil, err
	}
	err = store.Update(func(tx *storage.Tx) error {
		if _, _, err := readTerms(tx); !errors.Is(err, ErrNotFounded) {
			return errors.Join(ErrFounded, err)
		}
		if err := errors.Join(tx.SetCore(core), tx.SetPolicy(a.policyStmt)); err != nil {
			return fmt.Errorf("store core and policy: %w", err)
		}
		if _, _, err := record(tx, now, &wire.FoundEntry{Core: a.coreHash}); err != nil {
			return err
		}
		first := wire.Order{Generation: a.core.Generation, Base: firstBase, Sequence: firstSequence}
		if _, err := a.publish(tx, now, first, [16]byte{}, nil); err != nil {
			return err
		}
		_, err := a.checkpoint(tx, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("found the authority: %w", err)
	}
	return a, nil
}

// makeCore sets the authority's core and returns its statement.
func (a *Authority) makeCore(p *ibc.Params, f Founding, now time.Time) ([]byte, error) {
	key, ok := a.master.Public().(ed25519.PublicKey)
	if !ok || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("found the authority: the master: %w", ErrLocked)
	}
	spIDs := append([]string{f.Realm}, f.SPIDs...)
	slices.Sort(spIDs)
	core := &wire.Core{
		Realm: f.Realm, Generation: firstGeneration, SPIDs: slices.Compact(spIDs),
		Epoch0: now.Truncate(24 * time.Hour), EpochLength: cmp.Or(f.EpochLength, DefaultEpochLength),
		X: p.X(), Z: p.Z(), StatementKey: [32]byte(key),
	}
	b, err := core.Marshal()
	if err != nil {
		return nil, fmt.Errorf("found the authority: core: %w", err)
	}
	stmt, err := wire.SignStatement(a.master, wire.TypeCore, core.Realm, b)
	if err != nil {
		return nil, fmt.Errorf("found the authority: core: %w", err)
	}
	return stmt, a.setCore(stmt)
}

// makePolicy sets the authority's policy and its statement.
func (a *Authority) makePolicy(f Founding) error {
	a.policy = &wire.Policy{
		Core: a.coreHash, Sequence: 1,
		Past: cmp.Or(f.Past, DefaultPast), Future: cmp.Or(f.Future, DefaultFuture),
		NextUpdate: cmp.Or(f.NextUpdate, DefaultNextUpdate), HardExpiry: cmp.Or(f.HardExpiry, DefaultHardExpiry),
	}
	b, err := a.policy.Marshal()
	if err != nil {
		return fmt.Errorf("found the authority: policy: %w", err)
	}
	a.policyStmt, err = a.sign(wire.TypePolicy, b)
	return err
}
