// Package sheets joins the founding ceremony of the console to the files of package papers, to the printer, and to a file for drafts.
//
// What lives here: flow.Papers, flow.Drafts, and the functions of flow.Parts that print and carry papers. What may not: what stands on the
// papers, which belongs to package papers, and anything of the window toolkit.
package sheets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"marque/app/ceremony"
	"marque/app/flow"
	"marque/app/flow/remote"
	"marque/app/papers"
	"marque/app/terminal"
)

// Folder is the folder for papers of the authority in a folder, as the command line has it too. It is safe for concurrent use.
type Folder struct {
	dir   string
	clock func() time.Time
}

// Beside returns the folder for papers of the authority in dir.
func Beside(dir string, clock func() time.Time) *Folder {
	return &Folder{dir: filepath.Clean(dir) + ".ceremony", clock: clock}
}

// Path returns where the papers lie.
func (f *Folder) Path() string { return f.dir }

// Prepare implements flow.Papers.
func (f *Folder) Prepare(plan *ceremony.Plan) (flow.Preparation, error) {
	p, err := papers.Prepare(f.dir, plan, f.clock)
	if err != nil {
		return nil, translate(err)
	}
	return &preparation{p}, nil
}

// preparation is a flow.Preparation.
type preparation struct{ *papers.Papers }

// Write implements flow.Preparation.
func (p *preparation) Write(m *flow.Made) error {
	return translate(p.Papers.Write(papers.Made(*m)))
}

// Sheets implements flow.Papers.
func (f *Folder) Sheets() ([]flow.Sheet, error) {
	left, err := papers.Left(f.dir)
	if err != nil {
		return nil, translate(err)
	}
	all := make([]flow.Sheet, len(left))
	for i, s := range left {
		all[i] = flow.Sheet{Kind: flow.SheetKind(s.Kind), Index: s.Index, Path: filepath.Join(f.dir, s.Name)}
	}
	return all, nil
}

// Clear implements flow.Papers.
func (f *Folder) Clear() error { return translate(papers.Remove(f.dir)) }

// Carry copies approval key, core, record and commitments to a folder, flushed and read back. It is flow.Parts.Carry.
func (f *Folder) Carry(to string) error {
	for _, name := range papers.Files {
		b, err := terminal.Read(nil, filepath.Join(f.dir, name), maxFile)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = carry(filepath.Join(to, name), b)
		}
		clear(b)
		if err != nil {
			return translate(err)
		}
	}
	return nil
}

// maxFile is the most octets of a file that is carried.
const maxFile = 1 << 20

func carry(path string, b []byte) error {
	if err := terminal.WriteNewPrivate(path, b); err != nil {
		if errors.Is(err, terminal.ErrExists) {
			return fmt.Errorf("%w: %w", flow.ErrFileExists, err)
		}
		return fmt.Errorf("%w: %w", flow.ErrWrite, err)
	}
	back, err := terminal.Read(nil, path, maxFile)
	defer clear(back)
	if err != nil || string(back) != string(b) {
		return fmt.Errorf("%w: what was read back differs", flow.ErrWrite)
	}
	return nil
}

func translate(err error) error {
	for is, means := range map[error]error{
		papers.ErrUsed: flow.ErrPapersUsed, papers.ErrNotOurs: flow.ErrPapersOpen,
		papers.ErrApprovalKey: flow.ErrPaperFile, papers.ErrLockout: flow.ErrPaperFile,
	} {
		if errors.Is(err, is) {
			return fmt.Errorf("%w: %w", means, err)
		}
	}
	return remote.Translate(err)
}

// Draft is the file that keeps the draft of a founding. It is a flow.Drafts.
type Draft string

// DraftBeside returns the file for the draft of an authority that would live in dir.
func DraftBeside(dir string) Draft { return Draft(filepath.Clean(dir) + ".draft") }

// Keep implements flow.Drafts.
func (d Draft) Keep(b []byte) error {
	if b == nil {
		if err := os.Remove(string(d)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the draft: %w", err)
		}
		return nil
	}
	fresh := string(d) + ".new"
	if err := os.WriteFile(fresh, b, 0o600); err != nil {
		return fmt.Errorf("keep the draft: %w", err)
	}
	return os.Rename(fresh, string(d))
}

// Kept implements flow.Drafts.
func (d Draft) Kept() []byte {
	b, err := terminal.Read(nil, string(d), maxFile)
	if err != nil {
		return nil
	}
	return b
}
