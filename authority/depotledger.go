package authority

import (
	"errors"
	"time"

	"marque/device/wire"
)

// Depot is a depot of the realm. Times are in UTC, to the second.
type Depot struct {
	Name       string
	Key        [32]byte
	Registered time.Time

	Registration [32]byte // wire.RegistrationHash of what it asked with

	Lapsed   bool             // a reopening ended the registration: register the depot anew
	Revoked  *DepotRevocation // nil while what it signs is taken, or it lapsed
	Sequence uint32           // of its newest batch, 0 before the first
	Batch    [32]byte         // SHA-256 of that
	Taken    time.Time        // when it was taken

	// What it said last of the lists that it hands out, of which the log knows nothing.
	List wire.Order // the newest that it has; zero when it never said
	Told time.Time  // when that was taken here
}

// Behind reports whether a depot that is taken from did not say that it has the newest list of the realm, whose number that is.
func (d *Depot) Behind(newest uint32) bool { return d.active() && d.List.Sequence != newest }

// DepotRevocation says since when and why nothing of a depot is taken any more.
type DepotRevocation struct {
	At     time.Time
	Reason wire.Reason
}

// active reports whether the depot's batches are taken.
func (d *Depot) active() bool { return d.Revoked == nil && !d.Lapsed }

// depots is what the log says about depots, and about what receipts showed.
type depots struct {
	byKey  map[[32]byte]*Depot
	order  [][32]byte // keys, as they were first registered
	alarms map[alarm]bool
}

// alarm is what an alarm is about.
type alarm struct {
	what   uint8
	serial uint32
}

func newDepots() depots {
	return depots{byKey: make(map[[32]byte]*Depot), alarms: make(map[alarm]bool)}
}

// mayRegister says why a depot cannot be registered.
func (d *depots) mayRegister(name string, key [32]byte) error {
	if known := d.byKey[key]; known != nil {
		switch {
		case known.Revoked != nil:
			return ErrDepotRevoked
		case known.active():
			return ErrDepotKnown
		}
	}
	for _, other := range d.byKey {
		if other.Name == name && other.active() && other.Key != key {
			return ErrDepotName
		}
	}
	return nil
}

// mayTake says why a batch of a depot is not taken. again means that it was taken before.
func (d *depots) mayTake(h *wire.HandOver, hash [32]byte) (again bool, err error) {
	known, err := d.find(h)
	switch {
	case err != nil:
		return false, err
	case h.Sequence == known.Sequence && hash == known.Batch:
		return true, nil
	case h.Sequence <= known.Sequence:
		return false, ErrOldBatch
	}
	return false, nil
}

// find returns the depot that hands something over, if it may.
func (d *depots) find(h *wire.HandOver) (*Depot, error) {
	known := d.byKey[h.Key]
	switch {
	case known == nil || known.Name != h.Name:
		return nil, ErrNoDepot
	case known.Revoked != nil:
		return nil, ErrDepotRevoked
	case known.Lapsed:
		return nil, ErrDepotLapsed
	}
	return known, nil
}

// lapse ends all registrations: nobody knows what officers did about them in what was lost.
func (d *depots) lapse() {
	for _, known := range d.byKey {
		known.Lapsed = known.Revoked == nil
	}
}

// active counts the depots whose batches are taken.
func (d *depots) active() (n int) {
	for _, known := range d.byKey {
		if known.active() {
			n++
		}
	}
	return n
}

// keepDepot reads the entries about depots and receipts.
func (l *ledger) keepDepot(e *wire.LogEntry, complain func(string, ...any)) {
	d := &l.depots
	switch entry := e.Entry.(type) {
	case *wire.DepotEntry:
		if err := d.mayRegister(entry.Name, entry.Key); err != nil {
			complain("it registers a depot that cannot be: %v", err)
			return
		}
		known := d.byKey[entry.Key]
		if known == nil {
			known = &Depot{Key: entry.Key}
			d.byKey[entry.Key] = known
			d.order = append(d.order, entry.Key)
		}
		known.Name, known.Registered, known.Registration, known.Lapsed = entry.Name, e.Time, entry.Registration, false
	case *wire.DepotRevokeEntry:
		known := d.byKey[entry.Key]
		if known == nil || known.Revoked != nil {
			complain("it revokes a depot that is not registered")
			return
		}
		known.Revoked, known.Lapsed = &DepotRevocation{At: e.Time, Reason: entry.Reason}, false
	case *wire.BatchEntry:
		known := d.byKey[entry.Key]
		if known == nil || !known.active() || entry.Sequence <= known.Sequence {
			complain("it takes a batch of a depot that is not registered, or one that is not newer than the one before")
			return
		}
		known.Sequence, known.Batch, known.Taken = entry.Sequence, entry.Hash, e.Time
	case *wire.AlarmEntry:
		about := alarm{entry.What, entry.Serial}
		if d.alarms[about] || uint64(entry.Serial) >= l.n() {
			complain("it raises an alarm a second time, or about a serial that was not issued")
			return
		}
		d.alarms[about] = true
	}
}

// errTakenBefore ends a change that has nothing to do.
var errTakenBefore = errors.New("taken before")
