package wire

import "fmt"

// TrustEntry records that a trust list was signed: which other realms this one trusts from then on.
type TrustEntry struct {
	Sequence uint32   // of the trust list, 1 or more
	Hash     [32]byte // SHA-256 of its statement
}

type trustEntryArray struct {
	_        struct{} `cbor:",toarray"`
	Type     uint8
	Sequence uint32
	Hash     [32]byte
}

func (e *TrustEntry) array() any {
	return &trustEntryArray{Type: entryTrust, Sequence: e.Sequence, Hash: e.Hash}
}

func (e *TrustEntry) check() error {
	if e.Sequence == 0 {
		return fmt.Errorf("sequence of the trust list: %w: the first is 1", ErrValue)
	}
	return nil
}

// parseTrustEntry reads the entry of this file.
func parseTrustEntry(b []byte) (Entry, error) {
	if b[1] != entryTrust {
		return nil, fmt.Errorf("%w: an entry of no known type", ErrEncoding)
	}
	var a trustEntryArray
	err := decode(b, MaxLogEntry, &a)
	return &TrustEntry{Sequence: a.Sequence, Hash: a.Hash}, err
}
