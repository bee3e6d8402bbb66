package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
)

// published is a list that was signed.
type published struct {
	File       string    `json:"file"`
	Bytes      int       `json:"bytes"`
	Sequence   uint32    `json:"sequence"`
	Revoked    uint32    `json:"revoked"`
	Added      int       `json:"added"`
	Below      uint64    `json:"below"`
	NextUpdate time.Time `json:"next_update"`
	HardExpiry time.Time `json:"hard_expiry"`
}

func newPublish() *cobra.Command {
	var h home
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "publish --dir FOLDER --out FOLDER",
		Short: "Sign a new revocation list and write it to a folder",
		Long: `Signs a list of everybody who is revoked and writes it as list-N.mql. Publish even when nothing changed: devices treat a list as
stale after its next update, and trust nobody after its hard expiry.`,
		Example: "  marque authority publish --dir fleet --out /media/stick",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.unlocked(func(c *localapi.Client) error {
				p, err := publish(c, out)
				if err != nil {
					return advice.Wrap("the list was not published", err)
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), p)
				}
				cmd.Printf("list %d: %d of %d revoked, %d of them new, next update due %s\n  list  %s (%d octets)\n",
					p.Sequence, p.Revoked, p.Below, p.Added, p.NextUpdate.Format(time.RFC3339), p.File, p.Bytes)
				return nil
			})
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().StringVar(&out, "out", "", "the folder for the list; made if it is missing (required)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	terminal.Required(cmd, "out")
	return cmd
}

func publish(c *localapi.Client, out string) (*published, error) {
	if err := makeFolder(out); err != nil {
		return nil, err
	}
	p, err := c.Publish()
	if err != nil {
		return nil, err
	}
	file, err := writeList(out, p.Sequence, p.Bundle)
	if err != nil {
		return nil, fmt.Errorf("list %d is signed and recorded, but not written: %w", p.Sequence, err)
	}
	return &published{
		File: file, Bytes: len(p.Bundle), Sequence: p.Sequence, Revoked: p.Count, Added: p.Added, Below: p.N,
		NextUpdate: p.NextUpdate, HardExpiry: p.HardExpiry,
	}, nil
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
	file := filepath.Join(out, fmt.Sprintf("list-%d.mql", sequence))
	return file, terminal.WriteNew(file, bundle)
}

// makeFolder makes the folder for what leaves the authority. Nothing of that is secret: packages are sealed.
func makeFolder(dir string) error {
	return os.MkdirAll(dir, 0o755) //nolint:gosec // others may read it
}
