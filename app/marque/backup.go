package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"marque/app/localapi"
	"marque/app/terminal"
)

// backedUp is what a backup holds, as JSON shows it.
type backedUp struct {
	File    string    `json:"file"`
	Bytes   int64     `json:"bytes"`
	SHA256  string    `json:"sha256"`
	LogSize uint64    `json:"log_size"`
	List    uint32    `json:"list"`
	Counter uint64    `json:"counter"`
	Time    time.Time `json:"time"`
}

func newBackup() *cobra.Command {
	var h home
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "backup --dir FOLDER --officer NAME --out FILE",
		Short: "Write an encrypted copy of the authority while it works",
		Long: `Copies the database as it stands, encrypted under the master secret, with the vault's and officers' files and the newest published
list. The master secret itself is not in it: without the vault, or the backup cards, nobody reads it. Do this after every day with
issuing, and keep it elsewhere.`,
		Example: "  marque authority backup --dir fleet --officer 'Ada Byron' --out /media/stick/fleet.mqb",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.unlocked(func(c *localapi.Client) error {
				b, err := writeBackup(c, out)
				if err != nil {
					return advice.Wrap("there is no backup", err)
				}
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), b)
				}
				cmd.Printf("backup %s: %d octets, %d log entries, list %d\n  sha256  %s\n", b.File, b.Bytes, b.LogSize, b.List, b.SHA256)
				return nil
			})
		},
	}
	h.openFlags(cmd)
	cmd.Flags().StringVar(&out, "out", "", "the file, which must not exist (required)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	terminal.Required(cmd, "out")
	return cmd
}

// writeBackup writes beside the file first: what is cut off is no backup, and must not look like one.
func writeBackup(c *localapi.Client, out string) (_ *backedUp, err error) {
	if _, err := os.Lstat(out); err == nil {
		return nil, fmt.Errorf("%s: %w", out, terminal.ErrExists)
	}
	f, err := os.CreateTemp(filepath.Dir(out), ".marque-backup-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name()) // it is gone when all went well
	end := terminal.Progress("copying the database")
	info, err := c.Backup(f)
	end()
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), out); err != nil { // unlike a rename, never replaces
		if err = os.Rename(f.Name(), out); err != nil { // the file system of a stick may have no links
			return nil, err
		}
	}
	return &backedUp{
		File: out, Bytes: info.Size, SHA256: fmt.Sprintf("%x", info.Hash), LogSize: info.LogSize, List: info.List, Counter: info.Counter, Time: info.Time,
	}, nil
}

func newRestore() *cobra.Command {
	var h home
	var file string
	cmd := &cobra.Command{
		Use:   "restore --dir FOLDER --backup FILE",
		Short: "Make an authority's folder from a backup, on the computer of its vault",
		Long: `Makes a new folder from a backup: vault and officers are those of the backup, and open with the same TPM, PIN and passphrases, or the
same passphrase, which are needed to read the backup at all. On another computer, use "recover" with backup cards.

A restored database has forgotten what came after it, so it opens read-only until "reopen" merged the newest list found anywhere.`,
		Example: "  marque authority restore --dir fleet3 --backup /media/stick/fleet.mqb",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.dial(func(c *localapi.Client) error {
				const what = "nothing was restored"
				f, err := os.Open(file)
				if err != nil {
					return advice.Wrap(what, err)
				}
				defer f.Close()
				if err := h.restore(c, f); err != nil {
					return advice.Wrap(what, err)
				}
				cmd.Printf("restored %s; next: marque authority reopen --dir %s, with the newest lists that can be found\n", h.dir, h.dir)
				return nil
			})
		},
	}
	h.openFlags(cmd)
	cmd.Flags().StringVar(&file, "backup", "", "the backup (required)")
	terminal.Required(cmd, "backup")
	return cmd
}

// restore asks for what opens the vault of the backup: PIN and officers where officers are named, else the passphrase.
func (h *home) restore(c *localapi.Client, backup io.Reader) (err error) {
	r := localapi.Restoration{Passphrases: map[string][]byte{}}
	defer func() {
		clear(r.PIN)
		clear(r.Passphrase)
		for _, p := range r.Passphrases {
			clear(p)
		}
	}()
	if len(h.officers) == 0 {
		r.Passphrase, err = h.secrets.vault("Passphrase of the authority", false)
	} else {
		r.PIN, err = h.secrets.pin("PIN of the authority", false)
	}
	for i, name := range h.officers {
		if err != nil {
			break
		}
		r.Passphrases[name], err = h.secrets.officer(i, name, "Passphrase of "+name, false)
	}
	if err != nil {
		return err
	}
	defer terminal.Progress("restoring")()
	return c.Restore(backup, r)
}
