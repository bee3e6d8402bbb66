package appliance_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"marque/app/appliance"
	"marque/authority"
	"marque/hsm"
)

func TestEveryCardIsCheckedByItself(t *testing.T) {
	r := newRealm(t)
	for i, text := range [][]byte{r.founded.Cards[3], r.founded.Cards[0], r.founded.Cards[3]} {
		c, err := r.a.CheckCard(bytes.ToLower(text))
		if err != nil || c.Purpose != hsm.PurposeBackup || c.Total != 5 || c.Needed != 3 || c.Seen != []int{1, 2, 2}[i] || c.Index != []int{4, 1, 4}[i] {
			t.Fatalf("card %d: %+v, %v", i, c, err)
		}
	}
	if err := r.a.Lock(); err != nil {
		t.Fatal(err)
	}
	if c, err := r.a.CheckCard(r.founded.Next[1]); err != nil || c.Purpose != hsm.PurposeNext || c.Seen != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	r.close()
	r.open()
	if c := r.custody(); len(c.Backup.Seen) != 2 || c.Backup.Seen[1] != 4 || len(c.Next.Seen) != 1 {
		t.Fatalf("seen: %v and %v", c.Backup.Seen, c.Next.Seen)
	}
	_, err := r.a.CheckCard([]byte("MQ1SAAAA"))
	wantErr(t, err, hsm.ErrShareText)
	other := newRealm(t)
	_, err = r.a.CheckCard(other.founded.Cards[0])
	wantErr(t, err, hsm.ErrOtherSet)
	if !strings.Contains(err.Error(), "card 1") || !strings.Contains(err.Error(), "backup") {
		t.Fatal(err)
	}
	p := open(t, founded(t))
	_, err = p.CheckCard(other.founded.Cards[0])
	wantErr(t, err, appliance.ErrNoCards)
}

func TestDrillNamesTheWrongCardAndLeavesNothing(t *testing.T) {
	r, other := newRealm(t), newRealm(t)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	cards := r.founded.Cards
	for name, test := range map[string]struct {
		cards [][]byte
		want  error
		names string
	}{
		"too few":      {cards[:2], hsm.ErrTooFewShares, "needs 1 more"},
		"too many":     {cards[:4], hsm.ErrTooManyShares, ""},
		"same":         {[][]byte{cards[0], cards[1], cards[0]}, hsm.ErrSameShare, "card 1"},
		"mistyped":     {[][]byte{cards[0], cards[1], cards[2][:100]}, hsm.ErrShareText, "number 3"},
		"other set":    {[][]byte{cards[0], other.founded.Cards[1], cards[2]}, hsm.ErrOtherSet, "number 2"},
		"next core's":  {[][]byte{r.founded.Next[0], cards[1], cards[2]}, hsm.ErrOtherSet, "number 1"},
		"none at all":  {nil, hsm.ErrTooFewShares, ""},
		"of next core": {r.founded.Next[:2], hsm.ErrOtherSet, "next core"},
	} {
		err := r.a.Drill(test.cards)
		if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.names) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c := r.custody(); c.Drill != appliance.DrillPending {
		t.Fatalf("drill %s", c.Drill)
	}
	if err := r.a.Drill([][]byte{cards[4], cards[0], cards[2]}); err != nil {
		t.Fatal(err)
	}
	if c := r.custody(); c.Drill != appliance.DrillPassed {
		t.Fatalf("drill %s", c.Drill)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
	if err := r.a.Lock(); err != nil {
		t.Fatal(err)
	}
	wantErr(t, r.a.Drill(cards[:3]), hsm.ErrLocked)
}

func TestWaivedDrillIsShownForEver(t *testing.T) {
	r := newRealm(t)
	if err := r.a.WaiveDrill(); err != nil {
		t.Fatal(err)
	}
	r.enrol("bus-1")
	if err := r.a.Drill(r.founded.Cards[:3]); err != nil {
		t.Fatal(err)
	}
	if c := r.custody(); c.Drill != appliance.DrillWaived || c.Grade != appliance.GradeEvaluation || len(c.Reasons) != 1 {
		t.Fatalf("custody %+v", c)
	}
	wantErr(t, r.a.WaiveDrill(), authority.ErrDrill)
}

func TestGradeSaysEveryReason(t *testing.T) {
	r := unfounded(t)
	f := r.founding()
	f.Needed, f.Backup, f.Next = 1, appliance.Cards{}, appliance.Cards{}
	founded, err := appliance.Found(r.dir, f, r.options)
	if err != nil {
		t.Fatal(err)
	}
	r.a = founded.Appliance
	if c := r.custody(); c.Grade != appliance.GradeEvaluation || len(c.Reasons) != 3 || c.Drill != appliance.DrillNone || c.Next != nil {
		t.Fatalf("custody %+v", c)
	}
	r.enrol("bus-1")
	r.close()
	checkFolder(t, r.dir, "authority.db officers vault")
}

func TestDamagedCardsFileIsRefused(t *testing.T) {
	r := newRealm(t)
	r.close()
	path := filepath.Join(r.dir, "cards")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(whole); i += 7 {
		changed := bytes.Clone(whole)
		changed[i] ^= 1
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := appliance.Open(r.dir, r.options)
		wantErr(t, err, appliance.ErrCards)
	}
}

func FuzzParseCards(f *testing.F) {
	f.Add([]byte("{}"))
	f.Add([]byte(`{"format":"marque/v1/cards","sets":[{"commitments":"MQ1C","seen":[1]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if again, err := appliance.ParseCards(b); err == nil && !bytes.Equal(again, b) {
			t.Fatal("another encoding")
		}
	})
}
