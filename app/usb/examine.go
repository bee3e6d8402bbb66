package usb

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// State is what a drive holds of a file that was to be written.
type State int

// The states.
const (
	StateMissing State = iota // there is nothing of that name
	StateWritten              // the file, as it was to be written
	StateOther                // something else, such as what was there before
)

// String returns a clause about the file.
func (s State) String() string {
	switch s {
	case StateMissing:
		return "is not on the drive"
	case StateWritten:
		return "is on the drive"
	default:
		return "is not on the drive, which holds something else of that name, such as what was there before"
	}
}

// Examine says of each file whether the drive holds it, in their order: for a drive that was pulled, and is back. It changes nothing.
// Errors: [ErrNotMounted], [ErrName], [ErrGone], [ErrDenied], [ErrTaken] of the folder.
func Examine(d Drive, folder string, files []File) (states []State, err error) {
	if _, err := check(files); err != nil {
		return nil, err
	}
	root, err := openRoot(d)
	if err != nil {
		return nil, fmt.Errorf("open the drive: %w", err)
	}
	states = make([]State, len(files))
	dir, err := openFolder(root, folder)
	err = errors.Join(err, root.Close())
	if errors.Is(err, fs.ErrNotExist) {
		return states, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the folder on the drive: %w", explain(err))
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	buffer, err := newBuffer()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unix.Munmap(buffer)) }()
	for i, f := range files {
		switch err := compare(dir, f, buffer, func(int) error { return nil }); {
		case err == nil:
			states[i] = StateWritten
		case errors.Is(err, errDiffers), errors.Is(err, unix.ELOOP), errors.Is(err, unix.EXDEV):
			states[i] = StateOther
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("read %s: %w", f.Name, explain(err))
		}
	}
	return states, nil
}

// errDiffers: the drive holds something else.
var errDiffers = errors.New("the content differs")

// newBuffer returns a buffer that drives can read into directly: it begins at a page. It is to be unmapped.
func newBuffer() ([]byte, error) {
	b, err := unix.Mmap(-1, 0, chunk, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("make room to read the drive: %w", err)
	}
	return b, nil
}

// compare reads a file from the drive itself, and returns errDiffers unless it has the content. Since some file
// systems cannot read past the system's cache, or do not do so when asked, the system is also told to forget what it keeps of the file. Step is called before each read with the place in the file.
func compare(dir *os.File, want File, buffer []byte, step func(at int) error) error {
	err := compareWith(dir, want, buffer, step, unix.O_DIRECT)
	if errors.Is(err, unix.EINVAL) {
		return compareWith(dir, want, buffer, step, 0)
	}
	return err
}

func compareWith(dir *os.File, want File, buffer []byte, step func(at int) error, flags int) error {
	f, _, size, err := openFile(dir, want.Name, flags)
	if err != nil {
		return err
	}
	if size != int64(len(want.Content)) {
		err = errDiffers
	} else if err = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err == nil {
		err = compareContent(f, want.Content, buffer, step)
	}
	return errors.Join(err, f.Close())
}

// compareContent reads whole blocks from multiples of block on, as reads past the cache must.
func compareContent(f *os.File, want, buffer []byte, step func(at int) error) error {
	for at := 0; at < len(want); {
		if err := step(at); err != nil {
			return err
		}
		n, err := unix.Pread(int(f.Fd()), buffer, int64(at))
		if err != nil {
			return err
		}
		if n > len(want)-at || !bytes.Equal(buffer[:n], want[at:at+n]) {
			return errDiffers
		}
		if at+n < len(want) {
			n &^= block - 1
		}
		if n == 0 {
			return errDiffers // it has become shorter
		}
		at += n
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil || st.Size == int64(len(want)) {
		return err
	}
	return errDiffers // it has become longer
}
