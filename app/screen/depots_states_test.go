package screen_test

import (
	"bytes"
	"crypto/ed25519"
	"time"

	"fyne.io/fyne/v2"

	"marque/app/flow"
	"marque/authority"
	"marque/device/wire"
)

var depotsStates = []state{
	{"depots-empty", true, func(s *stage) { s.unlock(); s.console.Open(flow.PlaceDepots); s.settle() }},
	{"depots-review", true, func(s *stage) {
		alone(s, flow.PlaceDepots)
		s.scans(registration(s))
		s.settle()
	}},
	{"depots-done", true, func(s *stage) {
		s.place.depots = yards()
		s.unlock()
		s.console.Open(flow.PlaceDepots)
		s.settle()
		s.scans(registration(s))
		s.settle()
		s.key(fyne.KeyReturn)
		s.settle()
		s.key(fyne.KeyDown)
		s.key(fyne.KeyDown)
	}},
	{"depots-revoke", true, func(s *stage) {
		s.place.depots = yards()
		s.unlock()
		s.console.Open(flow.PlaceDepots)
		s.settle()
		s.key(fyne.KeyDown)
		s.key(fyne.KeyDelete)
		s.key(fyne.KeyDown)
		s.key(fyne.KeyDown)
	}},
	{"depots-error", true, func(s *stage) {
		s.place.depots = yards()
		s.unlock()
		s.console.Open(flow.PlaceDepots)
		s.settle()
		s.scans("HTTPS://WWW.EXAMPLE.ORG/BUS")
		s.settle()
	}},
}

// yards are some depots.
func yards() []authority.Depot {
	at := func(days int) time.Time { return today.Add(time.Duration(days) * 24 * time.Hour) }
	return []authority.Depot{
		{Name: "ostring", Key: [32]byte{1}, Registered: at(-400), Lapsed: true, Sequence: 17, Taken: at(-211)},
		{Name: "depot-nord", Key: [32]byte{2, 0xfe}, Registration: [32]byte{8, 7, 6, 5}, Registered: at(-200), Sequence: 12, Taken: at(-1), List: wire.Order{Generation: 1, Base: 1, Sequence: 1}, Told: at(-1)},
		{Name: "depot-hafen", Key: [32]byte{3, 0xab, 0xcd}, Registration: [32]byte{9, 0xa7, 0x16, 0xf5, 4, 3}, Registered: at(-20)},
		{
			Name: "sued", Key: [32]byte{4}, Registered: at(-300), Sequence: 3, Taken: at(-290),
			Revoked: &authority.DepotRevocation{At: at(-280), Reason: wire.ReasonStolen},
		},
	}
}

// registration is the code of a depot that asks to be registered.
func registration(s *stage) string {
	rules, err := s.place.Rules()
	must(err)
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	r := &wire.Registration{Core: rules.Core.Hash(), Name: "depot-sued", Key: [32]byte(key.Public().(ed25519.PublicKey)), Time: today}
	b, err := wire.SignRegistration(key, rules.Core.Realm, r)
	must(err)
	return wire.RegistrationText(b)
}

func (p *place) Depots() ([]authority.Depot, error) {
	if p.depots != nil {
		return append([]authority.Depot(nil), p.depots...), nil
	}
	return p.Service.Depots()
}

func (p *place) AddDepot(b []byte) (bool, error) {
	r, err := p.Registration(b)
	must(err)
	p.depots = append(p.depots, authority.Depot{Name: r.Name, Key: r.Key, Registration: wire.RegistrationHash(b), Registered: today})
	return true, nil
}

// papers takes what a depot hands over as text.
type papers struct{}

func (papers) File(string) ([]byte, error) { return nil, flow.ErrDepotPaper }

func (papers) Text(code string) ([]byte, error) {
	if b, err := wire.ParseRegistrationText(code); err == nil {
		return b, nil
	}
	return nil, &flow.ForeignError{Seems: "a web link"}
}
