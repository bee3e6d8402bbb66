package wire

import (
	"cmp"
	"fmt"
	"time"
)

// BundleKind says how a bundle's data relates to earlier lists.
type BundleKind uint8

// KindFull is a whole list; it replaces what was before.
const KindFull BundleKind = 0

// Bundle is a revocation list: payload of a statement of type bundle (section 8 of the protocol).
type Bundle struct {
	Core       [32]byte
	Kind       BundleKind
	Generation uint32 // with Base and Sequence the order of lists
	Base       uint32
	Sequence   uint32
	Previous   [16]byte      // state of the list before, zero for the first
	State      [16]byte      // ListState of this one
	Issued     time.Time     // whole seconds
	NextUpdate time.Duration // after Issued; stale from then on
	HardExpiry time.Duration // after Issued; refused from then on
	N          uint64        // the list speaks of serials below N, at most 2^32
	Count      uint32        // revoked serials, at most N
	Codec      uint8         // how Data is coded; see package revocation
	Data       []byte        // the revoked serials
	FirstEpoch uint32        // the list speaks of epochs from here
	LastEpoch  uint32        // to here, inclusive
	LogSize    uint64        // head of the log when the list was made, below 2^63
	LogRoot    [32]byte
}

type bundleArray struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Core       [32]byte
	Kind       BundleKind
	Generation uint32
	Base       uint32
	Sequence   uint32
	Previous   [16]byte
	State      [16]byte
	Issued     uint64
	NextUpdate uint32
	HardExpiry uint32
	N          uint64
	Count      uint32
	Codec      uint8
	Data       []byte
	FirstEpoch uint32
	LastEpoch  uint32
	LogSize    uint64
	LogRoot    [32]byte
}

// Marshal returns the encoding of b. Data is taken as it is.
func (b *Bundle) Marshal() ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	out := encode(&bundleArray{
		Version: 1, Core: b.Core, Kind: b.Kind, Generation: b.Generation, Base: b.Base, Sequence: b.Sequence,
		Previous: b.Previous, State: b.State, Issued: unixSeconds(b.Issued),
		NextUpdate: spanSeconds(b.NextUpdate), HardExpiry: spanSeconds(b.HardExpiry),
		N: b.N, Count: b.Count, Codec: b.Codec, Data: b.Data,
		FirstEpoch: b.FirstEpoch, LastEpoch: b.LastEpoch, LogSize: b.LogSize, LogRoot: b.LogRoot,
	})
	if len(out) > MaxBundle {
		return nil, fmt.Errorf("bundle: %w: %d octets, at most %d", ErrTooLong, len(out), MaxBundle)
	}
	return out, nil
}

// ParseBundle reads the payload of a statement of type bundle. Data is not decoded and State not compared.
func ParseBundle(in []byte) (*Bundle, error) {
	var a bundleArray
	if err := decode(in, MaxBundle, &a); err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	if a.Version != 1 {
		return nil, fmt.Errorf("bundle: %w: version must be 1", ErrValue)
	}
	b := &Bundle{
		Core: a.Core, Kind: a.Kind, Generation: a.Generation, Base: a.Base, Sequence: a.Sequence,
		Previous: a.Previous, State: a.State, Issued: fromSeconds(a.Issued),
		NextUpdate: fromSpan(a.NextUpdate), HardExpiry: fromSpan(a.HardExpiry),
		N: a.N, Count: a.Count, Codec: a.Codec, Data: a.Data,
		FirstEpoch: a.FirstEpoch, LastEpoch: a.LastEpoch, LogSize: a.LogSize, LogRoot: a.LogRoot,
	}
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	return b, nil
}

func (b *Bundle) check() error {
	if err := checkTime(b.Issued, time.Second); err != nil {
		return err
	}
	if err := checkLifetime(b.NextUpdate, b.HardExpiry); err != nil {
		return err
	}
	if err := checkLogSize(b.LogSize); err != nil {
		return err
	}
	switch {
	case b.Kind != KindFull:
		return fmt.Errorf("kind: %w: this version knows full lists only", ErrValue)
	case b.N > MaxSerials:
		return fmt.Errorf("n: %w: at most 2^32", ErrValue)
	case uint64(b.Count) > b.N:
		return fmt.Errorf("count: %w: more revoked serials than serials", ErrValue)
	case b.FirstEpoch > b.LastEpoch:
		return fmt.Errorf("epochs: %w: the last before the first", ErrValue)
	}
	return nil
}

// Order is what lists are ordered by, most significant first.
type Order struct{ Generation, Base, Sequence uint32 }

// Order returns the place of b among the lists of its realm.
func (b *Bundle) Order() Order { return Order{b.Generation, b.Base, b.Sequence} }

// Compare returns −1, 0 or 1 as o comes before p, is the same, or comes after.
func (o Order) Compare(p Order) int {
	return cmp.Or(
		cmp.Compare(o.Generation, p.Generation),
		cmp.Compare(o.Base, p.Base),
		cmp.Compare(o.Sequence, p.Sequence),
	)
}
