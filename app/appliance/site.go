package appliance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"marque/authority"
)

// site is the folder in which an authority is built. As long as it is open,
// nobody else builds there: the system drops its lock with the process, so that
// a site that can be locked is free or was left behind.
type site struct {
	path   string
	folder *os.File // holds the lock
}

// What is built in a site. A vault that was left behind by a founding is nobody's; one that was left behind by a restoring is the
// realm's, and must never be discarded.
const (
	founding  = "founding"
	restoring = "restoring"
)

// siteFiles are the files of a site.
var siteFiles = []string{
	databaseFile, vaultFile, vaultFile + freshSuffix, officersFile, officersFile + freshSuffix, cardsFile, cardsFile + freshSuffix,
	backupNote, backupNote + freshSuffix,
}

// sitePath returns where the authority that will live in dir is built.
func sitePath(dir, what string) string {
	return filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+"."+what)
}

// target returns the absolute path of a folder that a new authority may take.
func target(dir string) (string, error) {
	dir, err := resolve(dir)
	if err != nil {
		return "", err
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(entries) == 0:
		return dir, nil
	case errors.Is(err, syscall.ENOTDIR):
		return "", fmt.Errorf("it is a file, or lies below one: %w", ErrOccupied)
	case err != nil:
		return "", err
	}
	for _, e := range entries {
		if slices.Contains(siteFiles, e.Name()) {
			return "", authority.ErrFounded
		}
	}
	return "", ErrOccupied
}

// resolve returns the absolute path of a folder, without links if it exists.
func resolve(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	return dir, nil
}

// openSite makes the site for dir, mode 0700, or takes over one that was left behind by a program that was killed. discard is given the
// vault in it before it is removed.
func openSite(dir, what string, discard func(vault string) error) (*site, error) {
	path := sitePath(dir, what)
	switch err := os.Mkdir(path, 0o700); {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return nil, ErrNoFolder
	case err != nil && !errors.Is(err, fs.ErrExist):
		return nil, err
	}
	folder, err := os.OpenFile(path, syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	s := &site{path: path, folder: folder}
	if err := s.take(discard); err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return s, nil
}

// take locks the site and clears what is in it.
func (s *site) take(discard func(vault string) error) error {
	if err := syscall.Flock(int(s.folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return ErrFoundingElsewhere
		}
		return fmt.Errorf("lock %s: %w", s.path, err)
	}
	// Between opening and locking, the founding that held the lock may have moved the folder to its place.
	locked, err1 := s.folder.Stat()
	named, err2 := os.Lstat(s.path)
	if err1 != nil || err2 != nil || !os.SameFile(locked, named) {
		return errors.Join(ErrFoundingElsewhere, err1)
	}
	if err := errors.Join(s.seclude(locked), s.ours()); err != nil {
		return err
	}
	if err := discard(filepath.Join(s.path, vaultFile)); err != nil {
		return err
	}
	return s.clear()
}

// seclude makes sure that nobody else can reach into the folder: whoever made it first could put other files in the place of ours.
func (s *site) seclude(info os.FileInfo) error {
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to somebody else, move it away: %w", s.path, ErrOccupied)
	}
	return s.folder.Chmod(0o700)
}

// ours makes sure that the site holds nothing but what is built there: a folder with something else in it was not left behind by us.
func (s *site) ours() error {
	entries, err := os.ReadDir(s.path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !slices.Contains(siteFiles, e.Name()) {
			return fmt.Errorf("%s holds files that no founding made, move it away: %w", s.path, ErrOccupied)
		}
	}
	return nil
}

// clear removes the files of the site, and no others. The vault goes last: it knows what else has to be cleaned up.
func (s *site) clear() error {
	for _, name := range siteFiles {
		if name == vaultFile {
			continue
		}
		if err := remove(filepath.Join(s.path, name)); err != nil {
			return err
		}
	}
	return errors.Join(remove(filepath.Join(s.path, vaultFile)), syncFolder(s.path))
}

// move puts the site at dir, in one step and for good.
// os.Rename would refuse an empty folder that stands there; the system call
// replaces it, and nothing but an empty folder.
//
// The site stays locked until close.
func (s *site) move(dir string) error {
	err := syscall.Rename(s.path, dir)
	if errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.EEXIST) || errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("something was put at the place of the authority meanwhile: %w", ErrOccupied)
	}
	if err != nil {
		return fmt.Errorf("move the new authority to its place: %w", err)
	}
	return syncFolder(filepath.Dir(dir))
}

// retreat takes the site back from dir.
func (s *site) retreat(dir string) error {
	if err := syscall.Rename(dir, s.path); err != nil {
		return fmt.Errorf("take the new authority back: %w", err)
	}
	return syncFolder(filepath.Dir(dir))
}

// close lets go of the site, which stays as it is.
func (s *site) close() error { return s.folder.Close() }

// abandon removes the site.
func (s *site) abandon() error {
	return errors.Join(s.clear(), os.Remove(s.path), s.folder.Close())
}

// interrupted reports whether a founding for dir left its site behind.
func interrupted(dir string) bool {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	info, err := os.Lstat(sitePath(dir, founding))
	return err == nil && info.IsDir()
}
