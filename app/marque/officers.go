package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"marque/app/ceremony"
	"marque/app/localapi"
	"marque/app/papers"
	"marque/app/terminal"
)

var errNotConfirmed = errors.New("it was not confirmed")

func newOfficers() *cobra.Command {
	cmd := &cobra.Command{Use: "officers", Short: "List officers, change them, change a passphrase"}
	cmd.AddCommand(newOfficersList(), newOfficersChange(), newOfficersPassphrase())
	return cmd
}

func newOfficersList() *cobra.Command {
	var h home
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list --dir FOLDER", Short: "List the officers, and how many unlock", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.founded(func(_ *localapi.Client, s *localapi.Status) error {
				o := officersOf(s.Custody)
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), o)
				}
				if len(o.Officers) == 0 {
					cmd.Println("there are none: whoever has the passphrase is the authority")
					return nil
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "name\trole\tkey")
				for _, officer := range o.Officers {
					fmt.Fprintf(w, "%s\t%s\t%s\n", officer.Name, officer.Role, officer.Key)
				}
				fmt.Fprintf(w, "\n%d of the security officers unlock together\n", o.Needed)
				return w.Flush()
			})
		},
	}
	h.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// officers is who acts for the realm, as JSON shows it.
type officers struct {
	Needed   int       `json:"needed"`
	Officers []officer `json:"officers"`
}

type officer struct {
	Name string `json:"name"`
	Role string `json:"role"`
	Key  string `json:"key"`
}

func officersOf(c *localapi.Custody) officers {
	o := officers{Needed: c.Needed, Officers: []officer{}}
	for _, one := range c.Officers {
		o.Officers = append(o.Officers, officer{one.Name, one.Role, fmt.Sprintf("%x", one.Key)})
	}
	return o
}

func newOfficersChange() *cobra.Command {
	var h home
	var approvalKey, newPINFile string
	var people secrets
	cmd := &cobra.Command{
		Use:   "change --dir FOLDER --officer NAME… --approval-key FILE OFFICERS.toml",
		Short: "Appoint everybody who is an officer afterwards",
		Long: `The file has [[officer]] with name and role for everybody who is an officer afterwards, and [unlock] with needed, as a ceremony file.
Whoever is new types a passphrase twice; whoever stays keeps theirs. To give somebody who stays and forgot theirs a new one, name them with
--anew. The unlock shares are dealt anew and the vault is sealed anew, so that old copies open no more, and everybody signs on again.`,
		Example: "  marque authority officers change --dir fleet --officer 'Ada Byron' --officer 'Ben Okri' --approval-key approval-key.pem officers.toml",
		Args:    cobra.ExactArgs(1),
	}
	var anew []string
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		const what = "the officers were not changed"
		b, err := terminal.Read(nil, args[0], maxCeremony)
		if err != nil {
			return advice.Wrap(what, err)
		}
		list, needed, err := ceremony.ParseOfficers(b)
		if err != nil {
			return advice.Wrap(what, err)
		}
		return h.unlocked(func(c *localapi.Client) error {
			change := localapi.OfficersChange{Needed: needed}
			defer eraseChange(&change)
			err := h.readChange(c, &change, list, changeFiles{approvalKey, newPINFile, anew, &people})
			if err == nil {
				end := terminal.Progress("dealing shares and sealing the vault anew")
				err = c.ChangeOfficers(change)
				end()
			}
			if err != nil {
				return advice.Wrap(what, err)
			}
			cmd.Printf("%d officers, %d of the security officers unlock; everybody signs on again\n", len(list), needed)
			return nil
		})
	}
	h.openFlags(cmd)
	cmd.Flags().StringVar(&approvalKey, "approval-key", "", "the officers' approval key, from its safe (required)")
	cmd.Flags().StringVar(&newPINFile, "new-pin-file", "", "a file with another PIN from now on (default: the PIN stays)")
	cmd.Flags().StringArrayVar(&anew, "anew", nil, "an officer who stays and gets a new passphrase, once for each")
	cmd.Flags().StringVar(&people.folder, "new-secrets", "", "for tests and rehearsals: a folder with NAME.passphrase of everybody who needs a new one")
	terminal.Required(cmd, "approval-key")
	return cmd
}

// changeFiles is where the secrets of a change of officers are.
type changeFiles struct {
	approvalKey, newPIN string
	anew                []string
	people              *secrets
}

// readChange reads or asks for all secrets.
func (h *home) readChange(c *localapi.Client, change *localapi.OfficersChange, list []ceremony.Officer, f changeFiles) error {
	s, err := c.Status()
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	for _, o := range s.Custody.Officers {
		keep[o.Name] = true
	}
	for _, name := range f.anew {
		keep[name] = false
	}
	if change.ApprovalKey, err = papers.ReadApprovalKey(f.approvalKey); err != nil {
		return err
	}
	if change.PIN, err = h.secrets.pin("PIN of the authority", false); err != nil {
		return err
	}
	if f.newPIN != "" {
		if change.NewPIN, err = (&secrets{pinFile: f.newPIN}).pin("New PIN of the authority", true); err != nil {
			return err
		}
	}
	for _, o := range list {
		a := localapi.Appointment{Name: o.Name, Role: o.Role.String()}
		if !keep[o.Name] {
			if a.Passphrase, err = f.people.officer(0, o.Name, fmt.Sprintf("New passphrase of %s, %s", o.Name, o.Role), true); err != nil {
				return err
			}
		}
		change.Officers = append(change.Officers, a)
	}
	return nil
}

func eraseChange(c *localapi.OfficersChange) {
	clear(c.PIN)
	clear(c.NewPIN)
	clear(c.ApprovalKey)
	for _, o := range c.Officers {
		clear(o.Passphrase)
	}
}

func newOfficersPassphrase() *cobra.Command {
	var h home
	var name, newFile string
	cmd := &cobra.Command{
		Use:   "passphrase --dir FOLDER --officer NAME",
		Short: "Change one's own passphrase",
		Long: `Only who knows the old passphrase changes it. An old copy of the folder still opens with the old one: where somebody else may know
that, change the officers instead.`,
		Example: "  marque authority officers passphrase --dir fleet --officer 'Ada Byron'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.founded(func(c *localapi.Client, _ *localapi.Status) error {
				if err := h.changePassphrase(c, name, newFile); err != nil {
					return advice.Wrap("the passphrase was not changed", err)
				}
				cmd.Println("the passphrase is changed")
				return nil
			})
		},
	}
	h.flags(cmd)
	h.tpmFlag(cmd)
	h.secrets.passphraseFlags(cmd)
	cmd.Flags().StringVar(&name, "officer", "", "whose (required)")
	cmd.Flags().StringVar(&newFile, "new-passphrase-file", "", "a file with the new passphrase in its first line (default: ask at the terminal)")
	terminal.Required(cmd, "officer")
	return cmd
}

func (h *home) changePassphrase(c *localapi.Client, name, newFile string) error {
	from, err := h.secrets.officer(0, name, "Passphrase of "+name, false)
	if err != nil {
		return err
	}
	defer clear(from)
	to, err := terminal.Passphrase(newFile, "New passphrase", true)
	if err != nil {
		return err
	}
	defer clear(to)
	defer terminal.Progress("changing the passphrase")()
	return c.ChangePassphrase(name, from, to)
}
