package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"marque/app/carry"
	"marque/app/localapi"
	"marque/app/terminal"
)

// published is a list that was signed.
type published struct {
	File       string            `json:"file,omitempty"`
	Bytes      int               `json:"bytes"`
	Changes    []changed         `json:"changes,omitempty"`
	Sequence   uint32            `json:"sequence"`
	Revoked    int               `json:"revoked"`
	Padding    int               `json:"padding,omitempty"`       // serials on it that were given to nobody
	Short      int               `json:"padding_short,omitempty"` // that the reserve lacked
	Added      int               `json:"added"`
	Released   int               `json:"released,omitempty"` // left because they were released
	Lapsed     int               `json:"lapsed,omitempty"`   // left because their keys ran out
	Below      uint64            `json:"below"`
	NextUpdate time.Time         `json:"next_update"`
	HardExpiry time.Time         `json:"hard_expiry"`
	Trust      *trustFile        `json:"trust,omitempty"` // list of other realms; none where there is none
	InRegions  *regional         `json:"in_regions,omitempty"`
	Stick      []carry.Delivered `json:"stick,omitempty"` // what was written to a stick

	bundle []byte
}

// changed is a change that leads to the list.
type changed struct {
	File  string `json:"file,omitempty"`
	Bytes int    `json:"bytes"`
	From  uint32 `json:"from"`
	Added int    `json:"added"`

	statement []byte
}

func newPublish() *cobra.Command {
	var h home
	var out string
	var most int
	var to carry.Flag
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "publish --dir FOLDER {--out FOLDER | --usb[=DEVICE|FOLDER]}",
		Short: "Sign a new revocation list and write it to a folder or a stick",
		Long: `Signs a list of everybody who is revoked and writes it as list-N.mql, and what brings devices with an earlier list to it as
list-N-from-M.mql: one change from the list before, and one from any list since serials last left it. Publish even when nothing changed: devices treat a list as
stale after its next update, and trust nobody after its hard expiry. Where other realms are trusted, the trust list is signed anew, and written, too.

With --usb the list goes to a stick, into its folder marque/inbox, with the core and a signed manifest of both, and is read back from it;
the SHA-256 of each file is printed, also as words to be read aloud.`,
		Example: "  marque authority publish --dir fleet --out lists\n  marque authority publish --dir fleet --usb",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			stick, err := stickOf(cmd, &to)
			if err != nil {
				return advice.Wrap("the list was not published", err)
			}
			return h.unlocked(func(c *localapi.Client) error {
				p, err := publish(c, out)
				if err != nil {
					return advice.Wrap("the list was not published", err)
				}
				if most != 0 {
					if p.InRegions, err = writeRegions(c, most, out); err != nil {
						err = advice.Wrap(fmt.Sprintf("list %d is signed and recorded, but not written in regions", p.Sequence), err)
						return errors.Join(p.show(cmd, nil, asJSON), err)
					}
				}
				if p.Stick, err = stick.publish(cmd, c, p); err != nil {
					err = advice.Wrap(fmt.Sprintf("list %d is signed and recorded, but not on the stick", p.Sequence), err)
				}
				return errors.Join(p.show(cmd, stick, asJSON), err)
			})
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().StringVar(&out, "out", "", "the folder for the list; made if it is missing")
	cmd.Flags().IntVar(&most, "regions", 0, "write the list in regions, too, at most as many (marque authority regions --help)")
	to.Add(cmd, "write list, core and manifest to a stick")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.MarkFlagsOneRequired("out", "usb")
	return cmd
}

func (p *published) show(cmd *cobra.Command, stick *bearer, asJSON bool) error {
	if asJSON {
		return terminal.JSON(cmd.OutOrStdout(), p)
	}
	cmd.Printf("list %d: %d of %d revoked, %d of them new, next update due %s\n",
		p.Sequence, p.Revoked, p.Below, p.Added, p.NextUpdate.Format(time.RFC3339))
	if p.Released > 0 {
		cmd.Printf("  released  %d: no change leads to this list, so that every device needs all of it\n", p.Released)
	}
	if p.Padding > 0 {
		cmd.Printf("  padding %d serials that were given to nobody\n", p.Padding)
	}
	if p.Short > 0 {
		cmd.Printf("  WARNING %d serials of padding are missing: whoever has the list can tell how many were revoked; have more serials left out (marque authority padding --help)\n", p.Short)
	}
	if p.File != "" {
		cmd.Printf("  list    %s (%d octets)\n", p.File, p.Bytes)
	}
	for _, c := range p.Changes {
		if c.File != "" {
			cmd.Printf("  change  %s (%d octets, from list %d on)\n", c.File, c.Bytes, c.From)
		}
	}
	p.Trust.print(cmd)
	p.InRegions.print(cmd)
	stick.printStick(cmd.OutOrStdout(), p.Stick)
	return nil
}

// publish signs a list, and writes it to a folder if one is named.
func publish(c *localapi.Client, out string) (*published, error) {
	if out != "" {
		if err := makeFolder(out); err != nil {
			return nil, err
		}
	}
	p, err := c.Publish()
	if err != nil {
		return nil, err
	}
	changes := make([]changed, len(p.Changes))
	for i, ch := range p.Changes {
		changes[i] = changed{Bytes: len(ch.Statement), From: ch.From, Added: ch.Added, statement: ch.Statement}
	}
	shown := &published{
		Bytes: len(p.Bundle), Changes: changes, Sequence: p.Sequence, Revoked: int(p.Count) - p.Padding, Padding: p.Padding, Short: p.Short, Added: p.Added, Released: p.Released, Lapsed: p.Left, Below: p.N,
		NextUpdate: p.NextUpdate, HardExpiry: p.HardExpiry, Trust: trustFileOf(p.Trust), bundle: p.Bundle,
	}
	if out == "" {
		return shown, nil
	}
	return shown, shown.write(c, out)
}

// write writes the list and what belongs to it to a folder.
func (p *published) write(c *localapi.Client, out string) (err error) {
	if p.File, err = writeList(out, p.Sequence, p.bundle); err != nil {
		return fmt.Errorf("list %d is signed and recorded, but not written: %w", p.Sequence, err)
	}
	written := []string{p.File}
	for i := range p.Changes {
		if err = p.Changes[i].write(out, p.Sequence); err != nil {
			return fmt.Errorf("list %d is signed, recorded and written, a change to it is not: %w", p.Sequence, err)
		}
		written = append(written, p.Changes[i].File)
	}
	if p.Trust != nil {
		if err = p.Trust.write(out); err != nil {
			return fmt.Errorf("list %d is signed, recorded and written, the trust list is not: %w", p.Sequence, err)
		}
		written = append(written, p.Trust.File)
	}
	if err = writeManifest(c, out, written...); err != nil {
		return fmt.Errorf("list %d is signed, recorded and written: %w", p.Sequence, err)
	}
	return nil
}

func (c *changed) name(sequence uint32) string {
	return fmt.Sprintf("list-%d-from-%d.mql", sequence, c.From)
}

func (c *changed) write(out string, sequence uint32) error {
	c.File = filepath.Join(out, c.name(sequence))
	return terminal.WriteNew(c.File, c.statement)
}

// writeNewestList writes the list that is in force.
func writeNewestList(c *localapi.Client, out string) (string, error) {
	sequence, bundle, err := c.NewestList()
	if err != nil {
		return "", err
	}
	return writeList(out, sequence, bundle)
}

func writeList(out string, sequence uint32, bundle []byte) (string, error) {
	file := filepath.Join(out, listName(sequence))
	return file, terminal.WriteNew(file, bundle)
}

func listName(sequence uint32) string { return fmt.Sprintf("list-%d.mql", sequence) }

// makeFolder makes the folder for what leaves the authority. Nothing of that is secret: packages are sealed.
func makeFolder(dir string) error {
	return os.MkdirAll(dir, 0o755) //nolint:gosec // others may read it
}
