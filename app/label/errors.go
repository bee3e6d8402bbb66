package label

import "errors"

// The errors of this package, to be told apart with errors.Is.
var (
	// ErrLabel: a label cannot be printed as it is.
	ErrLabel = errors.New("the label cannot be printed: its lines have 1 to 255 printable characters")
	// ErrSmall: the code would be too fine to be read.
	ErrSmall = errors.New("the label is too small for a code of this address: take a larger format, or a finer printer")
	// ErrTooMany: a document has more labels or cards than it can.
	ErrTooMany = errors.New("there is too much for one document: print it in several")
	// ErrFormat: there is no such format of labels.
	ErrFormat = errors.New("there is no such label format: take one of the list")
)
