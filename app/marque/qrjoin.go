package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"marque/app/carry"
	"marque/app/qr"
	"marque/app/terminal"
)

// joining is `qr join`.
type joining struct {
	join    *carry.Join
	out     string
	asJSON  bool
	live    bool // codes come from a person or a device, and the first whole file is all that is wanted
	watched bool // somebody sees standard error
	err     io.Writer
	made    []joinedFile
	problem error
}

// joinedFile is a file that was put together, as JSON shows it.
type joinedFile struct {
	Kind  string `json:"kind"`
	Bytes int    `json:"bytes"`
	File  string `json:"file"`
}

func newQRJoin() *cobra.Command {
	var j joining
	var state string
	var from devices
	cmd := &cobra.Command{
		Use:   "join [--out FILE|FOLDER] [--state FILE] [PICTURE…]",
		Short: "Put files together from codes",
		Long: `Puts files together from codes in any order: from pictures (PNG, JPEG, GIF, or folders of them), from a hand scanner (--scan), from a camera
(--camera), or, where none of these is named, from lines on standard input, such as a hand scanner types them.

Other codes are passed over, and it is said what they seem to be. With --state the codes that came are kept in a file, and the next run goes
on from there. Files are never overwritten.`,
		Example: "  marque qr join --out list-7.mql film.gif\n  marque qr join --state codes --out list-7.mql photo-*.jpg",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx, stop := interruptible(cmd)
			defer stop()
			const what = "nothing was put together"
			if err := from.check(args); err != nil {
				return advice.Wrap(what, err)
			}
			if j.join, err = carry.NewJoin(state); err != nil {
				return advice.Wrap(what, err)
			}
			j.err, j.watched = cmd.ErrOrStderr(), term.IsTerminal(int(os.Stderr.Fd()))
			err = j.read(ctx, cmd, args, &from)
			err = errors.Join(err, j.join.Close())
			return errors.Join(advice.Wrap(what, err), j.show(cmd))
		},
	}
	cmd.Flags().StringVar(&j.out, "out", ".", "the file, or a folder that there is, where it gets a name by what it is")
	cmd.Flags().StringVar(&state, "state", "", "the file that keeps the codes of what is not whole yet")
	cmd.Flags().BoolVar(&j.asJSON, "json", false, "print JSON")
	from.flags(cmd)
	return cmd
}

// read takes codes until their source ends, or a person's file is whole.
func (j *joining) read(ctx context.Context, cmd *cobra.Command, pictures []string, from *devices) error {
	err := j.source(ctx, cmd, pictures, from)
	switch {
	case j.problem != nil:
		return j.problem
	case len(j.made) > 0 && (err == nil || errors.Is(err, context.Canceled)):
		return nil
	case err != nil && !errors.Is(err, context.Canceled):
		return err
	}
	if p := j.join.Progress(); len(p.Have) > 0 && !j.watched {
		fmt.Fprintln(j.err, carry.Row(p))
	}
	return carry.ErrUnfinished
}

func (j *joining) source(ctx context.Context, cmd *cobra.Command, pictures []string, from *devices) error {
	if len(pictures) > 0 {
		source, err := qr.Files(pictures...)
		if err != nil {
			return err
		}
		return errors.Join(j.join.Pictures(ctx, source, j.told), source.Close())
	}
	j.live = true
	if from.given() {
		return from.join(ctx, j)
	}
	in, isFile := cmd.InOrStdin().(*os.File)
	j.live = isFile && term.IsTerminal(int(in.Fd()))
	if j.live {
		fmt.Fprintln(j.err, "scan the codes, in any order (Ctrl-D ends)")
	}
	return j.join.Texts(ctx, carry.Lines(cmd.InOrStdin()), func(error) bool { return false }, j.told)
}

// told writes what is whole, and says how far the rest is.
func (j *joining) told(n carry.News) (more bool) {
	switch {
	case n.Err != nil:
		fmt.Fprintf(j.err, "passed over: %v\n", n.Err)
	case n.Payload != nil:
		if j.problem = j.write(n.Payload); j.problem != nil {
			return false
		}
		return !j.live
	case j.watched && len(n.Progress.Have) > 0:
		fmt.Fprintln(j.err, carry.Row(n.Progress))
	}
	return true
}

func (j *joining) write(p *carry.Payload) error {
	file := j.out
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		file = filepath.Join(file, p.Name())
	}
	if err := terminal.WriteNew(file, p.Content); err != nil {
		return err
	}
	j.made = append(j.made, joinedFile{Kind: string(p.Found), Bytes: len(p.Content), File: file})
	return nil
}

func (j *joining) show(cmd *cobra.Command) error {
	if len(j.made) == 0 {
		return nil
	}
	if j.asJSON {
		return terminal.JSON(cmd.OutOrStdout(), j.made)
	}
	for _, f := range j.made {
		cmd.Printf("%s (%d octets)\n  %s\n", f.Kind, f.Bytes, f.File)
	}
	return nil
}
