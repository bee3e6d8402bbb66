package main

import (
	"time"

	"github.com/spf13/cobra"

	"marque/app/appliance"
	"marque/app/terminal"
	"marque/authority"
	"marque/device/wire"
)

func newRevoke() *cobra.Command {
	var h home
	var reason, effective string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "revoke --dir FOLDER ADDRESS --reason REASON",
		Short: "Revoke an identity, for ever",
		Long: `Revokes an identity, for ever. Nobody else knows of it before the next list is published and applied.

Reasons: unspecified, key-compromise, lost, stolen, superseded, out-of-service, privilege-withdrawn.`,
		Example: "  marque authority revoke --dir fleet //fleet.example/Sbus-4712~1 --reason stolen",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return h.unlocked(func(a *appliance.Appliance) error {
				id, err := revoke(a.Authority(), args[0], reason, effective)
				if err != nil {
					return advice.Wrap("the identity was not revoked", err)
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), shown(id))
				}
				cmd.Printf("%s is revoked (%s); publish a list now, so that others learn of it\n", id.Address, id.Revoked.Reason)
				return nil
			})
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why (required)")
	cmd.Flags().StringVar(&effective, "effective", "", "since when, such as 2026-03-01T12:00:00Z (default now)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	terminal.Required(cmd, "reason")
	return cmd
}

func revoke(a *authority.Authority, address, reason, effective string) (*authority.Identity, error) {
	who, err := wire.ParseAddress(address)
	if err != nil {
		return nil, err
	}
	why, err := wire.ParseReason(reason)
	if err != nil {
		return nil, err
	}
	var since time.Time
	if effective != "" {
		if since, err = time.Parse(time.RFC3339, effective); err != nil {
			return nil, err
		}
	}
	if err := a.Revoke(who, why, since); err != nil {
		return nil, err
	}
	return a.Identity(who)
}
