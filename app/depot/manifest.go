package depot

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"syscall"

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
	root, m, err := openFolder(dir, core)
	if err != nil {
		return nil, err
	}
	defer root.Close() // nothing was written
	return checkFolder(root, m, each)
}

// openFolder opens a folder and its manifest.
func openFolder(dir string, core *wire.Core) (*os.Root, *wire.Manifest, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("open the folder: %w", err)
	}
	statement, err := read(root, ManifestFile, wire.MaxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNoManifest
	}
	if err != nil {
		return nil, nil, errors.Join(err, root.Close())
	}
	m, err := wire.OpenManifest(statement, core)
	if err != nil {
		return nil, nil, errors.Join(err, root.Close())
	}
	return root, m, nil
}

// checkFolder compares a folder with a manifest.
func checkFolder(root *os.Root, m *wire.Manifest, each func(path string, b []byte) error) (*Checked, error) {
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
	out.Extra = extra(root, listed)
	return out, nil
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
	info, err := root.Lstat(name) // before it is opened: opening a device has effects
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, irregular(name)
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe may have come in its place, and would wait for ever
	if err != nil {
		return nil, err
	}
	defer f.Close() // nothing was written
	opened, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if !os.SameFile(info, opened) {
		return nil, irregular(name)
	}
	b, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(b) > limit {
		return nil, errLonger
	}
	return b, nil
}

func irregular(name string) error { return fmt.Errorf("%s is no file: %w", name, fs.ErrInvalid) }

// extra names the files of a folder that are not listed, of the first 262,144 entries. It reads folders in parts and goes no deeper than
// a manifest's paths, whatever a stick says that it has.
func extra(root *os.Root, listed map[string]bool) (names []string) {
	entries := 0
	for folders := []string{"."}; len(folders) > 0; {
		folder := folders[len(folders)-1]
		folders = folders[:len(folders)-1]
		f, err := root.OpenFile(folder, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			continue // what cannot be read is not listed either
		}
		for err == nil && entries < maxEntries {
			var some []fs.DirEntry
			some, err = f.ReadDir(min(1024, maxEntries-entries))
			entries += len(some)
			for _, entry := range some {
				name := path.Join(folder, entry.Name())
				switch shown := wire.CheckPath(name) == nil; {
				case entry.IsDir() && shown:
					folders = append(folders, name)
				case entry.IsDir():
					names = append(names, "a folder that is too deep, or has a name that cannot be shown")
				case !shown:
					names = append(names, "a file with a name that cannot be shown")
				case !listed[name]:
					names = append(names, name)
				}
			}
		}
		_ = f.Close() // nothing was written
	}
	slices.Sort(names)
	return names
}
