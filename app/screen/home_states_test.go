package screen_test

import (
	"time"

	"fyne.io/fyne/v2"

	"marque/app/flow"
	"marque/authority"
)

// outlook shows another outlook from now on.
func (s *stage) outlook(alter func(*flow.Outlook)) {
	s.place.overview = alter
	s.console.Open(flow.PlaceHome)
	s.console.Home.Refresh()
	s.settle()
}

// busyDay is an outlook with a lot in it.
func busyDay(o *flow.Outlook) {
	o.Unpublished = []string{"bus-4711", "van-0382"}
	o.Ending = authority.Ending{Count: 1204, First: today.AddDate(0, 0, 14)}
	o.Waiting = []flow.Waiting{
		{Action: authority.ActionBatch, Count: 12, Requester: "J. Okafor", Time: today.Add(-20 * time.Minute), Missing: 1, Yours: true},
		{Action: authority.ActionPolicy, Requester: "M. Brandt", Time: today.Add(-3 * time.Hour), Missing: 1},
	}
	o.Drilled = today.AddDate(0, 0, -81)
	o.Fleet = &flow.Fleet{
		Held: []flow.Held{{List: 214, Count: 881_204}, {List: 213, Count: 91_012}, {List: 212, Count: 23_911}}, Older: flow.Held{List: 211, Count: 3912},
		Depot: "Ostring", DepotHeld: 3000,
	}
	o.Enrolled = 41
	o.Newest = []authority.Newcomer{
		{Name: "bus-4711", Serial: 1_000_039, Issued: today.Add(-2 * time.Minute), Receipt: true},
		{Name: "bus-4709", Serial: 1_000_038, Issued: today.Add(-11 * time.Minute)},
		{Name: "bus-4708", Serial: 1_000_037, Issued: today.Add(-15 * time.Minute), Revoked: true},
		{Name: "van-0391", Serial: 1_000_036, Issued: today.Add(-23 * time.Minute), Revoked: true, Suspended: true},
	}
}

var homeStates = []state{
	{"home-empty", true, func(s *stage) {
		s.unlock()
		s.altered(func(state *flow.State) { state.Authority.Unpublished, state.Authority.Unreceived = 0, 0 })
		s.outlook(func(o *flow.Outlook) { *o = flow.Outlook{Fleet: &flow.Fleet{}} })
	}},
	{"home-busy", true, func(s *stage) {
		s.console.Unlock.Enter(append([]byte(nil), passphrase...))
		work := s.work
		s.work = nil
		work[0]()
	}},
	{"home-error", true, func(s *stage) {
		s.unlock()
		s.place.fails = flow.ErrDamaged
		s.outlook(nil)
	}},
	{"home-done", true, func(s *stage) {
		s.unlock()
		s.altered(officers(func(s *flow.State) {
			s.Custody.Present = []string{"M. Brandt", "J. Okafor"}
			s.Authority.Unpublished, s.Authority.Unreceived = 2, 0
		}))
		s.outlook(busyDay)
	}},
	{"home-crowded", true, func(s *stage) {
		s.unlock()
		s.altered(readOnly(flow.RolledBack))
		s.altered(func(state *flow.State) {
			readOnly(flow.RolledBack)(state)
			state.Authority.Alarms, state.Authority.Unpublished = 1, 41
			state.Custody.Chip.LockedOut, state.Custody.Chip.Until = true, today.Add(time.Hour)
		})
		s.outlook(func(o *flow.Outlook) {
			busyDay(o)
			o.Disk = flow.Disk{Free: 300_000_000, Total: 500_000_000_000}
			o.Fleet.Older.List = 0
			o.Drilled = today.AddDate(0, 0, -100)
		})
	}},
	{"home-foreign", true, func(s *stage) {
		s.unlock()
		s.console.Open(flow.PlaceHome)
		s.scans("https://example.org/menu")
		s.settle()
	}},
}

// paneStates are what stands above the screens.
var paneStates = []state{
	{"pane-goto", true, func(s *stage) { s.unlock(); s.control("K") }},
	{"pane-goto-found", true, func(s *stage) {
		s.unlock()
		s.control("K")
		s.typed("bus")
		s.pauses()
		s.settle()
		s.key(fyne.KeyDown)
	}},
	{"pane-keys", true, func(s *stage) { s.unlock(); s.key(fyne.KeyF1) }},
	{"pane-presence", true, func(s *stage) {
		s.altered(officers(nil))
		sign(s, 2)
		s.unlock()
		s.console.Open(flow.PlaceHome)
		s.settle()
		s.key(fyne.KeyF3)
	}},
	{"pane-presence-wrong", true, func(s *stage) {
		s.altered(officers(nil))
		sign(s, 2)
		s.unlock()
		s.console.Open(flow.PlaceHome)
		s.settle()
		s.key(fyne.KeyF3)
		s.place.secret = flow.ErrOfficerPassphrase
		s.typed("theirs")
		s.key(fyne.KeyReturn)
		s.settle()
	}},
	{"pane-gone", true, func(s *stage) {
		s.unlock()
		s.console.Open(flow.PlaceHome)
		s.place.fails = flow.ErrGone
		s.console.Home.Refresh()
		s.settle()
	}},
}
