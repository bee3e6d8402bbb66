// Package selftest shows before anything is signed that the cryptography works on this computer: a known answer of every algorithm, and
// the health of the random generator.
//
// What lives here: the tests that run at every start, in a tenth of a second. What may not: tests of Marque's own code, which stand
// beside it.
package selftest

import (
	"errors"
	"fmt"
	"io"
)

// ErrFailed reports that a result is not what it has to be. Nothing may be signed or drawn on that computer.
var ErrFailed = errors.New("the self-test failed: do not use this computer, and keep it for whoever finds out why")

// test is one algorithm's.
type test struct {
	name string
	run  func(rand io.Reader) error
}

// Run runs all tests with the generator that keys are drawn from, and returns what failed, joined, each [ErrFailed], or nil.
func Run(rand io.Reader) error {
	var errs []error
	for _, t := range tests {
		if err := t.run(rand); err != nil {
			errs = append(errs, fmt.Errorf("%w: %s: %w", ErrFailed, t.name, err))
		}
	}
	return errors.Join(errs...)
}
