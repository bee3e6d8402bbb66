package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"marque/app/terminal"
	"marque/device"
)

// maxLine is the longest line that goes over a session at a time; longer ones are cut into pieces, which the peer sees as one line again.
const maxLine = device.MaxRecordData

// lines reads standard input once for all sessions of a process: whichever is open gets the next line.
type lines <-chan []byte

// readLines gives out the lines of r, ends of line included, until it ends. In the background of a shell there is no input: the terminal
// would stop a process that looks for some, and with it the sessions, unless it ignores the signal.
func readLines(ctx context.Context, r io.Reader) lines {
	signal.Ignore(syscall.SIGTTIN)
	c := make(chan []byte)
	go func() {
		defer close(c)
		b := bufio.NewReaderSize(r, maxLine)
		for {
			line, err := b.ReadSlice('\n')
			if len(line) > 0 {
				select {
				case c <- append([]byte(nil), line...):
				case <-ctx.Done():
					return
				}
			}
			if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				return
			}
		}
	}()
	return c
}

// interruptible is the context of a command that ends its sessions properly on an interrupt; a second one ends the program.
func interruptible(cmd *cobra.Command) (ctx context.Context, stop context.CancelFunc) {
	ctx, stop = signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// talk carries lines both ways until the peer hangs up, the context ends, or, when hangUp is not negative, the input has ended and that
// many lines came from the peer; last, if not nil, runs before it hangs up. It closes the session.
func talk(ctx context.Context, s session, in lines, out io.Writer, hangUp int, last func(context.Context)) error {
	ctx, done := context.WithCancel(ctx)
	defer done()
	heard := make(chan error, 1)
	enough := make(chan struct{})
	go func(enough chan<- struct{}) { heard <- hear(s, out, hangUp, enough) }(enough)
	spoken := make(chan error, 1)
	go func() { spoken <- speak(ctx, s, in) }()

	if hangUp < 0 {
		enough = nil // never
	}
	var err error
	select {
	case err = <-heard: // the peer hung up, or was cut off
	case err = <-spoken:
		if err != nil {
			break
		}
		select {
		case err = <-heard:
		case <-enough:
			last(ctx)
		case <-ctx.Done():
		}
	}
	return errors.Join(err, s.Close())
}

// hear copies what the peer says and closes enough after that many lines. That the peer hung up is no error.
func hear(s session, out io.Writer, count int, enough chan<- struct{}) error {
	if count <= 0 {
		close(enough)
	}
	r := bufio.NewReaderSize(s, maxLine)
	out = terminal.ForPeople(out)
	for {
		line, err := r.ReadSlice('\n')
		if _, werr := out.Write(line); werr != nil {
			return werr
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err == nil:
			if count--; count == 0 {
				close(enough)
			}
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

// speak sends lines until there are no more.
func speak(ctx context.Context, s session, in lines) error {
	for {
		select {
		case line, more := <-in:
			if !more {
				return nil
			}
			if _, err := s.Write(line); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}
