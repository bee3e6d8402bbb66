package main

import (
	"time"

	"github.com/spf13/cobra"

	"marque/app/appliance"
	"marque/app/terminal"
)

func newAuthority() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "authority",
		Short: "Found an authority and work with it",
		Long: `Found an authority and work with it.

An authority is one folder: the vault with the master secret under a passphrase, and the database with identities, packages, lists
and the log. The passphrase vault is of evaluation grade: whoever has the folder and the passphrase is the authority.`,
	}
	cmd.AddCommand(newFound(), newEnrol(), newList(), newRevoke(), newPublish(), newStatus())
	return cmd
}

// home is an authority's folder as the command line names it.
type home struct {
	dir, passphraseFile string
	clockRight          bool // somebody says so
}

func (h *home) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&h.dir, "dir", "", "the authority's folder (required)")
	terminal.Required(cmd, "dir")
}

func (h *home) passphraseFlags(cmd *cobra.Command) {
	h.flags(cmd)
	cmd.Flags().StringVar(&h.passphraseFile, "passphrase-file", "", "a file with the passphrase in its first line (default: ask at the terminal)")
}

// changeFlags are those of commands that sign something with the present time.
func (h *home) changeFlags(cmd *cobra.Command) {
	h.passphraseFlags(cmd)
	cmd.Flags().BoolVar(&h.clockRight, "clock-is-right", false,
		"the clock was compared with another one: go on although the log's last entry is longer ago than a list is good for")
}

// locked opens the authority as far as no passphrase is needed, and runs do.
func (h *home) locked(do func(a *appliance.Appliance) error) error {
	const what = "the authority was not opened"
	a, err := appliance.Open(h.dir, appliance.Options{Clock: time.Now})
	if err != nil {
		return advice.Wrap(what, err)
	}
	err = do(a)
	if cerr := a.Close(); err == nil {
		err = advice.Wrap("the authority was not closed properly", cerr)
	}
	return err
}

// unlocked opens the authority with its passphrase, and runs do.
func (h *home) unlocked(do func(a *appliance.Appliance) error) error {
	return h.locked(func(a *appliance.Appliance) error {
		const what = "the authority was not unlocked"
		p, err := terminal.Passphrase(h.passphraseFile, "Passphrase of the authority", false)
		if err != nil {
			return advice.Wrap(what, err)
		}
		err = a.Unlock(p)
		clear(p)
		if err != nil {
			return advice.Wrap(what, err)
		}
		if h.clockRight {
			a.Authority().ConfirmClock(time.Now())
		}
		return do(a)
	})
}
