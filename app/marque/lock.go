package main

import (
	"github.com/spf13/cobra"

	"marque/app/localapi"
)

func newUnlock() *cobra.Command {
	var h home
	cmd := &cobra.Command{
		Use:   "unlock --dir FOLDER --officer NAME…",
		Short: "Open the vault of a running service",
		Long: `Signs the officers on and opens the vault of the service that runs for this folder (marque authority serve). It stays open until
somebody locks it, or until nobody did anything for the service's idle time. Afterwards other commands sign on who works, and need no PIN.

Where no service runs, every command opens the vault for itself, and this one tries whether that works.`,
		Example: "  marque authority unlock --dir fleet --officer 'Ada Byron' --officer 'Ben Okri'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.unlocked(func(c *localapi.Client) error {
				s, err := c.Status()
				if err != nil {
					return advice.Wrap("how the authority stands was not read", err)
				}
				cmd.Printf("the authority is %s%s\n", s.Phase, because(s.Custody.Reason))
				return nil
			})
		},
	}
	h.changeFlags(cmd)
	return cmd
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func newLock() *cobra.Command {
	var h home
	cmd := &cobra.Command{
		Use:     "lock --dir FOLDER",
		Short:   "Lock the vault of a running service",
		Long:    `Makes the service forget the master secret, and ends all sessions. Anybody who reaches the service may do that.`,
		Example: "  marque authority lock --dir fleet",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.founded(func(c *localapi.Client, _ *localapi.Status) error {
				if err := c.Lock(); err != nil {
					return advice.Wrap("the authority was not locked", err)
				}
				cmd.Println("the authority is locked")
				return nil
			})
		},
	}
	h.flags(cmd)
	return cmd
}

func newStop() *cobra.Command {
	var h home
	cmd := &cobra.Command{
		Use:     "stop --dir FOLDER",
		Short:   "Lock the vault and end the service",
		Example: "  marque authority stop --dir fleet",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			const what = "the service was not stopped"
			c, err := localapi.Dial(cmd.Context(), localapi.Options{Dir: h.dir, Socket: h.socket})
			if err != nil {
				return advice.Wrap(what, err)
			}
			if err := c.Stop(); err != nil {
				return advice.Wrap(what, err)
			}
			cmd.Println("the service has ended")
			return advice.Wrap("the connection was not closed", c.Close())
		},
	}
	h.flags(cmd)
	return cmd
}
