package screen_test

import (
	"fyne.io/fyne/v2"

	"marque/app/flow"
)

var officersStates = []state{
	{"officers-empty", true, func(s *stage) { s.unlock(); s.console.Open(flow.PlaceOfficers) }},
	{"officers-done", true, func(s *stage) {
		together(s, flow.PlaceOfficers)
		s.key(fyne.KeyDown)
		s.key(fyne.KeyF7)
		renew(s)
	}},
	{"officers-error", true, func(s *stage) {
		together(s, flow.PlaceOfficers)
		s.key(fyne.KeyDown)
		s.key(fyne.KeyF7)
		s.place.secret = flow.ErrOfficerPassphrase
		renew(s)
	}},
	{"officers-draft", true, draft},
	{"officers-seal", true, func(s *stage) {
		draft(s)
		s.place.secret = &flow.PINError{Left: 9}
		seal(s)
		s.settle()
	}},
}

// together opens a screen with two officers signed on.
func together(s *stage, at flow.Place) {
	s.altered(officers(func(s *flow.State) {
		s.Custody.Officers[4].Name = "A. von Hohenstein"
		for i := range s.Custody.Officers {
			s.Custody.Officers[i].Key[0] = byte(i + 1)
		}
	}))
	sign(s, 2)
	s.unlock()
	s.console.Open(at)
	s.settle()
}

// alone opens a screen with one officer signed on, to a vault that others opened.
func alone(s *stage, at flow.Place) {
	s.unlock()
	s.altered(officers(func(s *flow.State) { s.Phase = flow.Locked }))
	s.altered(officers(func(s *flow.State) { s.Phase = flow.Open }))
	sign(s, 1)
	s.console.Open(at)
	s.settle()
}

// renew types the passphrases of the form.
func renew(s *stage) {
	for _, typed := range []string{"correct horse", "battery staple", "battery staple"} {
		s.typed(typed)
		s.key(fyne.KeyReturn)
	}
	s.settle()
}

// draft appoints somebody, gives another a new passphrase and dismisses a third.
func draft(s *stage) {
	together(s, flow.PlaceOfficers)
	s.key(fyne.KeyF6)
	o := s.console.Officers
	o.Select(2)
	o.Renew()
	o.Select(3)
	o.Dismiss()
	o.Appoint("Ömer Yıldız")
	o.Turn(2)
}

// seal types what a change takes.
func seal(s *stage) {
	o := s.console.Officers
	o.Seal()
	fresh := func() flow.Fresh {
		return flow.Fresh{First: []byte("battery staple"), Again: []byte("battery staple")}
	}
	o.Commit(flow.SealSecrets{Passphrases: []flow.Fresh{fresh(), fresh()}, PIN: []byte("314159"), KeyFile: "/media/SAFE/approval-key.pem"})
}

func (p *place) ChangePassphrase(string, []byte, []byte) error { return p.secret }

func (p *place) ChangeOfficers(flow.OfficersChange) error { return p.secret }
