package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
)

var errNoChange = errors.New("nothing was asked to be changed; give at least one of --next-update, --hard-expiry, --past, --future")

func newPolicy() *cobra.Command {
	var h home
	var p localapi.Policy
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "policy --dir FOLDER --officer NAME… {--next-update D | --hard-expiry D | --past D | --future D}…",
		Short: "Change how long lists and messages are good for",
		Long: `Changes the realm's policy. What is not named stays. Devices learn of it with their next package. It takes two security officers, where
there are two.`,
		Example: "  marque authority policy --dir fleet --officer 'Ada Byron' --officer 'Ben Okri' --hard-expiry 336h",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			const what = "the policy was not changed"
			if p == (localapi.Policy{}) {
				return advice.Wrap(what, errNoChange)
			}
			return h.unlocked(func(c *localapi.Client) error {
				o, err := c.SetPolicy(p)
				if err != nil {
					return advice.Wrap(what, err)
				}
				shown := outcomeOf(o)
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), shown)
				}
				shown.show(cmd, "the policy is changed")
				return nil
			})
		},
	}
	h.changeFlags(cmd)
	for name, d := range map[string]*time.Duration{"next-update": &p.NextUpdate, "hard-expiry": &p.HardExpiry, "past": &p.Past, "future": &p.Future} {
		cmd.Flags().DurationVar(d, name, 0, map[string]string{
			"next-update": "after which a list counts as stale", "hard-expiry": "after which a list is refused",
			"past": "how old a message may be", "future": "how far ahead of the recipient's clock a message may be",
		}[name])
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
