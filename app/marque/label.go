package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"marque/app/label"
	"marque/app/terminal"
	"marque/device/wire"
)

var (
	errNoLabels  = errors.New("nothing says which labels to print; name addresses, or give what `marque authority list --json` printed with --list")
	errListFile  = errors.New("the file is not what `marque authority list --json` prints; give that, or name addresses")
	errOneLabel  = errors.New("a single label is of one address; print several with `marque label sheet`")
	errLabelDate = errors.New("a date is written like 2026-03-01")
)

// maxLabelList is the longest list of identities that is read, in octets: 100,000 of them.
const maxLabelList = 64 << 20

// labelMade is the date in a document of labels, unless another one is given: the same addresses give the same octets.
const labelMade = "2000-01-01"

// labels are the flags that commands which print labels share.
type labels struct {
	format, list, out, made string
	lines                   []string
	revoked                 bool
}

func newLabel() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "label",
		Short: "Print labels for vehicles and devices",
		Long: `Makes labels: the address as a QR code, and in letters. A label shows who something is, and is no secret; requests and packages never
stand on one. The same input gives the same octets.`,
	}
	cmd.AddCommand(newLabelSheet(), newLabelSingle(), newLabelZPL(), newLabelFormats())
	return cmd
}

func (l *labels) flags(cmd *cobra.Command, format string) {
	cmd.Flags().StringVar(&l.format, "format", format, "the labels' format; `marque label formats` lists them")
	cmd.Flags().StringVar(&l.list, "list", "", "what `marque authority list --json` printed: a file, or - for standard input")
	cmd.Flags().BoolVar(&l.revoked, "revoked", false, "of --list: also labels of who is revoked")
	cmd.Flags().StringArrayVar(&l.lines, "line", nil, "a further line on every label, such as the depot; at most two")
	cmd.Flags().StringVar(&l.out, "out", "", "the file or the printer's device (default standard output)")
}

func (l *labels) dateFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.made, "date", labelMade, "the date that the document says it was made")
}

// read returns the labels to be printed.
func (l *labels) read(cmd *cobra.Command, addresses []string) ([]label.Label, error) {
	if l.list != "" {
		b, err := terminal.Read(cmd.InOrStdin(), l.list, maxLabelList)
		if err != nil {
			return nil, err
		}
		listed, err := l.listed(cmd.ErrOrStderr(), b)
		if err != nil {
			return nil, err
		}
		addresses = append(listed, addresses...)
	}
	if len(addresses) == 0 {
		return nil, errNoLabels
	}
	out := make([]label.Label, 0, len(addresses))
	for _, text := range addresses {
		address, err := wire.ParseAddress(text)
		if err != nil {
			return nil, err
		}
		out = append(out, label.Label{Address: address.String(), Lines: append([]string{address.Name()}, l.lines...)})
	}
	return out, nil
}

// listed returns the addresses of a list, without those that are revoked.
func (l *labels) listed(w io.Writer, b []byte) (addresses []string, err error) {
	var ids []identity
	if err := json.Unmarshal(b, &ids); err != nil {
		return nil, errListFile
	}
	left := 0
	for _, id := range ids {
		if id.Revoked != nil && !l.revoked {
			left++
			continue
		}
		addresses = append(addresses, id.Address)
	}
	if left > 0 {
		fmt.Fprintf(w, "left out %d that are revoked\n", left)
	}
	return addresses, nil
}

// print makes a document and writes it.
func (l *labels) print(cmd *cobra.Command, made func(w io.Writer, f label.Format, date time.Time) error) error {
	const what = "no labels were made"
	f, err := label.FormatOf(l.format)
	if err != nil {
		return advice.Wrap(what, err)
	}
	date, err := time.Parse(time.DateOnly, l.made)
	if err != nil && l.made != "" {
		return advice.Wrap(what, errLabelDate)
	}
	var b bytes.Buffer
	end := terminal.Progress("drawing the labels")
	err = made(&b, f, date)
	end()
	if err == nil {
		err = terminal.Write(cmd.OutOrStdout(), l.out, b.Bytes(), false)
	}
	return advice.Wrap(what, err)
}

func newLabelSheet() *cobra.Command {
	var l labels
	var first int
	cmd := &cobra.Command{
		Use:   "sheet [--format FORMAT] [--first N] {ADDRESS… | --list FILE} --out FILE",
		Short: "Make sheets of labels as PDF",
		Example: `  marque authority list --dir fleet --json | marque label sheet --list - --out labels.pdf
  marque label sheet --format letter-30 --first 7 --out labels.pdf //fleet.example/Sbus-4711~0 //fleet.example/Sbus-4712~1`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return l.print(cmd, func(w io.Writer, f label.Format, date time.Time) error {
				all, err := l.read(cmd, args)
				if err != nil {
					return err
				}
				return label.Sheet(w, f, all, first-1, date)
			})
		},
	}
	l.flags(cmd, "a4-24")
	l.dateFlag(cmd)
	cmd.Flags().IntVar(&first, "first", 1, "the first label that is free on the first sheet, from 1, row by row")
	return cmd
}

func newLabelSingle() *cobra.Command {
	var l labels
	cmd := &cobra.Command{
		Use:     "single [--format FORMAT] ADDRESS --out FILE",
		Short:   "Make one label as PDF, for a printer with a roll",
		Example: "  marque label single --line 'Depot Nord' --out label.pdf //fleet.example/Sbus-4711~0",
		RunE: func(cmd *cobra.Command, args []string) error {
			return l.print(cmd, func(w io.Writer, f label.Format, date time.Time) error {
				all, err := l.read(cmd, args)
				if err == nil && len(all) != 1 {
					err = errOneLabel
				}
				if err != nil {
					return err
				}
				return label.Single(w, f, all[0], date)
			})
		},
	}
	l.flags(cmd, "57x32")
	l.dateFlag(cmd)
	return cmd
}

func newLabelZPL() *cobra.Command {
	var l labels
	var dots int
	cmd := &cobra.Command{
		Use:     "zpl [--format FORMAT] [--dots 8|12|24] {ADDRESS… | --list FILE}",
		Short:   "Make labels in ZPL, for label printers",
		Example: "  marque label zpl --out /dev/usb/lp0 //fleet.example/Sbus-4711~0",
		RunE: func(cmd *cobra.Command, args []string) error {
			return l.print(cmd, func(w io.Writer, f label.Format, _ time.Time) error {
				all, err := l.read(cmd, args)
				if err != nil {
					return err
				}
				return label.ZPL(w, f, all, dots)
			})
		},
	}
	l.flags(cmd, "57x32")
	cmd.Flags().IntVar(&dots, "dots", 8, "the printer's dots in a millimetre: 8 (203 dpi), 12 (300 dpi) or 24 (600 dpi)")
	return cmd
}

// format is a label format as JSON shows it, in millimetres.
type format struct {
	Name     string  `json:"name"`
	PerPage  int     `json:"per_page"`
	Width    float64 `json:"width"`
	Height   float64 `json:"height"`
	PageSize string  `json:"page"`
}

func newLabelFormats() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "formats", Short: "List the formats of labels", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list []format
			for _, f := range label.Formats() {
				list = append(list, format{f.Name, f.PerPage(), f.LabelWidth, f.LabelHeight, fmt.Sprintf("%g × %g", f.Width, f.Height)})
			}
			if asJSON {
				return terminal.JSON(cmd.OutOrStdout(), list)
			}
			for _, f := range list {
				cmd.Printf("%-10s  %2d of %g × %g mm on %s mm\n", f.Name, f.PerPage, f.Width, f.Height, f.PageSize)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
