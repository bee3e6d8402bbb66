package screen_test

var revokeStates = []state{
	{"revoke-empty", true, func(s *stage) { s.unlock(); s.console.Open("revoke") }},
}
