package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"marque/app/carry"
	"marque/app/localapi"
	"marque/app/terminal"
	"marque/app/usb"
	"marque/app/words"
	"marque/authority"
	"marque/device/wire"
)

var (
	errOtherWords  = errors.New("the core has other words than those; get the core again, and have its words read aloud by somebody of that realm")
	errNoTrustList = errors.New("no other realm was ever trusted; see marque authority trust add")
)

func newTrust() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "Say which other realms are trusted, so that their vehicles and those of this realm talk to each other",
		Long: `A trust list names other realms, with their cores and domains. Devices of this realm that have it talk to devices of those realms, by what the authorities there
issue and revoke: they also need the revocation lists of each. Realms of which two have a domain in common are never trusted.

It takes two security officers to trust a realm, and to end that. Lists expire as revocation lists do, and are signed anew by marque authority publish.
After a reopening nobody is trusted, until that is decided again.`,
	}
	cmd.AddCommand(newTrustAdd(), newTrustRemove(), newTrustShow(), newTrustPublish())
	return cmd
}

func newTrustAdd() *cobra.Command {
	var h home
	var said string
	var in localapi.Trust
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "add --dir FOLDER --officer NAME… CORE_FILE --words \"EIGHT WORDS\"",
		Short: "Trust another realm, or another core of one",
		Long: `Trusts the realm of a core, the core.mqs of its authority, in place of an earlier core of the same realm. The words are those of its core, as
somebody there reads them aloud: the file may have been exchanged on its way.`,
		Example: "  marque authority trust add --dir fleet --officer 'Ada Byron' --officer 'Ben Okri' ferries/core.mqs --words 'one two three four five six seven eight'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			const what = "the realm is not trusted"
			core, err := coreWithWords(args[0], said)
			if err != nil {
				return advice.Wrap(what, err)
			}
			in.Realm = core.Realm
			if in.Core, err = core.Marshal(); err != nil {
				return advice.Wrap(what, err)
			}
			return h.trust(cmd, in, what, core.Realm+" is trusted; publish now, so that devices learn of it", asJSON)
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().StringVar(&said, "words", "", "the eight words of the other realm's core (required)")
	cmd.Flags().BoolVar(&in.Hybrid, "hybrid", false, "its policy demands sessions with ML-KEM beside X25519")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	terminal.Required(cmd, "words")
	return cmd
}

// coreWithWords reads a core that has the words.
func coreWithWords(file, said string) (*wire.Core, error) {
	statement, err := terminal.Read(nil, file, wire.MaxStatement)
	if err != nil {
		return nil, err
	}
	core, err := wire.OpenCore(statement)
	if err != nil {
		return nil, err
	}
	if hash := core.Hash(); !words.Match(said, hash[:]) {
		return nil, errOtherWords
	}
	return core, nil
}

func newTrustRemove() *cobra.Command {
	var h home
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "remove --dir FOLDER --officer NAME… REALM",
		Short:   "Trust a realm no more",
		Long:    "Ends the trust in a realm. Devices learn of it with the next trust list; those that do not get it talk to that realm until the list that they have expires.",
		Example: "  marque authority trust remove --dir fleet --officer 'Ada Byron' --officer 'Ben Okri' ferries.example",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return h.trust(cmd, localapi.Trust{Realm: args[0]}, "the realm is trusted as before", args[0]+" is trusted no more; write the trust list now (marque authority trust publish), so that devices learn of it", asJSON)
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// trust asks for a change, and says what became of it.
func (h *home) trust(cmd *cobra.Command, in localapi.Trust, what, done string, asJSON bool) error {
	return h.unlocked(func(c *localapi.Client) error {
		o, err := c.Trust(in)
		if err != nil {
			return advice.Wrap(what, err)
		}
		shown := outcomeOf(o)
		if asJSON {
			return terminal.JSON(cmd.OutOrStdout(), shown)
		}
		shown.show(cmd, done)
		return nil
	})
}

// trustShown is a trust list, as JSON shows it.
type trustShown struct {
	Sequence   uint32         `json:"sequence"` // 0 for none
	Issued     time.Time      `json:"issued,omitzero"`
	HardExpiry time.Time      `json:"hard_expiry,omitzero"`
	Lapsed     bool           `json:"lapsed"` // the authority was reopened since, and trusts nobody
	Realms     []trustedRealm `json:"realms"`
}

type trustedRealm struct {
	Realm      string   `json:"realm"`
	Words      string   `json:"words"`
	CoreHash   string   `json:"core_hash"`
	Generation uint32   `json:"core_generation"`
	Domains    []string `json:"domains"`
	Hybrid     bool     `json:"hybrid"`
}

func shownTrust(l *authority.TrustList) trustShown {
	out := trustShown{Sequence: l.Sequence, Issued: l.Issued, HardExpiry: l.HardExpiry, Lapsed: l.Lapsed, Realms: []trustedRealm{}}
	for _, r := range l.Realms {
		out.Realms = append(out.Realms, trustedRealm{
			Realm: r.Name, Words: words.Text(r.Core[:]), CoreHash: hex.EncodeToString(r.Core[:]), Generation: r.Generation, Domains: r.Domains, Hybrid: r.Hybrid,
		})
	}
	return out
}

func (t *trustShown) text() string {
	if t.Sequence == 0 {
		return "no other realm is trusted, nor was one ever\n"
	}
	text := fmt.Sprintf("trust list %d, signed %s, refused from %s\n", t.Sequence, t.Issued.Format(time.RFC3339), t.HardExpiry.Format(time.RFC3339))
	if t.Lapsed {
		text += "LAPSED: the authority was reopened since, and trusts none of these until that is decided again\n"
	}
	if len(t.Realms) == 0 {
		text += "no other realm is trusted\n"
	}
	for _, r := range t.Realms {
		text += fmt.Sprintf("%s\n  words   %s\n  core    %s, generation %d\n  domains %s\n", r.Realm, r.Words, r.CoreHash, r.Generation, strings.Join(r.Domains, ", "))
		if r.Hybrid {
			text += "  sessions also use ML-KEM\n"
		}
	}
	return text
}

func newTrustShow() *cobra.Command {
	var h home
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list --dir FOLDER",
		Short:   "Show which realms are trusted, without unlocking the authority",
		Example: "  marque authority trust list --dir fleet",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.founded(func(c *localapi.Client, _ *localapi.Status) error {
				found, err := c.Trusted()
				if err != nil {
					return advice.Wrap("the trust list was not read", err)
				}
				shown := shownTrust(found)
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), shown)
				}
				cmd.Print(shown.text())
				return nil
			})
		},
	}
	h.flags(cmd)
	h.tpmFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// trustFile is a trust list that was signed, as JSON shows it.
type trustFile struct {
	File       string            `json:"file,omitempty"`
	Bytes      int               `json:"bytes"`
	Sequence   uint32            `json:"sequence"`
	Realms     []string          `json:"realms"`
	HardExpiry time.Time         `json:"hard_expiry"`
	Stick      []carry.Delivered `json:"stick,omitempty"` // what was written to a stick

	statement []byte
}

// trustFileOf returns nil for no trust list.
func trustFileOf(l *authority.TrustList) *trustFile {
	if l == nil || l.Sequence == 0 {
		return nil
	}
	f := &trustFile{Bytes: len(l.Statement), Sequence: l.Sequence, Realms: []string{}, HardExpiry: l.HardExpiry, statement: l.Statement}
	for _, r := range l.Realms {
		f.Realms = append(f.Realms, r.Name)
	}
	return f
}

func (f *trustFile) file() usb.File {
	return usb.File{Name: fmt.Sprintf("trust-%d.mqf", f.Sequence), Content: f.statement}
}

// write writes the list to a folder, unless it stands there already.
func (f *trustFile) write(out string) error {
	f.File = filepath.Join(out, f.file().Name)
	return terminal.WriteNew(f.File, f.statement)
}

func (f *trustFile) print(cmd *cobra.Command) {
	if f == nil {
		return
	}
	trusted := "nobody"
	if len(f.Realms) > 0 {
		trusted = strings.Join(f.Realms, ", ")
	}
	name := f.File
	if name == "" {
		name = f.file().Name
	}
	cmd.Printf("  trust   %s (%d octets): %s, refused from %s\n", name, f.Bytes, trusted, f.HardExpiry.Format(time.RFC3339))
}

func newTrustPublish() *cobra.Command {
	var h home
	var out string
	var to carry.Flag
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "publish --dir FOLDER {--out FOLDER | --usb[=DEVICE|FOLDER]}",
		Short: "Sign the trust list anew and write it to a folder or a stick",
		Long: `Signs the trust list anew, as marque authority publish does, without a revocation list, and writes it as trust-N.mqf. Devices take it as they take
revocation lists, and refuse older ones from then on.`,
		Example: "  marque authority trust publish --dir fleet --out lists",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			const what = "the trust list was not published"
			stick, err := stickOf(cmd, &to)
			if err != nil {
				return advice.Wrap(what, err)
			}
			return h.unlocked(func(c *localapi.Client) error {
				f, err := publishTrust(c, out)
				if err != nil {
					return advice.Wrap(what, err)
				}
				if stick != nil {
					if f.Stick, err = stick.deliver(cmd, c, []usb.File{f.file()}); err != nil {
						return advice.Wrap(fmt.Sprintf("trust list %d is signed and recorded, but not on the stick", f.Sequence), err)
					}
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), f)
				}
				cmd.Printf("trust list %d\n", f.Sequence)
				f.print(cmd)
				stick.printStick(cmd.OutOrStdout(), f.Stick)
				return nil
			})
		},
	}
	h.changeFlags(cmd)
	cmd.Flags().StringVar(&out, "out", "", "the folder for the list; made if it is missing")
	to.Add(cmd, "write list and manifest to a stick")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.MarkFlagsOneRequired("out", "usb")
	return cmd
}

// publishTrust signs the trust list anew, and writes it to a folder if one is named.
func publishTrust(c *localapi.Client, out string) (*trustFile, error) {
	now, err := c.Trusted()
	if err != nil {
		return nil, err
	}
	if now.Sequence == 0 {
		return nil, errNoTrustList
	}
	if out != "" {
		if err := makeFolder(out); err != nil {
			return nil, err
		}
	}
	signed, err := c.RenewTrust()
	if err != nil {
		return nil, err
	}
	f := trustFileOf(signed)
	if out == "" {
		return f, nil
	}
	if err := f.write(out); err != nil {
		return nil, fmt.Errorf("trust list %d is signed and recorded, but not written: %w", f.Sequence, err)
	}
	return f, writeManifest(c, out, f.File)
}
