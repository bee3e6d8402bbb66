package main

import (
	"fmt"
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
	Epoch0 time.Time `json:"epoch0"`
}

func newFound() *cobra.Command {
	var h home
	var f authority.Founding
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "found --dir FOLDER --realm DOMAIN",
		Short: "Found an authority for a realm in a new folder",
		Long: `Draws the master secret of a new realm, seals it under a passphrase, and begins the log. Prints the eight words of the realm, by which
devices and people know it from then on.`,
		Example: "  marque authority found --dir fleet --realm fleet.example",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			made, err := h.found(f)
			if err != nil {
				return advice.Wrap("the authority was not founded", err)
			}
			if asJSON {
				return terminal.JSON(cmd.OutOrStdout(), made)
			}
			cmd.Printf("founded %s in %s (%s grade)\n  words  %s\n", made.Realm, made.Dir, made.Grade, made.Words)
			return nil
		},
	}
	h.passphraseFlags(cmd)
	cmd.Flags().StringVar(&f.Realm, "realm", "", "the realm: a domain name, which is also the SP-ID of its addresses (required)")
	cmd.Flags().StringSliceVar(&f.SPIDs, "sp-id", nil, "further SP-IDs that the realm's addresses may have, at most 15")
	cmd.Flags().DurationVar(&f.EpochLength, "epoch-length", authority.DefaultEpochLength, "how long one key is good for, an hour or more")
	cmd.Flags().DurationVar(&f.NextUpdate, "next-update", authority.DefaultNextUpdate, "after which a list counts as stale")
	cmd.Flags().DurationVar(&f.HardExpiry, "hard-expiry", authority.DefaultHardExpiry, "after which a list is refused")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	terminal.Required(cmd, "realm")
	return cmd
}

func (h *home) found(f authority.Founding) (*founded, error) {
	p, err := terminal.Passphrase(h.passphraseFile, "New passphrase of the authority", true)
	if err != nil {
		return nil, err
	}
	a, err := appliance.Found(h.dir, f, p, appliance.Options{Clock: time.Now})
	clear(p)
	if err != nil {
		return nil, err
	}
	core := a.Authority().Core()
	hash := core.Hash()
	made := &founded{Realm: core.Realm, Words: words.Text(hash[:]), Dir: h.dir, Grade: a.Grade(), Epoch0: core.Epoch0}
	if err := a.Close(); err != nil {
		return nil, fmt.Errorf("close the new authority: %w", err)
	}
	return made, nil
}
