package localapi

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"marque/hsm"
)

// problem is an error on its way through the socket: its text, and what errors.Is and errors.As are to find in it.
type problem struct {
	Text      string
	Codes     []string   `json:",omitempty"` // of sentinels
	TriesLeft *int       `json:",omitempty"` // of an hsm.PINError
	Until     *time.Time `json:",omitempty"` // of an hsm.LockoutError
}

// newProblem takes an error apart.
func newProblem(err error) *problem {
	p := &problem{Text: cut(err.Error(), maxText)}
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			p.Codes = append(p.Codes, s.code)
		}
	}
	if pin, ok := errors.AsType[*hsm.PINError](err); ok {
		p.TriesLeft = &pin.Left
	}
	if lockout, ok := errors.AsType[*hsm.LockoutError](err); ok {
		p.Until = &lockout.Until
	}
	return p
}

// encode returns its JSON.
func (p *problem) encode() []byte {
	b, err := json.Marshal(p)
	if err != nil {
		panic("localapi: a problem without an encoding")
	}
	return b
}

// cut shortens a text to at most n octets of whole characters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "")
}

// parseProblem reads an error that came over the socket. What it does not know of it, it leaves out.
func parseProblem(b []byte) error {
	var p problem
	if err := json.Unmarshal(b, &p); err != nil || p.Text == "" {
		return ErrReply
	}
	return p.err()
}

// err puts the error together again.
func (p *problem) err() error {
	e := &Error{text: cut(p.Text, maxText)}
	if p.TriesLeft != nil {
		e.is = append(e.is, &hsm.PINError{Left: *p.TriesLeft})
	}
	if p.Until != nil {
		e.is = append(e.is, &hsm.LockoutError{Until: *p.Until})
	}
	for _, s := range sentinels {
		for _, code := range p.Codes {
			if s.code == code {
				e.is = append(e.is, s.err)
				break
			}
		}
	}
	return e
}

// Error is an error of the service as its client sees it. It reads as it did there, and errors.Is finds in it what it did there: all
// sentinels of the packages that do the work. errors.As finds *hsm.PINError and *hsm.LockoutError.
type Error struct {
	text string
	is   []error
}

// Error implements error.
func (e *Error) Error() string { return e.text }

// Unwrap returns the sentinels.
func (e *Error) Unwrap() []error { return e.is }
