package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"marque/app/ceremony"
	"marque/app/localapi"
	"marque/app/qr"
	"marque/app/terminal"
)

const (
	lockoutFile     = "lockout-authorisation.txt"
	approvalKeyFile = "approval-key.pem"
	coreFile        = "core.mqs"
	commitmentsFile = "commitments.txt"
	recordFile      = "record.txt"
	planFile        = "ceremony.toml"
)

var (
	errNotOurs = errors.New("others can reach it, or it is not what it should be; name a folder for papers with --ceremony-folder that only you can read")
	errUsed    = errors.New("it holds the papers of another founding; name a new folder for papers with --ceremony-folder")
	errPapers  = errors.New("the authority was founded, but its papers could not be written, and its cards exist nowhere: take it back with `marque authority discard`, and found it again")
)

// papers is what a founding brings about besides the authority, and what must not stay on the computer: files in a folder. Approval key and
// lockout authorisation of a founding that failed are used again, so that it can be repeated with the same TPM. Nothing is overwritten.
type papers struct {
	Folder      string   `json:"folder"`
	Lockout     string   `json:"lockout_authorisation,omitempty"` // the file; empty when the TPM has one from an earlier ceremony
	ApprovalKey string   `json:"approval_key,omitempty"`          // the file
	Core        string   `json:"core"`
	Record      string   `json:"record"`
	Cards       []string `json:"cards"` // files of the texts; pictures and pages for print lie beside them

	lockout     []byte // nil when the TPM has one from an earlier ceremony
	approvalKey []byte // PEM
	plan        *ceremony.Plan
}

func needsPapers(plan *ceremony.Plan) bool {
	return plan.Vault.Kind == ceremony.VaultTPM || !plan.Backup.None() || !plan.Next.None()
}

// preparePapers makes the folder, and for a TPM vault what its founding takes. The caller calls erase.
func preparePapers(dir string, plan *ceremony.Plan) (*papers, error) {
	p := &papers{Folder: dir, Cards: []string{}, plan: plan}
	needed := false
	if plan.Vault.Kind == ceremony.VaultTPM {
		var err error
		if needed, err = needsLockout(plan.Vault.TPM); err != nil {
			return nil, err
		}
	}
	if err := seclude(dir); err != nil {
		return nil, err
	}
	if plan.Vault.Kind == ceremony.VaultTPM {
		if err := p.prepareTPM(needed); err != nil {
			p.erase()
			return nil, err
		}
	}
	return p, p.probe()
}

// probe makes sure that files can be written there, before anything exists that must be.
func (p *papers) probe() error {
	f, err := os.CreateTemp(p.Folder, ".probe-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func (p *papers) erase() {
	clear(p.lockout)
	clear(p.approvalKey)
}

// seclude makes the folder, or makes sure of one that is there: whoever else could write to it could have put a key or a lockout
// authorisation of their own there, to be used.
func seclude(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := ours(dir, fs.ModeDir); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch e.Name() {
		case approvalKeyFile, lockoutFile:
			if err := ours(filepath.Join(dir, e.Name()), 0); err != nil {
				return err
			}
		case coreFile, commitmentsFile, recordFile, recordPDF, lockoutPDF, planFile:
			return fmt.Errorf("%s: %w", filepath.Join(dir, e.Name()), errUsed)
		}
		if strings.HasPrefix(e.Name(), "backup-") || strings.HasPrefix(e.Name(), "next-core-") {
			return fmt.Errorf("%s: %w", filepath.Join(dir, e.Name()), errUsed)
		}
	}
	return nil
}

// ours checks that a file or folder, and no link to one, belongs to this user, and that nobody else may read or write it.
func ours(path string, kind fs.FileMode) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.Mode().Type() != kind || info.Mode().Perm()&0o077 != 0 || int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("%s: %w", path, errNotOurs)
	}
	return nil
}

// write writes what came of the founding, and forgets its cards.
func (p *papers) write(f *localapi.Founded) error {
	defer func() {
		for _, card := range append(f.Cards, f.Next...) {
			clear(card)
		}
	}()
	if err := errors.Join(
		p.cards("backup", f.Cards), p.cards("next-core", f.Next),
		p.public(&p.Core, coreFile, f.Core), p.public(&p.Record, recordFile, f.Record),
		p.print(f.Core, f.Record, f.Cards, f.Next),
	); err != nil {
		return err
	}
	var ignored string
	if err := p.public(&ignored, planFile, p.plan.TOML()); err != nil || len(f.Commitments) == 0 {
		return err
	}
	return p.public(&ignored, commitmentsFile, []byte(strings.Join(f.Commitments, "\n")+"\n"))
}

func (p *papers) public(file *string, name string, b []byte) error {
	*file = filepath.Join(p.Folder, name)
	return terminal.WriteNewPrivate(*file, b)
}

// cards writes each card as a sheet of text and as a picture of its code.
func (p *papers) cards(purpose string, cards [][]byte) error {
	for i, card := range cards {
		base := filepath.Join(p.Folder, fmt.Sprintf("%s-%d-of-%d", purpose, i+1, len(cards)))
		picture, err := qr.EncodePNG(string(card))
		if err != nil {
			return err
		}
		sheet := cardSheet(p.plan, purpose, i+1, len(cards), card)
		err = errors.Join(terminal.WriteNewPrivate(base+".txt", sheet), terminal.WriteNewPrivate(base+".png", picture))
		clear(sheet)
		clear(picture)
		if err != nil {
			return err
		}
		p.Cards = append(p.Cards, base+".txt")
	}
	return nil
}

// text says what to do with the files.
func (p *papers) text(c *localapi.Custody) string {
	text := fmt.Sprintf("papers in %s: print what is below (the .pdf of each), then erase the folder\n", p.Folder)
	if c.Vault == vaultTPM {
		lockout := "the TPM has one already: it is in the envelope of the ceremony that set it\n"
		if p.Lockout != "" {
			lockout = p.Lockout + "\n    print it, put it into a sealed envelope, and erase the file: it forgives wrong PINs\n"
		}
		text += "  lockout authorisation  " + lockout
		text += fmt.Sprintf("  approval key           %s\n    the officers take it away, and erase it here: it approves firmware and boot loader after an update\n", p.ApprovalKey)
		text += officersText(c)
	}
	text += fmt.Sprintf("  backup cards           %s\n", cardsText(c.Backup, "none: if the vault is lost, so is the realm, and must be founded anew"))
	text += fmt.Sprintf("  cards of the next core %s\n", cardsText(c.Next, "none: after a compromise the realm must be founded anew"))
	text += fmt.Sprintf("  core                   %s\n  record                 %s\n", p.Core, p.Record)
	if c.Drill == localapi.DrillPending {
		text += "next: enter every card again from paper (marque authority cards check), then rehearse the loss of the vault (marque authority cards drill);\n" +
			"      nothing is issued before\n"
	}
	return text
}

func officersText(c *localapi.Custody) string {
	note := ""
	if c.Needed == 1 {
		note = ": one alone, nobody looks over that officer's shoulder"
	}
	return fmt.Sprintf("  unlocked by            %d of %d officers%s\n", c.Needed, len(c.Officers), note)
}

func cardsText(c *localapi.Cards, none string) string {
	if c == nil {
		return none
	}
	return fmt.Sprintf("%d, of which %d give the secret back", c.Total, c.Needed)
}
