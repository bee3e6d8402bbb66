package ceremony_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"marque/app/ceremony"
)

func TestRecord(t *testing.T) {
	p, err := ceremony.Parse(example(t))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	r := &ceremony.Record{
		Plan: p, Program: "marque 1", Began: at, Ended: at.Add(time.Hour), Words: "one two three four five six seven eight", Epoch0: at,
		CoreHash: [32]byte{1}, StatementKey: [32]byte{2}, NextCore: []byte{3, 4}, ApprovalKey: make([]byte, 91),
		Steps:    []ceremony.Step{{Time: at, What: "the self-test passed"}, {Time: at, Who: "Ada Byron", What: "typed a passphrase"}},
		Officers: []ceremony.OfficerKey{{Name: "Ada Byron", Key: [32]byte{5}}},
		CardSets: []ceremony.CardSet{{Purpose: "backup", Cards: p.Backup, Set: [16]byte{6}, Commitments: strings.Repeat("MQ1C", 60)}},
		Platform: []ceremony.Measurement{{Index: 7, Digest: []byte{8}}},
	}
	text := string(r.Text())
	for _, want := range []string{
		"FLEET.EXAMPLE", "2026-03-01T10:00:00Z", "marque 1", "one two three", "0100", "0200", "0304", "the program: the self-test passed",
		"Ada Byron: typed a passphrase", "0500", "2 of 3 security officers", "5 cards, 3 of them", "0600", "MQ1C", "approved PCR 7", "stands before",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for line := range strings.Lines(text) {
		if utf8.RuneCountInString(line) > 101 {
			t.Errorf("too wide for print: %s", line)
		}
	}
}
