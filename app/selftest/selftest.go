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

// Result is what came of one test.
type Result struct {
	Name string // of the algorithm
	Err  error  // [ErrFailed]; nil when it passed
}

// Each runs all tests with the generator that keys are drawn from, and returns what came of each, in an order that stays.
func Each(rand io.Reader) []Result {
	all := make([]Result, len(tests))
	for i, t := range tests {
		all[i].Name = t.name
		if err := t.run(rand); err != nil {
			all[i].Err = fmt.Errorf("%w: %s: %w", ErrFailed, t.name, err)
		}
	}
	return all
}

// Run is Each, and returns what failed, joined, or nil.
func Run(rand io.Reader) error {
	var errs []error
	for _, r := range Each(rand) {
		errs = append(errs, r.Err)
	}
	return errors.Join(errs...)
}
