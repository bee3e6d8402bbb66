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

	Generation uint32    // of the core, 0 for the first
	Next       []byte    // hash of the core that takes over after this one ([NextCore]), or empty
	Epoch0     time.Time // start of epoch 0, whole seconds; zero for the begin of the present day, UTC

	Drill   Outcome // DrillPending or DrillWaived when backup cards are made
	Counter Counter // against rollback, nil for none; the same one goes to SetCounter whenever the authority was opened
}

// Found founds a realm in an empty store: core, policy, the first entry of the
// log, what is known of the drill, and list 1, which is empty. With a counter the
// log is sealed and the counter advances. p are the public parameters of m.
// Errors: [ErrFounded], [ErrLocked], [ErrDrill], [ErrCounter], [ErrNotCounted],
// and those of wire for values that do not fit a core or a policy.
func Found(store *storage.Store, m Master, p *ibc.Params, f Founding, clock func() time.Time) (*Authority, error) {
	a := &Authority{store: store, master: m, clock: clock}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if f.Drill == DrillPassed {
		return nil, fmt.Errorf("found the authority: %w", ErrDrill)
	}
	core, err := a.makeCore(p, f, now)
	if err != nil {
		return nil, err
	}
	if err := a.makePolicy(f); err != nil {
		return nil, err
	}
	if f.Counter != nil {
		if a.signed, err = f.Counter.Value(); err != nil {
			return nil, fmt.Errorf("found the authority: %w: %w", ErrCounter, err)
		}
		a.rollback.counter = f.Counter
	}
	if err := a.commitAnyway(func(tx *storage.Tx) error { return a.found(tx, now, core, f.Drill) }); err != nil {
		return nil, fmt.Errorf("found the authority: %w", err)
	}
	return a, nil
}

// found writes the first change.
func (a *Authority) found(tx *storage.Tx, now time.Time, core []byte, drill Outcome) error {
	if _, _, err := readTerms(tx); !errors.Is(err, ErrNotFounded) {
		return errors.Join(ErrFounded, err)
	}
	if err := errors.Join(tx.SetCore(core), tx.AddPolicy(firstPolicy, a.terms.Load().stmt)); err != nil {
		return fmt.Errorf("store core and policy: %w", err)
	}
	if _, _, err := record(tx, now, &wire.FoundEntry{Core: a.coreHash}); err != nil {
		return err
	}
	if drill != DrillPending {
		if err := recordDrill(tx, now, drill); err != nil {
			return err
		}
	}
	first := wire.Order{Generation: a.core.Generation, Base: firstBase, Sequence: firstSequence}
	if _, err := a.publish(tx, now, first, [16]byte{}, nil); err != nil {
		return err
	}
	if a.rollback.counter != nil {
		if _, _, err := record(tx, now, &wire.SealEntry{}); err != nil {
			return err
		}
	}
	_, err := a.checkpoint(tx, now, true)
	return err
}

// makeCore sets the authority's core and returns its statement.
func (a *Authority) makeCore(p *ibc.Params, f Founding, now time.Time) ([]byte, error) {
	key, ok := a.master.Public().(ed25519.PublicKey)
	if !ok || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("found the authority: the master: %w", ErrLocked)
	}
	if f.Epoch0.IsZero() {
		f.Epoch0 = now.Truncate(24 * time.Hour)
	}
	core := f.core()
	core.X, core.Z, core.StatementKey = p.X(), p.Z(), [32]byte(key)
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

// core returns the part of the core that is the founder's choice.
func (f *Founding) core() *wire.Core {
	spIDs := append([]string{f.Realm}, f.SPIDs...)
	slices.Sort(spIDs)
	return &wire.Core{
		Realm: f.Realm, Generation: max(f.Generation, firstGeneration), SPIDs: slices.Compact(spIDs), Next: f.Next,
		Epoch0: f.Epoch0, EpochLength: cmp.Or(f.EpochLength, DefaultEpochLength),
	}
}

// NextCore returns the core that takes over after the given one, of a seed whose
// parameters and statement key are p and key: it has everything of the given one
// but the generation, which is one higher, and a next core, which it has none of.
// With a nil core it is the one after the core that f founds, Epoch0 included,
// which must be set: its hash is the Next of that one.
func NextCore(f Founding, p *ibc.Params, key [32]byte, core *wire.Core) *wire.Core {
	if core == nil {
		core = f.core()
	}
	next := *core
	next.SPIDs = slices.Clone(core.SPIDs)
	next.Generation++
	next.X, next.Z, next.StatementKey, next.Next = p.X(), p.Z(), key, nil
	return &next
}

// makePolicy sets the authority's policy and its statement.
func (a *Authority) makePolicy(f Founding) error {
	t, err := a.signPolicy(&wire.Policy{
		Core: a.coreHash, Sequence: firstPolicy,
		Past: cmp.Or(f.Past, DefaultPast), Future: cmp.Or(f.Future, DefaultFuture),
		NextUpdate: cmp.Or(f.NextUpdate, DefaultNextUpdate), HardExpiry: cmp.Or(f.HardExpiry, DefaultHardExpiry),
	})
	if err != nil {
		return fmt.Errorf("found the authority: %w", err)
	}
	a.terms.Store(t)
	return nil
}
