package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"golang.org/x/term"
)

// The errors of reading a passphrase.
var (
	// ErrNoTerminal: nobody can be asked.
	ErrNoTerminal = errors.New("standard input is not a terminal, so nobody can be asked; give the passphrase with --passphrase-file")
	// ErrEmptyPassphrase: nothing was typed, or the file is empty.
	ErrEmptyPassphrase = errors.New("the passphrase is empty; type it, or name a file that holds it in its first line")
	// ErrLongPassphrase: more than MaxPassphrase octets.
	ErrLongPassphrase = errors.New("the passphrase is longer than 1,024 octets; check that the right file was named")
	// ErrInterrupted: Ctrl-C instead of an answer.
	ErrInterrupted = errors.New("interrupted")
	// ErrDifferentPassphrases: the repetition does not match.
	ErrDifferentPassphrases = errors.New("the two passphrases differ; start again")
)

// Passphrase reads a passphrase of 1 to 1,024 octets from the first line of the named file, or, when no file is named, from the terminal,
// unseen. A new passphrase is asked for twice. The caller clears it after use.
func Passphrase(file, prompt string, fresh bool) ([]byte, error) {
	if file != "" {
		return passphraseFile(file)
	}
	first, err := ask(prompt + ": ")
	if err != nil || !fresh {
		return first, err
	}
	second, err := ask(prompt + " again: ")
	if err == nil && !bytes.Equal(first, second) { // both come from the same person: nothing to time
		err = ErrDifferentPassphrases
	}
	clear(second)
	if err != nil {
		clear(first)
		return nil, err
	}
	return first, nil
}

func passphraseFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("passphrase file: %w", err)
	}
	buf := make([]byte, MaxPassphrase+2) // one octet too many shows a file that is too long, one more is the end of the line
	n, err := io.ReadFull(f, buf)
	if cerr := f.Close(); err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = cerr
	}
	if err != nil {
		clear(buf)
		return nil, fmt.Errorf("passphrase file: %w", err)
	}
	line, _, _ := bytes.Cut(buf[:n], []byte("\n"))
	return checked(bytes.TrimSuffix(line, []byte("\r")))
}

func ask(prompt string) ([]byte, error) {
	stdin := int(os.Stdin.Fd())
	if !term.IsTerminal(stdin) {
		return nil, ErrNoTerminal
	}
	fmt.Fprint(os.Stderr, prompt)
	p, err := readUnseen(stdin)
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return nil, fmt.Errorf("read the passphrase: %w", err)
	}
	return checked(p)
}

// readUnseen is term.ReadPassword, but an interrupt does not leave the terminal without echo.
func readUnseen(fd int) ([]byte, error) {
	before, err := term.GetState(fd)
	if err != nil {
		return nil, err
	}
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	defer signal.Stop(interrupt)
	type answer struct {
		p   []byte
		err error
	}
	read := make(chan answer, 1)
	go func() {
		p, err := term.ReadPassword(fd)
		read <- answer{p, err}
	}()
	select {
	case a := <-read:
		return a.p, a.err
	case <-interrupt:
		return nil, errors.Join(ErrInterrupted, term.Restore(fd, before))
	}
}

func checked(p []byte) ([]byte, error) {
	switch {
	case len(p) == 0:
		return nil, ErrEmptyPassphrase
	case len(p) > MaxPassphrase:
		clear(p)
		return nil, ErrLongPassphrase
	}
	return p, nil
}
