package carry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"marque/app/terminal"
	"marque/app/usb"
)

// The errors of choosing a stick.
var (
	// ErrNoStick: nothing is inserted, and nobody waits for it.
	ErrNoStick = errors.New("no stick is inserted and mounted; insert one, or name its device or folder with --usb=")
	// ErrSeveral: it is not clear which one.
	ErrSeveral = errors.New("there are several sticks; name the device or folder of one with --usb=")
	// ErrNoDrive: what was named is no drive and no folder.
	ErrNoDrive = errors.New("there is no stick of that name; `marque usb list` shows those that there are")
)

// Flag is a flag --usb: absent, alone, or with a device or a folder.
type Flag struct {
	Given bool
	Name  string // empty when the flag stands alone
}

const alone = "the only one"

// Add adds the flag to a command.
func (f *Flag) Add(cmd *cobra.Command, usage string) {
	cmd.Flags().VarPF(f, "usb", "", usage+"; `DEVICE|FOLDER` is the stick's, such as sdb1 or /media/stick").NoOptDefVal = alone
}

// Set is what the command line calls.
func (f *Flag) Set(name string) error {
	f.Given, f.Name = true, name
	if name == alone {
		f.Name = ""
	}
	return nil
}

func (f *Flag) String() string { return f.Name }

// Type is the kind of value, as the command line's help names it.
func (*Flag) Type() string { return "stick" }

// Desk is where somebody sits with a stick in the hand.
type Desk struct {
	System   usb.System
	Err      io.Writer                           // what is told besides results
	Watching bool                                // somebody sees Err: progress is shown, and sticks are waited for
	Ask      func(prompt string) (string, error) // a line, or terminal.ErrNoTerminal
}

// Here is the desk of this process.
func Here() *Desk {
	return &Desk{
		Err: os.Stderr, Ask: terminal.Ask,
		Watching: term.IsTerminal(int(os.Stderr.Fd())) && term.IsTerminal(int(os.Stdin.Fd())),
	}
}

// Choose returns the stick of that name, which is a device or a folder. Without a name it is the only one that is mounted, and for
// writing not locked; somebody at the desk is asked which one where there are several, and waited for where there is none. Errors:
// [ErrNoStick], [ErrSeveral], [ErrNoDrive], usb.ErrNotMounted, the context's.
func (d *Desk) Choose(ctx context.Context, name string, writing bool) (usb.Drive, error) {
	drives, err := usb.Drives(d.System)
	if err != nil && !strings.Contains(name, "/") {
		return usb.Drive{}, err
	}
	if name != "" {
		return named(drives, name)
	}
	if fit := usable(drives, writing); len(fit) > 0 || !d.Watching {
		return d.one(fit)
	}
	return d.wait(ctx, writing)
}

// wait waits until a stick is mounted.
func (d *Desk) wait(ctx context.Context, writing bool) (usb.Drive, error) {
	fmt.Fprintln(d.Err, "insert a stick (Ctrl-C ends the waiting)")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var fit []usb.Drive
	told := map[string]bool{}
	err := usb.Watch(ctx, d.System, func(drives []usb.Drive) {
		if fit = usable(drives, writing); len(fit) > 0 {
			cancel()
			return
		}
		for _, s := range drives {
			if why := unusable(&s); !told[s.Device+why] {
				told[s.Device+why] = true
				fmt.Fprintf(d.Err, "%s %s: %s\n", s.Device, s.Model, why)
			}
		}
	})
	if err != nil {
		return usb.Drive{}, err
	}
	if len(fit) == 0 {
		return usb.Drive{}, fmt.Errorf("wait for a stick: %w", ctx.Err())
	}
	return d.one(fit)
}

func unusable(s *usb.Drive) string {
	if s.Mount == "" {
		return "it is not mounted; open it in the file manager"
	}
	return "it is locked against writing"
}

func usable(drives []usb.Drive, writing bool) (fit []usb.Drive) {
	for _, s := range drives {
		if s.Mount != "" && (!writing || !s.ReadOnly) {
			fit = append(fit, s)
		}
	}
	return fit
}

// one returns the only stick, or asks which one.
func (d *Desk) one(fit []usb.Drive) (usb.Drive, error) {
	switch len(fit) {
	case 0:
		return usb.Drive{}, ErrNoStick
	case 1:
		return fit[0], nil
	}
	var list strings.Builder
	for i, s := range fit {
		fmt.Fprintf(&list, "%3d  %s\n", i+1, Describe(&s))
	}
	answer, err := d.Ask(list.String() + "Which stick? ")
	if errors.Is(err, terminal.ErrNoTerminal) {
		return usb.Drive{}, ErrSeveral
	}
	if err != nil {
		return usb.Drive{}, err
	}
	n, err := strconv.Atoi(answer)
	if err != nil || n < 1 || n > len(fit) {
		return usb.Drive{}, ErrSeveral
	}
	return fit[n-1], nil
}

// Describe is a line about a stick.
func Describe(s *usb.Drive) string {
	mount := "not mounted"
	if s.Mount != "" {
		mount = string(terminal.Printable([]byte(s.Mount)))
	}
	text := fmt.Sprintf("%-8s %8s  %s", s.Device, size(s.Size), mount)
	if s.Format != "" {
		text += ", " + s.Format
	}
	if s.ReadOnly {
		text += ", locked against writing"
	}
	if s.Model != "" {
		text += ", " + s.Model
	}
	return text
}

func size(octets int64) string {
	switch {
	case octets >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(octets)/1e9)
	case octets >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(octets)/1e6)
	}
	return fmt.Sprintf("%d kB", octets/1000)
}

// named finds a stick by its device, where the device's first partition is meant too, or by a folder, which need not be a drive's.
func named(drives []usb.Drive, name string) (usb.Drive, error) {
	device := strings.TrimPrefix(name, "/dev/")
	if strings.Contains(device, "/") || strings.HasPrefix(name, ".") {
		return folder(drives, name)
	}
	var found []usb.Drive
	for _, s := range drives {
		if s.Device == device {
			return mounted(s)
		}
		if partition, ok := strings.CutPrefix(s.Device, device); ok && strings.Trim(partition, "p0123456789") == "" {
			found = append(found, s)
		}
	}
	switch len(found) {
	case 0:
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			return folder(drives, name)
		}
		return usb.Drive{}, ErrNoDrive
	case 1:
		return mounted(found[0])
	}
	return usb.Drive{}, ErrSeveral
}

func mounted(s usb.Drive) (usb.Drive, error) {
	if s.Mount == "" {
		return usb.Drive{}, usb.ErrNotMounted
	}
	return s, nil
}

// folder returns the drive that is mounted on a folder, or the folder in the place of one. Nothing that is mounted there later is touched.
func folder(drives []usb.Drive, path string) (usb.Drive, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return usb.Drive{}, fmt.Errorf("find the folder: %w", err)
	}
	for _, s := range drives {
		if s.Mount == path {
			return s, nil
		}
	}
	d, err := usb.Folder(path)
	if err != nil {
		return usb.Drive{}, ErrNoDrive
	}
	return d, nil
}
