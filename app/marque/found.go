package main

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"marque/app/appliance"
	"marque/app/terminal"
	"marque/app/words"
	"marque/authority"
)

// founded is what `authority found` made.
type founded struct {
	Realm  string    `json:"realm"`
	Words  string    `json:"words"`
	Dir    string    `json:"dir"`
	Grade  string    `json:"grade"`
	Vault  string    `json:"vault"`
	Epoch0 time.Time `json:"epoch0"`
	*ceremony
}

var errVault = errors.New("there is no such vault; it is passphrase or tpm")

// foundOptions are what `authority found` takes besides the founding itself.
type foundOptions struct {
	vault, ceremony string
}

func newFound() *cobra.Command {
	var h home
	var f authority.Founding
	var o foundOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "found --dir FOLDER --realm DOMAIN",
		Short: "Found an authority for a realm in a new folder",
		Long: `Draws the master secret of a new realm, seals it under a passphrase, and begins the log. Prints the eight words of the realm, by which
devices and people know it from then on.

With --vault tpm the TPM of this computer and the passphrase open the vault together, the TPM for a PIN, and only with the firmware
and the boot loader of now or others that the officers' approval key approves. The TPM is told to lock itself after ten wrong PINs.
The approval key and the lockout authorisation are written to a folder of their own, for the officers and for a sealed envelope. No
command makes a backup of such a vault yet: if the TPM is lost or cleared, the realm is lost.`,
		Example: "  marque authority found --dir fleet --realm fleet.example\n  marque authority found --dir fleet --realm fleet.example --vault tpm",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			made, err := h.found(f, o)
			if err != nil {
				return advice.Wrap("the authority was not founded", err)
			}
			if asJSON {
				return terminal.JSON(cmd.OutOrStdout(), made)
			}
			cmd.Printf("founded %s in %s (%s grade)\n  words  %s\n", made.Realm, made.Dir, made.Grade, made.Words)
			if made.ceremony != nil {
				cmd.Print(made.text())
			}
			return nil
		},
	}
	h.passphraseFlags(cmd)
	cmd.Flags().StringVar(&o.vault, "vault", appliance.KindPassphrase, "what opens the vault: passphrase or tpm")
	cmd.Flags().StringVar(&o.ceremony, "ceremony", "", "of a TPM vault: the folder for approval key and lockout authorisation (default: that of --dir with .ceremony)")
	cmd.Flags().StringVar(&f.Realm, "realm", "", "the realm: a domain name, which is also the SP-ID of its addresses (required)")
	cmd.Flags().StringSliceVar(&f.SPIDs, "sp-id", nil, "further SP-IDs that the realm's addresses may have, at most 15")
	cmd.Flags().DurationVar(&f.EpochLength, "epoch-length", authority.DefaultEpochLength, "how long one key is good for, an hour or more")
	cmd.Flags().DurationVar(&f.NextUpdate, "next-update", authority.DefaultNextUpdate, "after which a list counts as stale")
	cmd.Flags().DurationVar(&f.HardExpiry, "hard-expiry", authority.DefaultHardExpiry, "after which a list is refused")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	terminal.Required(cmd, "realm")
	return cmd
}

func (h *home) found(f authority.Founding, o foundOptions) (*founded, error) {
	if o.vault != appliance.KindPassphrase && o.vault != appliance.KindTPM {
		return nil, errVault
	}
	p, err := terminal.Passphrase(h.passphraseFile, "New passphrase of the authority", true)
	if err != nil {
		return nil, err
	}
	defer clear(p)
	if o.vault == appliance.KindPassphrase {
		a, err := appliance.Found(h.dir, f, p, appliance.Options{Clock: time.Now})
		return h.finish(a, nil, err)
	}
	pin, err := h.pin("New PIN of the authority", true)
	if err != nil {
		return nil, err
	}
	defer clear(pin)
	c, err := prepare(cmp.Or(o.ceremony, filepath.Clean(h.dir)+".ceremony"), h.tpm)
	if err != nil {
		return nil, err
	}
	defer c.erase()
	a, err := appliance.FoundTPM(h.dir, f, c.newTPM(h.tpm, pin), p, appliance.Options{Clock: time.Now})
	return h.finish(a, c, err)
}

// finish closes a new authority and says what was made.
func (h *home) finish(a *appliance.Appliance, c *ceremony, err error) (*founded, error) {
	if err != nil {
		return nil, err
	}
	core := a.Authority().Core()
	hash := core.Hash()
	made := &founded{
		Realm: core.Realm, Words: words.Text(hash[:]), Dir: h.dir, Grade: a.Grade(), Vault: a.Kind(), Epoch0: core.Epoch0, ceremony: c,
	}
	if err := a.Close(); err != nil {
		return nil, fmt.Errorf("close the new authority: %w", err)
	}
	return made, nil
}
