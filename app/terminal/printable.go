package terminal

import (
	"bytes"
	"io"
	"os"
	"unicode"

	"golang.org/x/term"
)

// Printable replaces what steers a terminal instead of being text: control characters but for the end of a line and the tab, characters
// that change the direction of writing, and what is no UTF-8. What others send could otherwise rewrite the screen, or type.
func Printable(b []byte) []byte {
	return bytes.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return unicode.ReplacementChar
		}
		return r
	}, b)
}

// ForPeople returns a writer to w for what others sent: made printable where w is a terminal, and untouched where it is not.
func ForPeople(w io.Writer) io.Writer {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return printing{w}
	}
	return w
}

type printing struct{ w io.Writer }

func (p printing) Write(b []byte) (int, error) {
	if _, err := p.w.Write(Printable(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}
