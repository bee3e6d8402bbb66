package main

import (
	"fmt"
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

An authority is one folder: the vault with the master secret, and the database with identities, packages, lists and the log. The
passphrase vault is of evaluation grade: whoever has the folder and the passphrase is the authority. A TPM vault opens on the
computer that it was made on, with a PIN and a passphrase.`,
	}
	cmd.AddCommand(newFound(), newEnrol(), newList(), newRevoke(), newPublish(), newStatus())
	return cmd
}

// home is an authority's folder as the command line names it.
type home struct {
	dir, passphraseFile string
	tpm, pinFile        string
	clockRight          bool // somebody says so
}

func (h *home) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&h.dir, "dir", "", "the authority's folder (required)")
	terminal.Required(cmd, "dir")
}

func (h *home) passphraseFlags(cmd *cobra.Command) {
	h.flags(cmd)
	cmd.Flags().StringVar(&h.passphraseFile, "passphrase-file", "", "a file with the passphrase in its first line (default: ask at the terminal)")
	cmd.Flags().StringVar(&h.tpm, "tpm", "/dev/tpmrm0", "of a TPM vault: the TPM's device, or the Unix socket of swtpm")
	cmd.Flags().StringVar(&h.pinFile, "pin-file", "", "of a TPM vault: a file with the PIN in its first line (default: ask at the terminal)")
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

// unlocked opens the authority with what its vault needs, and runs do.
func (h *home) unlocked(do func(a *appliance.Appliance) error) error {
	return h.locked(func(a *appliance.Appliance) error {
		if err := h.unlock(a); err != nil {
			return advice.Wrap("the authority was not unlocked", err)
		}
		if h.clockRight {
			a.Authority().ConfirmClock(time.Now())
		}
		return do(a)
	})
}

func (h *home) unlock(a *appliance.Appliance) error {
	p, err := terminal.Passphrase(h.passphraseFile, "Passphrase of the authority", false)
	if err != nil {
		return err
	}
	defer clear(p)
	if a.Kind() != appliance.KindTPM {
		return a.Unlock(p)
	}
	pin, err := h.pin("PIN of the authority", false)
	if err != nil {
		return err
	}
	defer clear(pin)
	return a.UnlockTPM(appliance.TPM{Path: h.tpm, PIN: pin}, p)
}

// pin reads the PIN for the TPM, which the caller clears.
func (h *home) pin(prompt string, fresh bool) ([]byte, error) {
	pin, err := terminal.Passphrase(h.pinFile, prompt, fresh)
	if err != nil {
		return nil, fmt.Errorf("the PIN: %w", err)
	}
	return pin, nil
}
