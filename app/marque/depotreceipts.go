package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"marque/app/carry"
	"marque/app/localapi"
	"marque/app/terminal"
	"marque/authority"
	"marque/device/wire"
)

var errReceipts = errors.New("each is explained above; the others are kept")

// receiptShown is what is known of one identity, as JSON shows it.
type receiptShown struct {
	Address   string     `json:"address"`
	Kind      string     `json:"kind"`
	Issued    time.Time  `json:"issued"`
	Until     time.Time  `json:"until"` // when the keys end
	Missing   bool       `json:"missing"`
	Received  *time.Time `json:"received,omitempty"`
	Installed *time.Time `json:"installed,omitempty"`
	List      uint32     `json:"list"` // that the device held; 0: none
	Again     bool       `json:"again,omitempty"`
	Warning   string     `json:"warning,omitempty"`
}

func shownReceipt(r *authority.Receipt) receiptShown {
	out := receiptShown{Address: r.Address.String(), Kind: r.Kind.String(), Issued: r.Issued, Until: r.Until, Missing: !r.Got, List: r.List.Sequence}
	if r.Got {
		out.Received, out.Installed = &r.Received, &r.Installed
	}
	return out
}

func newReceipts() *cobra.Command {
	var h home
	var missing, behind, asJSON bool
	due := -1
	cmd := &cobra.Command{
		Use:   "receipts --dir FOLDER [FILE…] [--missing | --behind | --due DAYS]",
		Short: "Take receipts, or list what devices answered",
		Long: `Takes receipts: of single devices (.mqa files or pictures of their QR codes) or batches of a depot (.mqt). Each is verified against
the keys that were issued. Without files it lists who is enrolled, which revocation list each device held when it answered, and
with --missing who has not answered at all, with --behind who held an older list than the newest, or none, with --due whose keys end
within so many days: those who answered can be renewed (marque authority renew). A device answers anew after every
list that it applied (marque-vehicle receipt); the newest answer counts. Statements of depots also tell which list each of them hands out: see
marque authority depots list.

A second receipt for a package with other keys for the next one means that two devices have its keys. It is refused and recorded as an
alarm; who is revoked, officers decide.`,
		Example: "  marque authority receipts --dir fleet south-1.mqt\n  marque authority receipts --dir fleet --missing\n  marque authority receipts --dir fleet --due 90",
		Args: func(_ *cobra.Command, args []string) error {
			if (missing || behind || due >= 0) && len(args) > 0 {
				return errors.New("--missing, --behind and --due list, and take no files")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return h.unlocked(func(c *localapi.Client) error {
				if len(args) > 0 {
					return takeReceipts(cmd, c, args, asJSON)
				}
				switch {
				case missing:
					return listReceipts(cmd, c, asJSON, func(r *authority.Receipt) bool { return !r.Got })
				case due >= 0:
					return listReceipts(cmd, c, asJSON, func(r *authority.Receipt) bool { return dueWithin(r, due) })
				case behind:
					return listBehind(cmd, c, asJSON)
				}
				return listReceipts(cmd, c, asJSON, func(*authority.Receipt) bool { return true })
			})
		},
	}
	h.openFlags(cmd)
	cmd.Flags().BoolVar(&missing, "missing", false, "list those that no receipt came of")
	cmd.Flags().BoolVar(&behind, "behind", false, "list those that held an older list than the newest, or none, when they answered")
	cmd.Flags().IntVar(&due, "due", -1, "list those whose keys end within so many days")
	cmd.MarkFlagsMutuallyExclusive("missing", "behind", "due")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func takeReceipts(cmd *cobra.Command, c *localapi.Client, files []string, asJSON bool) error {
	all, failed := []receiptShown{}, 0
	for _, file := range files {
		taken, refused, err := takeFile(cmd.Context(), cmd.ErrOrStderr(), c, file)
		all = append(all, taken...)
		failed += refused
		if err != nil {
			failed++
			terminal.Explain(cmd.ErrOrStderr(), "marque", advice.Wrap(file+" was not taken", err))
		}
	}
	if err := showReceipts(cmd, all, asJSON); err != nil {
		return err
	}
	if failed > 0 {
		return advice.Wrap(fmt.Sprintf("%d receipts were not taken", failed), errReceipts)
	}
	return nil
}

// takeFile takes what is in one file, and explains what of it was refused.
func takeFile(ctx context.Context, told io.Writer, c *localapi.Client, file string) (taken []receiptShown, refused int, err error) {
	b, err := readReceipts(ctx, file)
	if err != nil {
		return nil, 0, err
	}
	got, err := c.AcceptReceipts(b)
	if err != nil {
		return nil, 0, err
	}
	if got.List.Sequence > 0 {
		fmt.Fprintf(told, "depot %s hands out list %d\n", got.Depot, got.List.Sequence)
	}
	for i, one := range got.Each {
		if one.Err != nil {
			refused++
			terminal.Explain(told, "marque", advice.Wrap(fmt.Sprintf("receipt %d of %s was not taken", i+1, file), one.Err))
			continue
		}
		r := shownReceipt(&one.Accepted.Receipt)
		r.Again, r.Warning = one.Accepted.Again, one.Accepted.Warning
		taken = append(taken, r)
	}
	return taken, refused, nil
}

// readReceipts reads one receipt or a depot's batch of them.
func readReceipts(ctx context.Context, file string) ([]byte, error) {
	b, err := carry.Read(ctx, wire.FoundReceipt, wire.MaxBatch, file)
	if err != nil {
		return nil, err
	}
	p, err := carry.Recognise(b)
	if err != nil {
		return nil, err
	}
	if p.Found == wire.FoundReceipts {
		return p.Content, nil
	}
	return p.Is(wire.FoundReceipt)
}

// listBehind lists the laggards.
func listBehind(cmd *cobra.Command, c *localapi.Client, asJSON bool) error {
	s, err := c.Status()
	if err != nil {
		return advice.Wrap("the receipts were not listed", err)
	}
	newest := s.Authority.List.Sequence
	return listReceipts(cmd, c, asJSON, func(r *authority.Receipt) bool { return r.Got && r.List.Sequence < newest })
}

func listReceipts(cmd *cobra.Command, c *localapi.Client, asJSON bool, wanted func(*authority.Receipt) bool) error {
	all := []receiptShown{}
	err := eachReceipt(c, func(r *authority.Receipt) {
		if wanted(r) {
			all = append(all, shownReceipt(r))
		}
	})
	if err != nil {
		return advice.Wrap("the receipts were not listed", err)
	}
	return showReceipts(cmd, all, asJSON)
}

func showReceipts(cmd *cobra.Command, all []receiptShown, asJSON bool) error {
	if asJSON {
		return terminal.JSON(cmd.OutOrStdout(), all)
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, r := range all {
		switch {
		case r.Missing:
			fmt.Fprintf(w, "%s\tno receipt since %s\tkeys until %s\n", r.Address, r.Issued.Format(time.RFC3339), r.Until.Format(time.DateOnly))
		case r.List == 0:
			fmt.Fprintf(w, "%s\tno list\tinstalled %s\tkeys until %s\t%s\n", r.Address, r.Installed.Format(time.RFC3339), r.Until.Format(time.DateOnly), r.note())
		default:
			fmt.Fprintf(w, "%s\tlist %d\tinstalled %s\tkeys until %s\t%s\n", r.Address, r.List, r.Installed.Format(time.RFC3339), r.Until.Format(time.DateOnly), r.note())
		}
	}
	return w.Flush()
}

func (r *receiptShown) note() string {
	switch {
	case r.Warning != "":
		return "WARNING " + r.Warning
	case r.Again:
		return "says nothing new"
	}
	return ""
}
