package selftest

import (
	"errors"
	"fmt"
	"io"
)

// Bounds of the two health tests of NIST SP 800-90B, section 4.4, for octets that claim their full 8 bits, over one sample. A sound
// generator fails either once in 2^40 starts.
const (
	sample = 1 << 20 // octets
	repeat = 9       // the same octet so often in a row
	window = 512     // octets
	common = 26      // so many octets of a window equal to its first, besides that
)

var (
	errRepeats  = errors.New("the random generator repeats itself")
	errLopsided = errors.New("the random generator prefers some values")
)

// generator draws a MiB and looks whether it is stuck or lopsided. It says nothing about whether anybody can guess the octets.
func generator(rand io.Reader) error {
	b := make([]byte, sample)
	defer clear(b)
	if _, err := io.ReadFull(rand, b); err != nil {
		return fmt.Errorf("read the random generator: %w", err)
	}
	run := 1
	for i := 1; i < len(b); i++ {
		if b[i] != b[i-1] {
			run = 0
		}
		if run++; run >= repeat {
			return errRepeats
		}
	}
	for ; len(b) > 0; b = b[window:] {
		same := 0
		for _, v := range b[1:window] {
			if v == b[0] {
				same++
			}
		}
		if same >= common {
			return errLopsided
		}
	}
	return nil
}
