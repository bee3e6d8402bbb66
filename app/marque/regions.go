package main

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"marque/app/carry"
	"marque/app/localapi"
	"marque/app/terminal"
	"marque/app/usb"
	"marque/authority"
)

// regional is a list in regions that was signed, as JSON shows it.
type regional struct {
	Sequence uint32            `json:"sequence"`
	File     string            `json:"file,omitempty"`
	Bytes    int               `json:"bytes"`
	Regions  []region          `json:"regions"`
	Stick    []carry.Delivered `json:"stick,omitempty"` // what was written to a stick

	list *authority.RegionalList
}

type region struct {
	File    string `json:"file,omitempty"`
	Bytes   int    `json:"bytes"`
	From    uint64 `json:"from"`  // the first of its serials
	Below   uint64 `json:"below"` // its serials are below
	Revoked uint32 `json:"revoked"`
}

func newRegions() *cobra.Command {
	var h home
	var out string
	var most int
	var to carry.Flag
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "regions --dir FOLDER --most K {--out FOLDER | --usb[=DEVICE|FOLDER]}",
		Short: "Write the newest revocation list in regions",
		Long: `Writes the newest list once more, for devices with little room or a slow way to them: list-N-regions.mqg is signed and says what the list says,
but the serials stand in list-N-region-001.mqg and so on, one file for each range of them. A device takes the first and the regions that it needs: its own,
and those of whom it meets. About serials in other regions it knows nothing, and refuses them.

There are at most K regions, 1 to 4,096, of as many serials each, a power of two: a serial stays in its region while the fleet grows to twice as
many. Changes do not continue a list in regions; the next one is fetched in regions again.`,
		Example: "  marque authority regions --dir fleet --most 16 --out lists\n  marque authority publish --dir fleet --out lists --regions 16",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			stick, err := stickOf(cmd, &to)
			if err != nil {
				return advice.Wrap("no regions were written", err)
			}
			return h.unlocked(func(c *localapi.Client) error {
				r, err := writeRegions(c, most, out)
				if err != nil {
					return advice.Wrap("not all regions were written", err)
				}
				if stick != nil {
					if r.Stick, err = stick.deliver(cmd, c, r.files()); err != nil {
						return advice.Wrap("the regions are not on the stick", err)
					}
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), r)
				}
				r.print(cmd)
				stick.printStick(cmd.OutOrStdout(), r.Stick)
				return nil
			})
		},
	}
	h.openFlags(cmd)
	cmd.Flags().IntVar(&most, "most", 16, "the most regions that the list is cut into")
	cmd.Flags().StringVar(&out, "out", "", "the folder for the regions; made if it is missing")
	to.Add(cmd, "write regions and manifest to a stick")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.MarkFlagsOneRequired("out", "usb")
	return cmd
}

// writeRegions cuts the newest list, and writes it to a folder if one is named.
func writeRegions(c *localapi.Client, most int, out string) (*regional, error) {
	l, err := c.Regions(most)
	if err != nil {
		return nil, err
	}
	r := &regional{Sequence: l.Sequence, Bytes: len(l.Statement), list: l}
	for _, one := range l.Regions {
		r.Regions = append(r.Regions, region{Bytes: len(one.File), From: one.From, Below: one.End, Revoked: one.Revoked})
	}
	if out == "" {
		return r, nil
	}
	if err := makeFolder(out); err != nil {
		return nil, err
	}
	var written []string
	for i, f := range r.files() {
		name := filepath.Join(out, f.Name)
		if err := terminal.WriteNew(name, f.Content); err != nil {
			if errors.Is(err, terminal.ErrExists) {
				err = fmt.Errorf("%w; regions of the same list, cut otherwise, need a folder of their own", err)
			}
			return nil, err
		}
		if written = append(written, name); i == 0 {
			r.File = name
		} else {
			r.Regions[i-1].File = name
		}
	}
	return r, writeManifest(c, out, written...)
}

// files are the list and its regions, in this order.
func (r *regional) files() []usb.File {
	files := []usb.File{{Name: fmt.Sprintf("list-%d-regions.mqg", r.Sequence), Content: r.list.Statement}}
	for i, one := range r.list.Regions {
		files = append(files, usb.File{Name: fmt.Sprintf("list-%d-region-%03d.mqg", r.Sequence, i+1), Content: one.File})
	}
	return files
}

func (r *regional) print(cmd *cobra.Command) {
	if r == nil {
		return
	}
	names := r.files()
	cmd.Printf("list %d in regions\n  list    %s (%d octets)\n", r.Sequence, cmp.Or(r.File, names[0].Name), r.Bytes)
	for i, one := range r.Regions {
		cmd.Printf("  region  %s (%d octets, %d revoked of serials %d to %d)\n", cmp.Or(one.File, names[i+1].Name), one.Bytes, one.Revoked, one.From, one.Below-1)
	}
}
