package screen_test

var backupStates = append(ceremonyStates, []state{
	{"backup-empty", true, func(s *stage) { s.unlock(); s.console.Open("backup") }},
}...)
