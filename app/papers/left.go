package papers

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Kind is what a paper is.
type Kind int

// The kinds.
const (
	Backup      Kind = iota // a backup card
	Next                    // a card of the next core
	Lockout                 // the lockout authorisation
	Record                  // the record
	ApprovalKey             // a file, not for print
	Core                    // a file, not for print
)

// Sheet is a paper that lies in the folder.
type Sheet struct {
	Kind  Kind
	Index int    // of a card, from 1
	Name  string // of the page for print, or of the file
}

// Files are those of the folder that are carried to other computers and kept, rather than printed.
var Files = []string{ApprovalKeyFile, CoreFile, CommitmentsFile, RecordFile, RecordPDF, PlanFile}

// Left lists what lies in a folder after a founding: cards first. There is nothing where there is no folder, and while no founding has
// succeeded.
func Left(dir string) (all []Sheet, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for papers: %w", err)
	}
	founded := false
	for _, e := range entries {
		name := e.Name()
		founded = founded || name == CoreFile
		var total int
		s := Sheet{Name: name, Kind: -1}
		if n, _ := fmt.Sscanf(name, "backup-%d-of-%d.pdf", &s.Index, &total); n == 2 && strings.HasSuffix(name, ".pdf") {
			s.Kind = Backup
		}
		if n, _ := fmt.Sscanf(name, "next-core-%d-of-%d.pdf", &s.Index, &total); n == 2 && strings.HasSuffix(name, ".pdf") {
			s.Kind = Next
		}
		if kind, ok := map[string]Kind{LockoutPDF: Lockout, RecordPDF: Record, ApprovalKeyFile: ApprovalKey, CoreFile: Core}[name]; ok {
			s.Kind = kind
		}
		if s.Kind >= 0 {
			all = append(all, s)
		}
	}
	if !founded {
		return nil, nil
	}
	slices.SortFunc(all, func(a, b Sheet) int { return (int(a.Kind)-int(b.Kind))*maxCards + a.Index - b.Index })
	return all, nil
}

// Remove overwrites and removes every file of a founding in the folder, and the folder, if nothing else lies in it. What a disk keeps of
// overwritten files is up to the disk: those that spread writes may keep all of it.
func Remove(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove the papers: %w", err)
	}
	kept := false
	for _, e := range entries {
		if !ofFounding(e.Name()) {
			kept = true
			continue
		}
		if err := shred(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("remove the papers: %w", err)
		}
	}
	if kept {
		return nil
	}
	return os.Remove(dir)
}

func ofFounding(name string) bool {
	return slices.Contains(Files, name) || name == LockoutFile || name == LockoutPDF ||
		strings.HasPrefix(name, "backup-") || strings.HasPrefix(name, "next-core-")
}

func shred(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() {
		noise := make([]byte, info.Size())
		if _, err := rand.Read(noise); err != nil {
			return fmt.Errorf("draw what is written over it: %w", err)
		}
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.Write(noise)
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return os.Remove(path)
}
