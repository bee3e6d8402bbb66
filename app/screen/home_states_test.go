package screen_test

var homeStates = []state{
	{"home-empty", true, func(s *stage) { s.unlock(); s.console.Open("home") }},
}
