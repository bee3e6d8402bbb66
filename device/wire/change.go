package wire

import (
	"fmt"
	"time"
)

// Change brings a revocation list to a later one of the same generation and base, or, with From 0, is that list without what a full one says
// of the log: payload of a statement of type change (section 8 of the protocol). It only adds serials, and says nothing that the full list of
// its number would not say.
type Change struct {
	Core       [4]byte // Core.Ref; the signature is by the core's own key
	Generation uint32
	Base       uint32
	Sequence   uint32        // of the list that it brings to
	From       uint32        // the oldest list that it brings there, below Sequence; 0: it begins with nobody, and needs no list
	State      [16]byte      // ListState that is reached
	Issued     time.Time     // whole seconds; these three are those of the full list
	NextUpdate time.Duration // after Issued
	HardExpiry time.Duration // after Issued
	N          uint64        // the list that is reached speaks of serials below N, at most 2^32
	Count      uint32        // serials that Data adds to list From, at most N
	Codec      uint8         // how Data is coded; see package revocation
	Data       []byte
	FirstEpoch uint32 // as in the full list
	LastEpoch  uint32
}

type changeArray struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Core       [4]byte
	Generation uint32
	Base       uint32
	Sequence   uint32
	Back       uint32 // Sequence − From, 0 for From 0
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
}

// Marshal returns the encoding of c. Data is taken as it is.
func (c *Change) Marshal() ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("change: %w", err)
	}
	out := encode(&changeArray{
		Version: 1, Core: c.Core, Generation: c.Generation, Base: c.Base, Sequence: c.Sequence, Back: c.back(), State: c.State,
		Issued: unixSeconds(c.Issued), NextUpdate: spanSeconds(c.NextUpdate), HardExpiry: spanSeconds(c.HardExpiry),
		N: c.N, Count: c.Count, Codec: c.Codec, Data: c.Data, FirstEpoch: c.FirstEpoch, LastEpoch: c.LastEpoch,
	})
	if len(out) > MaxBundle {
		return nil, fmt.Errorf("change: %w: %d octets, at most %d", ErrTooLong, len(out), MaxBundle)
	}
	return out, nil
}

// ParseChange reads the payload of a statement of type change. Data is not decoded and State not compared.
func ParseChange(in []byte) (*Change, error) {
	var a changeArray
	if err := decode(in, MaxBundle, &a); err != nil {
		return nil, fmt.Errorf("change: %w", err)
	}
	if a.Version != 1 {
		return nil, fmt.Errorf("change: %w: version must be 1", ErrValue)
	}
	if a.Back > 0 && a.Back >= a.Sequence {
		return nil, fmt.Errorf("change: back: %w: before the first list", ErrValue)
	}
	c := &Change{
		Core: a.Core, Generation: a.Generation, Base: a.Base, Sequence: a.Sequence, From: a.from(), State: a.State,
		Issued: fromSeconds(a.Issued), NextUpdate: fromSpan(a.NextUpdate), HardExpiry: fromSpan(a.HardExpiry),
		N: a.N, Count: a.Count, Codec: a.Codec, Data: a.Data, FirstEpoch: a.FirstEpoch, LastEpoch: a.LastEpoch,
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("change: %w", err)
	}
	return c, nil
}

// back is how many lists a change reaches back.
func (c *Change) back() uint32 {
	if c.From == 0 {
		return 0
	}
	return c.Sequence - c.From
}

func (a *changeArray) from() uint32 {
	if a.Back == 0 {
		return 0
	}
	return a.Sequence - a.Back
}

func (c *Change) check() error {
	if err := checkTime(c.Issued, time.Second); err != nil {
		return err
	}
	if err := checkLifetime(c.NextUpdate, c.HardExpiry); err != nil {
		return err
	}
	switch {
	case c.From >= c.Sequence:
		return fmt.Errorf("from: %w: not below the sequence", ErrValue)
	case c.N > MaxSerials:
		return fmt.Errorf("n: %w: at most 2^32", ErrValue)
	case uint64(c.Count) > c.N:
		return fmt.Errorf("count: %w: more revoked serials than serials", ErrValue)
	case c.FirstEpoch > c.LastEpoch:
		return fmt.Errorf("epochs: %w: the last before the first", ErrValue)
	}
	return nil
}

// Order returns the place of the list that c brings to.
func (c *Change) Order() Order { return Order{c.Generation, c.Base, c.Sequence} }
