package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
	"marque/app/words"
	"marque/authority"
	"marque/device/wire"
)

var errDepotWords = errors.New("the words were not confirmed; compare them with those that `marque depot status` shows, and do not register it until they agree")

func newDepots() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "depots",
		Short: "Register depots, list them, revoke them",
		Long: `What a registered depot signed is enrolled without comparing words again. Two officers register a depot, one revokes it. After a
reopening every depot has to be registered again.`,
	}
	cmd.AddCommand(newDepotsList(), newDepotsAdd(), newDepotsRevoke())
	return cmd
}

// depotShown is a depot, as JSON shows it.
type depotShown struct {
	Name       string    `json:"name"`
	Key        string    `json:"key"`
	Registered time.Time `json:"registered"`
	State      string    `json:"state"` // registered, lapsed, revoked
	Reason     string    `json:"reason,omitempty"`
	Batches    uint32    `json:"batches"` // sequence of the newest
	List       uint32    `json:"list"`    // the newest that it said it has, 0 when it never said
	Told       time.Time `json:"told,omitzero"`
	Behind     bool      `json:"behind"` // it is taken from, and that is not the newest list
}

func shownDepot(d *authority.Depot, newest uint32) depotShown {
	out := depotShown{
		Name: d.Name, Key: hex.EncodeToString(d.Key[:]), Registered: d.Registered, State: "registered", Batches: d.Sequence,
		List: d.List.Sequence, Told: d.Told, Behind: d.Behind(newest),
	}
	switch {
	case d.Revoked != nil:
		out.State, out.Reason = "revoked", d.Revoked.Reason.String()
	case d.Lapsed:
		out.State = "lapsed"
	}
	return out
}

func newDepotsList() *cobra.Command {
	var h home
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list --dir FOLDER", Short: "List all depots that were ever registered", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.founded(func(c *localapi.Client, s *localapi.Status) error {
				found, err := c.Depots()
				if err != nil {
					return advice.Wrap("the depots were not listed", err)
				}
				all := []depotShown{}
				for i := range found {
					all = append(all, shownDepot(&found[i], s.Authority.List.Sequence))
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), all)
				}
				if len(all) == 0 {
					cmd.Println("there are none")
					return nil
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "name\tstate\tregistered\tbatches\tlist\tkey")
				for _, d := range all {
					fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", d.Name, d.State, d.Registered.Format(time.RFC3339), d.Batches, d.holds(), d.Key)
				}
				return w.Flush()
			})
		},
	}
	h.flags(cmd)
	h.tpmFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// holds says which list a depot has.
func (d *depotShown) holds() string {
	switch {
	case d.List == 0:
		return "not known"
	case d.Behind:
		return fmt.Sprintf("%d, behind", d.List)
	}
	return strconv.FormatUint(uint64(d.List), 10)
}

func newDepotsAdd() *cobra.Command {
	var h home
	var expect string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "add --dir FOLDER [--words \"EIGHT WORDS\"] REGISTRATION",
		Short: "Register a depot by its registration file or QR code",
		Long: `Registers a depot. Its eight words must be those that the depot shows: given with --words, or compared by a person. Two officers
decide, who are both here (--officer twice), or the second of whom approves later (marque authority approvals).`,
		Example: "  marque authority depots add --dir fleet south/registration.png",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			const what = "the depot was not registered"
			statement, err := readOurs(cmd.Context(), wire.FoundDepot, wire.MaxStatement, args[0])
			if err != nil {
				return advice.Wrap(what, err)
			}
			return h.unlocked(func(c *localapi.Client) error {
				name, err := confirmDepot(c, statement, expect)
				if err != nil {
					return advice.Wrap(what, err)
				}
				o, err := c.AddDepot(statement)
				if err != nil {
					return advice.Wrap(what, err)
				}
				shown := outcomeOf(o)
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), shown)
				}
				shown.show(cmd, "depot "+name+" is registered")
				return nil
			})
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().StringVar(&expect, "words", "", "the eight words that the depot shows")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// confirmDepot makes sure that the registration comes from the depot that it names.
func confirmDepot(c *localapi.Client, statement []byte, expect string) (name string, err error) {
	core, err := readCore(c)
	if err != nil {
		return "", err
	}
	r, err := wire.OpenRegistration(statement, core)
	if err != nil {
		return "", err
	}
	hash := wire.RegistrationHash(statement)
	if expect != "" {
		if !words.Match(expect, hash[:]) {
			return "", errDepotWords
		}
		return r.Name, nil
	}
	yes, err := terminal.YesNo(fmt.Sprintf("depot %s\n\n    %s\n\nAre these the words at the depot?", r.Name, words.Text(hash[:])))
	if errors.Is(err, terminal.ErrNoTerminal) || err == nil && !yes {
		return "", errDepotWords
	}
	return r.Name, err
}

func newDepotsRevoke() *cobra.Command {
	var h home
	var reason string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "revoke --dir FOLDER NAME --reason REASON",
		Short: "Revoke a depot, for ever",
		Long: `Revokes a depot's key, for ever: nothing that it signed is taken any more. What was enrolled by it before stays; revoke those
identities, if that is needed, one by one.

Reasons: unspecified, key-compromise, lost, stolen, superseded, out-of-service, privilege-withdrawn.`,
		Example: "  marque authority depots revoke --dir fleet depot-south --reason stolen",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			const what = "the depot was not revoked"
			if _, err := wire.ParseReason(reason); err != nil {
				return advice.Wrap(what, err)
			}
			return h.unlocked(func(c *localapi.Client) error {
				o, err := c.RevokeDepot(args[0], reason)
				if err != nil {
					return advice.Wrap(what, err)
				}
				shown := outcomeOf(o)
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), shown)
				}
				shown.show(cmd, "depot "+args[0]+" is revoked")
				return nil
			})
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why (required)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	terminal.Required(cmd, "reason")
	return cmd
}
