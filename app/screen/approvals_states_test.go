package screen_test

var approvalsStates = []state{
	{"approvals-empty", true, func(s *stage) { s.unlock(); s.console.Open("approvals") }},
}
