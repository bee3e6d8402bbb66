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
// master is locked. Both methods that use the secret are called concurrently.
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

	core      *wire.Core
	coreBytes []byte
	coreHash  [32]byte

	terms     atomic.Pointer[terms] // the policy in force
	confirmed atomic.Int64          // Unix time that somebody vouched for

	desk  desk
	index *index

	mu       sync.Mutex // of changes, and of all below
	ledger   *ledger    // what the log says, as far as it was read
	known    mark       // the newest signed state of the log that this process has seen or made
	rollback rollback
	receipts receipted

	// Of the change under way:
	signed uint64 // counter of the newest checkpoint
	staged *terms // in force once the change is committed
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
	a := &Authority{store: store, master: m, clock: clock}
	if err := a.setCore(core); err != nil {
		return nil, err
	}
	p, err := openPolicy(policy, a.core, a.coreHash)
	if err != nil {
		return nil, err
	}
	a.terms.Store(&terms{policy: p, stmt: policy})
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
	a.watch()
	return nil
}

// Core returns the core of the realm, which the caller must not change.
func (a *Authority) Core() *wire.Core { return a.core }

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
