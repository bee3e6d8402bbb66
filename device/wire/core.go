package wire

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"

	"marque/device/ibc"
)

const suite = 1 // ristretto255, BLS12-381, SHA-512, AES-256-GCM, Ed25519, HPKE: section 2.4 of the protocol

// Core is the immutable part of a realm (section 2.2 of the protocol). Its hash stands in every key and signature.
type Core struct {
	Realm        string        // one of SPIDs; names the realm in statements
	Generation   uint32        // rises when a committed next core takes over
	SPIDs        []string      // 1 to 16 domain names, at most 2,048 octets, sorted by octets, no duplicates
	Epoch0       time.Time     // start of epoch 0, whole seconds
	EpochLength  time.Duration // an hour or more, whole seconds
	X            [32]byte      // ristretto255 point, of identity signatures
	Z            [48]byte      // G1 point, of cold sealing
	StatementKey [32]byte      // Ed25519 public key, not of small order
	Next         []byte        // hash of the next generation's core, or empty: none was committed to
}

type coreArray struct {
	_            struct{} `cbor:",toarray"`
	Version      uint8
	Realm        string
	Generation   uint32
	SPIDs        []string
	Suite        uint8
	Epoch0       uint64
	EpochLength  uint32
	X            [32]byte
	Z            [48]byte
	StatementKey [32]byte
	Next         []byte
}

func (c *Core) array() *coreArray {
	return &coreArray{
		Version: 1, Realm: c.Realm, Generation: c.Generation, SPIDs: c.SPIDs, Suite: suite,
		Epoch0: unixSeconds(c.Epoch0), EpochLength: spanSeconds(c.EpochLength),
		X: c.X, Z: c.Z, StatementKey: c.StatementKey, Next: c.Next,
	}
}

// Marshal returns the encoding of c, or the error that ParseCore would give for it.
func (c *Core) Marshal() ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("core: %w", err)
	}
	b := encode(c.array())
	if len(b) > MaxCore {
		return nil, fmt.Errorf("core: %w: %d octets, at most %d", ErrTooLong, len(b), MaxCore)
	}
	return b, nil
}

// ParseCore reads a core and checks every value in it, the points and the statement key included.
func ParseCore(b []byte) (*Core, error) {
	var a coreArray
	if err := decode(b, MaxCore, &a); err != nil {
		return nil, fmt.Errorf("core: %w", err)
	}
	if a.Version != 1 || a.Suite != suite {
		return nil, fmt.Errorf("core: %w: version and suite must be 1", ErrValue)
	}
	c := &Core{
		Realm: a.Realm, Generation: a.Generation, SPIDs: a.SPIDs,
		Epoch0: fromSeconds(a.Epoch0), EpochLength: fromSpan(a.EpochLength),
		X: a.X, Z: a.Z, StatementKey: a.StatementKey, Next: a.Next,
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("core: %w", err)
	}
	return c, nil
}

func (c *Core) check() error {
	if err := c.checkNames(); err != nil {
		return err
	}
	if err := checkTime(c.Epoch0, time.Second); err != nil {
		return fmt.Errorf("epoch 0: %w", err)
	}
	if err := checkSpan(c.EpochLength); err != nil {
		return fmt.Errorf("epoch length: %w", err)
	}
	if c.EpochLength < MinEpochLength {
		return fmt.Errorf("epoch length: %w: at least %v", ErrValue, MinEpochLength)
	}
	if err := checkStatementKey(c.StatementKey); err != nil {
		return err
	}
	if len(c.Next) != 0 && len(c.Next) != sha256.Size {
		return fmt.Errorf("next: %w: a hash or nothing", ErrValue)
	}
	if _, err := c.Params(); err != nil {
		return fmt.Errorf("%w: %w", ErrValue, err)
	}
	return nil
}

func (c *Core) checkNames() error {
	if len(c.SPIDs) == 0 || len(c.SPIDs) > MaxSPIDs {
		return fmt.Errorf("domains: %w: 1 to %d", ErrValue, MaxSPIDs)
	}
	octets := 0
	for i, s := range c.SPIDs {
		octets += len(s)
		if err := CheckSPID(s); err != nil {
			return fmt.Errorf("domain %d: %w", i, err)
		}
		if i > 0 && c.SPIDs[i-1] >= s {
			return fmt.Errorf("domains: %w: sort them and remove duplicates", ErrValue)
		}
	}
	if octets > MaxSPIDOctets {
		return fmt.Errorf("domains: %w: %d octets together, at most %d", ErrTooLong, octets, MaxSPIDOctets)
	}
	if !c.Lists(c.Realm) {
		return fmt.Errorf("realm: %w: it must be one of the domains", ErrValue)
	}
	return nil
}

// Hash returns SHA-256(LP("marque/v1/core") ‖ core). A core that does not marshal has a hash that no other party computes.
func (c *Core) Hash() [32]byte { return CoreHash(encode(c.array())) }

// CoreHash is Hash for an encoded core.
func CoreHash(core []byte) [32]byte { return labelled("marque/v1/core", core) }

// Ref returns the first four octets of the hash. They say which core to try and authenticate nothing.
func (c *Core) Ref() [4]byte {
	h := c.Hash()
	return [4]byte(h[:4])
}

// Epoch returns floor((t − Epoch0) / EpochLength); ErrNoEpoch for times before epoch 0 or after epoch 2^32 − 1.
func (c *Core) Epoch(t time.Time) (uint32, error) {
	since := t.Unix() - c.Epoch0.Unix()
	length := int64(c.EpochLength / time.Second)
	if since < 0 || length <= 0 || since/length > math.MaxUint32 {
		return 0, ErrNoEpoch
	}
	return uint32(since / length), nil
}

// EpochStart returns the first second of epoch e; epochs that begin after the year 9999 begin in its last second.
func (c *Core) EpochStart(e uint32) time.Time {
	over, since := bits.Mul64(uint64(e), uint64(c.EpochLength/time.Second)) // never negative
	if over != 0 || since > maxUnix || unixSeconds(c.Epoch0)+since > maxUnix {
		return fromSeconds(maxUnix)
	}
	return fromSeconds(unixSeconds(c.Epoch0) + since)
}

// Params returns the public parameters for identity keys, from X and Z.
func (c *Core) Params() (*ibc.Params, error) {
	p, err := ibc.NewParams(c.X, c.Z)
	if err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	return p, nil
}

// Lists reports whether spID is one of the realm's domains.
func (c *Core) Lists(spID string) bool { return slices.Contains(c.SPIDs, spID) }

// Identity names a for one epoch under this core. An address whose domain the core does not list gives
// ErrForeignAddress.
func (c *Core) Identity(a Address, epoch uint32) (ibc.Identity, error) {
	if !c.Lists(a.SPID()) {
		return ibc.Identity{}, ErrForeignAddress
	}
	return ibc.Identity{Core: c.Hash(), Address: a.String(), Epoch: epoch}, nil
}
