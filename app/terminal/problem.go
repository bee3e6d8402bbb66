package terminal

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Exit codes of the programs.
const (
	ExitDone    = 0 // it did what was asked
	ExitFailure = 1 // it did not; standard error says why
	ExitUsage   = 2 // the command line makes no sense
)

// problemError is an error in the words of the person at the terminal.
type problemError struct {
	what string // what did not happen, as a clause without a full stop
	err  error  // why
	next string // what to do now; empty when the text of err says it
	is   error  // the sentinel in err that next is about; nil without
}

func (p *problemError) Error() string { return p.what + ": " + p.err.Error() }
func (p *problemError) Unwrap() error { return p.err }

// Wrap adds to err what did not happen because of it, such as "the package was not installed". It is nil for nil.
func Wrap(what string, err error) error { return Advice(nil).Wrap(what, err) }

// Advice is what to do next about some errors, in place of what their text says of that. The first one that matches counts.
type Advice []struct {
	Is   error
	Next string
}

// Wrap is the function Wrap, with advice.
func (a Advice) Wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	p := &problemError{what: what, err: err}
	for _, advice := range a {
		if errors.Is(err, advice.Is) {
			p.next, p.is = advice.Next, advice.Is
			break
		}
	}
	return p
}

// Explain writes err as what, why and next, one line each. An error that did not pass Wrap is one line.
func Explain(w io.Writer, program string, err error) {
	var p *problemError
	if !errors.As(err, &p) {
		fmt.Fprintf(w, "%s: %v\n", program, err)
		return
	}
	why, next, advised := p.err.Error(), p.next, p.err
	if p.is != nil {
		advised = p.is
	}
	if reason, own, ok := ownAdvice(advised); ok {
		why, next = strings.Replace(why, reason+own, reason, 1), cmp.Or(next, own[len("; "):])
	}
	fmt.Fprintf(w, "%s: %s\n  why:  %s\n", program, p.what, why)
	if next != "" {
		fmt.Fprintf(w, "  next: %s\n", next)
	}
}

// ownAdvice finds the first sentinel in err that gives advice, and cuts its text: sentinels of this project read "reason; advice" or
// "reason: advice". The separator stays with the advice.
func ownAdvice(err error) (reason, next string, ok bool) {
	var inner []error
	switch e := err.(type) { //nolint:errorlint // walks the chain itself
	case interface{ Unwrap() error }:
		inner = []error{e.Unwrap()}
	case interface{ Unwrap() []error }:
		inner = e.Unwrap()
	default:
		text := err.Error()
		for _, separator := range []string{"; ", ": "} {
			i := strings.Index(text, separator)
			if i > 0 && strings.Contains(text[:i], " ") { // "cbor: …" gives no advice
				return text[:i], text[i:], true
			}
		}
	}
	for _, e := range inner {
		if reason, next, ok := ownAdvice(e); ok {
			return reason, next, true
		}
	}
	return "", "", false
}
