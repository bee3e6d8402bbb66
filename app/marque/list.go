package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
	"marque/authority"
	"marque/device/wire"
)

// identity is one identity as JSON shows it.
type identity struct {
	Address string      `json:"address"`
	Kind    string      `json:"kind"`
	Issued  time.Time   `json:"issued"`
	Until   time.Time   `json:"until"`
	Revoked *revocation `json:"revoked,omitempty"`
}

// revocation is why and since when an identity is not trusted.
type revocation struct {
	Reason    string    `json:"reason"`
	Effective time.Time `json:"effective"`
	List      uint32    `json:"list"` // the first list that has it, 0 before it is published
}

func newList() *cobra.Command {
	var h home
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list --dir FOLDER",
		Short:   "List the identities",
		Example: "  marque authority list --dir fleet --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.unlocked(func(c *localapi.Client) error {
				ids, err := identities(c)
				if err != nil {
					return advice.Wrap("the identities were not listed", err)
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), ids)
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "address\tkind\tkeys until\tstate")
				for _, id := range ids {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", id.Address, id.Kind, id.Until.Format(time.DateOnly), id.state())
				}
				return w.Flush()
			})
		},
	}
	h.openFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// identities reads all identities, page by page.
func identities(c *localapi.Client) ([]identity, error) {
	ids := []identity{} // not nil: JSON shows an empty list as one
	for from := uint32(0); ; {
		page, err := c.Identities(from, authority.MaxIdentities)
		if err != nil {
			return nil, err
		}
		for _, id := range page {
			ids = append(ids, shown(&id))
		}
		if len(page) < authority.MaxIdentities {
			return ids, nil
		}
		from = page[len(page)-1].Address.Serial() + 1
	}
}

func shown(id *authority.Identity) identity {
	i := identity{Address: id.Address.String(), Kind: id.Kind.String(), Issued: id.Issued, Until: id.Until}
	if r := id.Revoked; r != nil {
		i.Revoked = &revocation{Reason: r.Reason.String(), Effective: r.Effective, List: r.List}
	}
	return i
}

func (i *identity) state() string {
	r := i.Revoked
	if r == nil {
		return "in order"
	}
	state := "revoked (" + r.Reason + ")"
	if r.Reason == wire.ReasonSuspended.String() {
		state = r.Reason
	}
	if r.List == 0 {
		return state + ", not yet published"
	}
	return fmt.Sprintf("%s, published in list %d", state, r.List)
}
