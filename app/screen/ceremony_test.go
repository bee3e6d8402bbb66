package screen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"marque/app/flow"
)

// A realm with cards is founded by keys alone; its cards are typed, and scanned from their paper.
func TestCeremonyByKeys(t *testing.T) {
	s := newStage(t, "", window, false)
	f := s.console.Founding
	enter := func() { s.key(fyne.KeyReturn); s.settle() }
	s.typed("fleet.example")
	enter()
	s.key(fyne.KeyF6) // times and cards
	s.typed("14d")    // over what is usual
	enter()
	s.typed("2")
	s.window.Canvas().FocusNext()
	s.typed("1")
	enter()
	if f.Step != flow.FoundingSecrets || f.PlannedTimes().Epoch != "14d" || f.Plan.Backup.Total != 2 || f.Plan.Backup.Needed != 1 {
		t.Fatalf("step %d, %+v", f.Step, f.Plan)
	}
	s.typed(string(passphrase))
	enter()
	s.typed(string(passphrase))
	enter()
	if f.Step != flow.FoundingShares || f.Unseen() != 2 {
		t.Fatalf("step %d, %+v", f.Step, f.Problem)
	}
	cards := s.cards()
	s.typed(strings.ToLower(cards[0][:96]) + "2222")
	s.key(fyne.KeyBackspace) // back to the group that was wrong, which is typed over
	s.typed(cards[0][96:])
	s.settle()
	s.scans(cards[1])
	s.settle()
	if f.Unseen() != 0 || f.Step != flow.FoundingDrill {
		t.Fatalf("step %d, %d missing, %+v", f.Step, f.Unseen(), f.Problem)
	}
	s.scans(cards[1])
	s.settle()
	if f.Step != flow.FoundingRecord {
		t.Fatalf("step %d, %+v", f.Step, f.Problem)
	}
	enter()
	enter()
	if f.Ahead() || s.console.Phase != flow.Open || s.console.Status.Custody.Drill != flow.DrillPassed {
		t.Errorf("step %d, phase %d", f.Step, s.console.Phase)
	}
}

// cards reads the backup cards from their sheets.
func (s *stage) cards() (cards []string) {
	s.t.Helper()
	files, err := filepath.Glob(s.place.dir + ".ceremony/backup-*.txt")
	if err != nil || len(files) == 0 {
		s.t.Fatalf("no cards: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		must(err)
		text := string(b)
		cards = append(cards, strings.Join(strings.Fields(text[strings.Index(text, "MQ1S"):]), ""))
	}
	return cards
}
