package authority

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// terms are the policy in force and its statement.
type terms struct {
	policy *wire.Policy
	stmt   []byte
}

// PolicyChange says what changes of a realm's policy; zero durations leave a term
// as it is. Whole seconds; HardExpiry is never below NextUpdate.
type PolicyChange struct {
	Past       time.Duration // how old a message may be
	Future     time.Duration // how far ahead of the recipient's clock
	NextUpdate time.Duration // after which a list is stale
	HardExpiry time.Duration // after which a list is refused
}

// Policy returns the policy of the realm, which the caller must not change.
func (a *Authority) Policy() *wire.Policy { return a.terms.Load().policy }

// SetPolicy replaces the policy. Devices get it with their next package; lists
// are made by it from now on. Where there are officers, they decide:
// [ErrApprovalsMissing], see [Authority.Propose]. Other errors: wire.ErrValue, and
// those of every change.
func (a *Authority) SetPolicy(p PolicyChange) error {
	if err := a.direct(); err != nil {
		return fmt.Errorf("set the policy: %w", err)
	}
	err := a.change(func(tx *storage.Tx, now time.Time) error { return a.setPolicyIn(tx, now, p) })
	if err != nil {
		return fmt.Errorf("set the policy: %w", err)
	}
	return nil
}

// setPolicyIn is SetPolicy inside a change. The policy is in force once it is committed.
func (a *Authority) setPolicyIn(tx *storage.Tx, now time.Time, p PolicyChange) error {
	next := *a.Policy()
	next.Sequence++
	next.Past, next.Future = cmp.Or(p.Past, next.Past), cmp.Or(p.Future, next.Future)
	next.NextUpdate, next.HardExpiry = cmp.Or(p.NextUpdate, next.NextUpdate), cmp.Or(p.HardExpiry, next.HardExpiry)
	t, err := a.signPolicy(&next)
	if err != nil {
		return err
	}
	if err := tx.AddPolicy(next.Sequence, t.stmt); err != nil {
		return fmt.Errorf("store the policy: %w", err)
	}
	if _, _, err := record(tx, now, &wire.PolicyEntry{Sequence: next.Sequence, Hash: sha256.Sum256(t.stmt)}); err != nil {
		return err
	}
	a.staged = t
	return nil
}

func (a *Authority) signPolicy(p *wire.Policy) (*terms, error) {
	b, err := p.Marshal()
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	stmt, err := a.sign(wire.TypePolicy, b)
	if err != nil {
		return nil, err
	}
	return &terms{policy: p, stmt: stmt}, nil
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
