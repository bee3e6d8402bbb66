package wire

import (
	"fmt"
	"time"
)

// Policy is what a realm may change without a new core: payload of a statement of type policy. Durations are whole
// seconds, at most 2^32 − 1 of them.
type Policy struct {
	Core       [32]byte      // hash of the core it belongs to
	Sequence   uint32        // a higher one replaces a lower one
	Hybrid     bool          // sessions require ML-KEM beside X25519
	Past       time.Duration // how old a message may be
	Future     time.Duration // how far ahead of the clock its time may be
	NextUpdate time.Duration // a list is stale this long after it was issued
	HardExpiry time.Duration // and refused after this long; not shorter than NextUpdate
}

type policyArray struct {
	_                      struct{} `cbor:",toarray"`
	Version                uint8
	Core                   [32]byte
	Sequence               uint32
	Hybrid                 uint8
	Past, Future           uint32
	NextUpdate, HardExpiry uint32
}

// Marshal returns the encoding of p, or ErrValue.
func (p *Policy) Marshal() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	a := policyArray{
		Version: 1, Core: p.Core, Sequence: p.Sequence, Past: spanSeconds(p.Past), Future: spanSeconds(p.Future),
		NextUpdate: spanSeconds(p.NextUpdate), HardExpiry: spanSeconds(p.HardExpiry),
	}
	if p.Hybrid {
		a.Hybrid = 1
	}
	return encode(&a), nil
}

// ParsePolicy reads the payload of a statement of type policy.
func ParsePolicy(b []byte) (*Policy, error) {
	var a policyArray
	if err := decode(b, MaxStatement, &a); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	if a.Version != 1 || a.Hybrid > 1 {
		return nil, fmt.Errorf("policy: %w: version must be 1, hybrid 0 or 1", ErrValue)
	}
	p := &Policy{
		Core: a.Core, Sequence: a.Sequence, Hybrid: a.Hybrid == 1, Past: fromSpan(a.Past), Future: fromSpan(a.Future),
		NextUpdate: fromSpan(a.NextUpdate), HardExpiry: fromSpan(a.HardExpiry),
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return p, nil
}

func (p *Policy) check() error {
	for _, d := range []time.Duration{p.Past, p.Future} {
		if err := checkSpan(d); err != nil {
			return err
		}
	}
	return checkLifetime(p.NextUpdate, p.HardExpiry)
}

// checkLifetime checks the two durations of a list.
func checkLifetime(nextUpdate, hardExpiry time.Duration) error {
	if err := checkSpan(nextUpdate); err != nil {
		return fmt.Errorf("next update: %w", err)
	}
	if err := checkSpan(hardExpiry); err != nil {
		return fmt.Errorf("hard expiry: %w", err)
	}
	if hardExpiry < nextUpdate {
		return fmt.Errorf("hard expiry: %w: before the next update", ErrValue)
	}
	return nil
}
