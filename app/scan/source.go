package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// Source is a scanner that is read. Next is called from one goroutine; Close may be called from another.
type Source struct {
	file *os.File
	feed func([]byte, *line)
	line line
	next *time.Timer // fires when the next text may be returned; nil before the first

	device bool // and no pipe: its end means that it was pulled
	closed atomic.Bool
	buf    [readSize]byte
}

// Read reads a scanner from a file that is open already, such as a pipe, a terminal, or a device that another process opened and
// grabbed. The source closes it. Error: [ErrDevice] for no kind of scanner.
func Read(kind Kind, file *os.File) (*Source, error) {
	s := &Source{file: file}
	switch kind {
	case Keyboard:
		s.feed = new(keyboard).feed
	case Serial:
		s.feed = port{}.feed
	default:
		return nil, errors.Join(ErrDevice, file.Close())
	}
	return s, nil
}

// Next waits for the next text: 1 to [MaxText] characters of printable ASCII, at most one in 50 milliseconds, texts of ours in upper case.
// An error with [ErrRefused] and the reason refuses one text; the next one can be read. Other errors: the context's, [ErrNone] when
// the scanner was pulled, [ErrClosed], io.EOF at the end of a pipe.
func (s *Source) Next(ctx context.Context) (string, error) {
	if err := s.wait(ctx); err != nil {
		return "", err
	}
	for {
		if r, ok := s.line.take(); ok {
			s.next = time.NewTimer(interval)
			return r.text, r.err
		}
		n, err := s.read(ctx)
		s.feed(s.buf[:n], &s.line)
		clear(s.buf[:n])
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.line.cut()
		case err != nil && s.closed.Load():
			return "", ErrClosed
		case err != nil && s.line.open():
			s.line.cut() // refused now, and the error comes again
		case err != nil && len(s.line.ready) == 0:
			return "", s.ended(err)
		}
	}
}

// ended says why a source ended.
func (s *Source) ended(err error) error {
	switch end := errors.Is(err, io.EOF); {
	case end && !s.device:
		return io.EOF
	case end || errors.Is(reason(err), ErrNone):
		return ErrNone
	}
	return fmt.Errorf("scan: read the scanner: %w", err)
}

// wait waits until the next text may be returned.
func (s *Source) wait(ctx context.Context) error {
	if s.next == nil {
		return ctx.Err()
	}
	select {
	case <-s.next.C:
		s.next = nil
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read reads what is there. It ends with os.ErrDeadlineExceeded when the context does, or after a pause within a text.
func (s *Source) read(ctx context.Context) (int, error) {
	interrupt := func() {
		_ = s.file.SetReadDeadline(time.Unix(1, 0)) // it is closed otherwise, which ends the reading too
	}
	var paused atomic.Bool
	if s.line.open() {
		t := time.AfterFunc(pause, func() {
			paused.Store(true)
			interrupt()
		})
		defer t.Stop()
	}
	for {
		if err := s.file.SetReadDeadline(time.Time{}); err != nil {
			return 0, fmt.Errorf("scan: this file cannot be waited for: %w", err)
		}
		stop := context.AfterFunc(ctx, interrupt)
		if paused.Load() {
			interrupt() // it came before the deadline was taken back
		}
		n, err := s.file.Read(s.buf[:])
		stop()
		// The interruption of an earlier reading may come late: it is none of this one.
		if errors.Is(err, os.ErrDeadlineExceeded) && !paused.Load() && ctx.Err() == nil {
			continue
		}
		return n, err
	}
}

// Close ends the reading and gives a keyboard back to the system.
func (s *Source) Close() error {
	s.closed.Store(true)
	if err := s.file.Close(); err != nil {
		return fmt.Errorf("scan: close the scanner: %w", err)
	}
	return nil
}
