package papers

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"marque/app/ceremony"
	"marque/app/qr"
	"marque/app/terminal"
)

// Papers is what a founding brings about besides the authority, and what must not stay on the computer: files in a folder. Approval key and
// lockout authorisation of a founding that failed are used again, so that it can be repeated with the same TPM. Nothing is overwritten.
type Papers struct {
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

// Needed reports that a founding of the plan brings about papers.
func Needed(plan *ceremony.Plan) bool {
	return plan.Vault.Kind == ceremony.VaultTPM || !plan.Backup.None() || !plan.Next.None()
}

// Prepare makes the folder, and for a TPM vault what its founding takes, and makes sure that files can be written there. The caller calls
// Erase. Errors: [ErrNotOurs], [ErrUsed], [ErrApprovalKey], [ErrLockout], and those of hsm.OpenTPM.
func Prepare(dir string, plan *ceremony.Plan, clock func() time.Time) (*Papers, error) {
	p := &Papers{Folder: dir, Cards: []string{}, plan: plan}
	needed := false
	if plan.Vault.Kind == ceremony.VaultTPM {
		var err error
		if needed, err = needsLockout(plan.Vault.TPM, clock); err != nil {
			return nil, err
		}
	}
	if err := seclude(dir); err != nil {
		return nil, err
	}
	if plan.Vault.Kind == ceremony.VaultTPM {
		if err := p.prepareTPM(needed); err != nil {
			p.Erase()
			return nil, err
		}
	}
	return p, p.probe()
}

const probe = ".probe-"

// probe makes sure that files can be written there, before anything exists that must be.
func (p *Papers) probe() error {
	f, err := os.CreateTemp(p.Folder, probe)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Secrets returns what the founding takes of them, which stays theirs: the lockout authorisation, nil when the TPM has one from an earlier
// ceremony, and the approval key, nil without a TPM.
func (p *Papers) Secrets() (lockout, approvalKey []byte) { return p.lockout, p.approvalKey }

// Erase forgets the secrets; the files stay.
func (p *Papers) Erase() {
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
		case ApprovalKeyFile, LockoutFile:
			if err := ours(filepath.Join(dir, e.Name()), 0); err != nil {
				return err
			}
		case CoreFile, CommitmentsFile, RecordFile, RecordPDF, LockoutPDF, PlanFile:
			return fmt.Errorf("%s: %w", filepath.Join(dir, e.Name()), ErrUsed)
		}
		if strings.HasPrefix(e.Name(), "backup-") || strings.HasPrefix(e.Name(), "next-core-") {
			return fmt.Errorf("%s: %w", filepath.Join(dir, e.Name()), ErrUsed)
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
		return fmt.Errorf("%s: %w", path, ErrNotOurs)
	}
	return nil
}

// Write writes what came of the founding, and forgets its cards. The authority stands when that fails, and its cards exist nowhere.
func (p *Papers) Write(f Made) error {
	defer func() {
		for _, card := range append(f.Cards, f.Next...) {
			clear(card)
		}
	}()
	if err := errors.Join(
		p.cards("backup", f.Cards), p.cards("next-core", f.Next),
		p.public(&p.Core, CoreFile, f.Core), p.public(&p.Record, RecordFile, f.Record),
		p.print(f.Core, f.Record, f.Cards, f.Next),
	); err != nil {
		return err
	}
	var ignored string
	if err := p.public(&ignored, PlanFile, p.plan.TOML()); err != nil || len(f.Commitments) == 0 {
		return err
	}
	return p.public(&ignored, CommitmentsFile, []byte(strings.Join(f.Commitments, "\n")+"\n"))
}

func (p *Papers) public(file *string, name string, b []byte) error {
	*file = filepath.Join(p.Folder, name)
	return terminal.WriteNewPrivate(*file, b)
}

// cards writes each card as a sheet of text and as a picture of its code.
func (p *Papers) cards(purpose string, cards [][]byte) error {
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
