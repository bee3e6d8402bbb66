package wire

import (
	"fmt"
	"time"
)

// Entry is what a log entry records: a *FoundEntry, *IssueEntry, *RevokeEntry, *PublishEntry, *ExpireEntry, *DrillEntry, *PolicyEntry,
// *DecideEntry, *ReopenEntry, *LostEntry, *SealEntry, *DepotEntry, *DepotRevokeEntry, *BatchEntry, *AlarmEntry,
// *UndoEntry, *ReleaseEntry, *PaddingEntry, *ReserveEntry or *TrustEntry.
type Entry interface {
	array() any // what is encoded
	check() error
}

// The first element of an entry says what it is.
const (
	entryFound = 1 + iota
	entryIssue
	entryRevoke
	entryPublish
	entryExpire
	entryDrill
	entryPolicy
	entryDecide
	entryReopen
	entryLost
	entrySeal
	entryDepot
	entryDepotRevoke
	entryBatch
	entryAlarm
	entryUndo
	entryRelease
	entryPadding
	entryReserve
	entryTrust
)

// FoundEntry is the first entry of a log: the realm exists.
type FoundEntry struct {
	Core [32]byte // core hash
}

// IssueEntry records keys that were issued, without naming any secret.
type IssueEntry struct {
	Address    Address
	Request    [32]byte // request hash
	Sequence   uint32   // of the package
	FirstEpoch uint32
	Count      int      // 1 to 64 epochs
	Keys       [32]byte // KeysHash of their R
}

// RevokeEntry records that a serial goes on the list.
type RevokeEntry struct {
	Serial    uint32
	Reason    Reason
	Effective time.Time // since when its messages must not be believed; whole seconds
}

// UndoEntry records that a revocation is taken back, before any list had it: the serial goes on no list for it.
type UndoEntry struct {
	Serial uint32
}

// ReleaseEntry records that a suspended serial is trusted again. No list from then on has it for that suspension.
type ReleaseEntry struct {
	Serial uint32
}

// PublishEntry records a list that was signed.
type PublishEntry struct {
	Generation uint32
	Base       uint32
	Sequence   uint32
	State      [16]byte // ListState
	Bundle     [32]byte // SHA-256 of the statement
}

// ExpireEntry records that a serial leaves the list, its last key having run out.
type ExpireEntry struct {
	Serial    uint32
	LastEpoch uint32
}

type foundArray struct {
	_    struct{} `cbor:",toarray"`
	Type uint8
	Core [32]byte
}

type issueArray struct {
	_          struct{} `cbor:",toarray"`
	Type       uint8
	Address    string
	Request    [32]byte
	Sequence   uint32
	FirstEpoch uint32
	Count      uint8
	Keys       [32]byte
}

type revokeArray struct {
	_         struct{} `cbor:",toarray"`
	Type      uint8
	Serial    uint32
	Reason    Reason
	Effective uint64
}

type undoArray struct {
	_      struct{} `cbor:",toarray"`
	Type   uint8
	Serial uint32
}

type releaseArray struct {
	_      struct{} `cbor:",toarray"`
	Type   uint8
	Serial uint32
}

type publishArray struct {
	_          struct{} `cbor:",toarray"`
	Type       uint8
	Generation uint32
	Base       uint32
	Sequence   uint32
	State      [16]byte
	Bundle     [32]byte
}

type expireArray struct {
	_         struct{} `cbor:",toarray"`
	Type      uint8
	Serial    uint32
	LastEpoch uint32
}

func (e *FoundEntry) array() any { return &foundArray{Type: entryFound, Core: e.Core} }

func (e *IssueEntry) array() any {
	return &issueArray{
		Type: entryIssue, Address: e.Address.String(), Request: e.Request, Sequence: e.Sequence, FirstEpoch: e.FirstEpoch,
		Count: uint8(e.Count), Keys: e.Keys, // check bounds Count
	}
}

func (e *RevokeEntry) array() any {
	return &revokeArray{Type: entryRevoke, Serial: e.Serial, Reason: e.Reason, Effective: unixSeconds(e.Effective)}
}

func (e *UndoEntry) array() any { return &undoArray{Type: entryUndo, Serial: e.Serial} }

func (e *ReleaseEntry) array() any { return &releaseArray{Type: entryRelease, Serial: e.Serial} }

func (e *PublishEntry) array() any {
	return &publishArray{
		Type: entryPublish, Generation: e.Generation, Base: e.Base, Sequence: e.Sequence, State: e.State, Bundle: e.Bundle,
	}
}

func (e *ExpireEntry) array() any {
	return &expireArray{Type: entryExpire, Serial: e.Serial, LastEpoch: e.LastEpoch}
}

func (e *FoundEntry) check() error { return nil }

func (e *IssueEntry) check() error {
	if e.Address.IsZero() {
		return fmt.Errorf("%w: none was set", ErrAddress)
	}
	if e.Count < 1 || e.Count > MaxKeys {
		return fmt.Errorf("count: %w: 1 to %d", ErrValue, MaxKeys)
	}
	return nil
}

func (e *RevokeEntry) check() error {
	if err := e.Reason.check(); err != nil && e.Reason != ReasonNeverIssued {
		return err
	}
	return checkTime(e.Effective, time.Second)
}

func (e *UndoEntry) check() error { return nil }

func (e *ReleaseEntry) check() error { return nil }

func (e *PublishEntry) check() error { return nil }

func (e *ExpireEntry) check() error { return nil }

// parseEntry reads the inner array. Its type is the octet after the head, since every type is below 24.
func parseEntry(b []byte) (Entry, error) {
	if len(b) < 2 {
		return nil, fmt.Errorf("%w: no entry in it", ErrEncoding)
	}
	switch b[1] {
	case entryFound:
		var a foundArray
		err := decode(b, MaxLogEntry, &a)
		return &FoundEntry{Core: a.Core}, err
	case entryIssue:
		return parseIssue(b)
	case entryRevoke:
		var a revokeArray
		err := decode(b, MaxLogEntry, &a)
		return &RevokeEntry{Serial: a.Serial, Reason: a.Reason, Effective: fromSeconds(a.Effective)}, err
	case entryUndo:
		var a undoArray
		err := decode(b, MaxLogEntry, &a)
		return &UndoEntry{Serial: a.Serial}, err
	case entryRelease:
		var a releaseArray
		err := decode(b, MaxLogEntry, &a)
		return &ReleaseEntry{Serial: a.Serial}, err
	case entryPublish:
		var a publishArray
		err := decode(b, MaxLogEntry, &a)
		return &PublishEntry{
			Generation: a.Generation, Base: a.Base, Sequence: a.Sequence, State: a.State, Bundle: a.Bundle,
		}, err
	case entryExpire:
		var a expireArray
		err := decode(b, MaxLogEntry, &a)
		return &ExpireEntry{Serial: a.Serial, LastEpoch: a.LastEpoch}, err
	}
	return parseCustody(b)
}

func parseIssue(b []byte) (Entry, error) {
	var a issueArray
	if err := decode(b, MaxLogEntry, &a); err != nil {
		return nil, err
	}
	address, err := ParseAddress(a.Address)
	if err != nil {
		return nil, err
	}
	return &IssueEntry{
		Address: address, Request: a.Request, Sequence: a.Sequence, FirstEpoch: a.FirstEpoch, Count: int(a.Count), Keys: a.Keys,
	}, nil
}

// KeysHash returns SHA-256(LP("marque/v1/keys") ‖ R…), what an IssueEntry records of the keys.
func KeysHash(rs [][32]byte) [32]byte {
	parts := make([][]byte, len(rs))
	for i := range rs {
		parts[i] = rs[i][:]
	}
	return labelled("marque/v1/keys", parts...)
}
