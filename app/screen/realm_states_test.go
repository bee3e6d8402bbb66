package screen_test

var realmStates = []state{
	{"realm-empty", true, func(s *stage) { s.unlock(); s.console.Open("realm") }},
}
