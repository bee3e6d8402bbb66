package screen_test

var publishStates = []state{
	{"publish-empty", true, func(s *stage) { s.unlock(); s.console.Open("publish") }},
}
