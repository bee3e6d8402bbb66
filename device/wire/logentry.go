package wire

import (
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
