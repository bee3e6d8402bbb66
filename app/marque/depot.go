package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"marque/app/carry"
	"marque/app/depot"
	"marque/app/qr"
	"marque/app/terminal"
	"marque/app/words"
	"marque/device/wire"
)

var (
	errRealmWords = errors.New("the words of the authority were not confirmed; compare them with the authority, and begin again")
	errCollected  = errors.New("each is explained above; mend those and run this again, since what was collected stays as it is")
)

// registrationFile is what officers register a depot by.
const registrationFile = "registration.mqk"

// depotHome is a depot's folder as the command line names it.
type depotHome struct {
	dir            string
	passphraseFile string
}

func (h *depotHome) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&h.dir, "dir", "", "the depot's folder (required)")
	cmd.Flags().StringVar(&h.passphraseFile, "passphrase-file", "", "a file with the passphrase in its first line (default: ask at the terminal)")
	terminal.Required(cmd, "dir")
}

func (h *depotHome) passphrase(fresh bool) ([]byte, error) {
	return terminal.Passphrase(h.passphraseFile, "Passphrase of the depot", fresh)
}

// use opens the folder and runs do.
func (h *depotHome) use(what string, do func(d *depot.Depot) error) error {
	p, err := h.passphrase(false)
	if err != nil {
		return advice.Wrap(what, err)
	}
	defer clear(p)
	d, err := depot.Open(h.dir, p, depot.Options{Clock: time.Now})
	if err != nil {
		return advice.Wrap(what, err)
	}
	return advice.Wrap(what, errors.Join(do(d), d.Close()))
}

func newDepot() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "depot",
		Short: "Work at a depot: collect requests, hand packages out, collect receipts",
		Long: `Work at a depot: collect requests, hand packages out, collect receipts.

A depot has a folder with a key of its own and no secret of the realm. Officers register it (marque authority depots add); from then on
the authority enrols what it signed, without comparing words again: the depot has compared them. It never needs to be connected:

  new         make the folder, and the registration for the officers
  collect     read requests, and compare their words with the devices'
  sign        make a signed batch of them, for marque authority enrol --depot
  distribute  check the folder that the authority wrote, and hand the packages out
  receipts    collect the devices' receipts, and sign a batch for marque authority receipts
  status      show what was collected, and what is missing`,
	}
	cmd.AddCommand(newDepotNew(), newDepotCollect(), newDepotSign(), newDepotDistribute(), newDepotReceipts(), newDepotStatus())
	return cmd
}

// depotMade is a new depot, as JSON shows it.
type depotMade struct {
	Name  string `json:"name"`
	Realm string `json:"realm"`
	Core  string `json:"core_words"`
	Words string `json:"words"`
	PNG   string `json:"png"`
	File  string `json:"file"`
}

func newDepotNew() *cobra.Command {
	var h depotHome
	var name, core, expect string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "new --dir FOLDER --name NAME --core core.mqs [--words \"EIGHT WORDS\"]",
		Short: "Make a depot's folder and its registration",
		Long: `Makes a depot's folder with a new key, sealed under a passphrase, and its registration: registration.mqk, for a stick, and
registration.png, its QR code. The depot works for the realm of that core only, which is confirmed by the eight words of the authority:
given with --words, or compared by a person. The officers who register it compare the words of the registration.`,
		Example: "  marque depot new --dir south --name depot-south --core core.mqs",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := h.create(name, core, expect)
			if err != nil {
				return advice.Wrap("the depot was not made", err)
			}
			if asJSON {
				return terminal.JSON(cmd.OutOrStdout(), m)
			}
			cmd.Printf("depot %s of %s\n  words  %s\n  show   %s\n  or     %s\n", m.Name, m.Realm, m.Words, m.PNG, m.File)
			return nil
		},
	}
	h.flags(cmd)
	cmd.Flags().StringVar(&name, "name", "", "of the depot: 1 to 48 letters, digits, and - . _ (required)")
	cmd.Flags().StringVar(&core, "core", "", "the file of the authority's core (required)")
	cmd.Flags().StringVar(&expect, "words", "", "the eight words of the authority")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	terminal.Required(cmd, "name", "core")
	return cmd
}

func (h *depotHome) create(name, coreFile, expect string) (*depotMade, error) {
	if err := wire.CheckName(name); err != nil {
		return nil, err
	}
	statement, err := terminal.Read(nil, coreFile, wire.MaxStatement)
	if err != nil {
		return nil, err
	}
	core, err := wire.OpenCore(statement)
	if err != nil {
		return nil, err
	}
	if err := confirmRealm(core, expect); err != nil {
		return nil, err
	}
	p, err := h.passphrase(true)
	if err != nil {
		return nil, err
	}
	defer clear(p)
	d, err := depot.Create(h.dir, name, statement, p, depot.Options{Clock: time.Now})
	if err != nil {
		return nil, err
	}
	m, err := h.writeRegistration(d)
	return m, errors.Join(err, d.Close())
}

// confirmRealm makes sure that the core is the right one.
func confirmRealm(core *wire.Core, expect string) error {
	hash := core.Hash()
	if expect != "" {
		if !words.Match(expect, hash[:]) {
			return errRealmWords
		}
		return nil
	}
	yes, err := terminal.Confirm(fmt.Sprintf("The core is of the authority of %s with the words\n\n    %s\n\nDoes the authority show the same eight words?",
		core.Realm, words.Text(hash[:])))
	if errors.Is(err, terminal.ErrNoTerminal) || err == nil && !yes {
		return errRealmWords
	}
	return err
}

func (h *depotHome) writeRegistration(d *depot.Depot) (*depotMade, error) {
	statement, core := d.Registration(), d.Core().Hash()
	hash := wire.RegistrationHash(statement)
	m := &depotMade{
		Name: d.Name(), Realm: d.Core().Realm, Core: words.Text(core[:]), Words: words.Text(hash[:]),
		PNG: filepath.Join(h.dir, "registration.png"), File: filepath.Join(h.dir, registrationFile),
	}
	picture, err := qr.EncodePNG(wire.RegistrationText(statement))
	if err != nil {
		return nil, err
	}
	return m, errors.Join(terminal.WriteNew(m.PNG, picture), terminal.WriteNew(m.File, statement))
}

// readOurs reads one object from a file that holds it or its text, or from pictures of its codes.
func readOurs(ctx context.Context, want wire.Found, limit int, path string) ([]byte, error) {
	b, err := carry.Read(ctx, want, limit, path)
	if err != nil {
		return nil, err
	}
	p, err := carry.Recognise(b)
	if err != nil {
		return nil, err
	}
	return p.Is(want)
}

// collected is what became of one request, as JSON shows it.
type collected struct {
	Request string `json:"request"`
	Name    string `json:"name,omitempty"`
	Kind    string `json:"kind,omitempty"`
	Words   string `json:"words,omitempty"`
	Again   bool   `json:"again,omitempty"`
	Error   string `json:"error,omitempty"`
}

func newDepotCollect() *cobra.Command {
	var h depotHome
	var yes, asJSON bool
	cmd := &cobra.Command{
		Use:   "collect --dir FOLDER REQUEST…",
		Short: "Read requests, and compare their words with the devices'",
		Long: `Reads enrolment requests from pictures of their QR codes or from .mqr files, shows each with its eight words, and keeps it when
they are confirmed to be those on the device. A script answers for its requests itself, with --yes.`,
		Example: "  marque depot collect --dir south bus-4711/request.png bus-4712.jpg",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return h.use("not everything was collected", func(d *depot.Depot) error {
				all, failed := []collected{}, 0
				for _, file := range args {
					c := collected{Request: file}
					if err := c.collect(d, file, !yes); err != nil {
						c.Error = err.Error()
						failed++
						terminal.Explain(cmd.ErrOrStderr(), "marque", advice.Wrap(file+" was not collected", err))
					}
					all = append(all, c)
				}
				if err := showCollected(cmd, all, asJSON); err != nil {
					return err
				}
				if failed > 0 {
					return fmt.Errorf("%d of %d requests: %w", failed, len(args), errCollected)
				}
				return nil
			})
		},
	}
	h.flags(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "the words of all requests were compared: ask nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (c *collected) collect(d *depot.Depot, file string, ask bool) error {
	request, err := readRequest(file)
	if err != nil {
		return err
	}
	it, err := d.Look(request)
	if err != nil {
		return err
	}
	c.Name, c.Kind, c.Words, c.Again = it.Request.Name, it.Request.Kind.String(), words.Text(it.Hash[:]), !it.Confirmed.IsZero()
	if ask && !c.Again {
		yes, err := terminal.YesNo(fmt.Sprintf("%s, %s\n\n    %s\n\nAre these the words on the device?", c.Name, c.Kind, c.Words))
		if err != nil {
			return err // unlike the authority, a depot has nothing but this to say
		}
		if !yes {
			return errWords
		}
	}
	return d.Collect(request)
}

func showCollected(cmd *cobra.Command, all []collected, asJSON bool) error {
	if asJSON {
		return terminal.JSON(cmd.OutOrStdout(), all)
	}
	for _, c := range all {
		if c.Error != "" {
			continue
		}
		note := ""
		if c.Again {
			note = ", collected before"
		}
		cmd.Printf("%s, %s%s\n  words  %s\n", c.Name, c.Kind, note, c.Words)
	}
	return nil
}

// signedBatch is a batch that was signed, as JSON shows it.
type signedBatch struct {
	File     string `json:"file"`
	Sequence uint32 `json:"sequence"`
	Count    int    `json:"count"`
	Again    bool   `json:"again"`
}

func newDepotSign() *cobra.Command {
	var h depotHome
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "sign --dir FOLDER --out FILE.mqd",
		Short:   "Sign a batch of what was collected since the one before",
		Long:    `Signs a batch of the requests that are in none yet. While nothing new was collected, it writes the newest batch again.`,
		Example: "  marque depot sign --dir south --out south-1.mqd",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.use("no batch was signed", func(d *depot.Depot) error {
				s, err := d.Sign()
				if err != nil {
					return err
				}
				return writeSigned(cmd, s, out, "requests", asJSON)
			})
		},
	}
	h.flags(cmd)
	cmd.Flags().StringVar(&out, "out", "", "the file for the batch (required)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	terminal.Required(cmd, "out")
	return cmd
}

// writeSigned writes a batch, and never over another file.
func writeSigned(cmd *cobra.Command, s *depot.Signed, out, what string, asJSON bool) error {
	if err := terminal.WriteNew(out, s.Statement); err != nil {
		return fmt.Errorf("batch %d is signed, but not written; write it again with another --out: %w", s.Sequence, err)
	}
	if asJSON {
		return terminal.JSON(cmd.OutOrStdout(), signedBatch{File: out, Sequence: s.Sequence, Count: s.Count, Again: s.Again})
	}
	note := ""
	if s.Again {
		note = ", signed before: nothing was collected since"
	}
	if s.Count == 0 {
		note += ", which says what list is handed out here"
	}
	cmd.Printf("batch %d of %d %s%s\n  file  %s\n", s.Sequence, s.Count, what, note, out)
	return nil
}
