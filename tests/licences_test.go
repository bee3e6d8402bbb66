package tests

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"marque/assets"
)

// The licences that the programs show are those of the modules that are linked into them, in the versions that are.
func TestLicencesAreCurrent(t *testing.T) {
	top, fresh := root(t), t.TempDir()
	if _, err := os.ReadFile(filepath.Join(top, "go.mod")); err != nil { // the result depends on it, which go test's cache learns here
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(top, "packaging", "licences"), fresh)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	kept, now := tree(t, filepath.Join(top, "assets", "licences")), tree(t, fresh)
	for name, text := range now {
		if !bytes.Equal(kept[name], text) {
			t.Errorf("%s is not what it should be: run packaging/licences assets/licences", name)
		}
	}
	for name := range kept {
		if now[name] == nil {
			t.Errorf("%s belongs to nothing any more: run packaging/licences assets/licences", name)
		}
	}
	for _, l := range assets.Licences() {
		if l.Module == "" || l.Version == "" || l.Kinds == "" || len(l.Text()) < 100 {
			t.Errorf("%+v says too little", l)
		}
	}
}

// tree returns the files below a folder.
func tree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			all[name], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
