package main

import (
	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
)

func newCompact() *cobra.Command {
	var h home
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "compact --dir FOLDER --out FOLDER",
		Short: "Write the newest revocation list in its shortest form",
		Long: `Writes the newest list once more, as list-N-from-0.mql: all that it says about vehicles, signed, without what it says of the log, in some 80 octets
less. Every device takes it, whichever list it has or none. Use it where octets are dear; else the list itself, which devices compare with the log
that their own package came from.`,
		Example: "  marque authority compact --dir fleet --out lists",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.unlocked(func(c *localapi.Client) error {
				ch, err := writeCompact(c, out)
				if err != nil {
					return advice.Wrap("the list was not written", err)
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), ch)
				}
				cmd.Printf("  compact %s (%d octets, for any device)\n", ch.File, ch.Bytes)
				return nil
			})
		},
	}
	h.openFlags(cmd)
	cmd.Flags().StringVar(&out, "out", "", "the folder for the list; made if it is missing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.MarkFlagsOneRequired("out")
	return cmd
}

// writeCompact writes the newest list in its compact form to a folder.
func writeCompact(c *localapi.Client, out string) (*changed, error) {
	sequence, list, err := c.Compact()
	if err != nil {
		return nil, err
	}
	if err := makeFolder(out); err != nil {
		return nil, err
	}
	ch := &changed{Bytes: len(list.Statement), From: list.From, Added: list.Added, statement: list.Statement}
	if err := ch.write(out, sequence); err != nil {
		return nil, err
	}
	return ch, writeManifest(c, out, ch.File)
}
