package main

import (
	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
)

func newUndo() *cobra.Command {
	var h home
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "undo --dir FOLDER ADDRESS…",
		Short: "Take back revocations that no list has yet",
		Long: `Takes revocations back, all of those that are named, or none: as long as no list was published that has them, and their names were not
given to others. The identities are then as they were. Both stay in the log.

It takes as many security officers as the revocations did: one, or, for what was revoked together and for several at once, two, who are
both here (--officer twice), or the second of whom approves later (marque authority approvals). Do not publish before that.`,
		Example: "  marque authority undo --dir fleet //fleet.example/Sbus-4712~1",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			const what = "nothing was taken back"
			addresses, err := addressesIn(args)
			if err != nil {
				return advice.Wrap(what, err)
			}
			return h.unlocked(func(c *localapi.Client) error {
				o, err := c.Undo(addresses)
				if err != nil {
					return advice.Wrap(what, err)
				}
				made := outcomeOf(o)
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), made)
				}
				made.show(cmd, "taken back; no list tells of it")
				return nil
			})
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
