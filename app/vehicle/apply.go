package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"marque/app/carry"
	"marque/app/terminal"
	"marque/app/usb"
	"marque/device"
	"marque/device/wire"
)

// list is the list in force as JSON shows it.
type list struct {
	Realm      string    `json:"realm"`
	Sequence   uint32    `json:"sequence"`
	Issued     time.Time `json:"issued"`
	NextUpdate time.Time `json:"next_update"`
	HardExpiry time.Time `json:"hard_expiry"`
	Revoked    int       `json:"revoked"`
	Below      uint64    `json:"below"`
	Changed    bool      `json:"changed"`
	Self       bool      `json:"self_revoked"`
	Ahead      int64     `json:"ahead_seconds"` // how far this device's clock is behind the list's issue
	Held       []span    `json:"held"`          // the serials below that the list answers for
}

func newApply(f *folder) *cobra.Command {
	var asJSON bool
	var from mailbox
	cmd := &cobra.Command{
		Use:   "apply --dir FOLDER {LIST | REGIONS REGION… | TRUST | PICTURE… | --usb[=DEVICE|FOLDER]}",
		Short: "Take a published revocation list, or a trust list, into force",
		Long: `Takes a published revocation list into force: from a file, from pictures of its codes in any order (PNG, JPEG, GIF, or folders of them), or
the newest in the folder marque/inbox of a stick.

A list in regions, list-N-regions.mqg, is applied together with the regions that the device is to hold: its own, and those of whom it meets. About serials in
others it knows nothing, and refuses them, until those regions or the full list are applied, too. Of a stick without a full list all regions that are there are taken.

A trust list, trust-N.mqf, has the device talk to the members of the realms that its authority trusts, once a revocation list of that realm was applied as well;
it is applied in the same way, but not in regions. A later trust list takes back what it does not name.`,
		Example: "  marque-vehicle apply --dir bus-4711 list-2.mql\n  marque-vehicle apply --dir bus-4711 list-2-regions.mqg list-2-region-001.mqg\n" +
			"  marque-vehicle apply --dir bus-4711 trust-1.mqf\n" +
			"  marque-vehicle apply --dir bus-4711 --usb",
		Args: from.or("a list"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.use(func(d *device.Device) error {
				if b, is := trustIn(args); is && !from.Given {
					return applyTrust(cmd, d, b, asJSON)
				}
				a, err := apply(cmd, d, &from, args)
				switch {
				case a == nil && err == nil: // a stick with a trust list only
					if s := d.Status(); asJSON {
						return terminal.JSON(cmd.OutOrStdout(), trustOf(&s, true))
					}
					return nil
				case a != nil && asJSON:
					if writing := terminal.JSON(cmd.OutOrStdout(), listOf(a)); writing != nil {
						return writing
					}
				case a != nil:
					cmd.Print(applied(a))
				}
				what := "the list was not applied"
				if a != nil {
					what = "not everything on the stick was applied"
				}
				return advice.Wrap(what, err)
			})
		},
	}
	from.Add(cmd, "take the newest list of a stick")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func applyTrust(cmd *cobra.Command, d *device.Device, statement []byte, asJSON bool) error {
	a, err := d.ApplyTrust(statement)
	if err != nil {
		return advice.Wrap("the trust list was not applied", err)
	}
	if asJSON {
		s := d.Status()
		return terminal.JSON(cmd.OutOrStdout(), trustOf(&s, a.Changed))
	}
	cmd.Print(trustText(a))
	return nil
}

func apply(cmd *cobra.Command, d *device.Device, from *mailbox, paths []string) (*device.Applied, error) {
	if !from.Given {
		if list, regions, is, err := regionsIn(paths); is {
			if err != nil {
				return nil, err
			}
			return d.ApplyRegions(list, regions...)
		}
		bundle, err := carry.Read(cmd.Context(), wire.FoundBundle, wire.MaxBundle, paths...)
		if err != nil {
			return nil, err
		}
		return d.Apply(bundle)
	}
	files, err := from.read(cmd)
	if err != nil {
		return nil, err
	}
	return applyAll(cmd, d, files)
}

// applyAll takes what lies on a stick into force: the list of the device's own realm first, which nothing else may hold up, then the trust
// list, then lists of the realms on it. It returns the first list that is in force now, nil for none, and all that went wrong.
func applyAll(cmd *cobra.Command, d *device.Device, files []usb.File) (*device.Applied, error) {
	own := applyNewest(d, files)
	if own.file == "" {
		own = applyRegionsOf(d, files)
	}
	t, err := trustOn(d, files)
	if t != nil {
		cmd.PrintErr(trustText(t))
	}
	lists := applyAbroad(d, files)
	if own.file != "" {
		lists = slices.Insert(lists, 0, own)
	}
	if len(lists) == 0 && t == nil && err == nil {
		return nil, errNoList
	}
	problems := []error{err}
	var first *device.Applied
	for _, b := range lists {
		switch {
		case b.err != nil:
			problems = append(problems, fmt.Errorf("%s: %w", b.file, b.err))
		case first == nil:
			first = b.applied
		default:
			cmd.PrintErr(applied(b.applied))
		}
	}
	return first, errors.Join(problems...)
}

func listOf(a *device.Applied) list {
	return list{
		Realm: a.Realm, Sequence: a.Order.Sequence, Issued: a.Issued.UTC(), NextUpdate: a.NextUpdate.UTC(), HardExpiry: a.HardExpiry.UTC(),
		Revoked: a.Count, Below: a.N, Changed: a.Changed, Self: a.Revoked, Ahead: int64(a.Ahead / time.Second), Held: spansOf(a.Held),
	}
}

func applied(a *device.Applied) string {
	s := fmt.Sprintf("list %d is in force: %d of %d revoked, next update due %s\n", a.Order.Sequence, a.Count, a.N, a.NextUpdate.UTC().Format(time.RFC3339))
	if a.Abroad {
		s = fmt.Sprintf("of realm %s, ", a.Realm) + s
	}
	s += heldText(a.Held, a.N)
	if !a.Changed {
		s += "it was in force before\n"
	}
	if a.Ahead > clockWarning {
		s += fmt.Sprintf("it was issued %s after what this device's clock says: set the clock, or tell the authority that its own is wrong\n", ago(a.Ahead))
	}
	if a.Revoked {
		s += "this device itself is revoked: nobody who has this list will accept anything from it\n"
	}
	return s
}
