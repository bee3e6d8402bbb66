package flow

import (
	"math"
	"slices"
	"time"

	"marque/app/words"
	"marque/authority"
)

// Status is the view-model of the strip at the top: how authority and custody stand.
//
//	absent ──found──▶ known ──Refresh──▶ known
type Status struct {
	model
	overview Overview
	clock    func() time.Time

	Known   bool             // there is an authority, and what follows is about it
	Phase   Phase            // of the service, whoever unlocked it; the console may be behind
	Dir     string           // the authority's folder
	Now     authority.Status // as of the last refresh
	Custody Custody          // as of the last refresh
	Idle    time.Duration    // after which the service locks
	Problem *Problem         // why the last refresh failed
}

func newStatus(loop Loop, clock func() time.Time, overview Overview) *Status {
	return &Status{model: model{loop: loop}, clock: clock, overview: overview}
}

// Words returns the eight words of the realm.
func (s *Status) Words() [words.Count]string { return words.Of(s.Now.CoreHash[:]) }

// Time returns the present time.
func (s *Status) Time() time.Time { return s.clock() }

// Refresh reads how everything stands.
func (s *Status) Refresh() {
	background(&s.model, s.overview.State, func(now State, err error) {
		s.Problem = explain(err, "status.failed")
		if err == nil {
			s.take(now)
		}
		s.changed()
	})
}

// take makes what was read what is shown. Results that are still to come are older.
func (s *Status) take(now State) {
	s.forget()
	s.Problem = nil
	s.Known, s.Phase, s.Dir, s.Idle = now.Phase != Absent, now.Phase, now.Dir, now.Idle
	s.Now, s.Custody = now.Authority, now.Custody
}

// ReadOnly says why nothing can be changed, and what ends that; nil when changes are possible.
func (s *Status) ReadOnly() *Problem {
	keys := map[ReadOnlyReason]string{RolledBack: "rolledback", Restored: "restored", CounterLost: "counterlost"}
	key := keys[s.Custody.ReadOnly]
	if !s.Known || key == "" {
		return nil
	}
	var counter uint64
	if s.Custody.Chip != nil {
		counter = s.Custody.Chip.Counter
	}
	return problem(key, "Database", s.Custody.Counter, "Counter", counter, "Command", s.ReopenCommand())
}

// present reports whether an officer is signed on, in this console or elsewhere.
func (s *Status) present(name string) bool { return slices.Contains(s.Custody.Present, name) }

// ListAge says how old the newest list is, in whole days.
func (s *Status) ListAge() int { return int(s.clock().Sub(s.Now.List.Issued) / (24 * time.Hour)) }

// ListDays says how many days are left until the newest list must be replaced, begun days included; zero or less when that is past.
func (s *Status) ListDays() int {
	return int(math.Ceil(s.Now.List.NextUpdate.Sub(s.clock()).Hours() / 24))
}

// ListState says whether the newest list is good.
func (s *Status) ListState() ListState {
	switch now := s.clock(); {
	case !s.Known:
		return ListGood
	case now.After(s.Now.List.HardExpiry):
		return ListRefused
	case now.After(s.Now.List.NextUpdate):
		return ListStale
	case s.Now.List.NextUpdate.Sub(now) < warnList:
		return ListEnding
	}
	return ListGood
}

// warnList is how long before its next update is due a list is worth a warning.
const warnList = 2 * 24 * time.Hour

// ListState is how good the newest list is.
type ListState int

// From good to worse.
const (
	ListGood    ListState = iota
	ListEnding            // the next one is due within two days
	ListStale             // the next one is overdue
	ListRefused           // devices refuse to work with it
)
