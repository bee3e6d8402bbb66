package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"marque/app/carry"
	"marque/app/qr"
	"marque/app/terminal"
)

func newQR() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "qr",
		Short: "Carry files as QR codes: show them, and put them together",
		Long: `Carries requests, packages, lists of up to 64 KiB, cores, receipts and what depots make as QR codes. What is short is one code; the rest is a
series, of which any part of the codes is enough, in any order.`,
	}
	cmd.AddCommand(newQRShow(), newQRJoin())
	return cmd
}

func newQRShow() *cobra.Command {
	var look carry.Look
	var out string
	var spare, rounds int
	cmd := &cobra.Command{
		Use:   "show [--out FILE.gif|FILE.png|FOLDER] FILE",
		Short: "Show a file as one code, or as a series of codes",
		Long: `Shows a file in the terminal, one code after the other, until Ctrl-C; with --out as a picture: one code as PNG, several as an animated GIF, or
each as a PNG of its own in a folder that there is, for print. Every code is read back before it is shown.

A camera that does not keep up needs fewer codes a second (--per-second), one that sees no code at all smaller ones (--octets).`,
		Example: "  marque qr show out/list-7.mql\n  marque qr show --out package.gif out/bus-4711~0.mqp",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := interruptible(cmd)
			defer stop()
			const what = "nothing was shown"
			b, err := terminal.Read(cmd.InOrStdin(), args[0], qr.MaxPayload)
			if err != nil {
				return advice.Wrap(what, err)
			}
			p, err := carry.Recognise(b)
			if err != nil {
				return advice.Wrap(what, err)
			}
			if look.Spare = spare; spare == 0 && cmd.Flags().Changed("spare") {
				look.Spare = -1
			}
			if out == "" {
				return advice.Wrap(what, showLive(ctx, cmd, p, look, rounds))
			}
			return advice.Wrap(what, showFile(ctx, cmd, p, look, out))
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the picture, or a folder for one picture each (default: in the terminal)")
	cmd.Flags().IntVar(&look.Octets, "octets", 0, "of the file in one code, 16 to 297 (default: as is best for its length)")
	cmd.Flags().IntVar(&spare, "spare", 100, "how many more codes there are for each 100 that are needed, 0 to 200")
	cmd.Flags().IntVar(&look.PerSecond, "per-second", 0, "how many codes a second, 1 to 15 (default: as cameras read codes of that size)")
	cmd.Flags().IntVar(&look.Pixels, "pixels", qr.ModulePixels, "of a picture: pixels to the module, 1 to 64")
	cmd.Flags().IntVar(&rounds, "rounds", 0, "in the terminal: how often the series is shown (default: until Ctrl-C)")
	return cmd
}

func showFile(ctx context.Context, cmd *cobra.Command, p carry.Payload, look carry.Look, out string) error {
	c, err := carry.CodesOf(p, look)
	if err != nil {
		return err
	}
	defer terminal.Progress("drawing the codes")()
	files, err := c.Write(ctx, out)
	if err != nil {
		return err
	}
	number := "one code"
	if c.Parts > 1 {
		number = fmt.Sprintf("%d codes, any %d are enough", c.Parts, c.Needed())
	}
	cmd.Printf("%s, %d octets: %s\n  %s\n", p.Found, len(p.Content), number, strings.Join(files, "\n  "))
	return nil
}

// showLive shows codes on standard output. Where that is no terminal, all of them come once.
func showLive(ctx context.Context, cmd *cobra.Command, p carry.Payload, look carry.Look, rounds int) error {
	w := window()
	if w.Columns == 0 && rounds == 0 {
		rounds = 1
	}
	c, err := carry.Fit(p, look, w)
	if err != nil {
		return err
	}
	return c.Show(ctx, cmd.OutOrStdout(), w, rounds)
}

// window is the terminal that standard output is, if it is one.
func window() carry.Window {
	if columns, rows, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		return carry.Window{Columns: columns, Rows: rows}
	}
	return carry.Window{}
}
