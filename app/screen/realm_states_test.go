package screen_test

import (
	"marque/app/flow"
	"marque/authority"
)

var realmStates = []state{
	{"realm-empty", true, func(s *stage) { alone(s, flow.PlaceRealm) }},
	{"realm-error", true, func(s *stage) { s.unlock(); s.console.Open(flow.PlaceRealm); s.settle(); s.typed("ten moons") }},
	{"realm-done", false, func(s *stage) {
		s.console.Founding.SetRealm("nordtal.example")
		s.console.Founding.Found([]byte("correct horse battery staple"))
		s.settle()
		s.console.Founding.Finish()
		s.settle()
		s.console.Open(flow.PlaceRealm)
		s.settle()
		s.typed("3 days")
		s.console.Realm.Change(nil)
		s.settle()
		s.typed("4 d")
		s.altered(func(now *flow.State) {
			now.Authority.Padding, now.Authority.Reserve = authority.Padding{Step: 64, Share: 50}, 19_812
		})
	}},
	{"realm-trusted", true, func(s *stage) {
		s.unlock()
		s.place.trusted = authority.TrustList{
			Sequence: 3, HardExpiry: today.AddDate(0, 0, 37),
			Realms: []authority.TrustedRealm{{Name: "ferries.example"}, {Name: "suedkreis.example"}},
		}
		s.console.Open(flow.PlaceRealm)
		s.settle()
	}},
}

func (p *place) Rules() (*flow.Rules, error) {
	r, err := p.Service.Rules()
	if err == nil && p.alter != nil {
		r.Deciders = 2
	}
	if p.trusted.Sequence > 0 {
		r.Trusted = p.trusted
	}
	return r, err
}
