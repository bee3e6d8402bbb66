package screen_test

import (
	"strings"
	"time"

	"marque/app/flow"
)

// kept is an authority under a TPM whose last backup is so old.
func kept(age time.Duration) func(*flow.State) {
	return officers(func(s *flow.State) {
		s.Custody.Present = []string{"M. Brandt", "J. Okafor"}
		s.Custody.Backup.Seen, s.Custody.Next.Seen = []int{1, 2, 3, 4, 5}, []int{1, 2, 3}
		s.Custody.LastBackup = &flow.BackupInfo{Size: 48_300_000, LogSize: 31_207, List: 214, Time: today.Add(-age)}
	})
}

// backing opens the screen of a fleet.
func backing(age time.Duration, task flow.BackupTask) func(s *stage) {
	return func(s *stage) {
		s.unlock()
		s.altered(kept(age))
		s.console.Open("backup")
		s.console.Backup.SetFolder("/media/NORD-03")
		s.console.Backup.Begin(task)
		s.settle()
		s.shell.Draw()
	}
}

var backupStates = append(ceremonyStates, []state{
	{"backup-empty", true, func(s *stage) { s.unlock(); s.console.Open("backup") }},
	{"backup-late", true, backing(9*24*time.Hour, flow.BackupNone)},
	{"backup-busy", true, func(s *stage) {
		backing(26*time.Hour, flow.BackupNone)(s)
		s.console.Backup.Writing, s.console.Backup.Octets, s.console.Backup.Path = true, 17_800_000, "/media/NORD-03/nordtal.example-20261014-1432.mqb"
		s.shell.Draw()
	}},
	{"backup-done", true, func(s *stage) {
		backing(time.Minute, flow.BackupNone)(s)
		s.console.Backup.Written, s.console.Backup.Path = s.console.Status.Custody.LastBackup, "/media/NORD-03/nordtal.example-20261014-1432.mqb"
		s.shell.Draw()
	}},
	{"backup-card-error", true, func(s *stage) {
		backing(time.Hour, flow.BackupCard)(s)
		s.console.Backup.Scan("MQ1S" + strings.Repeat("A", 168))
		s.settle()
	}},
	{"backup-lockout", true, func(s *stage) { backing(time.Hour, flow.BackupLockout)(s); s.typed("abcd1") }},
	{"backup-discard", true, func(s *stage) {
		backing(time.Hour, flow.BackupNone)(s)
		s.altered(func(state *flow.State) {
			kept(time.Hour)(state)
			state.Custody.Drill, state.Custody.LastBackup = flow.DrillPending, nil
		})
		s.console.Backup.Begin(flow.BackupDiscard)
	}},
	{"backup-platform", true, func(s *stage) {
		backing(time.Hour, flow.BackupPlatform)(s)
		p := &flow.Platform{Changed: "PCR 4, PCR 7", Approvals: 2}
		for _, i := range []int{0, 2, 4, 7} {
			p.Registers = append(p.Registers, flow.PlatformRegister{Index: i, Digest: []byte(strings.Repeat(string(rune('A'+i)), 32))})
		}
		s.console.Backup.Platform, s.console.Backup.Problem = p, nil
		s.shell.Draw()
	}},
}...)
