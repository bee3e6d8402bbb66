package screen_test

var aboutStates = []state{
	{"about-empty", true, func(s *stage) { s.unlock(); s.console.Open("about") }},
}
