package screen_test

import (
	"fyne.io/fyne/v2"

	"marque/app/flow"
)

var aboutStates = []state{
	{"about-done", true, func(s *stage) {
		s.unlock()
		s.console.Open(flow.PlaceAbout)
		s.settle()
		s.key(fyne.KeyDown)
		s.key(fyne.KeyF5)
		s.settle()
	}},
}
