package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
	"marque/authority"
)

var errNoPadding = errors.New("nothing was asked for; give --step and --share, or --off")

func newPadding() *cobra.Command {
	var h home
	var p authority.Padding
	var off, asJSON bool
	cmd := &cobra.Command{
		Use:   "padding --dir FOLDER --officer NAME… {--step N --share M | --off}",
		Short: "Hide how many are revoked",
		Long: `Pads revocation lists: from now on about one in M serials is given to nobody when keys are issued, and lists hold a multiple of N serials, filled
up with such serials at random. A list, and a change of one, then do not tell how many are revoked. A list that brings one revocation more grows by up to N;
give M so that N serials are left out as often as lists with revocations are published, or the reserve runs out, and lists say so.

The log tells padding apart, and so does whoever sees it. It takes two security officers, where there are two.`,
		Example: "  marque authority padding --dir fleet --officer 'Ada Byron' --officer 'Ben Okri' --step 64 --share 50\n  marque authority padding --dir fleet --officer 'Ada Byron' --off",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			const what = "the padding was not changed"
			if !off && !p.On() {
				return advice.Wrap(what, errNoPadding)
			}
			return h.unlocked(func(c *localapi.Client) error {
				o, err := c.SetPadding(p)
				if err != nil {
					return advice.Wrap(what, err)
				}
				shown := outcomeOf(o)
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), shown)
				}
				done := "lists are padded from the next one on"
				if off {
					done = "lists are padded no more"
				}
				shown.show(cmd, done)
				return nil
			})
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().Uint32Var(&p.Step, "step", 0, "lists hold a multiple of so many serials, 1 to 65536")
	cmd.Flags().Uint32Var(&p.Share, "share", 0, "about one in so many serials is given to nobody, 2 to 65536")
	cmd.Flags().BoolVar(&off, "off", false, "pad no more; what is on the list stays there until its time")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.MarkFlagsRequiredTogether("step", "share")
	cmd.MarkFlagsMutuallyExclusive("step", "off")
	return cmd
}

// paddingText is how lists are padded, empty where they are not.
func paddingText(s *authority.Status) string {
	if !s.Padding.On() && s.List.Padding == 0 {
		return ""
	}
	text := fmt.Sprintf("padding     %d on list %d are given to nobody", s.List.Padding, s.List.Sequence)
	if s.Padding.On() {
		text += fmt.Sprintf("; to multiples of %d, one in %d left out, %d in reserve", s.Padding.Step, s.Padding.Share, s.Reserve)
	}
	return text + "\n"
}
