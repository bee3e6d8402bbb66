package usb

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"

	"golang.org/x/sys/unix"
)

// File is a file as it lies in an inbox, or as it is to be written.
type File struct {
	Name    string // without a folder
	Content []byte
}

// Skipped is something in an inbox that was not read.
type Skipped struct {
	Name string // printable
	Why  string // a clause
}

// Inbox is what was read of a drive's inbox.
type Inbox struct {
	Files   []File    // in the order of their names
	Skipped []Skipped // the first 100
	More    int       // left out besides those
}

// ReadInbox reads the files of the inbox of the drive that is mounted at a path. Only regular files on the same file system are read,
// at most [MaxFiles] of [MaxFileSize] and [MaxTotal] octets together; the others are left out and named. It reads nothing above or below
// the inbox, and waits for no pipe or device. Errors: [ErrNoInbox], [ErrTooMany], [ErrGone].
func ReadInbox(mount string) (*Inbox, error) {
	box, err := openFolder(mount, InboxFolder)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.EXDEV) {
		return nil, ErrNoInbox
	}
	if err != nil {
		return nil, fmt.Errorf("open the inbox: %w", gone(err))
	}
	names, err := listNames(box)
	if err != nil {
		return nil, errors.Join(err, box.Close())
	}
	in, total := new(Inbox), int64(0)
	for _, name := range names {
		content, why, err := readOne(box, name, MaxTotal-total)
		switch {
		case err != nil:
			return nil, errors.Join(fmt.Errorf("read the inbox: %w", gone(err)), box.Close())
		case why == "" && len(in.Files) == MaxFiles:
			return nil, errors.Join(ErrTooMany, box.Close())
		case why == "":
			total += int64(len(content))
			in.Files = append(in.Files, File{Name: name, Content: content})
		case len(in.Skipped) == maxSkipped:
			in.More++
		default:
			in.Skipped = append(in.Skipped, Skipped{Name: printable(name), Why: why})
		}
	}
	return in, box.Close()
}

// openFolder opens a folder below a mount without following a link, or leaving the file system.
func openFolder(mount, name string) (*os.File, error) {
	root, err := unix.Open(mount, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(root) //nolint:errcheck // nothing was written
	fd, err := unix.Openat2(root, name, &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: beneath})
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

const beneath = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV

// listNames returns the names in a folder, sorted, or ErrTooMany without reading further.
func listNames(box *os.File) ([]string, error) {
	var names []string
	for {
		some, err := box.Readdirnames(1024)
		names = append(names, some...)
		if len(names) > maxEntries {
			return nil, ErrTooMany
		}
		if errors.Is(err, io.EOF) || err == nil && len(some) == 0 {
			sort.Strings(names)
			return names, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list the inbox: %w", gone(err))
		}
	}
}

// readOne reads a file of the inbox, or says why it is left out.
func readOne(box *os.File, name string, room int64) (content []byte, why string, err error) {
	if !fit(name) {
		return nil, "its name is longer than 100 octets, or has other characters than letters, digits and . _ ~ -", nil
	}
	fd, err := unix.Openat2(int(box.Fd()), name, &unix.OpenHow{
		Flags: unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC, Resolve: beneath,
	})
	switch {
	case errors.Is(err, unix.ELOOP):
		return nil, "it is a link", nil
	case errors.Is(err, unix.EXDEV):
		return nil, "it lies on another drive", nil
	case errors.Is(err, unix.ENXIO), errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENOENT):
		return nil, "it cannot be opened as a file", nil
	case err != nil:
		return nil, "", err
	}
	f := os.NewFile(uintptr(fd), name)
	content, why, err = readRegular(f, room)
	return content, why, errors.Join(err, f.Close())
}

func readRegular(f *os.File, room int64) (content []byte, why string, err error) {
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, "", err
	case info.IsDir():
		return nil, "it is a folder", nil
	case !info.Mode().IsRegular():
		return nil, "it is a device, a pipe or a socket", nil
	case info.Size() > MaxFileSize:
		return nil, "it has more than 16 MiB", nil
	case info.Size() > room:
		return nil, "", ErrTooMany
	}
	content, err = io.ReadAll(io.LimitReader(f, info.Size()+1))
	if err == nil && int64(len(content)) != info.Size() {
		return nil, "its size changed while it was read", nil
	}
	return content, "", err
}

// fit reports whether a name may stand on a drive, and be shown.
func fit(name string) bool {
	if len(name) < 1 || len(name) > MaxName || name[0] == '.' || name[0] == '-' || name[0] == '~' {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == '-', c == '~':
		default:
			return false
		}
	}
	return true
}

// gone adds ErrGone to what the system says of a drive that was pulled.
func gone(err error) error {
	for _, e := range []error{unix.EIO, unix.ENODEV, unix.ENXIO, unix.ESTALE, unix.ENOTCONN} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w: %w", ErrGone, err)
		}
	}
	switch {
	case errors.Is(err, unix.EROFS):
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
