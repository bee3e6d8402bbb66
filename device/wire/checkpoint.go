package wire

import (
	"fmt"
	"math"
	"time"
)

// Checkpoint is a signed head of the log: payload of a statement of type checkpoint.
type Checkpoint struct {
	Core    [32]byte  // hash of the core
	Size    uint64    // entries in the log, below 2^63
	Root    [32]byte  // root of the Merkle tree over them (RFC 6962, section 2.1)
	Time    time.Time // whole seconds
	Counter uint64    // of the authority's counter against rollback; 0 without one
}

type checkpointArray struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Core    [32]byte
	Size    uint64
	Root    [32]byte
	Time    uint64
	Counter uint64
}

// Marshal returns the encoding of c, or ErrTime or ErrValue.
func (c *Checkpoint) Marshal() ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return encode(&checkpointArray{Version: 1, Core: c.Core, Size: c.Size, Root: c.Root, Time: unixSeconds(c.Time), Counter: c.Counter}), nil
}

// ParseCheckpoint reads the payload of a statement of type checkpoint.
func ParseCheckpoint(b []byte) (*Checkpoint, error) {
	var a checkpointArray
	if err := decode(b, MaxStatement, &a); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if a.Version != 1 {
		return nil, fmt.Errorf("checkpoint: %w: version must be 1", ErrValue)
	}
	c := &Checkpoint{Core: a.Core, Size: a.Size, Root: a.Root, Time: fromSeconds(a.Time), Counter: a.Counter}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return c, nil
}

// OpenCheckpoint verifies a statement of type checkpoint and returns its content. Besides the errors of OpenStatement it
// returns ErrRealm for a checkpoint of another core.
func OpenCheckpoint(b []byte, core *Core) (*Checkpoint, error) {
	payload, err := OpenStatement(b, TypeCheckpoint, core.Realm, core.StatementKey)
	if err != nil {
		return nil, err
	}
	c, err := ParseCheckpoint(payload)
	if err != nil {
		return nil, err
	}
	if c.Core != core.Hash() {
		return nil, fmt.Errorf("checkpoint: %w: it names another core", ErrRealm)
	}
	return c, nil
}

func (c *Checkpoint) check() error {
	if err := checkLogSize(c.Size); err != nil {
		return err
	}
	return checkTime(c.Time, time.Second)
}

func checkLogSize(n uint64) error {
	if n > math.MaxInt64 {
		return fmt.Errorf("log size: %w: below 2^63", ErrValue)
	}
	return nil
}

// CheckpointText returns the statement of a checkpoint as the text of its QR code: MQ1H, and as RequestText. Who photographs it can show
// later that the log was not changed up to there.
func CheckpointText(b []byte) string { return textOf(checkpointMark, b) }

// ParseCheckpointText is the inverse of CheckpointText, and as strict as ParseRequestText.
func ParseCheckpointText(s string) ([]byte, error) {
	return parseText("checkpoint", checkpointMark, s, MaxStatement)
}
