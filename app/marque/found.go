package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"marque/app/ceremony"
	"marque/app/localapi"
	"marque/app/papers"
	"marque/app/terminal"
	"marque/app/words"
	"marque/authority"
)

// founded is what a founding, recovery or rotation made.
type founded struct {
	Realm  string         `json:"realm"`
	Words  string         `json:"words"`
	Dir    string         `json:"dir"`
	Grade  string         `json:"grade"`
	Vault  string         `json:"vault"`
	Drill  string         `json:"drill"`
	Epoch0 time.Time      `json:"epoch0"`
	Papers *papers.Papers `json:"papers,omitempty"`

	custody *localapi.Custody
	phase   localapi.Phase
}

var (
	errVault        = errors.New("there is no such vault; it is passphrase or tpm")
	errRealm        = errors.New("nothing says which realm to found; name it with --realm, or give a ceremony file with --ceremony")
	errCeremonyOnly = errors.New("the ceremony file says that already; change it there, and leave the flags out")
)

// maxCeremony is the longest ceremony file that is read, in octets.
const maxCeremony = 1 << 16

// foundOptions are what foundings take besides secrets.
type foundOptions struct {
	ceremony, papers string
	check, asJSON    bool
	database         io.Reader // of a recovery
}

func newFound() *cobra.Command {
	var h home
	var o foundOptions
	var p planFlags
	cmd := &cobra.Command{
		Use:   "found --dir FOLDER {--ceremony FILE | --realm DOMAIN}",
		Short: "Found an authority for a realm in a new folder",
		Long: `Draws the master secret of a new realm, seals it, and begins the log. Prints the eight words of the realm, by which devices and people
know it from then on.

A ceremony file says everything that is not secret: realm, vault, officers, cards, times; ceremony/example.toml in the sources explains
each key. All of it is checked before anything is done, and every mistake is told together with its line; --check does only that. Without
a file, flags say it, or questions at the terminal that ask the same things.

With a TPM vault, and with any cards, there are papers: share cards as text, picture and page for print, the lockout authorisation, the approval
key, the core, the record. They go to a folder that only you can read, for print and for sticks, and must not stay there.`,
		Example: "  marque authority found --dir fleet --realm fleet.example\n" +
			"  marque authority found --dir fleet --ceremony ceremony.toml --check\n" +
			"  marque authority found --dir fleet --ceremony ceremony.toml --ceremony-folder /media/ceremony",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			plan, err := h.plan(cmd, &o, &p)
			if err == nil && o.check {
				cmd.Print(planText(plan))
				return nil
			}
			var made *founded
			if err == nil {
				made, err = h.found(plan, &o, localapi.Founding{})
			}
			if err != nil {
				return advice.Wrap("the authority was not founded", err)
			}
			return made.show(cmd, "founded", o.asJSON)
		},
	}
	h.foundFlags(cmd, &o)
	cmd.Flags().BoolVar(&o.check, "check", false, "only check the ceremony file, and say what would be done")
	p.flags(cmd, &h)
	return cmd
}

// foundFlags are those of founding, recovery and rotation.
func (h *home) foundFlags(cmd *cobra.Command, o *foundOptions) {
	h.flags(cmd)
	h.tpmFlag(cmd)
	h.secrets.passphraseFlags(cmd)
	h.secrets.pinFlag(cmd)
	cmd.Flags().StringVar(&o.ceremony, "ceremony", "", "the ceremony file")
	cmd.Flags().StringVar(&o.papers, "ceremony-folder", "", "the folder for papers: new, or one that only you can read (default: that of --dir with .ceremony)")
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "print JSON")
}

// readPlan reads a ceremony file. A TPM of the command line stands in for that of the file.
func (h *home) readPlan(file string) (*ceremony.Plan, error) {
	b, err := terminal.Read(nil, file, maxCeremony)
	if err != nil {
		return nil, fmt.Errorf("read the ceremony file: %w", err)
	}
	p, err := ceremony.Parse(b)
	if err == nil && h.tpm != "" && p.Vault.Kind == ceremony.VaultTPM {
		p.Vault.TPM = h.tpm
	}
	return p, err
}

// found founds what the plan says; f has what only recovery and rotation have.
func (h *home) found(plan *ceremony.Plan, o *foundOptions, f localapi.Founding) (made *founded, err error) {
	f.Plan, h.tpm = plan.TOML(), plan.Vault.TPM
	defer eraseSecrets(&f)
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	c, err := localapi.Dial(context.Background(), localapi.Options{Dir: h.dir, Socket: h.socket, Program: program, TPM: h.tpm})
	if err != nil {
		return nil, err
	}
	made, err = h.foundBy(c, plan, o, &f)
	if cerr := c.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("close the new authority: %w", cerr)
	}
	return made, err
}

// foundBy prepares the papers, asks for secrets, and founds.
func (h *home) foundBy(c *localapi.Client, plan *ceremony.Plan, o *foundOptions, f *localapi.Founding) (*founded, error) {
	s, err := c.Status()
	if err == nil && s.Phase != localapi.Absent {
		err = authority.ErrFounded
	}
	if err != nil {
		return nil, err
	}
	var out *papers.Papers
	if papers.Needed(plan) || len(f.OldCore) > 0 { // devices have to be given the core of a rotation
		if out, err = papers.Prepare(cmp.Or(o.papers, filepath.Clean(h.dir)+".ceremony"), plan, time.Now); err != nil {
			return nil, err
		}
		defer out.Erase()
		f.Lockout, f.ApprovalKey = out.Secrets()
	}
	if err := h.newSecrets(plan, f); err != nil {
		return nil, err
	}
	if o.database != nil {
		end := terminal.Progress("reading the database")
		f.Backup, err = c.Import(o.database)
		end()
		if err != nil {
			return nil, err
		}
	}
	return h.foundWith(c, f, out)
}

// foundWith founds, and writes what came of it. The authority stands when that fails: nothing was issued yet.
func (h *home) foundWith(c *localapi.Client, f *localapi.Founding, out *papers.Papers) (*founded, error) {
	end := terminal.Progress("founding the authority")
	result, err := c.Found(*f)
	end()
	if err != nil {
		return nil, err
	}
	if out != nil {
		if err := out.Write(papers.Made{Cards: result.Cards, Next: result.Next, Commitments: result.Commitments, Core: result.Core, Record: result.Record}); err != nil {
			return nil, fmt.Errorf("%w: %w", errPapers, err)
		}
	}
	core := c.Core()
	if core == nil {
		return nil, authority.ErrNotFounded
	}
	s := result.Status
	if s.Custody == nil { // how it stands could not be read then
		if s, err = c.Status(); err != nil {
			return nil, fmt.Errorf("the authority was founded, its papers are written, but how it stands was not read: %w", err)
		}
	}
	hash := core.Hash()
	return &founded{
		Realm: core.Realm, Words: words.Text(hash[:]), Dir: h.dir, Grade: s.Custody.Grade, Vault: s.Custody.Vault, Drill: string(s.Custody.Drill),
		Epoch0: core.Epoch0, Papers: out, custody: s.Custody, phase: s.Phase,
	}, nil
}

// newSecrets asks for what the new vault takes.
func (h *home) newSecrets(plan *ceremony.Plan, f *localapi.Founding) (err error) {
	if plan.Vault.Kind == ceremony.VaultPassphrase {
		f.Passphrase, err = h.secrets.vault("New passphrase of the authority", true)
		return err
	}
	if f.PIN, err = h.secrets.pin("New PIN of the authority", true); err != nil {
		return err
	}
	f.Passphrases = make(map[string][]byte, len(plan.Officers))
	for i, officer := range plan.Officers {
		p, err := h.secrets.officer(i, officer.Name, fmt.Sprintf("New passphrase of %s, %s", officer.Name, officer.Role), true)
		if err != nil {
			eraseSecrets(f)
			return err
		}
		f.Passphrases[officer.Name] = p
	}
	return nil
}

func eraseSecrets(f *localapi.Founding) {
	clear(f.PIN)
	clear(f.Passphrase)
	for _, p := range f.Passphrases {
		clear(p)
	}
	for _, c := range f.Cards {
		clear(c)
	}
}

// show prints what was made.
func (f *founded) show(cmd *cobra.Command, what string, asJSON bool) error {
	if asJSON {
		return terminal.JSON(cmd.OutOrStdout(), f)
	}
	cmd.Printf("%s %s in %s (%s grade)\n  words  %s\n", what, f.Realm, f.Dir, f.Grade, f.Words)
	for _, reason := range f.custody.Reasons {
		cmd.Printf("  grade  %s\n", reason)
	}
	if f.phase == localapi.ReadOnly {
		cmd.Printf("  read-only  %s\n", f.custody.Reason)
	}
	if f.Papers != nil {
		cmd.Print(papersText(f.Papers, f.custody))
	}
	return nil
}
