package terminal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Confirm asks a question on the terminal and reports whether the answer was "yes" in full. It is ErrNoTerminal when nobody can be asked.
func Confirm(question string) (bool, error) {
	answer, err := reply(question + " Type yes to go on: ")
	return answer == "yes", err
}

// YesNo asks a question on the terminal and reports whether the answer was "y" or "yes", in any case; anything else is a no. It is
// ErrNoTerminal when nobody can be asked.
func YesNo(question string) (bool, error) {
	answer, err := reply(question + " [y/N] ")
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes", err
}

// Ask asks for one line on the terminal, which is shown as it is typed, without the spaces around it. It is ErrNoTerminal when nobody can be
// asked.
func Ask(prompt string) (string, error) { return reply(prompt) }

// reply returns one line from the terminal, without the spaces around it; nothing when its end is missing.
func reply(prompt string) (string, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return "", ErrNoTerminal
	}
	fmt.Fprint(os.Stderr, prompt)
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if errors.Is(err, io.EOF) {
		fmt.Fprintln(os.Stderr)
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	return strings.TrimSpace(answer), nil
}
