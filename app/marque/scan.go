package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"marque/app/carry"
	"marque/app/qr/camera"
	"marque/app/scan"
)

var errTwoSources = errors.New("codes come from one place: name pictures, or a scanner, or a camera")

// devices are where codes come from besides files: a hand scanner, a camera. An empty name with the flag is the only one.
type devices struct {
	scanner, camera optional
}

// optional is a flag that may stand alone.
type optional struct {
	given bool
	name  string
}

const onlyOne = "the only one"

func (o *optional) Set(name string) error {
	o.given, o.name = true, strings.TrimPrefix(name, onlyOne)
	return nil
}

func (o *optional) String() string { return o.name }

// Type is the kind of value, as the command line's help names it.
func (*optional) Type() string { return "device" }

func (o *optional) add(cmd *cobra.Command, flag, usage string) {
	cmd.Flags().VarPF(o, flag, "", usage).NoOptDefVal = onlyOne
}

func (d *devices) flags(cmd *cobra.Command) {
	d.scannerFlag(cmd)
	d.camera.add(cmd, "camera", "a camera; `DEVICE` is its device, such as /dev/video0")
}

func (d *devices) scannerFlag(cmd *cobra.Command) {
	d.scanner.add(cmd, "scan", "a hand scanner, which nothing else sees meanwhile; `DEVICE` is its device, such as /dev/input/event5 or /dev/ttyACM0")
}

func (d *devices) given() bool { return d.scanner.given || d.camera.given }

func (d *devices) check(pictures []string) error {
	n := 0
	for _, given := range []bool{len(pictures) > 0, d.scanner.given, d.camera.given} {
		if given {
			n++
		}
	}
	if n > 1 {
		return errTwoSources
	}
	return nil
}

// openScanner opens a hand scanner: an input device as a keyboard, any other as a serial port, and without a name the only one of either.
func (d *devices) openScanner() (*scan.Source, error) {
	switch name := d.scanner.name; {
	case strings.HasPrefix(name, "/dev/input/"):
		return scan.Open(scan.Keyboard, name)
	case name != "":
		return scan.Open(scan.Serial, name)
	}
	s, err := scan.Open(scan.Keyboard, "")
	if errors.Is(err, scan.ErrNone) {
		return scan.Open(scan.Serial, "")
	}
	return s, err
}

// join reads a device's codes until a file is whole.
func (d *devices) join(ctx context.Context, j *joining) error {
	if d.camera.given {
		c, err := camera.Open(d.camera.name)
		if err != nil {
			return err
		}
		fmt.Fprintln(j.err, "show the codes to the camera (Ctrl-C ends)")
		return errors.Join(j.join.Pictures(ctx, c, j.told), c.Close())
	}
	s, err := d.openScanner()
	if err != nil {
		return err
	}
	fmt.Fprintln(j.err, "scan the codes, in any order (Ctrl-C ends)")
	return errors.Join(j.join.Texts(ctx, s, d.refused(j), j.told), s.Close())
}

// refused tells of a code that the scanner's text was not taken of.
func (*devices) refused(j *joining) func(error) bool {
	return func(err error) bool {
		if !errors.Is(err, scan.ErrRefused) {
			return false
		}
		fmt.Fprintf(j.err, "passed over: %v\n", err)
		return true
	}
}

var _ carry.Texts = (*scan.Source)(nil)
