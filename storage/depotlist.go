package storage

import (
	"encoding/binary"
	"fmt"
	"time"

	"marque/device/wire"
)

// bucketDepotLists is younger than the format, as those of receipts are: 32-octet key of a depot → the list that it has.
const bucketDepotLists = "depotlists"

// depotListSize is that of three numbers and a time.
const depotListSize = 20

// DepotList is which revocation list a depot said that it has.
type DepotList struct {
	List wire.Order
	At   time.Time // when that was taken, to the second
}

// PutDepotList stores it for the depot with that key, in place of what it said before.
func (tx *Tx) PutDepotList(key [32]byte, l *DepotList) error {
	if l.At.Unix() < 0 {
		return fmt.Errorf("store a depot's list: %w", ErrInvalid)
	}
	var b []byte
	for _, v := range []uint32{l.List.Generation, l.List.Base, l.List.Sequence} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return tx.putPublic(bucketDepotLists, key[:], binary.BigEndian.AppendUint64(b, uint64(l.At.Unix())))
}

// DepotList returns what [Tx.PutDepotList] stored, zero where nothing was. It works while the database is locked.
func (tx *Tx) DepotList(key [32]byte) (DepotList, error) {
	no, err := tx.absent(bucketDepotLists)
	if err != nil || no {
		return DepotList{}, err
	}
	b, err := tx.getPublic(bucketDepotLists, key[:])
	if err != nil || b == nil {
		return DepotList{}, err
	}
	if len(b) != depotListSize {
		return DepotList{}, fmt.Errorf("%w: a depot's list of %d octets", ErrCorrupt, len(b))
	}
	list := wire.Order{Generation: binary.BigEndian.Uint32(b), Base: binary.BigEndian.Uint32(b[4:]), Sequence: binary.BigEndian.Uint32(b[8:])}
	return DepotList{List: list, At: seconds(binary.BigEndian.Uint64(b[12:]))}, nil
}
