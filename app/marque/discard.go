package main

import (
	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
)

func newDiscard() *cobra.Command {
	var h home
	var yes bool
	cmd := &cobra.Command{
		Use:   "discard --dir FOLDER --officer NAME",
		Short: "Remove an authority that was founded and never used",
		Long: `Removes an authority whose restore drill is still to come, so that it has issued nothing: one whose cards got lost because the program or
the computer stopped right after the founding, before they were written. Its counters are taken out of the TPM, which has room for few of
them; removing the folder by hand would leave them there. Then found again, with a new folder for papers.`,
		Example: "  marque authority discard --dir fleet --officer 'Ada Byron'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			const what = "the authority was not discarded"
			if !yes {
				var err error
				if yes, err = terminal.Confirm("Realm, officers and vault will be gone, and no card brings them back."); err != nil {
					return advice.Wrap(what, err)
				}
				if !yes {
					return advice.Wrap(what, errNotConfirmed)
				}
			}
			return h.signedOn(func(c *localapi.Client) error {
				if err := c.Discard(); err != nil {
					return advice.Wrap(what, err)
				}
				cmd.Println("the authority is gone; found it again with a new folder for papers")
				return nil
			})
		},
	}
	h.signFlags(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "ask nothing")
	return cmd
}
