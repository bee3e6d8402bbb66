package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
	"marque/authority"
)

const vaultTPM = "tpm" // as localapi.Custody says it

var (
	errNameOfficers = errors.New("several officers could do this; name whoever is here with --officer, once for each")
	errUndecided    = errors.New("it waits for more officers; `marque authority approvals list` shows it")
)

// home is an authority's folder as the command line names it, and who is there to open it.
type home struct {
	dir, socket, tpm string
	officers         []string
	secrets          secrets
	clockRight       bool // somebody says so
}

func (h *home) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&h.dir, "dir", "", "the authority's folder (required)")
	cmd.Flags().StringVar(&h.socket, "socket", "", "where the service listens (default: beside the folder, .NAME.socket)")
	terminal.Required(cmd, "dir")
}

// tpmFlag is of commands that may start a service.
func (h *home) tpmFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&h.tpm, "tpm", "", "of a TPM vault, where no service runs: the TPM's device, or the Unix socket of swtpm (default /dev/tpmrm0)")
}

// signFlags are those of commands that officers sign on for.
func (h *home) signFlags(cmd *cobra.Command) {
	h.flags(cmd)
	h.tpmFlag(cmd)
	cmd.Flags().StringArrayVar(&h.officers, "officer", nil, "of a TPM vault: an officer who is here, once for each")
	h.secrets.passphraseFlags(cmd)
}

// openFlags are those of commands that need the vault open.
func (h *home) openFlags(cmd *cobra.Command) {
	h.signFlags(cmd)
	h.secrets.pinFlag(cmd)
}

// changeFlags are those of commands that sign something with the present time.
func (h *home) changeFlags(cmd *cobra.Command) {
	h.openFlags(cmd)
	cmd.Flags().BoolVar(&h.clockRight, "clock-is-right", false,
		"the clock was compared with another one: go on although the log's last entry is longer ago than a list is good for")
}

// dial reaches the service, which is started when there is none, and runs do.
func (h *home) dial(do func(c *localapi.Client) error) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	c, err := localapi.Dial(context.Background(), localapi.Options{Dir: h.dir, Socket: h.socket, Program: program, TPM: h.tpm})
	if err != nil {
		return advice.Wrap("the authority was not opened", err)
	}
	err = do(c)
	if cerr := c.Close(); err == nil {
		err = advice.Wrap("the authority was not closed properly", cerr)
	}
	return err
}

// founded is dial for an authority that there is.
func (h *home) founded(do func(c *localapi.Client, s *localapi.Status) error) error {
	return h.dial(func(c *localapi.Client) error {
		s, err := c.Status()
		if err == nil && s.Phase == localapi.Absent {
			err = authority.ErrNotFounded
		}
		if err != nil {
			return advice.Wrap("the authority was not opened", err)
		}
		return do(c, &s)
	})
}

// signedOn signs the officers on who are named, and runs do. The vault may stay locked; that of a passphrase is opened.
func (h *home) signedOn(do func(c *localapi.Client) error) error {
	return h.founded(func(c *localapi.Client, s *localapi.Status) error {
		if err := h.signOn(c, s); err != nil {
			return advice.Wrap("nobody was signed on", err)
		}
		return do(c)
	})
}

// unlocked signs the officers on, opens the vault if it is locked, and runs do.
func (h *home) unlocked(do func(c *localapi.Client) error) error {
	return h.founded(func(c *localapi.Client, s *localapi.Status) error {
		if err := h.unlock(c, s); err != nil {
			return advice.Wrap("the authority was not unlocked", err)
		}
		return do(c)
	})
}

func (h *home) unlock(c *localapi.Client, s *localapi.Status) error {
	if err := h.signOn(c, s); err != nil {
		return err
	}
	if s.Phase == localapi.Locked && s.Custody.Vault == vaultTPM {
		if err := h.unlockTPM(c); err != nil {
			return err
		}
	}
	if !h.clockRight {
		return nil
	}
	o, err := c.ConfirmClock(time.Now())
	if err == nil && !o.Done {
		err = fmt.Errorf("the clock is not confirmed: %w", errUndecided)
	}
	return err
}

func (h *home) unlockTPM(c *localapi.Client) error {
	pin, err := h.secrets.pin("PIN of the authority", false)
	if err != nil {
		return err
	}
	defer clear(pin)
	defer terminal.Progress("unlocking")()
	return c.Unlock(localapi.Unlock{PIN: pin})
}

// signOn signs officers on; the holder of a passphrase signs on by opening the vault.
func (h *home) signOn(c *localapi.Client, s *localapi.Status) error {
	if s.Custody.Vault != vaultTPM {
		p, err := h.secrets.vault("Passphrase of the authority", false)
		if err != nil {
			return err
		}
		defer clear(p)
		defer terminal.Progress("unlocking")()
		return c.Unlock(localapi.Unlock{Passphrase: p})
	}
	names, err := h.present(s.Custody)
	if err != nil {
		return err
	}
	for i, name := range names {
		if err := h.signOnOne(c, i, name); err != nil {
			return err
		}
	}
	return nil
}

func (h *home) signOnOne(c *localapi.Client, i int, name string) error {
	p, err := h.secrets.officer(i, name, "Passphrase of "+name, false)
	if err != nil {
		return err
	}
	defer clear(p)
	defer terminal.Progress("signing " + name + " on")()
	if _, err := c.SignOn(localapi.SignOn{Officer: name, Passphrase: p}); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// present is who is here: those who are named, or the only security officer that there is.
func (h *home) present(c *localapi.Custody) ([]string, error) {
	if len(h.officers) > 0 {
		return h.officers, nil
	}
	officers := slices.DeleteFunc(slices.Clone(c.Officers), func(o localapi.Officer) bool {
		return o.Role != authority.SecurityOfficer.String() && o.Role != (authority.SecurityOfficer|authority.DepotOperator).String()
	})
	if len(officers) != 1 {
		return nil, errNameOfficers
	}
	return []string{officers[0].Name}, nil
}
