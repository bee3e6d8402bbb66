package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"marque/app/depot"
	"marque/app/localapi"
	"marque/app/papers"
	"marque/app/terminal"
	"marque/app/words"
	"marque/device/wire"
)

// writeManifest signs what was written into a folder, beside what an earlier manifest there lists that is still so.
func writeManifest(c *localapi.Client, out string, written ...string) error {
	core, err := readCore(c)
	if err != nil {
		return err
	}
	files := make(map[string]wire.File)
	before := 0
	list := func(path string, b []byte) error {
		files[path] = wire.File{Path: path, Size: uint64(len(b)), Hash: sha256.Sum256(b)}
		return nil
	}
	if checked, err := depot.CheckFolder(out, core, list); err == nil && len(checked.Wrong) == 0 {
		before = len(files)
	} // else it is none of this realm, or of files that were changed since: then it has to be signed anew
	for _, file := range written {
		b, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("list what was written: %w", err)
		}
		if err := list(filepath.Base(file), b); err != nil {
			return err
		}
	}
	if before > 0 && before == len(files) {
		return nil // all of it is on the list: files are never changed
	}
	all := make([]wire.File, 0, len(files))
	for _, f := range files {
		all = append(all, f)
	}
	b, err := c.SignManifest(all)
	if err != nil {
		return fmt.Errorf("sign the manifest: %w", err)
	}
	return terminal.Write(nil, filepath.Join(out, depot.ManifestFile), b, false)
}

// written returns the files that are not empty names.
func (r *realmFiles) written(packages ...string) []string {
	all := []string{r.Core, r.List}
	for _, p := range packages {
		if p != "" {
			all = append(all, p)
		}
	}
	return all
}

// manifestShown is what an audit of a folder found, as JSON shows it.
type manifestShown struct {
	OK    bool      `json:"ok"`
	Realm string    `json:"realm"`
	Words string    `json:"words"`
	Time  time.Time `json:"time"`
	Files int       `json:"files"`
	Wrong []string  `json:"wrong"`
	Extra []string  `json:"extra"`
}

func newAuditManifest() *cobra.Command {
	var core, expect string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "manifest FOLDER [--core FILE] [--words \"EIGHT WORDS\"]",
		Short: "Verify the files that an authority wrote into a folder",
		Long: `Verifies the signature of the folder's manifest.mqm and every file that it lists. Other files are named, and nobody vouches for them.
The core that verifies it is the one beside it, unless --core names another; whether it is the right one, its words tell (--words).`,
		Example: "  marque audit manifest /media/stick/packages --core core.mqs",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			const what = "the folder does not hold"
			if core == "" {
				core = filepath.Join(args[0], papers.CoreFile)
			}
			m, err := auditManifest(args[0], core, expect)
			if err != nil {
				return advice.Wrap(what, err)
			}
			if asJSON {
				err = terminal.JSON(cmd.OutOrStdout(), m)
			} else {
				cmd.Print(m.text())
			}
			if err == nil && !m.OK {
				err = depot.ErrManifest
			}
			return advice.Wrap(what, err)
		},
	}
	cmd.Flags().StringVar(&core, "core", "", "the file of the authority's core (default: core.mqs in the folder)")
	cmd.Flags().StringVar(&expect, "words", "", "the eight words that the realm must have")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func auditManifest(dir, coreFile, expect string) (*manifestShown, error) {
	statement, err := terminal.Read(nil, coreFile, wire.MaxStatement)
	if err != nil {
		return nil, err
	}
	core, err := wire.OpenCore(statement)
	if err != nil {
		return nil, err
	}
	hash := core.Hash()
	if expect != "" && !words.Match(expect, hash[:]) {
		return nil, errOtherRealm
	}
	checked, err := depot.CheckFolder(dir, core, nil)
	if err != nil {
		return nil, err
	}
	return &manifestShown{
		OK: len(checked.Wrong) == 0, Realm: core.Realm, Words: words.Text(hash[:]), Time: checked.Manifest.Time, Files: len(checked.Manifest.Files),
		Wrong: append([]string{}, checked.Wrong...), Extra: append([]string{}, checked.Extra...),
	}, nil
}

func (m *manifestShown) text() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "realm        %s\nwords        %s\nmanifest     %d files, signed %s\n", m.Realm, m.Words, m.Files, m.Time.Format(time.RFC3339))
	for _, wrong := range m.Wrong {
		fmt.Fprintf(&b, "WRONG        %s\n", wrong)
	}
	for _, extra := range m.Extra {
		fmt.Fprintf(&b, "not listed   %s\n", extra)
	}
	if m.OK {
		fmt.Fprintf(&b, "every file that it lists holds\n")
	}
	return b.String()
}

// depotBatch reads a depot's batch. Whether it may be enrolled, TakeBatch tells.
func depotBatch(c *localapi.Client, statement []byte) (*wire.Batch, error) {
	core, err := readCore(c)
	if err != nil {
		return nil, err
	}
	return wire.OpenBatch(statement, core)
}
