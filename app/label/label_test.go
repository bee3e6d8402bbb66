package label_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marque/app/label"
)

var made = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func labels(n int) []label.Label {
	out := make([]label.Label, n)
	for i := range out {
		name := "bus-" + strings.Repeat("4", i%4+1)
		out[i] = label.Label{Address: "//fleet.example/S" + name + "~" + string(rune('0'+i%10)), Lines: []string{name, "Depot Süd"}}
	}
	return out
}

// codes renders a PDF and returns the texts of the codes on it, as zbarimg reads them.
func codes(t *testing.T, pdf []byte) []string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("pdftoppm", "-r", "300", "-png", file, filepath.Join(dir, "page")).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v\n%s", err, out)
	}
	pictures, err := filepath.Glob(filepath.Join(dir, "page*.png"))
	if err != nil || len(pictures) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	out, err := exec.Command("zbarimg", append([]string{"--quiet", "--raw"}, pictures...)...).Output()
	if err != nil {
		t.Fatalf("zbarimg: %v", err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func TestEveryCodeOfASheetReads(t *testing.T) {
	for _, f := range label.Formats() {
		n := min(f.PerPage()+1, 12)
		var out bytes.Buffer
		want := labels(n)
		if err := label.Sheet(&out, f, want, f.PerPage()-1, made); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		got := map[string]int{}
		for _, text := range codes(t, out.Bytes()) {
			got[text]++
		}
		for _, l := range want {
			if got[l.Address]--; got[l.Address] < 0 {
				t.Errorf("%s: no code of %s, but %v", f.Name, l.Address, got)
			}
		}
	}
}

func TestSameInputGivesSameOctets(t *testing.T) {
	f, err := label.FormatOf("a4-24")
	if err != nil {
		t.Fatal(err)
	}
	card := []label.Card{{Title: "Backup card 1 of 3", Code: "MQ1S" + strings.Repeat("A2", 60), Lines: []string{"AAAA BBBB"}, Notes: []string{"Keep it."}}}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"sheet": func(b *bytes.Buffer) error { return label.Sheet(b, f, labels(30), 0, made) },
		"cards": func(b *bytes.Buffer) error { return label.Cards(b, card, made) },
		"record": func(b *bytes.Buffer) error {
			return label.Record(b, "Record", strings.Repeat("step\n", 100), []string{"Ada"}, made)
		},
	} {
		var first, second bytes.Buffer
		if err := errors.Join(write(&first), write(&second)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if first.Len() < 1000 || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s: %d octets, then others", name, first.Len())
		}
	}
}

func TestCardStandsAloneOnItsPage(t *testing.T) {
	cards := make([]label.Card, 3)
	for i := range cards {
		cards[i] = label.Card{Title: "Backup card", Code: "MQ1S" + strings.Repeat("ABCDEFG"[i:i+1], 150), Lines: []string{"AAAA BBBB"}, Notes: []string{"n"}}
	}
	var out bytes.Buffer
	if err := label.Cards(&out, cards, made); err != nil {
		t.Fatal(err)
	}
	if got := codes(t, out.Bytes()); len(got) != 3 || got[0] != cards[0].Code || got[2] != cards[2].Code {
		t.Fatalf("codes %v", got)
	}
}

func TestZPLHasNoCommandsOfItsInput(t *testing.T) {
	f, err := label.FormatOf("57x32")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	l := label.Label{Address: "//fleet.example/Sbus_^XZ~7", Lines: []string{"^XA~JR\\ Süd"}}
	if err := label.ZPL(&out, f, []label.Label{l}, 8); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	if strings.Count(got, "^XA") != 1 || strings.Count(got, "^XZ") != 1 || strings.Contains(got, "~") || !strings.Contains(got, "_5EXZ_7E7") || !strings.Contains(got, "S_C3_BCd") {
		t.Fatalf("%s", got)
	}
}

func TestWhatCannotBePrintedIsRefused(t *testing.T) {
	f := label.Formats()[0]
	good := label.Label{Address: "//fleet.example/Sbus~1"}
	for name, test := range map[string]struct {
		err  error
		want error
	}{
		"no address":     {label.Sheet(new(bytes.Buffer), f, []label.Label{{}}, 0, made), label.ErrLabel},
		"control":        {label.Sheet(new(bytes.Buffer), f, []label.Label{{Address: "a\nb"}}, 0, made), label.ErrLabel},
		"other script":   {label.Sheet(new(bytes.Buffer), f, []label.Label{{Address: "a", Lines: []string{"автобус"}}}, 0, made), label.ErrLabel},
		"none":           {label.Sheet(new(bytes.Buffer), f, nil, 0, made), label.ErrTooMany},
		"outside":        {label.Sheet(new(bytes.Buffer), f, []label.Label{good}, f.PerPage(), made), label.ErrFormat},
		"sheet as ZPL":   {label.ZPL(new(bytes.Buffer), f, []label.Label{good}, 8), label.ErrFormat},
		"unknown format": {func() error { _, err := label.FormatOf("a5"); return err }(), label.ErrFormat},
	} {
		if !errors.Is(test.err, test.want) {
			t.Errorf("%s: %v", name, test.err)
		}
	}
}
