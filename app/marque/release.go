package main

import (
	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
	"marque/device/wire"
)

func newRelease() *cobra.Command {
	var h home
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "release --dir FOLDER ADDRESS…",
		Short: "Release identities from suspension",
		Long: `Ends the suspension of identities, of all of those that are named, or of none: they are trusted again wherever the next list arrives.
Only what was revoked with the reason suspended ends like this. Both stay in the log.

It takes two security officers, who are both here (--officer twice), or the second of whom approves later (marque authority approvals).
Where a list has the suspension, the next one begins a new base: no change leads to it, and every device needs the full list.`,
		Example: "  marque authority release --dir fleet --officer Ada --officer Ben //fleet.example/Sbus-4712~1",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			const what = "nobody was released"
			addresses, err := addressesIn(args)
			if err != nil {
				return advice.Wrap(what, err)
			}
			return h.unlocked(func(c *localapi.Client) error {
				o, err := c.Release(addresses)
				if err != nil {
					return advice.Wrap(what, err)
				}
				made := outcomeOf(o)
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), made)
				}
				made.show(cmd, "released; publish a list now, so that others learn of it")
				return nil
			})
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// addressesIn reads addresses from the command line, before anybody types a passphrase.
func addressesIn(args []string) ([]wire.Address, error) {
	all := make([]wire.Address, len(args))
	for i, text := range args {
		var err error
		if all[i], err = wire.ParseAddress(text); err != nil {
			return nil, err
		}
	}
	return all, nil
}
