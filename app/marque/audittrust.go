package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"marque/app/terminal"
	"marque/authority"
	"marque/device/wire"
)

var (
	errExpired = errors.New("devices trust no other realm by it any more; get the newest trust list of the authority")
	errNoTrust = errors.New("name the core of the realm that signed it with --core: nothing is proven without")
)

// trustAudited is a trust list that was verified, as JSON shows it.
type trustAudited struct {
	trustShown

	Realm string `json:"realm"` // which signed it
	Bytes int    `json:"bytes"`
}

func newAuditTrust() *cobra.Command {
	var a bundleAudit
	cmd := &cobra.Command{
		Use:   "trust FILE [--core FILE | FOLDER] [--words \"EIGHT WORDS\"]",
		Short: "Explain a list of trusted realms, and verify it",
		Long: `Says whom a trust list trusts, with the words of each realm's core, and until when. Its signature is verified under the core that is named, else the core.mqs
beside the file; whether it is the right one, its words tell (--words). It fails for one that does not verify, and for one that has expired.`,
		Example: "  marque audit trust lists/trust-3.mqf --core core.mqs",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			const what = "the trust list does not hold"
			shown, err := a.trust(args[0])
			if err != nil {
				return advice.Wrap(what, err)
			}
			if a.asJSON {
				err = terminal.JSON(cmd.OutOrStdout(), shown)
			} else {
				cmd.Printf("of the realm %s, %d octets\n%s", shown.Realm, shown.Bytes, shown.text())
			}
			if err == nil && !time.Now().Before(shown.HardExpiry) {
				err = errExpired
			}
			if err != nil {
				return advice.Wrap(what, err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&a.core, "core", "", "the file of the authority's core, or the folder with its core.mqs (default: beside the file)")
	cmd.Flags().StringVar(&a.expect, "words", "", "the eight words that the realm must have")
	cmd.Flags().BoolVar(&a.asJSON, "json", false, "print JSON")
	return cmd
}

// trust reads and verifies a trust list.
func (a *bundleAudit) trust(file string) (*trustAudited, error) {
	if err := a.open(file); err != nil {
		return nil, err
	}
	if a.realm == nil {
		return nil, errNoTrust
	}
	statement, err := terminal.Read(nil, file, wire.MaxTrust)
	if err != nil {
		return nil, err
	}
	t, err := wire.OpenTrust(statement, a.realm)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &trustAudited{trustShown: shownTrust(authority.ReadTrust(t, statement)), Realm: a.realm.Realm, Bytes: len(statement)}, nil
}
