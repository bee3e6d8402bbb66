package terminal

import (
	"fmt"
	"os"

	"golang.org/x/term"
)

// Progress tells the person at the terminal what is going on, and returns what takes it away again. Where nobody watches standard error
// nothing is written.
func Progress(what string) (end func()) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return func() {}
	}
	fmt.Fprintf(os.Stderr, "%s …", what)
	return func() { fmt.Fprint(os.Stderr, "\r\x1b[K") }
}
