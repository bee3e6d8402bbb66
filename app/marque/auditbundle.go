package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"marque/app/appliance"
	"marque/app/carry"
	"marque/app/inspect"
	"marque/app/papers"
	"marque/app/terminal"
	"marque/app/words"
	"marque/authority"
	"marque/device/wire"
)

var (
	errUnverified = errors.New("nothing above is proven without the core of the realm; name it with --core, or say --unverified if that is meant")
	errBundle     = errors.New("do not hand these lists on; keep them, and compare them with the authority's log (--log)")
	errTwoCores   = errors.New("the log is of another core than the one named; name the core and the log of one authority")
)

// bundleAudit is what lists are explained with.
type bundleAudit struct {
	core, log, expect  string
	unverified, asJSON bool

	realm   *wire.Core         // nil without one
	entries *authority.ListLog // nil without a log
}

func newAuditBundle() *cobra.Command {
	var a bundleAudit
	cmd := &cobra.Command{
		Use:   "bundle FILE… [--core FILE | FOLDER] [--log FOLDER]",
		Short: "Explain revocation lists, verify them, and compare them",
		Long: `Says what revocation lists, changes and lists in regions contain: number, dates, size beside the least that is possible, epochs, state. Several
are put in order and compared, as a device takes them: who was added and who left, whether a change leads from one to the other,
whether two say different things under one number. Regions are named beside the statement of their list. Pictures of codes do as well, one list each.

Signatures are verified under the core that is named, else the core.mqs beside the first file; whether it is the right one, its words
tell (--words). With the folder of an authority, or an export of its log as authority.db in one, each list is looked up there, and everybody who left
a list has to have an entry.

It fails when anything is wrong, and when nothing was verified (unless --unverified). Lists that are stale or expired are in order.`,
		Example: `  marque audit bundle lists/list-7.mql
  marque audit bundle lists/list-6.mql lists/list-7-from-6.mql --core core.mqs --log fleet`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			const what = "the lists do not hold"
			if err := a.open(args[0]); err != nil {
				return advice.Wrap("the lists were not verified", err)
			}
			lists, err := a.read(cmd.Context(), args)
			if err != nil {
				return advice.Wrap("the lists were not explained", err)
			}
			r := a.explain(lists, time.Now())
			if a.asJSON {
				err = terminal.JSON(cmd.OutOrStdout(), r)
			} else {
				cmd.Print(r.text())
			}
			switch {
			case err != nil:
				return advice.Wrap("the result was not printed", err)
			case !r.OK:
				return advice.Wrap(what, errBundle)
			case !r.Verified && !a.unverified:
				return advice.Wrap("the lists were not verified", errUnverified)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&a.core, "core", "", "the file of the authority's core, or the folder with its core.mqs (default: beside the first file)")
	cmd.Flags().StringVar(&a.log, "log", "", "the authority's folder, or a copy of it, whose log the lists must be in")
	cmd.Flags().StringVar(&a.expect, "words", "", "the eight words that the realm must have")
	cmd.Flags().BoolVar(&a.unverified, "unverified", false, "explain lists of which there is no core, and do not fail for that")
	cmd.Flags().BoolVar(&a.asJSON, "json", false, "print JSON")
	return cmd
}

// open reads the core and the log.
func (a *bundleAudit) open(first string) (err error) {
	if a.realm, err = a.readCore(first); err != nil {
		return err
	}
	if a.log != "" {
		report, lists, err := appliance.AuditLists(a.log)
		switch {
		case err != nil:
			return err
		case !report.OK():
			return errFindings
		case a.realm != nil && a.realm.Hash() != lists.Core.Hash():
			return errTwoCores
		}
		a.realm, a.entries = lists.Core, lists
	}
	if a.expect == "" {
		return nil
	}
	if a.realm == nil {
		return errUnverified
	}
	if hash := a.realm.Hash(); !words.Match(a.expect, hash[:]) {
		return errOtherRealm
	}
	return nil
}

// readCore reads the core that is named, or lies beside the first file; nil when there is none.
func (a *bundleAudit) readCore(first string) (*wire.Core, error) {
	file := a.core
	if file == "" {
		file = filepath.Join(filepath.Dir(first), papers.CoreFile)
	} else if info, err := os.Stat(file); err == nil && info.IsDir() {
		file = filepath.Join(file, papers.CoreFile)
	}
	statement, err := terminal.Read(nil, file, wire.MaxStatement)
	if a.core == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // none was named
	}
	if err != nil {
		return nil, err
	}
	return wire.OpenCore(statement)
}

// read reads the lists, and gives regions to theirs.
func (a *bundleAudit) read(ctx context.Context, files []string) (lists []*inspect.List, err error) {
	regions := make(map[string][]byte)
	for _, file := range files {
		b, err := carry.Read(ctx, wire.FoundBundle, wire.MaxBundle, file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if wire.Sniff(b) == wire.FoundRegion {
			regions[file] = b
			continue
		}
		l, err := inspect.Read(file, b, a.realm)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		lists = append(lists, l)
	}
	for file, b := range regions {
		if err := inspect.AddRegion(lists, b); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return lists, nil
}
