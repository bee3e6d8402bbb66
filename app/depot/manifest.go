package depot

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"marque/device/wire"
)

// ManifestFile is the name of a manifest in the folder that it lists.
const ManifestFile = "manifest.mqm"

// Checked is what became of a folder's check against its manifest.
type Checked struct {
	Manifest *wire.Manifest
	Wrong    []string // files that are missing or were changed, and how, one line each
	Extra    []string // files that the manifest does not list: nobody vouches for them
}

// CheckFolder verifies the manifest in a folder under a core, and every file that it lists; each, if it is not nil, gets those that are
// as the authority wrote them, at most 16 MiB each. It follows no link out of the folder. Errors: [ErrNoManifest], those of
// wire.OpenManifest, and of each; what is wrong with the files is in the result.
func CheckFolder(dir string, core *wire.Core, each func(path string, b []byte) error) (*Checked, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder: %w", err)
	}
	defer root.Close() // nothing was written
	statement, err := read(root, ManifestFile, wire.MaxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoManifest
	}
	if err != nil {
		return nil, err
	}
	m, err := wire.OpenManifest(statement, core)
	if err != nil {
		return nil, err
	}
	out := &Checked{Manifest: m}
	listed := map[string]bool{ManifestFile: true}
	for _, f := range m.Files {
		listed[f.Path] = true
		b, wrong := check(root, &f)
		if wrong != "" {
			out.Wrong = append(out.Wrong, f.Path+" "+wrong)
			continue
		}
		if each == nil {
			continue
		}
		if err := each(f.Path, b); err != nil {
			return nil, err
		}
	}
	out.Extra, err = extra(root, listed)
	return out, err
}

// check reads a file that is as the manifest says, or says what is wrong with it.
func check(root *os.Root, f *wire.File) (b []byte, wrong string) {
	if f.Size > maxListed {
		return nil, "is said to be longer than any file of this kind"
	}
	b, err := read(root, f.Path, int(f.Size))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "is missing"
	case errors.Is(err, errLonger):
		return nil, "is longer than it was"
	case err != nil:
		return nil, "cannot be read"
	case uint64(len(b)) < f.Size:
		return nil, "is cut off"
	case sha256.Sum256(b) != f.Hash:
		return nil, "was changed"
	}
	return b, ""
}

var errLonger = errors.New("longer than it may be")

// read reads a regular file of at most limit octets below root.
func read(root *os.Root, name string, limit int) ([]byte, error) {
	info, err := root.Lstat(name) // before it is opened: opening a pipe would wait for ever
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file: %w", name, fs.ErrInvalid)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // nothing was written
	b, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(b) > limit {
		return nil, errLonger
	}
	return b, nil
}

var errEnough = errors.New("enough")

// extra names the files of a folder that are not listed.
func extra(root *os.Root, listed map[string]bool) (names []string, err error) {
	entries := 0
	err = fs.WalkDir(root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if entries++; entries > maxEntries {
			return errEnough
		}
		if err != nil || entry.IsDir() || listed[path] {
			return nil //nolint:nilerr // what cannot be read is not listed either
		}
		if wire.CheckPath(path) != nil {
			path = "a file with a name that cannot be shown"
		}
		names = append(names, path)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("look through the folder: %w", err)
	}
	return names, nil
}
