package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"marque/app/carry"
	"marque/app/terminal"
	"marque/app/usb"
)

var errNotAll = errors.New("not all of it is on the stick; write it again")

// drive is a stick as JSON shows it.
type drive struct {
	Device   string `json:"device"`
	Model    string `json:"model,omitempty"`
	Size     int64  `json:"size"`
	Mount    string `json:"mount,omitempty"`
	Format   string `json:"format,omitempty"`
	ReadOnly bool   `json:"read_only"`
}

// taken is a file of a stick as JSON shows it.
type taken struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Bytes int    `json:"bytes"`
	File  string `json:"file,omitempty"` // where it was copied to
}

func newUSB() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "usb",
		Short: "See, read, write and eject sticks",
		Long: `See, read, write and eject sticks.

Files cross the air gap in one folder of a stick, marque/inbox: whatever is written goes there, and nothing else of a stick is ever read.
Links, devices and the like in it are left out and named. What is written was flushed and read back from the stick when it is said to
be there; a stick that is pulled before holds each file whole, as it was or as it is to be.

Wherever --usb is understood, it stands alone for the only stick that is mounted, or names one: --usb=sdb1, --usb=/media/stick. At a
terminal it waits for a stick, and asks which one when there are several.`,
	}
	cmd.AddCommand(newUSBList(), newUSBWatch(), newUSBRead(), newUSBWrite(), newUSBCheck(), newUSBEject())
	return cmd
}

// interruptible is the context of what an interrupt ends properly; a second one ends the program.
func interruptible(cmd *cobra.Command) (ctx context.Context, stop context.CancelFunc) {
	ctx, stop = signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

func newUSBList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the sticks that are inserted", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			drives, err := usb.Drives(usb.System{})
			if err != nil {
				return advice.Wrap("the sticks were not listed", err)
			}
			if asJSON {
				return terminal.JSON(cmd.OutOrStdout(), drivesOf(drives))
			}
			cmd.Print(drivesText(drives))
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func drivesOf(drives []usb.Drive) []drive {
	list := []drive{}
	for _, d := range drives {
		list = append(list, drive{d.Device, d.Model, d.Size, d.Mount, d.Format, d.ReadOnly})
	}
	return list
}

func drivesText(drives []usb.Drive) (text string) {
	for _, d := range drives {
		text += carry.Describe(&d) + "\n"
	}
	if text == "" {
		return "no stick is inserted\n"
	}
	return text
}

func newUSBWatch() *cobra.Command {
	cmd := &cobra.Command{
		Use: "watch", Short: "Tell which sticks are inserted, and again whenever that changes", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := interruptible(cmd)
			defer stop()
			err := usb.Watch(ctx, usb.System{}, func(drives []usb.Drive) { cmd.Print(drivesText(drives), "--\n") })
			return advice.Wrap("the sticks are not watched", err)
		},
	}
	return cmd
}

// stick is the stick of a command that has no other use.
func stick(ctx context.Context, name string, writing bool) (*carry.Desk, usb.Drive, error) {
	desk := carry.Here()
	s, err := desk.Choose(ctx, name, writing)
	return desk, s, err
}

func newUSBRead() *cobra.Command {
	var from carry.Flag
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "read [--usb=DEVICE|FOLDER] [--out FOLDER]",
		Short: "Show what lies in a stick's folder marque/inbox, or copy it",
		Long: `Reads the folder marque/inbox of a stick, and says what each file seems to be. With --out the files are copied into a folder; none there is
overwritten with other contents.`,
		Example: "  marque usb read\n  marque usb read --usb=sdb1 --out received",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := interruptible(cmd)
			defer stop()
			const what = "the stick was not read"
			desk, s, err := stick(ctx, from.Name, false)
			if err != nil {
				return advice.Wrap(what, err)
			}
			files, err := desk.Collect(s)
			if err != nil {
				return advice.Wrap(what, err)
			}
			list, err := take(files, out)
			if err != nil {
				return advice.Wrap("not all of the stick was copied", err)
			}
			if asJSON {
				return terminal.JSON(cmd.OutOrStdout(), list)
			}
			for _, f := range list {
				cmd.Printf("%-40s %9d  %s\n", f.Name, f.Bytes, f.Kind)
			}
			return nil
		},
	}
	from.Add(cmd, "the stick, when it is not the only one")
	cmd.Flags().StringVar(&out, "out", "", "the folder to copy the files to; made if it is missing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// take copies files of a stick into a folder, if one is named.
func take(files []usb.File, out string) ([]taken, error) {
	list := []taken{}
	if out != "" {
		if err := makeFolder(out); err != nil {
			return nil, err
		}
	}
	for i := range files {
		f := &files[i]
		t := taken{Name: f.Name, Kind: carry.Kind(f), Bytes: len(f.Content)}
		if out != "" {
			t.File = filepath.Join(out, f.Name)
			if err := terminal.WriteNew(t.File, f.Content); err != nil {
				return nil, err
			}
		}
		list = append(list, t)
	}
	return list, nil
}

func newUSBWrite() *cobra.Command {
	var to carry.Flag
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "write [--usb=DEVICE|FOLDER] FILE…",
		Short: "Write files to a stick, read them back, and say when it may be pulled",
		Long: `Writes files into the folder marque/inbox of a stick, in place of those of the same names, and reads them back from the stick. Prints the
SHA-256 of what was read back, and its first 88 bits as eight words to read aloud.`,
		Example: "  marque usb write out/list-7.mql out/core.mqs",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := interruptible(cmd)
			defer stop()
			const what = "the stick was not written to"
			files, err := load(args)
			if err != nil {
				return advice.Wrap(what, err)
			}
			desk, s, err := stick(ctx, to.Name, true)
			if err != nil {
				return advice.Wrap(what, err)
			}
			done, err := desk.Deliver(ctx, s, files)
			if err != nil {
				return advice.Wrap("not everything was written to the stick", err)
			}
			if asJSON {
				return terminal.JSON(cmd.OutOrStdout(), done)
			}
			carry.Print(cmd.OutOrStdout(), &s, done)
			return nil
		},
	}
	to.Add(cmd, "the stick, when it is not the only one")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// load reads files that go to a stick.
func load(names []string) (files []usb.File, err error) {
	for _, name := range names {
		b, err := terminal.Read(nil, name, usb.MaxFileSize)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files = append(files, usb.File{Name: filepath.Base(name), Content: b})
	}
	return files, nil
}

func newUSBCheck() *cobra.Command {
	var on carry.Flag
	cmd := &cobra.Command{
		Use:   "check [--usb=DEVICE|FOLDER] FILE…",
		Short: "Say whether a stick holds these files, such as after it was pulled too early",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := interruptible(cmd)
			defer stop()
			const what = "the stick was not looked at"
			files, err := load(args)
			if err != nil {
				return advice.Wrap(what, err)
			}
			_, s, err := stick(ctx, on.Name, false)
			if err != nil {
				return advice.Wrap(what, err)
			}
			states, err := usb.Examine(s, usb.InboxFolder, files)
			if err != nil {
				return advice.Wrap(what, err)
			}
			all := true
			for i, f := range files {
				cmd.Printf("%s %s\n", f.Name, states[i])
				all = all && states[i] == usb.StateWritten
			}
			if !all {
				return advice.Wrap("the stick does not hold these files", errNotAll)
			}
			return nil
		},
	}
	on.Add(cmd, "the stick, when it is not the only one")
	return cmd
}

func newUSBEject() *cobra.Command {
	var which carry.Flag
	cmd := &cobra.Command{
		Use: "eject [--usb=DEVICE|FOLDER]", Short: "Flush and unmount a stick", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := interruptible(cmd)
			defer stop()
			const what = "the stick was not ejected"
			_, s, err := stick(ctx, which.Name, false)
			if err != nil {
				return advice.Wrap(what, err)
			}
			if err := usb.Eject(ctx, s); err != nil {
				return advice.Wrap(what, err)
			}
			cmd.Println("safe to remove")
			return nil
		},
	}
	which.Add(cmd, "the stick, when it is not the only one")
	return cmd
}
