package authority

import (
	"fmt"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// ListLog is what a log says of the lists: which were published, and who left them. It is not to be changed.
type ListLog struct {
	Core  *wire.Core
	Size  uint64 // entries of the log
	Lists map[wire.Order]LoggedList
	Left  map[uint32][]uint64 // by serial: the entries, counted from 0 and ascending, after which no list has it
}

// LoggedList is a list as the log records it.
type LoggedList struct {
	Index  uint64 // of the entry, from 0
	Time   time.Time
	State  [16]byte
	Bundle [32]byte // SHA-256 of the statement
}

// ReadListLog reads it, without any secret. It compares every entry with the hash beside it and nothing else: [VerifyLog] says
// whether the log holds. Errors: [ErrNotFounded], those of storage and wire.
func ReadListLog(store *storage.Store) (*ListLog, error) {
	var l *ListLog
	err := store.View(func(tx *storage.Tx) (err error) {
		l, err = readListLog(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	return l, nil
}

func readListLog(tx *storage.Tx) (*ListLog, error) {
	stmt, _, err := readTerms(tx)
	if err != nil {
		return nil, err
	}
	core, err := wire.OpenCore(stmt)
	if err != nil {
		return nil, fmt.Errorf("core: %w", err)
	}
	l := &ListLog{Core: core, Lists: make(map[wire.Order]LoggedList), Left: make(map[uint32][]uint64)}
	for b, err := range tx.LogEntries(0) {
		if err != nil {
			return nil, err
		}
		if _, issue := wire.PeekIssue(b); !issue { // most of a log: parsing them would take most of the time
			e, err := wire.ParseLogEntry(b)
			if err != nil {
				return nil, fmt.Errorf("entry %d: %w", l.Size, err)
			}
			l.add(e)
		}
		l.Size++
	}
	return l, nil
}

func (l *ListLog) add(e *wire.LogEntry) {
	switch entry := e.Entry.(type) {
	case *wire.PublishEntry:
		order := wire.Order{Generation: entry.Generation, Base: entry.Base, Sequence: entry.Sequence}
		l.Lists[order] = LoggedList{Index: l.Size, Time: e.Time, State: entry.State, Bundle: entry.Bundle}
	case *wire.ExpireEntry:
		l.Left[entry.Serial] = append(l.Left[entry.Serial], l.Size)
	case *wire.ReleaseEntry:
		l.Left[entry.Serial] = append(l.Left[entry.Serial], l.Size)
	}
}
