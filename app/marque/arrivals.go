package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"marque/app/carry"
	"marque/app/localapi"
	"marque/app/qr"
	"marque/app/scan"
	"marque/app/terminal"
	"marque/app/usb"
	"marque/device/wire"
)

var errNoRequests = errors.New("the stick's folder marque/inbox holds no requests; put the .mqr files or pictures there, or name them")

// arrival is a request that came some way.
type arrival struct {
	name string // of the file, or which scan it was
	read func() ([]byte, error)
}

// arrivals are the ways by which requests come to `enrol`, besides their names.
type arrivals struct {
	stick   carry.Flag
	scanner devices
}

func (a *arrivals) flags(cmd *cobra.Command) {
	a.stick.Add(cmd, "requests come from a stick, and packages go to it")
	a.scanner.scannerFlag(cmd)
}

// names stands for where requests come from.
func (a *arrivals) names(args []string) []string {
	if a.stick.Given {
		args = append(args, "--usb")
	}
	if a.scanner.given() {
		args = append(args, "--scan")
	}
	return args
}

// run opens the authority, and gives do the requests, in the order in which they come, and the stick, if there is one.
func (a *arrivals) run(
	cmd *cobra.Command, h *home, args []string, do func(*localapi.Client, iter.Seq[arrival], *bearer) error,
) error {
	const what = "nothing was enrolled"
	if err := a.scanner.check(args); err != nil {
		return advice.Wrap(what, err)
	}
	stick, err := stickOf(cmd, &a.stick)
	if err != nil {
		return advice.Wrap(what, err)
	}
	requests, end, err := a.requests(cmd, stick, args)
	if err != nil {
		return advice.Wrap(what, err)
	}
	err = h.unlocked(func(c *localapi.Client) error { return do(c, requests, stick) })
	return errors.Join(err, advice.Wrap("not all requests were read", end()))
}

// requests returns where requests come from; end says how that ended.
func (a *arrivals) requests(cmd *cobra.Command, stick *bearer, args []string) (_ iter.Seq[arrival], end func() error, err error) {
	end = func() error { return nil }
	switch {
	case a.scanner.given():
		s, err := a.scanner.openScanner()
		if err != nil {
			return nil, nil, err
		}
		requests, end := scanned(cmd, s)
		return requests, end, nil
	case len(args) > 0 || stick == nil:
		return named(args), end, nil
	}
	files, err := stick.desk.Collect(stick.drive)
	if err != nil {
		return nil, nil, err
	}
	requests := requestsOn(files, cmd.ErrOrStderr())
	if len(requests) == 0 {
		return nil, nil, errNoRequests
	}
	return func(yield func(arrival) bool) {
		for _, r := range requests {
			if !yield(r) {
				return
			}
		}
	}, end, nil
}

func named(files []string) iter.Seq[arrival] {
	return func(yield func(arrival) bool) {
		for _, file := range files {
			if !yield(arrival{file, func() ([]byte, error) { return readRequest(file) }}) {
				return
			}
		}
	}
}

// requestsOn returns the requests among a stick's files, and tells what is none.
func requestsOn(files []usb.File, told io.Writer) (requests []arrival) {
	for _, f := range files {
		found := wire.Sniff(f.Content)
		if found == wire.FoundRequest || found == wire.FoundRequestText || found == wire.FoundUnknown && picture(f.Content) {
			requests = append(requests, arrival{f.Name, func() ([]byte, error) { return requestIn(f.Content) }})
			continue
		}
		fmt.Fprintf(told, "left out %q: it is no request but %s\n", f.Name, carry.Kind(&f))
	}
	return requests
}

// scanned returns the requests that a hand scanner reads, until an interrupt, which is no error, or the scanner's end.
func scanned(cmd *cobra.Command, s *scan.Source) (_ iter.Seq[arrival], end func() error) {
	var problem error
	told := cmd.ErrOrStderr()
	requests := func(yield func(arrival) bool) {
		ctx, stop := interruptible(cmd)
		defer stop()
		fmt.Fprintln(told, "scan the requests (Ctrl-C ends)")
		for n := 1; ; {
			text, err := s.Next(ctx)
			switch {
			case errors.Is(err, scan.ErrRefused):
				fmt.Fprintf(told, "passed over: %v\n", err)
				continue
			case err != nil:
				if ctx.Err() == nil && !errors.Is(err, io.EOF) {
					problem = err
				}
				return
			case wire.Sniff([]byte(text)) != wire.FoundRequestText:
				fmt.Fprintf(told, "passed over: it seems to be %s\n", qr.Describe(text))
				continue
			}
			if !yield(arrival{fmt.Sprintf("scan %d", n), func() ([]byte, error) { return wire.ParseRequestText(text) }}) {
				return
			}
			n++
		}
	}
	return requests, func() error { return errors.Join(problem, s.Close()) }
}

// carry writes packages, list and core to a stick as well, if there is one.
func (b *enrolment) carry(cmd *cobra.Command, c *localapi.Client, stick *bearer) error {
	if stick == nil {
		return nil
	}
	names := b.packages()
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	names = slices.Compact(names) // the code and the file of one request give one package
	const what = "the packages are written, but not to the stick"
	var files []usb.File
	for _, name := range b.written(names...) {
		content, err := terminal.Read(nil, name, usb.MaxFileSize)
		if err != nil {
			return advice.Wrap(what, err)
		}
		files = append(files, usb.File{Name: filepath.Base(name), Content: content})
	}
	var err error
	if b.Stick, err = stick.deliver(cmd, c, files); err != nil {
		return advice.Wrap(what, fmt.Errorf("%w; then: marque usb write %s", err, filepath.Join(filepath.Dir(b.List), "*")))
	}
	return nil
}

// printStick says what is on the stick.
func (b *bearer) printStick(w io.Writer, files []carry.Delivered) {
	if b != nil && len(files) > 0 {
		carry.Print(w, &b.drive, files)
	}
}
