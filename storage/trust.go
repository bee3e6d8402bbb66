package storage

import (
	"encoding/binary"
	"fmt"

	"marque/device/wire"
)

// bucketTrust is younger than the format, as those of receipts are: u32 sequence → trust list.
const bucketTrust = "trust"

// AddTrust stores the statement of a trust list, which is in force from then on. Its sequence number is above that of the one before
// (ErrOrder). At most wire.MaxTrust octets.
func (tx *Tx) AddTrust(sequence uint32, statement []byte) error {
	last, err := tx.last(bucketTrust)
	if err != nil {
		return err
	}
	if sequence == 0 || len(last) == 4 && sequence <= binary.BigEndian.Uint32(last) {
		return fmt.Errorf("store trust list %d: %w", sequence, ErrOrder)
	}
	return tx.putStatement("trust list", bucketTrust, u32(sequence), statement, wire.MaxTrust)
}

// Trust returns the trust list of that sequence number, ErrNotFound when there is none.
func (tx *Tx) Trust(sequence uint32) ([]byte, error) {
	if no, err := tx.absent(bucketTrust); err != nil || no {
		return nil, notFound("trust list", err)
	}
	return tx.statement("trust list", bucketTrust, u32(sequence))
}

// LatestTrust returns the sequence number of the newest trust list, 0 when there is none.
func (tx *Tx) LatestTrust() (uint32, error) {
	if no, err := tx.absent(bucketTrust); err != nil || no {
		return 0, err
	}
	key, err := tx.last(bucketTrust)
	if err != nil || key == nil {
		return 0, err
	}
	if len(key) != 4 {
		return 0, fmt.Errorf("%w: a trust list has no number", ErrCorrupt)
	}
	return binary.BigEndian.Uint32(key), nil
}

// notFound is why something is not there: err, or nothing but that.
func notFound(what string, err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", what, ErrNotFound)
}
