package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"

	"marque/device/wire"
)

// A Gap is a run of serials that were skipped, because they may have been given
// away by changes that this database has lost, or to pad lists with. None of them is ever given away.
type Gap struct {
	First uint32
	Next  uint32 // the first one after it
}

// Lost is a revoked serial of a gap: the database does not know who has it.
type Lost struct {
	Serial    uint32
	Address   wire.Address // zero when a list, which names serials only, revoked it
	LastEpoch uint32       // the last that it could have a key of
	Revoked   Revocation
}

// SkipTo makes serial the next one to be given away, and those before it a gap.
// It is above [Tx.NextSerial] (ErrOrder).
func (tx *Tx) SkipTo(serial uint32) error {
	next, err := tx.NextSerial()
	if err != nil {
		return err
	}
	if serial <= next {
		return fmt.Errorf("skip from serial %d to %d: %w", next, serial, ErrOrder)
	}
	if err := tx.putPublic(bucketGaps, u32(next), u32(serial)); err != nil {
		return err
	}
	tx.head.identities = uint64(serial)
	tx.dirty = true
	return nil
}

// Gaps returns the gaps that end above a serial, ascending. There may be as many as one in some serials.
func (tx *Tx) Gaps(from uint32) ([]Gap, error) { return tx.gaps(from, math.MaxUint64) }

// gaps returns those that end above a serial and begin below another.
func (tx *Tx) gaps(from uint32, to uint64) ([]Gap, error) {
	var gaps []Gap
	first, err := tx.gapBefore(from)
	if err != nil {
		return nil, err
	}
	for it, err := range tx.walkFrom(bucketGaps, first) {
		if err != nil {
			return nil, err
		}
		g, err := tx.openGap(it)
		if err != nil {
			return nil, err
		}
		if uint64(g.First) >= to {
			break
		}
		if len(gaps) > 0 && g.First < gaps[len(gaps)-1].Next {
			return nil, fmt.Errorf("%w: the gaps overlap", ErrCorrupt)
		}
		if g.Next > from {
			gaps = append(gaps, g)
		}
	}
	return gaps, nil
}

// gapBefore returns the key of the last gap that begins no later than a serial, nil when there is none.
func (tx *Tx) gapBefore(serial uint32) (key []byte, err error) {
	defer guard(&err)
	b, err := tx.bucket(bucketGaps)
	if err != nil {
		return nil, err
	}
	cursor, wanted := b.Cursor(), u32(serial)
	if key, _ = cursor.Seek(wanted); !bytes.Equal(key, wanted) {
		if key == nil {
			key, _ = cursor.Last()
		} else {
			key, _ = cursor.Prev()
		}
	}
	return bytes.Clone(key), nil
}

func (tx *Tx) openGap(it item) (Gap, error) {
	next, err := unchecked(bucketGaps, it.key, it.value)
	if err != nil {
		return Gap{}, err
	}
	if len(it.key) != 4 || len(next) != 4 {
		return Gap{}, fmt.Errorf("%w: a gap has no bounds", ErrCorrupt)
	}
	g := Gap{First: binary.BigEndian.Uint32(it.key), Next: binary.BigEndian.Uint32(next)}
	if g.Next <= g.First || uint64(g.Next) > tx.head.identities {
		return Gap{}, fmt.Errorf("%w: a gap ends too early or too late", ErrCorrupt)
	}
	return g, nil
}

// Skipped reports whether a serial lies in a gap. It reads one.
func (tx *Tx) Skipped(serial uint32) (bool, error) {
	gaps, err := tx.gaps(serial, uint64(serial)+1)
	return len(gaps) > 0, err
}

// PutLost stores what is known of a revoked serial of a gap (ErrInvalid for
// others), in place of what was known before.
func (tx *Tx) PutLost(l *Lost) error {
	skipped, err := tx.Skipped(l.Serial)
	if err != nil {
		return err
	}
	if !skipped {
		return fmt.Errorf("store lost serial %d: it is in no gap: %w", l.Serial, ErrInvalid)
	}
	b, err := l.marshal()
	if err != nil {
		return err
	}
	if err := tx.putSealed(bucketLost, u32(l.Serial), b); err != nil {
		return err
	}
	return tx.noteStanding(l.standing())
}

// DeleteLost forgets what is known of a serial of a gap, if anything is.
func (tx *Tx) DeleteLost(serial uint32) (err error) {
	defer guard(&err)
	b, err := tx.bucket(bucketLost)
	if err != nil {
		return err
	}
	if err := b.Delete(u32(serial)); err != nil {
		return fmt.Errorf("forget lost serial %d: %w", serial, err)
	}
	return tx.noteStanding(Standing{Serial: serial}, false)
}

// Lost returns what is known of a revoked serial of a gap, ErrNotFound when it was not revoked.
func (tx *Tx) Lost(serial uint32) (*Lost, error) {
	b, err := tx.getSealed(bucketLost, u32(serial))
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, fmt.Errorf("lost serial %d: %w", serial, ErrNotFound)
	}
	return parseLost(serial, b)
}

// AllLost yields the revoked serials of gaps, ascending. After an error it yields
// nothing more. None may be stored meanwhile.
func (tx *Tx) AllLost() iter.Seq2[*Lost, error] {
	return func(yield func(*Lost, error) bool) {
		if tx.keys == nil {
			yield(nil, ErrLocked)
			return
		}
		for it, err := range tx.walk(bucketLost) {
			var l *Lost
			if err == nil {
				l, err = tx.openLost(it)
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

func (tx *Tx) openLost(it item) (*Lost, error) {
	if len(it.key) != 4 {
		return nil, fmt.Errorf("%w: a lost identity has no serial", ErrCorrupt)
	}
	b, err := tx.keys.open(bucketLost, it.key, it.value)
	if err != nil {
		return nil, err
	}
	return parseLost(binary.BigEndian.Uint32(it.key), b)
}

// verifyLost makes sure that every lost serial lies in a gap, and counts those that belong on the list.
func (tx *Tx) verifyLost() (revoked uint64, err error) {
	for l, err := range tx.AllLost() {
		if err != nil {
			return 0, err
		}
		skipped, err := tx.Skipped(l.Serial)
		if err != nil {
			return 0, err
		}
		if !skipped {
			return 0, fmt.Errorf("%w: lost serial %d is in no gap", ErrCorrupt, l.Serial)
		}
		indexed, err := tx.verifyStanding(l.standing())
		if err != nil {
			return 0, err
		}
		if indexed {
			revoked++
		}
	}
	return revoked, nil
}

// lostRecord is a lost serial as it is stored, in deterministic CBOR.
type lostRecord struct {
	_         struct{} `cbor:",toarray"`
	Version   uint8    // 1
	Address   string   // empty when it is not known
	LastEpoch uint32
	Revoked   *revocation
}

func (l *Lost) marshal() ([]byte, error) {
	if !l.Address.IsZero() && l.Address.Serial() != l.Serial {
		return nil, fmt.Errorf("store lost serial %d: the address does not end in it: %w", l.Serial, ErrInvalid)
	}
	if err := l.Revoked.check(); err != nil {
		return nil, fmt.Errorf("store lost serial %d: %w", l.Serial, err)
	}
	b, err := encoding.Marshal(&lostRecord{
		Version: 1, Address: l.Address.String(), LastEpoch: l.LastEpoch, Revoked: l.Revoked.record(),
	})
	if err != nil {
		return nil, fmt.Errorf("encode lost serial %d: %w", l.Serial, err)
	}
	return b, nil
}

// parseLost accepts exactly what marshal writes.
func parseLost(serial uint32, b []byte) (*Lost, error) {
	unreadable := fmt.Errorf("%w: lost serial %d is unreadable", ErrCorrupt, serial)
	var r lostRecord
	if err := decoding.Unmarshal(b, &r); err != nil {
		return nil, errors.Join(unreadable, err)
	}
	if r.Version != 1 || r.Revoked == nil {
		return nil, unreadable
	}
	l := &Lost{Serial: serial, LastEpoch: r.LastEpoch, Revoked: *r.Revoked.open()}
	if r.Address != "" {
		var err error
		if l.Address, err = wire.ParseAddress(r.Address); err != nil {
			return nil, errors.Join(unreadable, err)
		}
	}
	if again, err := l.marshal(); err != nil || !bytes.Equal(again, b) {
		return nil, errors.Join(unreadable, err)
	}
	return l, nil
}
