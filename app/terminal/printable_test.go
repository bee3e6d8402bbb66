package terminal_test

import (
	"testing"

	"marque/app/terminal"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"bay 7, gate code 0417\n":  "bay 7, gate code 0417\n",
		"Straße\t12 — 日本":          "Straße\t12 — 日本",
		"\x1b]52;c;cm0gLXJmIC8=\a": "\ufffd]52;c;cm0gLXJmIC8=\ufffd", // would fill the clipboard
		"wrong\rright":             "wrong\ufffdright",
		"a\u009b2Jb":               "a\ufffd2Jb", // C1: the same as escape and bracket
		"\u202egnp.exe\u2066":      "\ufffdgnp.exe\ufffd",
		"\xff\x7f":                 "\ufffd\ufffd",
		"":                         "",
	} {
		if got := string(terminal.Printable([]byte(in))); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
