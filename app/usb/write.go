package usb

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Written says that a file is on the drive: it was flushed, read back from the drive, and hashed.
type Written struct {
	Name string
	Size int
	Hash [32]byte // SHA-256 of what was read back
}

// Write puts files into a folder of the drive that is mounted at a path, in their order, and returns once all of them were read back:
// then the drive may be pulled. The folder is made where it is missing, at most three levels deep. A file of the same name is replaced.
//
// Whenever the drive is pulled, each file is as it was before or as it is to be: see [Examine]. Errors: [ErrName], [ErrGone], [ErrReadBack],
// [ErrReadOnly], [ErrFull]. With an error, what was written for certain is returned beside it.
func Write(mount, folder string, files []File) (done []Written, err error) {
	for _, f := range files {
		if !fit(f.Name) {
			return nil, ErrName
		}
	}
	dir, err := makeFolder(mount, folder)
	if err != nil {
		return nil, fmt.Errorf("open the folder on the drive: %w", gone(err))
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	if err := sweep(dir); err != nil {
		return nil, fmt.Errorf("remove what an earlier try left: %w", gone(err))
	}
	for _, f := range files {
		if err := writeOne(dir, f); err != nil {
			return done, fmt.Errorf("write %s: %w", f.Name, gone(err))
		}
		if err := readBack(dir, f); err != nil {
			return done, fmt.Errorf("read %s back: %w", f.Name, gone(err))
		}
		done = append(done, Written{Name: f.Name, Size: len(f.Content), Hash: sha256.Sum256(f.Content)})
	}
	if err := unix.Syncfs(int(dir.Fd())); err != nil {
		return nil, fmt.Errorf("flush the drive: %w", gone(err))
	}
	return done, nil
}

// makeFolder opens a folder below a mount and makes what is missing of it.
func makeFolder(mount, folder string) (*os.File, error) {
	names := strings.Split(folder, "/")
	if len(names) > 3 {
		return nil, ErrName
	}
	at, err := openFolder(mount, ".")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !fit(name) {
			return nil, errors.Join(ErrName, at.Close())
		}
		err := unix.Mkdirat(int(at.Fd()), name, 0o777)
		switch {
		case err == nil:
			err = at.Sync()
		case errors.Is(err, unix.EEXIST):
			err = nil
		}
		fd := -1
		if err == nil {
			fd, err = unix.Openat2(int(at.Fd()), name, &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: beneath})
		}
		if err = errors.Join(err, at.Close()); err != nil {
			if fd >= 0 {
				_ = unix.Close(fd)
			}
			return nil, err
		}
		at = os.NewFile(uintptr(fd), name)
	}
	return at, nil
}

// temporary begins the names of files that are not finished.
const temporary = ".marque-"

// sweep removes unfinished files of earlier tries.
func sweep(dir *os.File) error {
	names, err := listNames(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasPrefix(name, temporary) {
			if err := unix.Unlinkat(int(dir.Fd()), name, 0); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.EISDIR) {
				return err
			}
		}
	}
	return nil
}

// writeOne writes a file beside its place, flushes it, and moves it there: rename replaces in one step, and the folder is flushed.
func writeOne(dir *os.File, f File) error {
	at, temp := int(dir.Fd()), temporary+rand.Text()
	fd, err := unix.Openat(at, temp, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return err
	}
	w := os.NewFile(uintptr(fd), temp)
	_, err = w.Write(f.Content)
	if err == nil {
		err = w.Sync()
	}
	if err = errors.Join(err, w.Close()); err == nil {
		err = unix.Renameat(at, temp, at, f.Name)
	}
	if err != nil {
		return errors.Join(err, ignoreMissing(unix.Unlinkat(at, temp, 0)))
	}
	return dir.Sync()
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) || gone(err) != err { // a drive that is gone says so once
		return nil
	}
	return err
}

// readBack compares what the drive holds with what was written: from the drive itself where it can be read past the system's cache,
// and otherwise after the system was asked to forget what it kept.
func readBack(dir *os.File, f File) error {
	how := &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NOFOLLOW, Resolve: beneath}
	fd, err := unix.Openat2(int(dir.Fd()), f.Name, how)
	if err != nil {
		return err
	}
	r := os.NewFile(uintptr(fd), f.Name)
	err = unix.Fadvise(fd, 0, 0, unix.FADV_DONTNEED)
	if err == nil {
		err = compare(r, f.Content)
	}
	return errors.Join(err, r.Close())
}

func compare(r io.Reader, want []byte) error {
	buf := make([]byte, min(readBackBuf, len(want)+1))
	for {
		n, err := r.Read(buf)
		if n > len(want) || !bytes.Equal(buf[:n], want[:n]) {
			return ErrReadBack
		}
		want = want[n:]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if len(want) > 0 {
		return ErrReadBack
	}
	return nil
}

// State is what a drive holds of a file that was to be written.
type State int

// The states.
const (
	Missing State = iota // there is none of that name
	New                  // as it was to be written
	Other                // something else, such as what was there before
)

// Examine says of each file whether the drive holds it: for a drive that was pulled and is back. Errors: [ErrGone], [ErrName].
func Examine(mount, folder string, files []File) ([]State, error) {
	states := make([]State, len(files))
	dir, err := openFolder(mount, folder)
	if errors.Is(err, fs.ErrNotExist) {
		return states, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the folder on the drive: %w", gone(err))
	}
	for i, f := range files {
		if !fit(f.Name) {
			return nil, errors.Join(ErrName, dir.Close())
		}
		switch err := readBack(dir, f); {
		case err == nil:
			states[i] = New
		case errors.Is(err, fs.ErrNotExist):
		case errors.Is(gone(err), ErrGone):
			return nil, errors.Join(gone(err), dir.Close())
		default:
			states[i] = Other
		}
	}
	return states, dir.Close()
}
