package appliance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

// sitePath returns where the authority that will live in dir is built.
func sitePath(dir string) string {
	return filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+".founding")
}

// target returns the absolute path of a folder that a new authority may take.
func target(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
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
		if e.Name() == vaultFile || e.Name() == databaseFile {
			return "", authority.ErrFounded
		}
	}
	return "", ErrOccupied
}

// openSite makes the site for dir, mode 0700, or takes over one that a founding
// left behind when it was killed.
func openSite(dir string) (*site, error) {
	path := sitePath(dir)
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
	if err := s.take(); err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return s, nil
}

// take locks the site and clears what is in it.
func (s *site) take() error {
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
	if err := s.seclude(locked); err != nil {
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

// clear removes the files that a founding makes, and no others: a folder with
// something else in it was not left behind by one.
func (s *site) clear() error {
	entries, err := os.ReadDir(s.path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || e.Name() != vaultFile && e.Name() != databaseFile {
			return fmt.Errorf("%s holds files that no founding made, move it away: %w", s.path, ErrOccupied)
		}
	}
	for _, e := range entries {
		if err := os.Remove(filepath.Join(s.path, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// move puts the site at dir, in one step and for good, and lets go of it.
// os.Rename would refuse an empty folder that stands there; the system call
// replaces it, and nothing but an empty folder.
func (s *site) move(dir string) error {
	err := syscall.Rename(s.path, dir)
	if errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.EEXIST) || errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("something was put at the place of the authority meanwhile: %w", ErrOccupied)
	}
	if err != nil {
		return fmt.Errorf("move the new authority to its place: %w", err)
	}
	return errors.Join(syncFolder(filepath.Dir(dir)), s.folder.Close())
}

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
	info, err := os.Lstat(sitePath(dir))
	return err == nil && info.IsDir()
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
