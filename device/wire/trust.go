package wire

import (
	"fmt"
	"slices"
	"time"
)

// Trust is the realms whose vehicles those of this realm talk to: payload of a statement of type trust (section 6.7 of the protocol). A later
// one replaces it whole.
type Trust struct {
	Core       [32]byte       // hash of the core of the realm that trusts
	Sequence   uint32         // from 1; a higher one replaces a lower one
	Issued     time.Time      // whole seconds
	HardExpiry time.Duration  // so long after Issued no other realm is trusted any more; whole seconds, at least 1
	Realms     []TrustedRealm // 0 to MaxTrusted, ascending by Core.Realm
}

// TrustedRealm is one of them.
type TrustedRealm struct {
	Core   *Core
	SPIDs  []string // those of the core, all of them: what its authority may name is written down by who trusts it
	Hybrid bool     // its policy demands sessions with ML-KEM beside X25519, so calls are made so
}

type trustArray struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Core       [32]byte
	Sequence   uint32
	Issued     uint64
	HardExpiry uint32
	Realms     []trustedArray
}

type trustedArray struct {
	_      struct{} `cbor:",toarray"`
	Core   []byte
	SPIDs  []string
	Hybrid uint8
}

// Marshal returns the encoding of t, at most MaxTrust octets: ErrValue, ErrTime, ErrOverlap, and what a core's Marshal gives.
func (t *Trust) Marshal() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("trust list: %w", err)
	}
	a := trustArray{Version: 1, Core: t.Core, Sequence: t.Sequence, Issued: unixSeconds(t.Issued), HardExpiry: spanSeconds(t.HardExpiry)}
	for _, r := range t.Realms {
		core, err := r.Core.Marshal()
		if err != nil {
			return nil, fmt.Errorf("trust list: %w", err)
		}
		one := trustedArray{Core: core, SPIDs: r.SPIDs}
		if r.Hybrid {
			one.Hybrid = 1
		}
		a.Realms = append(a.Realms, one)
	}
	return encode(&a), nil
}

// ParseTrust reads the payload of a statement of type trust. Whether it overlaps with the realm that trusts, [OpenTrust] tells.
func ParseTrust(in []byte) (*Trust, error) {
	var a trustArray
	if err := decode(in, MaxTrust, &a); err != nil {
		return nil, fmt.Errorf("trust list: %w", err)
	}
	if a.Version != 1 {
		return nil, fmt.Errorf("trust list: %w: version must be 1", ErrValue)
	}
	if len(a.Realms) > MaxTrusted {
		return nil, fmt.Errorf("trust list: %w: at most %d realms", ErrValue, MaxTrusted)
	}
	t := &Trust{Core: a.Core, Sequence: a.Sequence, Issued: fromSeconds(a.Issued), HardExpiry: fromSpan(a.HardExpiry)}
	for _, one := range a.Realms {
		core, err := ParseCore(one.Core)
		if err != nil {
			return nil, fmt.Errorf("trust list: %w", err)
		}
		if one.Hybrid > 1 {
			return nil, fmt.Errorf("trust list: %w: hybrid must be 0 or 1", ErrValue)
		}
		t.Realms = append(t.Realms, TrustedRealm{Core: core, SPIDs: one.SPIDs, Hybrid: one.Hybrid == 1})
	}
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("trust list: %w", err)
	}
	return t, nil
}

// OpenTrust verifies a statement of type trust of the realm whose core is home, and returns its content. Besides the errors of OpenStatement
// and ParseTrust: ErrRealm for one of another core, and ErrOverlap for one that trusts home itself, or another realm with one of its domains.
func OpenTrust(b []byte, home *Core) (*Trust, error) {
	payload, err := OpenStatement(b, TypeTrust, home.Realm, home.StatementKey)
	if err != nil {
		return nil, err
	}
	t, err := ParseTrust(payload)
	if err != nil {
		return nil, err
	}
	if err := t.CheckHome(home); err != nil {
		return nil, fmt.Errorf("trust list: %w", err)
	}
	return t, nil
}

// CheckHome compares t with the core of the realm that trusts: ErrRealm for another one, ErrOverlap if a realm of the list has one of its
// domains, or looks like it in messages.
func (t *Trust) CheckHome(home *Core) error {
	if t.Core != home.Hash() {
		return fmt.Errorf("%w: it names another core", ErrRealm)
	}
	all := []*Core{home}
	for _, r := range t.Realms {
		all = append(all, r.Core)
	}
	return disjoint(all)
}

func (t *Trust) check() error {
	if t.Sequence == 0 {
		return fmt.Errorf("sequence: %w: from 1", ErrValue)
	}
	if err := checkTime(t.Issued, time.Second); err != nil {
		return err
	}
	if err := checkSpan(t.HardExpiry); err != nil {
		return err
	}
	if t.HardExpiry == 0 {
		return fmt.Errorf("hard expiry: %w: at least a second", ErrValue)
	}
	if len(t.Realms) > MaxTrusted {
		return fmt.Errorf("%w: at most %d realms", ErrValue, MaxTrusted)
	}
	cores := make([]*Core, len(t.Realms))
	for i, r := range t.Realms {
		if r.Core == nil || !slices.Equal(r.SPIDs, r.Core.SPIDs) {
			return fmt.Errorf("realm %d: %w: the domains must be those of its core", i, ErrValue)
		}
		cores[i] = r.Core
	}
	if err := disjoint(cores); err != nil {
		return err
	}
	for i := 1; i < len(cores); i++ {
		if cores[i-1].Realm >= cores[i].Realm {
			return fmt.Errorf("realms: %w: sort them", ErrValue)
		}
	}
	return nil
}

// disjoint refuses cores of which two could be taken for each other: each domain belongs to one, and so do the four octets of its hash that
// stand in messages.
func disjoint(cores []*Core) error {
	domains, refs := map[string]bool{}, map[[4]byte]bool{}
	for _, c := range cores {
		for _, s := range c.SPIDs {
			if domains[s] {
				return fmt.Errorf("%w: two have a domain in common", ErrOverlap)
			}
			domains[s] = true
		}
		ref := c.Ref()
		if refs[ref] {
			return fmt.Errorf("%w: the hashes of two begin alike", ErrOverlap)
		}
		refs[ref] = true
	}
	return nil
}
