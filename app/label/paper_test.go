package label_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"marque/app/label"
)

// text returns what stands on a PDF's pages.
func text(t *testing.T, pdf []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	return string(out)
}

func TestCardsAreSigned(t *testing.T) {
	card := label.Card{
		Title: "Backup card", Code: "MQ1S" + strings.Repeat("A", 150), Lines: []string{"AAAA BBBB"}, Notes: []string{"n"}, Sign: []string{"holder", "place and date"},
	}
	var out bytes.Buffer
	if err := label.Cards(&out, []label.Card{card}, made); err != nil {
		t.Fatal(err)
	}
	if got := text(t, out.Bytes()); !strings.Contains(got, "holder") || !strings.Contains(got, "place and date") {
		t.Errorf("%s", got)
	}
	card.Sign = make([]string, 7)
	for i := range card.Sign {
		card.Sign[i] = "x"
	}
	if err := label.Cards(new(bytes.Buffer), []label.Card{card}, made); !errors.Is(err, label.ErrTooMany) {
		t.Errorf("seven signatures: %v", err)
	}
}

// Nothing of a record vanishes silently.
func TestRecordShowsThatALetterIsMissing(t *testing.T) {
	var out bytes.Buffer
	if err := label.Record(&out, "Record", "Cem Yılmaz\n"+strings.Repeat("word ", 40)+"end\n", []string{"Ada"}, made); err != nil {
		t.Fatal(err)
	}
	got := text(t, out.Bytes())
	for _, want := range []string{"Cem Y?lmaz", "end", "____   Ada", "1/1"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}

// A code that no scanner reads is not printed: neither on paper nor by a label printer.
func TestTooSmallALabelIsRefused(t *testing.T) {
	f, err := label.FormatOf("57x32")
	if err != nil {
		t.Fatal(err)
	}
	long := label.Label{Address: "//" + strings.Repeat("a.", 100) + "example/Sbus~1"}
	if err := label.ZPL(new(bytes.Buffer), f, []label.Label{long}, 8); err != nil {
		t.Errorf("a long address on a label that is large enough: %v", err)
	}
	f.Width, f.Height, f.LabelWidth, f.LabelHeight = 30, 15, 30, 15
	if err := label.ZPL(new(bytes.Buffer), f, []label.Label{long}, 8); !errors.Is(err, label.ErrSmall) {
		t.Errorf("ZPL: %v", err)
	}
	if err := label.Single(new(bytes.Buffer), f, long, made); !errors.Is(err, label.ErrSmall) {
		t.Errorf("PDF: %v", err)
	}
}
