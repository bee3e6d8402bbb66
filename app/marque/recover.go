package main

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"marque/app/ceremony"
	"marque/app/localapi"
	"marque/app/terminal"
	"marque/device/wire"
	"marque/hsm"
)

var (
	errOneDatabase   = errors.New("it takes the old database or a backup, and not both; give --database or --backup")
	errPlanRealm     = errors.New("the ceremony file is for another realm than the old core; write the old one's realm into it")
	errNoCommitments = errors.New("the file has no commitments for these cards; name the commitments.txt of the papers")
	errNotACore      = errors.New("the file is no core; name the core.mqs of the old authority, from its papers or from a depot")
)

// maxCommitments is the longest file of commitments, in octets.
const maxCommitments = 1 << 16

func newRecover() *cobra.Command {
	var h home
	var o foundOptions
	var database, backup, commitments string
	cmd := &cobra.Command{
		Use:   "recover --dir FOLDER --ceremony FILE {--backup FILE | --database FILE} [CARD…]",
		Short: "Bring an authority back from its backup cards, under a new vault",
		Long: `For when the TPM died or was cleared, the mainboard was changed, or all officers are gone: backup cards give the master secret back, and a new
vault is made for it with the officers and the PIN of the ceremony file, in a new folder. The realm, its words and its devices stay, whatever
the ceremony file says of realm and times.

The database is the old authority.db, or a backup. It opens read-only until "reopen" merged the newest lists.`,
		Example: "  marque authority recover --dir fleet2 --ceremony ceremony.toml --ceremony-folder papers2 --backup fleet.mqb card-1.txt card-3.txt card-4.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			const what = "the authority was not recovered"
			if (database == "") == (backup == "") {
				return advice.Wrap(what, errOneDatabase)
			}
			f := localapi.Founding{}
			plan, err := h.readCeremony(&o, &f, args, commitmentsOf{commitments, hsm.PurposeBackup})
			if err != nil {
				return advice.Wrap(what, err)
			}
			file := backup
			if file == "" {
				file = database
			}
			made, err := h.recover(plan, &o, f, file)
			if err != nil {
				return advice.Wrap(what, err)
			}
			return made.show(cmd, "recovered", o.asJSON)
		},
	}
	h.foundFlags(cmd, &o)
	cmd.Flags().StringVar(&backup, "backup", "", "a backup of the database")
	cmd.Flags().StringVar(&database, "database", "", "the old folder's authority.db")
	cmd.Flags().StringVar(&commitments, "commitments", "", "the cards' commitments from the papers, so that a wrong card is named (default: what the cards say)")
	terminal.Required(cmd, "ceremony")
	return cmd
}

func newRotate() *cobra.Command {
	var h home
	var o foundOptions
	var oldCore, commitments string
	cmd := &cobra.Command{
		Use:   "rotate --dir FOLDER --old-core FILE --ceremony FILE [CARD…]",
		Short: "Begin the next core after a compromise, from its cards",
		Long: `For when somebody else may know the master secret: the cards of the next core, which were never entered before, reveal the seed that the old
core committed to. A new authority is founded with it in a new folder. Devices believe its core without anybody comparing words, when they are
given core.mqs from the papers (marque-vehicle rotate); then they ask to be enrolled again.`,
		Example: "  marque authority rotate --dir fleet-2 --old-core papers/core.mqs --ceremony ceremony.toml --ceremony-folder papers2 next-1.txt next-2.txt next-4.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			const what = "the realm was not rotated"
			core, err := terminal.Read(nil, oldCore, wire.MaxStatement)
			if err != nil {
				return advice.Wrap(what, err)
			}
			old, err := wire.OpenCore(core)
			if err != nil {
				return advice.Wrap(what, errNotACore)
			}
			f := localapi.Founding{OldCore: core}
			plan, err := h.readCeremony(&o, &f, args, commitmentsOf{commitments, hsm.PurposeNext})
			if err == nil && plan.Realm != old.Realm {
				err = errPlanRealm
			}
			if err != nil {
				return advice.Wrap(what, err)
			}
			made, err := h.found(plan, &o, f)
			if err != nil {
				return advice.Wrap(what, err)
			}
			return made.show(cmd, "rotated to the next core:", o.asJSON)
		},
	}
	h.foundFlags(cmd, &o)
	cmd.Flags().StringVar(&oldCore, "old-core", "", "the core.mqs that committed to the next one (required)")
	cmd.Flags().StringVar(&commitments, "commitments", "", "the cards' commitments from the papers, so that a wrong card is named (default: what the cards say)")
	terminal.Required(cmd, "old-core", "ceremony")
	return cmd
}

// commitmentsOf is a file that has the commitments of cards of that purpose; no file means none.
type commitmentsOf struct {
	file    string
	purpose hsm.Purpose
}

func (c commitmentsOf) read() (string, error) {
	if c.file == "" {
		return "", nil
	}
	b, err := terminal.Read(nil, c.file, maxCommitments)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(b)) {
		parsed, err := hsm.ParseCommitments(strings.TrimSpace(line))
		if err == nil && parsed.Purpose() == c.purpose {
			return strings.TrimSpace(line), nil
		}
	}
	return "", errNoCommitments
}

// readCeremony reads the ceremony file, and the cards into f.
func (h *home) readCeremony(o *foundOptions, f *localapi.Founding, cards []string, c commitmentsOf) (*ceremony.Plan, error) {
	plan, err := h.readPlan(o.ceremony)
	if err != nil {
		return nil, err
	}
	if f.Commitments, err = c.read(); err != nil {
		return nil, err
	}
	f.Cards, err = readCards(cards)
	return plan, err
}

// recover hands the service the database, and founds.
func (h *home) recover(plan *ceremony.Plan, o *foundOptions, f localapi.Founding, file string) (*founded, error) {
	b, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	o.database = b
	return h.found(plan, o, f)
}
