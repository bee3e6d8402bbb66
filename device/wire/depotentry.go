package wire

import "fmt"

// The alarms that an AlarmEntry records.
const (
	AlarmTwoReceipts = 1 // two receipts for one package that bring different next keys: there are two devices with its keys
	AlarmForeignKey  = 2 // a receipt under a key that the log does not have, though the realm's secret made it
)

// DepotEntry records that a depot was registered: from then on what it hands over is taken.
type DepotEntry struct {
	Name         string   // of no other registered depot
	Key          [32]byte // never registered before, unless a reopening ended that
	Registration [32]byte // RegistrationHash of what it asked with
}

// DepotRevokeEntry records that a depot's key is taken no more, for ever.
type DepotRevokeEntry struct {
	Key    [32]byte
	Reason Reason
}

// BatchEntry records that the authority took a depot's batch, before it enrols what is in it.
type BatchEntry struct {
	Key      [32]byte // of the depot
	Sequence uint32   // above that of its batch before
	Hash     [32]byte // SHA-256 of the statement
}

// AlarmEntry records that a receipt shows that something is wrong, once for each serial and kind of alarm. Nobody is revoked by it.
type AlarmEntry struct {
	What    uint8 // AlarmTwoReceipts or AlarmForeignKey
	Serial  uint32
	Receipt [32]byte // SHA-256 of the receipt, which is kept beside the log
}

type depotEntryArray struct {
	_            struct{} `cbor:",toarray"`
	Type         uint8
	Name         string
	Key          [32]byte
	Registration [32]byte
}

type depotRevokeArray struct {
	_      struct{} `cbor:",toarray"`
	Type   uint8
	Key    [32]byte
	Reason Reason
}

type batchEntryArray struct {
	_        struct{} `cbor:",toarray"`
	Type     uint8
	Key      [32]byte
	Sequence uint32
	Hash     [32]byte
}

type alarmArray struct {
	_       struct{} `cbor:",toarray"`
	Type    uint8
	What    uint8
	Serial  uint32
	Receipt [32]byte
}

func (e *DepotEntry) array() any {
	return &depotEntryArray{Type: entryDepot, Name: e.Name, Key: e.Key, Registration: e.Registration}
}

func (e *DepotRevokeEntry) array() any {
	return &depotRevokeArray{Type: entryDepotRevoke, Key: e.Key, Reason: e.Reason}
}

func (e *BatchEntry) array() any {
	return &batchEntryArray{Type: entryBatch, Key: e.Key, Sequence: e.Sequence, Hash: e.Hash}
}

func (e *AlarmEntry) array() any {
	return &alarmArray{Type: entryAlarm, What: e.What, Serial: e.Serial, Receipt: e.Receipt}
}

func (e *DepotEntry) check() error { return checkDepot(e.Name, e.Key) }

func (e *DepotRevokeEntry) check() error { return e.Reason.checkFinal() }

func (e *BatchEntry) check() error {
	if e.Sequence == 0 {
		return fmt.Errorf("sequence: %w: they are counted from 1", ErrValue)
	}
	return nil
}

func (e *AlarmEntry) check() error {
	if e.What < AlarmTwoReceipts || e.What > AlarmForeignKey {
		return fmt.Errorf("alarm: %w: %d to %d", ErrValue, AlarmTwoReceipts, AlarmForeignKey)
	}
	return nil
}

// parseDepot reads the entries about depots and receipts.
func parseDepot(b []byte) (Entry, error) {
	switch b[1] {
	case entryDepot:
		var a depotEntryArray
		err := decode(b, MaxLogEntry, &a)
		return &DepotEntry{Name: a.Name, Key: a.Key, Registration: a.Registration}, err
	case entryDepotRevoke:
		var a depotRevokeArray
		err := decode(b, MaxLogEntry, &a)
		return &DepotRevokeEntry{Key: a.Key, Reason: a.Reason}, err
	case entryBatch:
		var a batchEntryArray
		err := decode(b, MaxLogEntry, &a)
		return &BatchEntry{Key: a.Key, Sequence: a.Sequence, Hash: a.Hash}, err
	case entryAlarm:
		var a alarmArray
		err := decode(b, MaxLogEntry, &a)
		return &AlarmEntry{What: a.What, Serial: a.Serial, Receipt: a.Receipt}, err
	}
	return parsePadding(b)
}
