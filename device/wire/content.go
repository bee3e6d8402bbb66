package wire

import (
	"fmt"
	"math"

	"golang.org/x/mod/sumdb/tlog"

	"marque/device/ibc"
)

// Content is what a package holds for its device alone: the keys, the policy, and the proof that the log records them.
// It holds secrets. The encoding, too, must be cleared after use.
type Content struct {
	Address    Address
	FirstEpoch uint32            // of Keys[0]; the others follow without gaps
	Keys       []*ibc.PartialKey // 1 to 64
	Policy     []byte            // statement of type policy, not verified here
	Entry      []byte            // log entry that records the keys
	Index      uint64            // of the entry in the log
	Checkpoint []byte            // statement of type checkpoint, not verified here: the head of the log that Path leads to
	Path       [][32]byte        // RFC 6962, section 2.1.1; at most 64
}

type contentArray struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Address    string
	FirstEpoch uint32
	Keys       [][partialKeySize]byte
	Policy     []byte
	Entry      []byte
	Index      uint64
	Checkpoint []byte
	Path       [][32]byte
}

// Marshal returns the encoding of c, secrets included.
func (c *Content) Marshal() ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	a := contentArray{
		Version: 1, Address: c.Address.String(), FirstEpoch: c.FirstEpoch, Policy: c.Policy, Entry: c.Entry,
		Index: c.Index, Checkpoint: c.Checkpoint, Path: c.Path, Keys: make([][partialKeySize]byte, len(c.Keys)),
	}
	defer clear(a.Keys)
	for i, k := range c.Keys {
		b := k.Bytes()
		if copy(a.Keys[i][:], b) != partialKeySize {
			return nil, fmt.Errorf("content: key %d: %w: it was erased", i, ErrValue)
		}
		clear(b)
	}
	b := encode(&a)
	if len(b) > MaxPackage {
		clear(b)
		return nil, fmt.Errorf("content: %w: %d octets, at most %d", ErrTooLong, len(b), MaxPackage)
	}
	return b, nil
}

// ParseContent reads the decrypted content of a package. It checks the form of everything, but neither the keys against
// the realm, nor the policy's signature, nor (see CheckLog) checkpoint and log.
func ParseContent(b []byte) (*Content, error) {
	var a contentArray
	if err := decode(b, MaxPackage, &a); err != nil {
		clear(a.Keys)
		return nil, fmt.Errorf("content: %w", err)
	}
	defer clear(a.Keys)
	if a.Version != 1 {
		return nil, fmt.Errorf("content: %w: version must be 1", ErrValue)
	}
	address, err := ParseAddress(a.Address)
	if err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	c := &Content{
		Address: address, FirstEpoch: a.FirstEpoch, Policy: a.Policy, Entry: a.Entry,
		Index: a.Index, Checkpoint: a.Checkpoint, Path: a.Path, Keys: make([]*ibc.PartialKey, len(a.Keys)),
	}
	for i := range a.Keys {
		if c.Keys[i], err = ibc.ParsePartialKey(a.Keys[i][:]); err != nil {
			return nil, fmt.Errorf("content: key %d: %w: %w", i, ErrValue, err)
		}
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	return c, nil
}

func (c *Content) check() error {
	switch {
	case c.Address.IsZero():
		return fmt.Errorf("%w: none was set", ErrAddress)
	case len(c.Keys) == 0 || len(c.Keys) > MaxKeys:
		return fmt.Errorf("keys: %w: 1 to %d", ErrValue, MaxKeys)
	case uint64(c.FirstEpoch)+uint64(len(c.Keys))-1 > math.MaxUint32:
		return fmt.Errorf("keys: %w: beyond the last epoch", ErrValue)
	case len(c.Path) > MaxPath:
		return fmt.Errorf("path: %w: at most %d", ErrValue, MaxPath)
	}
	s, err := parseStatement(c.Checkpoint, TypeCheckpoint)
	if err != nil {
		return err
	}
	head, err := ParseCheckpoint(s.payload)
	if err != nil {
		return err
	}
	if c.Index >= head.Size {
		return fmt.Errorf("index: %w: beyond the log", ErrValue)
	}
	if _, err := parseStatement(c.Policy, TypePolicy); err != nil {
		return err
	}
	_, err = ParseLogEntry(c.Entry)
	return err
}

// CheckLog returns the log's head that the realm's authority signed, once the entry records exactly these keys for this
// address, request and sequence, and the path proves that it stands in that log. Otherwise it returns ErrLog, or an error
// of OpenCheckpoint.
func (c *Content) CheckLog(core *Core, requestHash [32]byte, sequence uint32) (*Checkpoint, error) {
	head, err := OpenCheckpoint(c.Checkpoint, core)
	if err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	if err := c.checkEntry(requestHash, sequence); err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	if err := c.checkPath(head); err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	return head, nil
}

func (c *Content) checkEntry(requestHash [32]byte, sequence uint32) error {
	logged, err := ParseLogEntry(c.Entry)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLog, err)
	}
	got, ok := logged.Entry.(*IssueEntry)
	if !ok {
		return fmt.Errorf("%w: the entry records something else than keys", ErrLog)
	}
	want := IssueEntry{
		Address: c.Address, Request: requestHash, Sequence: sequence, FirstEpoch: c.FirstEpoch, Count: len(c.Keys),
		Keys: KeysHash(c.commitments()),
	}
	if *got != want {
		return fmt.Errorf("%w: the entry records other keys, or for another request", ErrLog)
	}
	return nil
}

func (c *Content) commitments() [][32]byte {
	rs := make([][32]byte, len(c.Keys))
	for i, k := range c.Keys {
		rs[i] = k.R()
	}
	return rs
}

func (c *Content) checkPath(head *Checkpoint) error {
	if c.Index >= head.Size { // of at most MaxInt64
		return fmt.Errorf("%w: the index is beyond the log", ErrLog)
	}
	path := make(tlog.RecordProof, len(c.Path))
	for i, h := range c.Path {
		path[i] = h
	}
	if tlog.CheckRecord(path, int64(head.Size), head.Root, int64(c.Index), tlog.RecordHash(c.Entry)) != nil {
		return fmt.Errorf("%w: the inclusion proof does not hold", ErrLog)
	}
	return nil
}
