package screen_test

var auditStates = []state{
	{"audit-empty", true, func(s *stage) { s.unlock(); s.console.Open("audit") }},
}
