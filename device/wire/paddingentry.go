package wire

import "fmt"

// Bounds of a PaddingEntry: with a larger step lists would be padding more than anything else, with a larger share there would be none.
const (
	MaxPaddingStep  = 65_536
	MinPaddingShare = 2
	MaxPaddingShare = 65_536
)

// PaddingEntry records that lists are padded from now on, or no more: section 8 of the protocol. Both are zero for no more.
type PaddingEntry struct {
	Step  uint32 // lists hold a multiple of so many serials, 1 to MaxPaddingStep
	Share uint32 // about one in so many serials is given to nobody, MinPaddingShare to MaxPaddingShare
}

// ReserveEntry records that a serial is given to nobody, so that lists may be padded with it: the one before NextSerial.
type ReserveEntry struct {
	NextSerial uint32 // 1 or more
}

type paddingArray struct {
	_     struct{} `cbor:",toarray"`
	Type  uint8
	Step  uint32
	Share uint32
}

type reserveArray struct {
	_          struct{} `cbor:",toarray"`
	Type       uint8
	NextSerial uint32
}

func (e *PaddingEntry) array() any {
	return &paddingArray{Type: entryPadding, Step: e.Step, Share: e.Share}
}

func (e *ReserveEntry) array() any {
	return &reserveArray{Type: entryReserve, NextSerial: e.NextSerial}
}

func (e *PaddingEntry) check() error {
	switch {
	case *e == PaddingEntry{}:
		return nil
	case e.Step < 1 || e.Step > MaxPaddingStep:
		return fmt.Errorf("step of the padding: %w: 1 to %d", ErrValue, MaxPaddingStep)
	case e.Share < MinPaddingShare || e.Share > MaxPaddingShare:
		return fmt.Errorf("share of the padding: %w: %d to %d", ErrValue, MinPaddingShare, MaxPaddingShare)
	}
	return nil
}

func (e *ReserveEntry) check() error {
	if e.NextSerial == 0 {
		return fmt.Errorf("next serial: %w: nothing is before 0", ErrValue)
	}
	return nil
}

// parsePadding reads the entries of this file.
func parsePadding(b []byte) (Entry, error) {
	switch b[1] {
	case entryPadding:
		var a paddingArray
		err := decode(b, MaxLogEntry, &a)
		return &PaddingEntry{Step: a.Step, Share: a.Share}, err
	case entryReserve:
		var a reserveArray
		err := decode(b, MaxLogEntry, &a)
		return &ReserveEntry{NextSerial: a.NextSerial}, err
	}
	return parseTrustEntry(b)
}
