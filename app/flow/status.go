package flow

import (
	"math"
	"time"

	"marque/app/words"
	"marque/authority"
)

// Status is the view-model of the strip at the top: how the authority stands.
//
//	absent ──found──▶ known ──Refresh──▶ known
type Status struct {
	model
	overview Overview // nil while there is no authority
	clock    func() time.Time

	Known   bool             // there is an authority, and Now is about it
	Locked  bool             // its vault is closed
	Now     authority.Status // as of the last refresh
	Problem *Problem         // why the last refresh failed
}

func newStatus(loop Loop, clock func() time.Time) *Status {
	return &Status{model: model{loop: loop}, clock: clock}
}

// Words returns the eight words of the realm.
func (s *Status) Words() [words.Count]string { return words.Of(s.Now.CoreHash[:]) }

// Time returns the present time.
func (s *Status) Time() time.Time { return s.clock() }

// Refresh reads how the authority stands.
func (s *Status) Refresh() {
	if s.overview == nil {
		return
	}
	background(&s.model, s.overview.Status, func(now authority.Status, err error) {
		s.Problem = explain(err, "status.failed")
		if err == nil {
			s.Known, s.Now = true, now
		}
		s.changed()
	})
}

// watch makes the status one of o.
func (s *Status) watch(o Overview, locked bool) {
	s.overview, s.Locked = o, locked
	s.Now.Realm, s.Now.CoreHash = o.Core().Realm, o.Core().Hash()
	s.changed()
	s.Refresh()
}

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
