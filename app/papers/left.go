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
	"syscall"
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
// succeeded. Error: [ErrNotOurs].
func Left(dir string) (all []Sheet, err error) {
	entries, err := list(dir)
	if err != nil {
		return nil, err
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

// Remove overwrites and removes every file of a founding in the folder, and the folder, if nothing else lies in it. The core goes last, by
// which [Left] knows that there is more. What a disk keeps of overwritten files is up to the disk: those that spread writes may keep all
// of it. Error: [ErrNotOurs].
func Remove(dir string) error {
	entries, err := list(dir)
	if err != nil || entries == nil {
		return err
	}
	core, kept := false, false
	for _, e := range entries {
		switch {
		case e.Name() == CoreFile:
			core = true
		case !ofFounding(e.Name()):
			kept = true
		default:
			err = errors.Join(err, shred(filepath.Join(dir, e.Name())))
		}
	}
	if err == nil && core {
		err = shred(filepath.Join(dir, CoreFile))
	}
	if err == nil && !kept {
		err = os.Remove(dir)
	}
	if err != nil {
		return fmt.Errorf("remove the papers: %w", err)
	}
	return nil
}

// list returns what lies in a folder that is ours; nil where there is none.
func list(dir string) ([]fs.DirEntry, error) {
	err := ours(dir, fs.ModeDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for papers: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for papers: %w", err)
	}
	return append([]fs.DirEntry{}, entries...), nil
}

func ofFounding(name string) bool {
	return slices.Contains(Files, name) || name == LockoutFile || name == LockoutPDF ||
		strings.HasPrefix(name, "backup-") || strings.HasPrefix(name, "next-core-") ||
		strings.HasPrefix(name, ".marque-") || strings.HasPrefix(name, probe) // of a program that was killed while it wrote one
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
		f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NOFOLLOW, 0)
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
