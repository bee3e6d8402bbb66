package screen_test

var depotsStates = []state{
	{"depots-empty", true, func(s *stage) { s.unlock(); s.console.Open("depots") }},
}
