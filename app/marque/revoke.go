package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
	"marque/authority"
	"marque/device/wire"
)

var errEffective = errors.New("that is no time; write it like 2026-03-01T12:00:00Z")

// revoked is what came of a revocation, as JSON shows it.
type revoked struct {
	outcome
	Identities []identity `json:"identities"` // once it is done
}

func newRevoke() *cobra.Command {
	var h home
	var reason, effective string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "revoke --dir FOLDER ADDRESS… --reason REASON",
		Short: "Revoke identities, for ever, or suspend them",
		Long: `Revokes identities, for ever, or until they are released: all of those that are named, or none. Nobody else knows of it before the next list is published and
applied. One security officer revokes one identity; several at once take two, who are both here (--officer twice), or the second of whom
approves later (marque authority approvals).

Reasons: unspecified, key-compromise, lost, stolen, superseded, out-of-service, privilege-withdrawn; and suspended, which alone can end
(marque authority release). Who is suspended can be revoked for ever, for one of the others.`,
		Example: "  marque authority revoke --dir fleet //fleet.example/Sbus-4712~1 --reason stolen\n" +
			"  marque authority revoke --dir fleet //fleet.example/Sbus-4712~1 --reason suspended",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			const what = "nothing was revoked"
			r, err := revocationOf(args, reason, effective)
			if err != nil {
				return advice.Wrap(what, err)
			}
			return h.unlocked(func(c *localapi.Client) error {
				made, err := revoke(c, r)
				if err != nil {
					return advice.Wrap(what, err)
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), made)
				}
				done := "revoked; publish a list now, so that others learn of it"
				if r.Reason == wire.ReasonSuspended.String() {
					done = "suspended; publish a list now, so that others learn of it"
				}
				made.show(cmd, done)
				for _, id := range made.Identities {
					cmd.Printf("  %s  %s\n", id.Address, id.state())
				}
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

// revocationOf checks what the command line says before anybody types a passphrase.
func revocationOf(addresses []string, reason, effective string) (r localapi.Revoke, err error) {
	for _, a := range addresses {
		if _, err := wire.ParseAddress(a); err != nil {
			return r, err
		}
	}
	if _, err := wire.ParseReason(reason); err != nil {
		return r, err
	}
	r = localapi.Revoke{Addresses: addresses, Reason: reason}
	if effective != "" {
		if r.Effective, err = time.Parse(time.RFC3339, effective); err != nil {
			return r, errEffective
		}
	}
	return r, nil
}

func revoke(c *localapi.Client, r localapi.Revoke) (*revoked, error) {
	o, err := c.Revoke(r)
	if err != nil {
		return nil, err
	}
	made := &revoked{outcome: outcomeOf(o), Identities: []identity{}}
	for _, text := range r.Addresses {
		address, err := wire.ParseAddress(text)
		if err != nil || !o.Done {
			return made, err
		}
		id, err := c.Identity(address)
		switch {
		case errors.Is(err, authority.ErrNotFound): // issued after the backup that this database is
			made.Identities = append(made.Identities, identity{Address: text, Revoked: &revocation{Reason: r.Reason}})
		case err != nil:
			return nil, err
		default:
			made.Identities = append(made.Identities, shown(id))
		}
	}
	return made, nil
}
