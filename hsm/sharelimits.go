package hsm

import "fmt"

const (
	maxShares  = 32  // in a set
	maxTyped   = 512 // characters of a share card as typed, with spaces and line breaks
	maxPublic  = 4 + ((4+maxShares*pointSize+4)*8+4)/5
	scalarSize = 32
	pointSize  = 32
	setSize    = 16 // octets of a set's number
)

// checkNumbers checks m-of-n.
func checkNumbers(m, n int) error {
	if m < 1 || n < m || n > maxShares {
		return fmt.Errorf("%w: %d of %d", ErrShareNumbers, m, n)
	}
	return nil
}
