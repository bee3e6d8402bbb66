package authority

import (
	"crypto/sha256"
	"fmt"
	"math"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// TrustList says which other realms this one trusts: their vehicles and those of this realm talk to each other.
type TrustList struct {
	Statement  []byte // of type trust, as devices take it; nil before the first
	Sequence   uint32 // 0 before the first
	Issued     time.Time
	HardExpiry time.Time      // from then on devices trust no other realm, unless they get a newer list
	Realms     []TrustedRealm // ascending by name, at most wire.MaxTrusted
	Lapsed     bool           // the authority was reopened since: the next list trusts nobody, until somebody decides so again
}

// TrustedRealm is a realm on a trust list.
type TrustedRealm struct {
	Name       string
	Domains    []string // ascending
	Core       [32]byte // its hash
	Generation uint32
	Hybrid     bool // its policy demands sessions with ML-KEM
}

// trusting is what the log says about trust lists.
type trusting struct {
	sequence uint32    // of the newest one, 0 for none
	hash     [32]byte  // of its statement
	lapsed   bool      // the log was reopened since
	decided  time.Time // when officers last decided about other realms; zero if they never did
}

// next returns the number of the next trust list. Some may have been lost with what a reopened log lost, and devices take none that is
// older than the one they have.
func (t *trusting) next() uint64 {
	if t.lapsed {
		return uint64(t.sequence) + trustJump + 1
	}
	return uint64(t.sequence) + 1
}

func (t *trusting) follow(e *wire.TrustEntry, complain func(string, ...any)) {
	if uint64(e.Sequence) != t.next() {
		complain("it sets trust list %d where %d is next", e.Sequence, t.next())
	}
	*t = trusting{sequence: max(t.sequence, e.Sequence), hash: e.Hash, decided: t.decided}
}

// Trusted returns the newest trust list, the zero value before the first. It works while the authority is locked. Error: [ErrInconsistent].
func (a *Authority) Trusted() (*TrustList, error) {
	var list *TrustList
	err := a.current(func(tx *storage.Tx) error {
		t, err := a.trusted(tx)
		list = t.list()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the trust list: %w", err)
	}
	return list, nil
}

// NewTrustPayload returns the payload that makes an encoded core that of the realm as it is trusted, or, without one, ends that.
// Errors: [ErrPayloadForm], [ErrNotTrusted] for a realm that is to be trusted no more and is not, [ErrInconsistent].
func (a *Authority) NewTrustPayload(realm string, core []byte, hybrid bool) (*TrustPayload, error) {
	p := &TrustPayload{Realm: realm, Core: core, Hybrid: hybrid}
	err := a.current(func(tx *storage.Tx) error {
		t, err := a.trusted(tx)
		for _, r := range t.realms() {
			if r.Core.Realm == realm {
				p.Old = TrustedCore{r.Core.Hash(), r.Hybrid}
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the trust list: %w", err)
	}
	if len(core) == 0 && p.Old == (TrustedCore{}) {
		return nil, ErrNotTrusted
	}
	_, err = p.core()
	return p, err
}

// RenewTrust signs the trust list anew, so that it expires later; [Authority.Publish] does, too. No other realm is trusted than before,
// and officers do not decide about it. After the log was reopened it trusts nobody, also where no trust list is known: one may have been
// lost. Errors: [ErrNotTrusted] before the first trust list otherwise, and those of every change.
func (a *Authority) RenewTrust() (*TrustList, error) {
	var made *trustInForce
	err := a.change(func(tx *storage.Tx, now time.Time) error {
		before, err := a.trusted(tx)
		switch {
		case err != nil:
			return err
		case before == nil && !a.ledger.trust.lapsed:
			return ErrNotTrusted
		}
		made, err = a.signTrust(tx, now, before.realms())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("renew the trust list: %w", err)
	}
	return made.list(), nil
}

// renewTrust is RenewTrust in the change that publishes a list. A list that trusts nobody is as good when it has expired, and stays as
// it is, as does that there is none, unless newer ones may have been lost.
func (a *Authority) renewTrust(tx *storage.Tx, now time.Time) (*TrustList, error) {
	t, err := a.trusted(tx)
	if err != nil {
		return nil, err
	}
	if !a.ledger.trust.lapsed && (t == nil || len(t.trust.Realms) == 0) {
		return t.list(), nil
	}
	t, err = a.signTrust(tx, now, t.realms())
	return t.list(), err
}

// trustInForce is the newest trust list; nil before the first.
type trustInForce struct {
	trust  *wire.Trust
	stmt   []byte
	lapsed bool
}

// realms are those that are trusted as long as nobody decides otherwise.
func (t *trustInForce) realms() []wire.TrustedRealm {
	if t == nil || t.lapsed {
		return nil
	}
	return t.trust.Realms
}

func (t *trustInForce) list() *TrustList {
	if t == nil {
		return &TrustList{}
	}
	list := ReadTrust(t.trust, t.stmt)
	list.Lapsed = t.lapsed
	return list
}

// ReadTrust returns what an opened trust list says.
func ReadTrust(t *wire.Trust, statement []byte) *TrustList {
	list := &TrustList{Statement: statement, Sequence: t.Sequence, Issued: t.Issued, HardExpiry: t.Issued.Add(t.HardExpiry)}
	for _, r := range t.Realms {
		list.Realms = append(list.Realms, TrustedRealm{Name: r.Core.Realm, Domains: r.SPIDs, Core: r.Core.Hash(), Generation: r.Core.Generation, Hybrid: r.Hybrid})
	}
	return list
}

// trusted reads the newest trust list of the log, with which what is stored has to agree: who can write to the store could put an older
// one back. The ledger has caught up.
func (a *Authority) trusted(tx *storage.Tx) (*trustInForce, error) {
	now := &a.ledger.trust
	if now.sequence == 0 {
		return nil, nil //nolint:nilnil // there is none
	}
	stmt, err := tx.Trust(now.sequence)
	if err != nil {
		return nil, fmt.Errorf("trust list %d: %w", now.sequence, err)
	}
	if sha256.Sum256(stmt) != now.hash {
		return nil, fmt.Errorf("trust list %d is not the one of the log: %w", now.sequence, ErrInconsistent)
	}
	t, err := wire.OpenTrust(stmt, a.core)
	if err != nil {
		return nil, err
	}
	return &trustInForce{trust: t, stmt: stmt, lapsed: now.lapsed}, nil
}

// signTrust makes, signs, records and stores a trust list. It expires as a revocation list does.
func (a *Authority) signTrust(tx *storage.Tx, now time.Time, realms []wire.TrustedRealm) (*trustInForce, error) {
	next := a.ledger.trust.next()
	if next > math.MaxUint32 {
		return nil, fmt.Errorf("the trust lists' numbers are used up: %w", storage.ErrLimit)
	}
	t := &wire.Trust{Core: a.coreHash, Sequence: uint32(next), Issued: now, HardExpiry: a.Policy().HardExpiry, Realms: realms}
	payload, err := t.Marshal()
	if err != nil {
		return nil, err
	}
	if err := t.CheckHome(a.core); err != nil {
		return nil, fmt.Errorf("trust list: %w", err)
	}
	stmt, err := a.sign(wire.TypeTrust, payload)
	if err != nil {
		return nil, err
	}
	if err := tx.AddTrust(t.Sequence, stmt); err != nil {
		return nil, fmt.Errorf("store the trust list: %w", err)
	}
	if _, _, err := record(tx, now, &wire.TrustEntry{Sequence: t.Sequence, Hash: sha256.Sum256(stmt)}); err != nil {
		return nil, err
	}
	return &trustInForce{trust: t, stmt: stmt}, nil
}
