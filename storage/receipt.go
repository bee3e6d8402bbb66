package storage

import (
	"encoding/binary"
	"fmt"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"marque/device/wire"
)

// Slot says why a receipt is kept.
type Slot uint8

// The slots of a serial.
const (
	SlotNewest Slot = 0 // the one that counts
	SlotTwo    Slot = wire.AlarmTwoReceipts
	SlotKey    Slot = wire.AlarmForeignKey

	SlotAnswered Slot = 255 // the one that the newest package answers
)

// Received is a receipt as it was taken.
type Received struct {
	At      time.Time // when, to the second
	Receipt []byte    // at most wire.MaxReceipt octets
}

// The buckets of this file are younger than the format: databases without them get them when they are opened for writing, and a
// reader takes them for empty.
const (
	bucketPoints   = "points"   // u32 serial ‖ u32 sequence → the points R of a package, 32 octets each
	bucketReceipts = "receipts" // u32 serial ‖ u8 slot → time and receipt, sealed
	bucketNextKeys = "nextkeys" // 32-octet U that a receipt brought → u32 serial, sealed
	bucketOrigins  = "origins"  // 32-octet request hash → name of the depot that vouched for it, sealed
)

var lateBuckets = map[string]bool{bucketPoints: true, bucketReceipts: true, bucketNextKeys: true, bucketOrigins: true, bucketDepotLists: true, bucketTrust: true}

// addLate makes the buckets that an older database lacks.
func (s *Store) addLate() error {
	missing := false
	err := s.view(func(b *bbolt.Tx) error {
		for name := range lateBuckets {
			missing = missing || b.Bucket([]byte(name)) == nil
		}
		return nil
	})
	if err != nil || !missing {
		return err
	}
	b, err := s.begin(true)
	if err != nil {
		return err
	}
	defer rollback(b)
	for name := range lateBuckets {
		if _, err := b.CreateBucketIfNotExists([]byte(name)); err != nil {
			return fmt.Errorf("bucket %s: %w", name, err)
		}
	}
	return commit(b)
}

// absent reports whether the database is read only and lacks a bucket of this file.
func (tx *Tx) absent(bucket string) (no bool, err error) {
	defer guard(&err)
	if tx.tx.DB() == nil {
		return false, errEnded
	}
	return tx.tx.Bucket([]byte(bucket)) == nil, nil
}

// AddPoints stores the public points R of a package's keys, in the order of their epochs, 1 to 64, once (ErrExists).
func (tx *Tx) AddPoints(serial, sequence uint32, points [][32]byte) error {
	if len(points) < 1 || len(points) > maxEpochs {
		return fmt.Errorf("store the points: %d of them: %w", len(points), ErrLimit)
	}
	key := append(u32(serial), u32(sequence)...)
	present, err := tx.get(bucketPoints, key)
	if err != nil {
		return err
	}
	if present != nil {
		return fmt.Errorf("store the points: some %w", ErrExists)
	}
	var b []byte
	for _, p := range points {
		b = append(b, p[:]...)
	}
	return tx.putPublic(bucketPoints, key, b)
}

// Points returns what [Tx.AddPoints] stored, ErrNotFound where nothing was: for packages that are older than this record.
func (tx *Tx) Points(serial, sequence uint32) ([][32]byte, error) {
	no, err := tx.absent(bucketPoints)
	if err != nil {
		return nil, err
	}
	missing := fmt.Errorf("points of serial %d, package %d: %w", serial, sequence, ErrNotFound)
	if no {
		return nil, missing
	}
	b, err := tx.getPublic(bucketPoints, append(u32(serial), u32(sequence)...))
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, missing
	}
	if len(b)%32 != 0 || len(b) > 32*maxEpochs {
		return nil, fmt.Errorf("%w: points of %d octets", ErrCorrupt, len(b))
	}
	var points [][32]byte
	for ; len(b) > 0; b = b[32:] {
		points = append(points, [32]byte(b))
	}
	return points, nil
}

// PutReceipt stores a receipt of a serial, in place of what stood in that slot.
func (tx *Tx) PutReceipt(serial uint32, slot Slot, r *Received) error {
	if len(r.Receipt) == 0 || len(r.Receipt) > wire.MaxReceipt || r.At.Unix() < 0 {
		return fmt.Errorf("store a receipt: %w", ErrInvalid)
	}
	value := append(u64(uint64(r.At.Unix())), r.Receipt...)
	tx.touched = append(tx.touched, serial)
	return tx.putSealed(bucketReceipts, append(u32(serial), byte(slot)), value)
}

// Receipt returns what [Tx.PutReceipt] stored, or ErrNotFound.
func (tx *Tx) Receipt(serial uint32, slot Slot) (*Received, error) {
	b, err := tx.getSealed(bucketReceipts, append(u32(serial), byte(slot)))
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, fmt.Errorf("receipt of serial %d: %w", serial, ErrNotFound)
	}
	if len(b) < 8 {
		return nil, fmt.Errorf("%w: a receipt is cut off", ErrCorrupt)
	}
	return &Received{At: seconds(binary.BigEndian.Uint64(b)), Receipt: b[8:]}, nil
}

// AnswerReceipt notes that the receipt that counts was answered with the next package, for which none counts yet: it moves to
// [SlotAnswered]. ErrNotFound where none counts.
func (tx *Tx) AnswerReceipt(serial uint32) (err error) {
	r, err := tx.Receipt(serial, SlotNewest)
	if err != nil {
		return err
	}
	if err := tx.PutReceipt(serial, SlotAnswered, r); err != nil {
		return err
	}
	defer guard(&err)
	b, err := tx.bucket(bucketReceipts)
	if err != nil {
		return err
	}
	if err := b.Delete(append(u32(serial), byte(SlotNewest))); err != nil {
		return fmt.Errorf("answer a receipt: %w", err)
	}
	return nil
}

// Receipted yields the serials that have a receipt that counts, ascending. After an error it yields nothing more. It works while the
// database is locked.
func (tx *Tx) Receipted() iter.Seq2[uint32, error] {
	return func(yield func(uint32, error) bool) {
		no, err := tx.absent(bucketReceipts)
		if err != nil {
			yield(0, err)
		}
		if err != nil || no {
			return
		}
		for key, err := range tx.keysOf(bucketReceipts) {
			if err == nil && len(key) != 5 {
				err = fmt.Errorf("%w: a receipt has no serial", ErrCorrupt)
			}
			if err != nil {
				yield(0, err)
				return
			}
			if Slot(key[4]) == SlotNewest && !yield(binary.BigEndian.Uint32(key), nil) {
				return
			}
		}
	}
}

// HasNextKey reports whose receipt brought the enrolment key U for a next package.
func (tx *Tx) HasNextKey(u [32]byte) (serial uint32, seen bool, err error) {
	no, err := tx.absent(bucketNextKeys)
	if err != nil || no {
		return 0, false, err
	}
	return tx.serial(bucketNextKeys, u[:])
}

// AddNextKey notes that a serial's receipt brought an enrolment key. One that another serial brought is ErrSeen, and so is one that a
// package was made for, whoever's it is.
func (tx *Tx) AddNextKey(u [32]byte, serial uint32) error {
	_, granted, err := tx.serial(bucketKeys, u[:])
	if err != nil {
		return err
	}
	holder, seen, err := tx.serial(bucketNextKeys, u[:])
	if err != nil {
		return err
	}
	if granted || seen && holder != serial {
		return fmt.Errorf("note the next enrolment key: it %w", ErrSeen)
	}
	if seen {
		return nil
	}
	return tx.putSealed(bucketNextKeys, u[:], u32(serial))
}
