package screen_test

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"

	"marque/app/flow"
	"marque/authority"
	"marque/device/wire"
)

// Arrivals are made up where a state says so: it takes weeks and a fleet to have some.
func (p *place) Arrivals() (*authority.Arrivals, error) {
	if p.madeUp != nil {
		return p.madeUp, nil
	}
	return p.Service.Arrivals()
}

// Impact is that of many officers where a state says so.
func (p *place) Impact(of []wire.Address) (*authority.Impact, error) {
	m, err := p.Service.Impact(of)
	if err == nil && p.alter != nil {
		m.Needed = min(len(of), 2)
	}
	return m, err
}

// revoking opens the screen.
func revoking(s *stage) *flow.Revoke {
	const day = 24 * time.Hour
	s.place.madeUp = &authority.Arrivals{Lists: 5, Observed: 1204, Shares: []authority.ArrivalShare{
		{Age: day, Thousand: 610}, {Age: 2 * day, Thousand: 840}, {Age: 4 * day, Thousand: 970}, {Age: 7 * day, Thousand: 991}, {Age: 14 * day, Thousand: 998},
	}}
	s.unlock()
	s.console.Open(flow.PlaceRevoke)
	s.settle()
	return s.console.Revoke
}

// adds types names.
func adds(s *stage, names ...string) {
	for _, name := range names {
		s.key(fyne.KeyF2)
		s.typed(name)
		s.key(fyne.KeyReturn)
		s.settle()
	}
	s.key(fyne.KeyReturn)
}

// council opens it where officers decide; two are here.
func council(s *stage, names ...string) *flow.Revoke {
	s.altered(officers(nil))
	sign(s, 2)
	r := revoking(s)
	s.place.secret = nil
	adds(s, names...)
	return r
}

var buses = []string{"bus-4708", "bus-4710", "bus-4711", "van-0391", "tram-112", "tram-113"}

var revokeStates = []state{
	{"revoke-empty", true, func(s *stage) { revoking(s) }},
	{"revoke-several", true, func(s *stage) { revoking(s); s.typed("bus"); s.key(fyne.KeyReturn); s.settle() }},
	{"revoke-one", true, func(s *stage) {
		revoking(s)
		adds(s, "bus-4711")
		s.key(fyne.KeyDown)
		s.key(fyne.KeyDown)
	}},
	{"revoke-many", true, func(s *stage) {
		r := council(s, buses...)
		r.SetReason(wire.ReasonStolen)
		r.SetFromDate(true)
		r.Since = "2026-10-13"
		s.typed("6")
		s.shell.Draw()
	}},
	{"revoke-wrong", true, func(s *stage) {
		r := council(s, buses[:2]...)
		r.SetReason(wire.ReasonLost)
		s.typed("2")
		r.Second.Wrong = true
		s.shell.Draw()
	}},
	{"revoke-busy", true, func(s *stage) {
		r := revoking(s)
		adds(s, "bus-4711")
		r.SetReason(wire.ReasonStolen)
		r.Commit(nil)
	}},
	{"revoke-error", true, func(s *stage) {
		r := revoking(s)
		adds(s, "bus-4711")
		r.SetReason(wire.ReasonStolen)
		r.SetFromDate(true)
		r.Since = "1999-01-01"
		r.Commit(nil)
		s.settle()
	}},
	{"revoke-done", true, func(s *stage) {
		r := revoking(s)
		adds(s, buses...)
		r.SetReason(wire.ReasonStolen)
		s.typed("6")
		r.Commit(nil)
		s.settle()
	}},
	{"revoke-waits", true, func(s *stage) {
		r := revoking(s)
		r.Step, r.Result = flow.RevokeDone, &flow.Revocation{Count: 12, Waits: true, List: 215}
		for i := range 8 {
			r.Result.Names = append(r.Result.Names, fmt.Sprintf("bus-%d", 4721+i))
		}
		s.shell.Draw()
	}},
	{"revoke-undo", true, func(s *stage) { revoking(s); s.key(fyne.KeyF6) }},
	{"revoke-suspend", true, func(s *stage) {
		r := revoking(s)
		adds(s, "bus-4711")
		r.SetReason(wire.ReasonSuspended)
		s.settle()
	}},
	{"revoke-release", true, func(s *stage) {
		r := revoking(s)
		r.Release(s.revokeFor(wire.ReasonSuspended, "bus-4711", 3))
		s.settle()
	}},
}
