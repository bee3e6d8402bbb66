package ceremony

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrFile reports that the ceremony file has mistakes; the error that wraps it lists them.
var ErrFile = errors.New("the ceremony file has mistakes; mend them and start again, nothing was done yet")

// Mistake is one thing that is wrong with a ceremony file.
type Mistake struct {
	Line int    // from 1; 0 for the file as a whole
	Text string // what is wrong, and what to write instead
}

// MistakesError is all that is wrong with a ceremony file, in the order of its lines.
type MistakesError struct{ List []Mistake }

// Error lists them, one on a line.
func (m *MistakesError) Error() string {
	var b strings.Builder
	b.WriteString(ErrFile.Error())
	for _, one := range m.List {
		if one.Line > 0 {
			fmt.Fprintf(&b, "\n        line %d: %s", one.Line, one.Text)
		} else {
			fmt.Fprintf(&b, "\n        %s", one.Text)
		}
	}
	return b.String()
}

// Unwrap returns [ErrFile].
func (m *MistakesError) Unwrap() error { return ErrFile }

// sorted returns nil without a mistake.
func sorted(list []Mistake) error {
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, func(a, b Mistake) int { return cmp.Compare(a.Line, b.Line) })
	return &MistakesError{List: list}
}
