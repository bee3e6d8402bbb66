package screen_test

import (
	"time"

	"fyne.io/fyne/v2"

	"marque/app/flow"
	"marque/authority"
	"marque/device/wire"
)

// identities opens the screen and types a search.
func (s *stage) identities(text string) {
	s.unlock()
	s.console.Open(flow.PlaceIdentities)
	s.settle()
	s.typed(text)
	s.settle()
}

var identitiesStates = []state{
	{"identities-empty", false, func(s *stage) {
		s.console.Founding.SetRealm("nordtal.example")
		s.console.Founding.Found([]byte("correct horse battery staple"))
		s.settle()
		s.console.Founding.Finish()
		s.settle()
		s.console.Open(flow.PlaceIdentities)
		s.settle()
	}},
	{"identities-busy", true, func(s *stage) {
		s.console.Unlock.Enter(append([]byte(nil), passphrase...))
		work := s.work
		s.work = nil
		work[0]()
		s.console.Open(flow.PlaceIdentities)
	}},
	{"identities-reading", true, func(s *stage) {
		s.identities("")
		s.place.fails = &authority.IndexingError{Done: 412_000, Total: 1_000_000}
		s.console.Identities.Refresh()
		s.settle()
	}},
	{"identities-error", true, func(s *stage) {
		s.identities("")
		s.place.fails = flow.ErrDamaged
		s.console.Identities.Refresh()
		s.settle()
	}},
	{"identities-nomatch", true, func(s *stage) { s.identities("bsu-47") }},
	{"identities-hidden", true, func(s *stage) {
		s.late = 53 * 7 * 24 * time.Hour
		s.identities("bus-47")
		s.console.Identities.Found.Matches, s.console.Identities.Found.Expired = 0, 7
		s.shell.Draw()
	}},
	{"identities-done", true, func(s *stage) {
		s.identities("bus")
		s.key(fyne.KeyDown)
		s.key(fyne.KeyDown)
		s.settle()
	}},
	{"identities-revoked", true, func(s *stage) {
		s.identities("van")
		s.key(fyne.KeyReturn)
		s.settle()
	}},
	{"identities-suspended", true, func(s *stage) {
		s.unlock()
		s.revokeFor(wire.ReasonSuspended, "tram-112", 8)
		s.identities("tram-112")
		s.key(fyne.KeyReturn)
		s.settle()
	}},
	{"identities-ticked", true, func(s *stage) {
		s.identities("bus")
		s.key(fyne.KeyReturn)
		s.key(fyne.KeySpace)
		s.key(fyne.KeyDown)
		s.key(fyne.KeyDown)
		s.key(fyne.KeySpace)
		s.settle()
	}},
	{"identities-opened", true, func(s *stage) {
		s.identities("tram")
		s.window.Resize(sizes[1])
		s.key(fyne.KeyReturn)
		s.settle()
		s.key(fyne.KeyReturn)
		s.settle()
	}},
	{"identities-toomany", true, func(s *stage) {
		s.identities("")
		s.console.Identities.Found.Matches = 1_000_000
		s.console.Identities.Found.Total, s.console.Identities.Found.Active = 1_027_680, 987_012
		s.console.Identities.TickAll()
	}},
	{"identities-exporting", true, func(s *stage) {
		s.identities("")
		s.control("S")
	}},
	{"identities-exported", true, func(s *stage) {
		s.identities("")
		s.control("S")
		s.settle()
	}},
	{"identities-filtered", true, func(s *stage) {
		s.identities("")
		f := s.console.Identities.Filter
		f.Kind, f.Within, f.NoReceipt, f.Expired = 1, 90*24*time.Hour, true, true
		s.console.Identities.SetFilter(f)
		s.settle()
	}},
}
