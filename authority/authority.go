package authority

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"marque/device/ibc"
	"marque/device/wire"
	"marque/storage"
)

// Master is what an authority needs of the master secret: package hsm's Vault.
// The signer's key is the Ed25519 statement key; Public may return nil while the
// master is locked.
type Master interface {
	Extract(id ibc.Identity, u [32]byte) (*ibc.PartialKey, error)
	crypto.Signer
}

// Authority issues, revokes and publishes for one realm. It is safe for
// concurrent use; changes happen one after the other. One store must have one
// Authority only.
type Authority struct {
	store  *storage.Store
	master Master
	clock  func() time.Time

	core       *wire.Core
	coreBytes  []byte
	coreHash   [32]byte
	policy     *wire.Policy
	policyStmt []byte

	confirmed atomic.Int64 // Unix time that somebody vouched for

	mu     sync.Mutex
	ledger *ledger // what the log says, as far as it was read
}

// Open returns the authority that was founded in store. Store and master may be
// locked; what needs them then fails with [ErrLocked]. Errors: [ErrNotFounded],
// [ErrOtherMaster], and those of wire for statements that do not verify.
func Open(store *storage.Store, m Master, clock func() time.Time) (*Authority, error) {
	var core, policy []byte
	err := store.View(func(tx *storage.Tx) (err error) {
		core, policy, err = readTerms(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	a := &Authority{store: store, master: m, clock: clock, policyStmt: policy}
	if err := a.setCore(core); err != nil {
		return nil, err
	}
	if a.policy, err = openPolicy(policy, a.core, a.coreHash); err != nil {
		return nil, err
	}
	if key, ok := m.Public().(ed25519.PublicKey); ok && !bytes.Equal(key, a.core.StatementKey[:]) {
		return nil, ErrOtherMaster
	}
	return a, nil
}

// readTerms returns the statements of core and policy, or ErrNotFounded.
func readTerms(tx *storage.Tx) (core, policy []byte, err error) {
	if core, err = tx.Core(); err == nil {
		policy, err = tx.Policy()
	}
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil, ErrNotFounded
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read core and policy: %w", err)
	}
	return core, policy, nil
}

// setCore makes the core of a verified statement that of the authority.
func (a *Authority) setCore(stmt []byte) error {
	core, err := wire.OpenCore(stmt)
	if err != nil {
		return fmt.Errorf("core: %w", err)
	}
	if a.coreBytes, err = core.Marshal(); err != nil {
		return fmt.Errorf("core: %w", err)
	}
	a.core, a.coreHash = core, core.Hash()
	a.ledger = newLedger(core)
	return nil
}

func openPolicy(stmt []byte, core *wire.Core, hash [32]byte) (*wire.Policy, error) {
	b, err := wire.OpenStatement(stmt, wire.TypePolicy, core.Realm, core.StatementKey)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	p, err := wire.ParsePolicy(b)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	if p.Core != hash {
		return nil, fmt.Errorf("policy: of another core: %w", wire.ErrRealm)
	}
	return p, nil
}

// Core returns the core of the realm, which the caller must not change.
func (a *Authority) Core() *wire.Core { return a.core }

// Policy returns the policy of the realm, which the caller must not change.
func (a *Authority) Policy() *wire.Policy { return a.policy }

// sign makes a statement and verifies it under the core's key.
func (a *Authority) sign(t wire.Type, payload []byte) ([]byte, error) {
	if a.master.Public() == nil {
		return nil, fmt.Errorf("sign a %s: the master: %w", t, ErrLocked)
	}
	stmt, err := wire.SignStatement(a.master, t, a.core.Realm, payload)
	if err != nil {
		return nil, fmt.Errorf("sign a %s: %w", t, err)
	}
	got, err := wire.OpenStatement(stmt, t, a.core.Realm, a.core.StatementKey)
	if err != nil || !bytes.Equal(got, payload) {
		return nil, fmt.Errorf("sign a %s: %w", t, errors.Join(ErrSelfCheck, err))
	}
	return stmt, nil
}

// begin returns the time of a change, in whole seconds, not before the last
// entry of the log: times in the log, and the lists made by them, never go back.
// Nor does it lie far ahead, unless somebody confirmed it.
// The change builds on the log that was signed last, and on no other.
func (a *Authority) begin(tx *storage.Tx) (time.Time, error) {
	now := a.now()
	size := tx.LogSize()
	if size == 0 {
		return now, nil
	}
	if err := a.checkHead(tx); err != nil {
		return time.Time{}, err
	}
	last, err := readEntry(tx, size-1)
	if err != nil {
		return time.Time{}, err
	}
	if err := a.checkClock(now, last.Time); err != nil {
		return time.Time{}, err
	}
	return now, nil
}

// checkHead makes sure that the newest checkpoint is of the log as it is. The
// log is public: whoever can write to the store can change it with all its
// hashes, and would otherwise get the authority's signature for it.
func (a *Authority) checkHead(tx *storage.Tx) error {
	root, err := tx.LogRoot()
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	stored, err := tx.Checkpoint()
	if err != nil {
		return fmt.Errorf("read the newest checkpoint: %w", err)
	}
	c, err := wire.OpenCheckpoint(stored.Statement, a.core)
	if err != nil || c.Size != tx.LogSize() || c.Root != root {
		return errors.Join(fmt.Errorf("the log is not the one that was signed last: %w", ErrInconsistent), err)
	}
	return nil
}

func readEntry(tx *storage.Tx, i uint64) (*wire.LogEntry, error) {
	b, err := tx.LogEntry(i)
	if err != nil {
		return nil, fmt.Errorf("read entry %d of the log: %w", i, err)
	}
	e, err := wire.ParseLogEntry(b)
	if err != nil {
		return nil, fmt.Errorf("read entry %d of the log: %w", i, err)
	}
	return e, nil
}

// record appends an entry to the log and returns its index and encoding.
func record(tx *storage.Tx, now time.Time, e wire.Entry) (uint64, []byte, error) {
	b, err := (&wire.LogEntry{Time: now, Entry: e}).Marshal()
	if err != nil {
		return 0, nil, fmt.Errorf("log: %w", err)
	}
	i, err := tx.AppendLog(b)
	if err != nil {
		return 0, nil, fmt.Errorf("log: %w", err)
	}
	return i, b, nil
}

// checkpoint signs the head of the log, stores the statement and returns it.
// Every change ends with one, after its last entry.
func (a *Authority) checkpoint(tx *storage.Tx, now time.Time) ([]byte, error) {
	root, err := tx.LogRoot()
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	c := &wire.Checkpoint{Core: a.coreHash, Size: tx.LogSize(), Root: root, Time: now}
	b, err := c.Marshal()
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	stmt, err := a.sign(wire.TypeCheckpoint, b)
	if err != nil {
		return nil, err
	}
	if err := tx.AddCheckpoint(c.Size, stmt); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return stmt, nil
}
