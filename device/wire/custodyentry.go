package wire

import (
	"fmt"
)

// The outcomes of a restore drill, as a DrillEntry records them.
const (
	DrillPassed = 1 // a second vault, made from the cards, was the same
	DrillWaived = 2 // the founders went without
	DrillNone   = 3 // there are no cards
)

// DrillEntry records what became of the restore drill: keys are issued only after one.
type DrillEntry struct {
	Outcome uint8 // DrillPassed, DrillWaived or DrillNone
}

// PolicyEntry records a policy that replaces the one before.
type PolicyEntry struct {
	Sequence uint32
	Hash     [32]byte // SHA-256 of the statement
}

// DecideEntry records that officers decided. What they decided is recorded by entries of its own, where it changes the realm.
type DecideEntry struct {
	Action    string   // 1 to MaxAction lower-case letters
	Proposal  [32]byte // digest of the proposal
	Approvals [32]byte // hash of the approvals
}

// ReopenEntry records that the database was set back, or that its counter was lost, and where the realm goes on.
type ReopenEntry struct {
	Generation uint32   // of the lists from here on
	Base       uint32   // of the newest list that is known; the next has one more
	Sequence   uint32   // likewise
	NextSerial uint32   // serials from the last one in the log to this one, exclusive, may have been given away by entries that are lost
	List       [16]byte // state of the newest list that is known
	Size       uint64   // of the longest log that a checkpoint vouches for and that is lost, 0 for none
	Root       [32]byte // of that log
	Counter    uint64   // of the checkpoint that this entry is part of
}

// LostEntry records that the authority ended without sealing its log: the serials up to NextSerial, exclusive, may have been given away by
// entries that were taken from it.
type LostEntry struct {
	NextSerial uint32
}

// SealEntry records that the authority was locked in good order, under a counter that no earlier state of the log has.
type SealEntry struct{}

type drillArray struct {
	_       struct{} `cbor:",toarray"`
	Type    uint8
	Outcome uint8
}

type policyEntryArray struct {
	_        struct{} `cbor:",toarray"`
	Type     uint8
	Sequence uint32
	Hash     [32]byte
}

type decideArray struct {
	_         struct{} `cbor:",toarray"`
	Type      uint8
	Action    string
	Proposal  [32]byte
	Approvals [32]byte
}

type reopenArray struct {
	_          struct{} `cbor:",toarray"`
	Type       uint8
	Generation uint32
	Base       uint32
	Sequence   uint32
	NextSerial uint32
	List       [16]byte
	Size       uint64
	Root       [32]byte
	Counter    uint64
}

type lostArray struct {
	_          struct{} `cbor:",toarray"`
	Type       uint8
	NextSerial uint32
}

type sealArray struct {
	_    struct{} `cbor:",toarray"`
	Type uint8
}

func (e *DrillEntry) array() any { return &drillArray{Type: entryDrill, Outcome: e.Outcome} }

func (e *PolicyEntry) array() any {
	return &policyEntryArray{Type: entryPolicy, Sequence: e.Sequence, Hash: e.Hash}
}

func (e *DecideEntry) array() any {
	return &decideArray{Type: entryDecide, Action: e.Action, Proposal: e.Proposal, Approvals: e.Approvals}
}

func (e *ReopenEntry) array() any {
	return &reopenArray{
		Type: entryReopen, Generation: e.Generation, Base: e.Base, Sequence: e.Sequence, NextSerial: e.NextSerial, List: e.List,
		Size: e.Size, Root: e.Root, Counter: e.Counter,
	}
}

func (e *LostEntry) array() any { return &lostArray{Type: entryLost, NextSerial: e.NextSerial} }

func (e *SealEntry) array() any { return &sealArray{Type: entrySeal} }

func (e *DrillEntry) check() error {
	if e.Outcome < DrillPassed || e.Outcome > DrillNone {
		return fmt.Errorf("outcome of the drill: %w: 1 to 3", ErrValue)
	}
	return nil
}

func (e *PolicyEntry) check() error { return nil }

func (e *DecideEntry) check() error {
	if len(e.Action) < 1 || len(e.Action) > MaxAction {
		return fmt.Errorf("action: %w: 1 to %d letters", ErrValue, MaxAction)
	}
	for _, c := range []byte(e.Action) {
		if c < 'a' || c > 'z' {
			return fmt.Errorf("action: %w: lower-case letters only", ErrValue)
		}
	}
	return nil
}

func (e *ReopenEntry) check() error { return checkLogSize(e.Size) }

func (e *LostEntry) check() error { return nil }

func (e *SealEntry) check() error { return nil }

// parseCustody reads the entries of this file.
func parseCustody(b []byte) (Entry, error) {
	switch b[1] {
	case entryDrill:
		var a drillArray
		err := decode(b, MaxLogEntry, &a)
		return &DrillEntry{Outcome: a.Outcome}, err
	case entryPolicy:
		var a policyEntryArray
		err := decode(b, MaxLogEntry, &a)
		return &PolicyEntry{Sequence: a.Sequence, Hash: a.Hash}, err
	case entryDecide:
		var a decideArray
		err := decode(b, MaxLogEntry, &a)
		return &DecideEntry{Action: a.Action, Proposal: a.Proposal, Approvals: a.Approvals}, err
	case entryReopen:
		var a reopenArray
		err := decode(b, MaxLogEntry, &a)
		return &ReopenEntry{
			Generation: a.Generation, Base: a.Base, Sequence: a.Sequence, NextSerial: a.NextSerial, List: a.List,
			Size: a.Size, Root: a.Root, Counter: a.Counter,
		}, err
	case entryLost:
		var a lostArray
		err := decode(b, MaxLogEntry, &a)
		return &LostEntry{NextSerial: a.NextSerial}, err
	case entrySeal:
		var a sealArray
		err := decode(b, MaxLogEntry, &a)
		return &SealEntry{}, err
	}
	return parseDepot(b)
}
