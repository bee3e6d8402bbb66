package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"marque/app/terminal"
	"marque/device"
	"marque/device/wire"
)

var errCrowded = errors.New("more files lie beside the package than are looked through")

// beside is what became of the newest list beside a package.
type beside struct {
	file    string // empty when there is none; on a stick, its name and that
	applied *device.Applied
	err     error
}

// applyBeside takes the newest list that lies beside a package into force.
func applyBeside(d *device.Device, pkg string) (b beside) {
	if b.file, b.err = newestList(filepath.Dir(pkg)); b.err != nil || b.file == "" {
		return b
	}
	var bundle []byte
	if bundle, b.err = terminal.Read(nil, b.file, wire.MaxBundle); b.err == nil {
		b.applied, b.err = d.Apply(bundle)
	}
	return b
}

// problem says why no list is in force; empty when one is.
func (b beside) problem() string {
	switch {
	case b.err != nil && b.file == "":
		return fmt.Sprintf("no revocation list was looked for: %v", b.err)
	case b.err != nil:
		return fmt.Sprintf("%s was not applied: %v", b.file, b.err)
	case b.file == "":
		return "no revocation list lies beside the package"
	}
	return ""
}

// advice says what to do about a problem in the device folder dir.
func (beside) advice(dir string) string {
	return fmt.Sprintf("marque-vehicle apply --dir %s LIST, with the newest list of the authority: nobody is trusted before", dir)
}

func (b beside) text(dir string) string {
	if problem := b.problem(); problem != "" {
		return fmt.Sprintf("%s\n  next: %s\n", problem, b.advice(dir))
	}
	return fmt.Sprintf("%s  from  %s\n", applied(b.applied), b.file)
}

// newestList returns the list-N.mql with the highest N in a folder, and nothing when there is none.
func newestList(dir string) (string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return "", err
	}
	defer f.Close()
	newest, seen := uint32(0), 0
	for {
		entries, err := f.ReadDir(folderBatch)
		for _, entry := range entries {
			newest = max(newest, listNumber(entry))
		}
		if seen += len(entries); seen > maxFolder {
			return "", errCrowded
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
	}
	if newest == 0 {
		return "", nil
	}
	return filepath.Join(dir, listName(newest)), nil
}

// listNumber returns the number of a file that is named as lists are, 0 for any other.
func listNumber(entry fs.DirEntry) uint32 {
	if !entry.Type().IsRegular() {
		return 0
	}
	return numberOf(entry.Name())
}

// numberOf returns N of list-N.mql, 0 of any other name.
func numberOf(name string) uint32 {
	n, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimPrefix(name, "list-"), ".mql"), 10, 32)
	if err != nil || listName(uint32(n)) != name {
		return 0
	}
	return uint32(n)
}

func listName(n uint32) string { return fmt.Sprintf("list-%d.mql", n) }
