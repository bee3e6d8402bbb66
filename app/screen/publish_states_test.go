package screen_test

import (
	"time"

	"fyne.io/fyne/v2"

	"marque/app/flow"
)

// publishing opens the screen with two sticks.
func publishing(s *stage) *flow.Publish {
	s.unlock()
	s.port.insert("DIST-01", 16e9, 149e8, nil)
	s.port.insert("DIST-02", 8e9, 71e8, func(d *flow.Drive) { d.Format = "vfat" })
	s.console.Open(flow.PlacePublish)
	s.settle()
	return s.console.Publish
}

// long makes a history of lists.
func long(s *stage) *flow.Publish {
	s.place.lists = 26
	return publishing(s)
}

// fresh leaves nothing unpublished.
func fresh(s *stage) *flow.Publish {
	p := publishing(s)
	p.Sign()
	s.settle()
	p.Leave()
	return p
}

// padded pretends that lists are padded, and that the reserve did not suffice for the newest.
func padded(s *stage) {
	s.place.short = 21
	s.console.Publish.Sign()
	s.settle()
	s.altered(func(now *flow.State) { now.Authority.List.Count, now.Authority.List.Padding = 1003, 41 })
}

var publishStates = []state{
	{"publish-empty", true, func(s *stage) { s.unlock(); s.console.Open(flow.PlacePublish); s.settle() }},
	{"publish-due", true, func(s *stage) {
		p := publishing(s)
		for serial, name := range []string{"bus-4708", "", "bus-4710", "bus-4711", "bus-4712"} {
			if name != "" {
				s.revoke(name, uint32(serial))
			}
		}
		s.console.Refresh()
		s.settle()
		p.Choose(1)
	}},
	{"publish-refused", true, func(s *stage) {
		fresh(s)
		s.late = 60 * 24 * time.Hour
		s.altered(func(*flow.State) {})
	}},
	{"publish-drives", true, func(s *stage) {
		p := long(s)
		s.port.insert("", 32e9, -1, func(d *flow.Drive) { d.Mount = "" })
		s.port.insert("LOCKED", 4e9, 1e9, func(d *flow.Drive) { d.ReadOnly = true })
		s.settle()
		p.SetFolder(folder(s.t))
		s.settle()
	}},
	{"publish-busy", true, func(s *stage) {
		p := fresh(s)
		p.Choose(1)
		p.Write()
		p.Progress.Name, p.Progress.Reading, p.Progress.Done, p.Progress.Total = "list-3.mql", true, 7, 10
		s.shell.Draw()
	}},
	{"publish-done", true, func(s *stage) { long(s); s.key(fyne.KeyReturn); s.settle() }},
	{"publish-pulled", true, func(s *stage) {
		p := fresh(s)
		s.port.pulled = true
		p.Write()
		s.settle()
		s.port.empty()
		s.settle()
	}},
	{"publish-back", true, func(s *stage) {
		p := publishing(s)
		p.Move(1)
		p.Write()
		s.settle()
		p.Leave()
		s.port.pulled = true
		p.Sign()
		s.settle()
		s.port.empty()
		s.port.insert("DIST-02", 8e9, 71e8, nil)
		s.settle()
	}},
	{"publish-error", true, func(s *stage) {
		publishing(s)
		s.place.fails = flow.ErrDamaged
		s.key(fyne.KeyReturn)
		s.settle()
	}},
	{"publish-readonly", true, func(s *stage) { publishing(s); s.altered(readOnly(flow.RolledBack)) }},
	{"publish-codes", true, func(s *stage) {
		publishing(s)
		s.key(fyne.KeyF8)
		s.settle()
	}},
	{"publish-short", true, func(s *stage) { publishing(s); padded(s) }},
	{"publish-history", true, func(s *stage) { long(s); s.key(fyne.KeyF7) }},
}
