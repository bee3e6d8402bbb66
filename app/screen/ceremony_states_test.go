package screen_test

import (
	"strings"

	"fyne.io/fyne/v2"

	"marque/app/flow"
)

// planned leads a founding under a TPM to a step.
func planned(to flow.FoundingStep) func(s *stage) {
	return func(s *stage) {
		f := s.console.Founding
		f.SetRealm("nordtal.example")
		f.Guard(true)
		f.Further()
		for _, name := range []string{"M. Brandt", "J. Okafor", "S. Lindqvist", "Anna-Charlotte Freifrau von Hohenstein"} {
			if to > flow.FoundingOfficers || len(f.Plan.Officers) < 3 {
				f.AddOfficer(name)
			}
		}
		if to == flow.FoundingOfficers {
			return
		}
		f.SetOfficers()
		if to == flow.FoundingTimes {
			return
		}
		f.SetTimes(f.PlannedTimes())
		if to == flow.FoundingNumbers {
			return
		}
		f.SetCards([2]string{"5", "3"}, [2]string{"5", "3"})
		f.EnterSecret([]byte("the passphrase of M. Brandt"))
	}
}

// madeWith shows the ceremony of an authority with cards that goes on.
func madeWith(drill flow.Drill, seen []int, next []int, sheets ...flow.Sheet) func(s *stage) {
	return func(s *stage) {
		s.altered(func(state *flow.State) {
			state.Custody.Drill = drill
			state.Custody.Backup = flow.Cards{Needed: 3, Total: 5, Seen: seen}
			state.Custody.Next = flow.Cards{Needed: 3, Total: 5, Seen: next}
		})
		s.console.Founding.Step = flow.FoundingShares
		s.console.Founding.Began = today
		s.unlock()
		s.console.Founding.Sheets = sheets
		if drill == flow.DrillPassed {
			s.console.Founding.Step = flow.FoundingRecord
		}
		s.shell.Draw()
	}
}

var all = []int{1, 2, 3, 4, 5}

var ceremonyStates = []state{
	{"ceremony-vault-empty", false, func(s *stage) {
		s.console.Founding.SetRealm("nordtal.example")
		s.key(fyne.KeyUp)
	}},
	{"ceremony-mistakes-error", false, func(s *stage) {
		s.console.Founding.Load([]byte("realm = \"Nordtal\"\nsp-id = 1\n[vault]\nkind = \"tpm\"\n[[officer]]\nname = \"M. Brandt\"\nrole = \"boss\"\n[epochs]\nlength = \"4 weeks\"\n"))
	}},
	{"ceremony-officers", false, planned(flow.FoundingOfficers)},
	{"ceremony-times-error", false, func(s *stage) { planned(flow.FoundingTimes)(s); s.typed("x") }},
	{"ceremony-numbers", false, planned(flow.FoundingNumbers)},
	{"ceremony-secrets", false, func(s *stage) { planned(flow.FoundingSecrets)(s); s.typed("correct horse") }},
	{"ceremony-shares-empty", true, madeWith(flow.DrillPending, nil, nil, flow.Sheet{Kind: flow.SheetBackup, Index: 1})},
	{"ceremony-shares", true, func(s *stage) {
		madeWith(flow.DrillPending, []int{1, 2}, nil)(s)
		s.typed("mq1s" + strings.Repeat("a2bc", 8) + "ti")
	}},
	{"ceremony-shares-error", true, func(s *stage) {
		madeWith(flow.DrillPending, []int{1, 2}, nil)(s)
		s.console.Founding.Scan("MQ1S" + strings.Repeat("A", 168))
		s.settle()
		s.console.Founding.GroupBack()
	}},
	{"ceremony-drill", true, func(s *stage) { madeWith(flow.DrillPending, all, all)(s); s.typed("mq1sab1") }},
	{"ceremony-record", true, madeWith(flow.DrillPassed, all, all,
		flow.Sheet{Kind: flow.SheetLockout}, flow.Sheet{Kind: flow.SheetRecord}, flow.Sheet{Kind: flow.SheetApprovalKey})},
}
