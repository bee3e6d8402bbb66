package screen_test

var officersStates = []state{
	{"officers-empty", true, func(s *stage) { s.unlock(); s.console.Open("officers") }},
}
