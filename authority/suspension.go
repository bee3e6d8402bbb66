package authority

import (
	"slices"
	"time"

	"marque/device/wire"
	"marque/storage"
)

// suspensions is what the log says of serials that are suspended, or were.
type suspensions struct {
	present  map[uint32]*suspension
	past     map[uint32][]pause
	released int // serials that the newest list has, and the next has not
}

// suspension is a revocation that a release can end.
type suspension struct {
	since, at time.Time // effective, recorded
	final     bool      // the serial was revoked for ever since, and no list came since
}

// pause is a suspension that ended by a release, or, with to zero, by a revocation for ever.
type pause struct{ from, to time.Time }

func newSuspensions() suspensions {
	return suspensions{present: make(map[uint32]*suspension), past: make(map[uint32][]pause)}
}

// is reports whether the newest revocation of a serial is a suspension.
func (s *suspensions) is(serial uint32) bool {
	p := s.present[serial]
	return p != nil && !p.final
}

// before returns what a serial was revoked for before its newest revocation, nil for nothing: only a suspension is followed by another one.
func (s *suspensions) before(serial uint32) *storage.Revocation {
	p := s.present[serial]
	if p == nil || !p.final {
		return nil
	}
	return &storage.Revocation{Reason: wire.ReasonSuspended, Effective: p.since, At: p.at}
}

// revoke notes a revocation that follows the rules.
func (s *suspensions) revoke(e *wire.RevokeEntry, at time.Time) {
	if e.Reason == wire.ReasonSuspended {
		s.present[e.Serial] = &suspension{since: e.Effective, at: at}
	} else if p := s.present[e.Serial]; p != nil {
		p.final = true
	}
}

// undo takes the newest revocation of a serial back, and reports whether a suspension is left.
func (s *suspensions) undo(serial uint32) bool {
	p := s.present[serial]
	if p != nil && p.final {
		p.final = false
		return true
	}
	delete(s.present, serial)
	return false
}

// publish forgets what can be taken back no more.
func (s *suspensions) publish() {
	for serial, p := range s.present {
		if p.final {
			s.past[serial] = append(s.past[serial], pause{from: p.at})
			delete(s.present, serial)
		}
	}
	s.released = 0
}

// pauses returns the suspensions of a serial that are over.
func (a *Authority) pauses(serial uint32) (over []pause, err error) {
	err = a.current(func(*storage.Tx) error {
		s := &a.ledger.suspensions
		over = slices.Clone(s.past[serial])
		if p := s.present[serial]; p != nil && p.final {
			over = append(over, pause{from: p.at})
		}
		return nil
	})
	return over, err
}

// release ends a suspension.
func (l *ledger) release(e *wire.ReleaseEntry, at time.Time, complain func(string, ...any)) {
	if !l.suspensions.is(e.Serial) {
		complain("it releases serial %d, which is not suspended", e.Serial)
		return
	}
	if l.reopening {
		complain("it releases a serial after a reopening that published no list")
	}
	if l.standings[e.Serial] == listed {
		l.left = true
		l.suspensions.released++
	}
	s := &l.suspensions
	s.past[e.Serial] = append(s.past[e.Serial], pause{from: s.present[e.Serial].at, to: at})
	delete(s.present, e.Serial)
	l.restore(e.Serial)
}
