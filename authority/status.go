package authority

import (
	"fmt"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// Status is how an authority stands.
type Status struct {
	Realm      string
	CoreHash   [32]byte
	Generation uint32
	Grade      string    // "evaluation" or "production"
	Locked     bool      // nothing can be issued, revoked or published
	Time       time.Time // by the authority's clock
	Epoch      uint32

	Identities  uint64 // issued, ever, as far as the database knows
	Revoked     int    // of those, revoked
	Unpublished int    // of those, not yet on a list

	Padding Padding // of lists
	Reserve int     // serials that lists can be padded with yet

	Trust uint32 // number of the newest trust list, 0 for none

	List List

	LogSize uint64
	LogRoot [32]byte

	Depots     int // registered, and not revoked
	Behind     int // of those, known to have an older list than the newest, or that never said which they have
	Unreceived int // identities in order, whose keys last, that no receipt came of
	Alarms     int // that receipts raised

	Counter  uint64  // against rollback, of the newest checkpoint; 0 without one
	ReadOnly string  // why nothing can be changed; empty when changes are possible
	Drill    Outcome // of the backup cards
}

// List is the newest list.
type List struct {
	Sequence   uint32
	N          uint64 // it speaks of serials below N
	Count      uint32 // serials on it
	Padding    int    // of those, given to nobody: see [Padding]
	Issued     time.Time
	NextUpdate time.Time // stale from then on
	HardExpiry time.Time // refused from then on
}

// Status reads how the authority stands from public values: it works while the
// authority is locked, and while it is being unlocked or indexed. The first call reads the whole log, and which serials have receipts;
// later ones read what is new.
func (a *Authority) Status() (Status, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := Status{
		Realm: a.core.Realm, CoreHash: a.coreHash, Generation: a.core.Generation, Grade: grade(a.core),
		Locked: a.store.Locked() || a.master.Public() == nil, Time: a.now(),
	}
	err := a.store.View(func(tx *storage.Tx) (err error) {
		head, err := a.catchUp(tx)
		if err != nil {
			return err
		}
		s.LogSize, s.LogRoot, s.Counter = head.Size, head.Root, head.Counter
		if s.List, err = a.newestList(tx); err != nil {
			return err
		}
		if s.Epoch, err = a.core.Epoch(s.Time); err != nil {
			return fmt.Errorf("the clock: %w", err)
		}
		if s.Unreceived, err = a.missingReceipts(tx, s.Epoch); err != nil {
			return err
		}
		s.Behind, err = a.depotsBehind(tx, s.List.Sequence)
		return err
	})
	if err != nil {
		return Status{}, fmt.Errorf("status: %w", err)
	}
	if err := a.readOnly(); err != nil {
		s.ReadOnly = err.Error()
	}
	s.Identities, s.Revoked, s.Unpublished = a.ledger.issued(), a.ledger.revoked, a.ledger.unlisted
	s.Drill, s.Trust = a.ledger.drill, a.ledger.trust.sequence
	s.List.Padding = a.ledger.reserves.at[s.List.Sequence]
	s.Padding, s.Reserve = a.ledger.reserves.padding, len(a.ledger.free(s.Time))
	s.Depots, s.Alarms = a.ledger.depots.active(), len(a.ledger.depots.alarms)
	return s, nil
}

// depotsBehind counts the depots that do not have a list. The caller holds a.mu, and has caught up.
func (a *Authority) depotsBehind(tx *storage.Tx, newest uint32) (n int, err error) {
	all, err := a.depots(tx)
	for i := range all {
		if all[i].Behind(newest) {
			n++
		}
	}
	return n, err
}

// grade is that of the core: one that committed to no next core cannot recover
// from the loss of its master secret.
func grade(core *wire.Core) string {
	if len(core.Next) == 0 {
		return "evaluation"
	}
	return "production"
}

func (a *Authority) newestList(tx *storage.Tx) (List, error) {
	_, stmt, err := tx.LatestList()
	if err != nil {
		return List{}, fmt.Errorf("read the newest list: %w", err)
	}
	b, err := openBundle(stmt, a.core)
	if err != nil {
		return List{}, err
	}
	return listOf(b), nil
}

func listOf(b *wire.Bundle) List {
	return List{
		Sequence: b.Sequence, N: b.N, Count: b.Count,
		Issued: b.Issued, NextUpdate: b.Issued.Add(b.NextUpdate), HardExpiry: b.Issued.Add(b.HardExpiry),
	}
}

// openBundle verifies and parses the statement of a list.
func openBundle(stmt []byte, core *wire.Core) (*wire.Bundle, error) {
	payload, err := wire.OpenStatement(stmt, wire.TypeBundle, core.Realm, core.StatementKey)
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	b, err := wire.ParseBundle(payload)
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	if b.Core != core.Hash() {
		return nil, fmt.Errorf("list: of another core: %w", wire.ErrRealm)
	}
	return b, nil
}
