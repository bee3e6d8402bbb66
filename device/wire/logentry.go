package wire

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// LogEntry is one entry of the authority's log (section 9 of the protocol), at most 1,024 octets.
type LogEntry struct {
	Time  time.Time // whole seconds
	Entry Entry
}

type logEntryArray struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Time    uint64
	Entry   cbor.RawMessage
}

// Marshal returns the encoding of e: the octets that the leaf of the Merkle tree hashes.
func (e *LogEntry) Marshal() ([]byte, error) {
	if e.Entry == nil {
		return nil, fmt.Errorf("log entry: %w: nothing in it", ErrValue)
	}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("log entry: %w", err)
	}
	return encode(&logEntryArray{Version: 1, Time: unixSeconds(e.Time), Entry: encode(e.Entry.array())}), nil
}

// ParseLogEntry reads one entry.
func ParseLogEntry(b []byte) (*LogEntry, error) {
	var a logEntryArray
	if err := decode(b, MaxLogEntry, &a); err != nil {
		return nil, fmt.Errorf("log entry: %w", err)
	}
	if a.Version != 1 {
		return nil, fmt.Errorf("log entry: %w: version must be 1", ErrValue)
	}
	entry, err := parseEntry(a.Entry)
	if err != nil {
		return nil, fmt.Errorf("log entry: %w", err)
	}
	e := &LogEntry{Time: fromSeconds(a.Time), Entry: entry}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("log entry: %w", err)
	}
	return e, nil
}

func (e *LogEntry) check() error {
	if err := checkTime(e.Time, time.Second); err != nil {
		return err
	}
	return e.Entry.check()
}

// issueHead is how an entry that records keys begins, with its time in four octets, as it is from 1970 + 65,536 s to the year 2106: an
// array of three, version 1, the time; then the array of seven with its type.
const issueHead = 9

// PeekIssue says of octets that [ParseLogEntry] takes whether the entry records keys, and if so its time: for finding one among millions.
// It may miss one, and verifies nothing.
func PeekIssue(b []byte) (at time.Time, ok bool) {
	if len(b) < issueHead || b[0] != 0x83 || b[1] != 1 || b[2] != 0x1a || b[7] != 0x87 || b[8] != entryIssue {
		return time.Time{}, false
	}
	return fromSeconds(uint64(binary.BigEndian.Uint32(b[3:7]))), true
}
