package flow

import (
	"errors"
	"fmt"
)

// Series is how far something has come that was split over several codes.
type Series struct {
	Needed int
	Have   []bool // by part
}

// Arrived returns how many parts have arrived.
func (s *Series) Arrived() (n int) {
	for _, have := range s.Have {
		if have {
			n++
		}
	}
	return n
}

// SeriesError says that a code was read which is one part of several, and that more are needed.
type SeriesError struct{ Series Series }

// Error implements error.
func (e *SeriesError) Error() string {
	return fmt.Sprintf("%d of %d parts have arrived", e.Series.Arrived(), e.Series.Needed)
}

// partOf returns how far the series is whose part was read, nil when err says something else.
func partOf(err error) *Series {
	var part *SeriesError
	if errors.As(err, &part) {
		return &part.Series
	}
	return nil
}
