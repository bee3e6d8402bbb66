package terminal

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// Confirm asks a question on the terminal and reports whether the answer was "yes" in full. It is ErrNoTerminal when nobody can be asked.
func Confirm(question string) (bool, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return false, ErrNoTerminal
	}
	fmt.Fprintf(os.Stderr, "%s Type yes to go on: ", question)
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return false, fmt.Errorf("read the answer: %w", err)
	}
	return strings.TrimSpace(answer) == "yes", nil
}
