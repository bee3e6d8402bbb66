package usb

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// File is a file as it lies in an inbox, or as it is to be written.
type File struct {
	Name    string // without a folder; printable ASCII
	Content []byte // at most MaxFileSize
}

// Skipped is something in an inbox that was not read.
type Skipped struct {
	Name string // printable ASCII, at most 64 characters, not always its whole name
	Why  string // a clause
}

// Inbox is what was read of a drive's inbox.
type Inbox struct {
	Files   []File    // in the order of their names
	Skipped []Skipped // the first 100
	More    int       // left out besides those
}

// ReadInbox reads the files of a drive's inbox. Only regular files on the same file system are read, at most [MaxFiles] of
// [MaxFileSize] and [MaxTotal] octets together; the others are left out and named. It reads nothing above or below the inbox, opens no pipe
// or device, and changes nothing. Errors: [ErrNotMounted], [ErrNoInbox], [ErrTooMany], [ErrGone], [ErrDenied]; with any of them nothing is
// returned.
func ReadInbox(d Drive) (in *Inbox, err error) { return ReadSome(d, nil) }

// ReadSome reads those files of a drive's inbox whose names are wanted, as [ReadInbox] does; the others are neither opened nor named. All are
// wanted if wanted is nil.
func ReadSome(d Drive, wanted func(name string) bool) (in *Inbox, err error) {
	root, err := openRoot(d)
	if err != nil {
		return nil, fmt.Errorf("open the drive: %w", err)
	}
	box, err := openFolder(root, InboxFolder)
	if err = errors.Join(err, root.Close()); err != nil {
		if err := explain(err); errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrTaken) {
			return nil, ErrNoInbox
		}
		return nil, fmt.Errorf("open the inbox: %w", explain(err))
	}
	defer func() {
		if err = errors.Join(err, box.Close()); err != nil {
			in = nil
		}
	}()
	names, more, err := listNames(box)
	if err != nil {
		return nil, fmt.Errorf("list the inbox: %w", explain(err))
	}
	if more {
		return nil, ErrTooMany
	}
	if wanted != nil {
		names = slices.DeleteFunc(names, func(name string) bool { return !wanted(name) })
	}
	return readAll(box, names)
}

func readAll(box *os.File, names []string) (*Inbox, error) {
	in, room := new(Inbox), int64(MaxTotal)
	for _, name := range names {
		content, why, err := readOne(box, name, room)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read the inbox: %w", explain(err))
		case why == "" && len(in.Files) == MaxFiles:
			return nil, ErrTooMany
		case why == "":
			room -= int64(len(content))
			in.Files = append(in.Files, File{Name: name, Content: content})
		case len(in.Skipped) == maxSkipped:
			in.More++
		default:
			in.Skipped = append(in.Skipped, Skipped{Name: printable(name), Why: why})
		}
	}
	return in, nil
}

// listNames returns the names in a folder, sorted, each once, and whether there are more than maxEntries, which are not listed.
func listNames(dir *os.File) (names []string, more bool, err error) {
	for {
		some, err := dir.Readdirnames(1024)
		names = append(names, some...)
		if len(names) > maxEntries {
			return names[:maxEntries], true, nil
		}
		if errors.Is(err, io.EOF) || err == nil && len(some) == 0 {
			slices.Sort(names)
			return slices.Compact(names), false, nil // a damaged folder names files twice
		}
		if err != nil {
			return nil, false, err
		}
	}
}

// readOne reads a file of the inbox, or says why it is left out.
func readOne(box *os.File, name string, room int64) (content []byte, why string, err error) {
	if !legible(name) {
		return nil, "its name is longer than 100 octets, begins with . - ~ or a blank, or has other characters than " +
			"unaccented letters, digits, blanks and ._~-()+,=@", nil
	}
	f, mode, size, err := openFile(box, name, 0)
	if err != nil {
		why, err = leftOut(mode, err)
		return nil, why, err
	}
	content, why, err = readRegular(f, size, room)
	return content, why, errors.Join(err, f.Close())
}

// leftOut says why something cannot be opened as a file, or that it should have been.
func leftOut(mode uint32, err error) (why string, _ error) {
	switch {
	case mode == unix.S_IFDIR:
		return "it is a folder", nil
	case errors.Is(err, errIrregular):
		return "it is a device, a pipe or a socket", nil
	case errors.Is(err, unix.ELOOP):
		return "it is a link", nil
	case errors.Is(err, unix.EXDEV):
		return "it lies on another drive", nil
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return "this user may not read it", nil
	case errors.Is(err, unix.EWOULDBLOCK):
		return "another program is using it", nil
	case errors.Is(err, fs.ErrNotExist):
		return "it was removed meanwhile", nil
	}
	return "", err
}

func readRegular(f *os.File, size, room int64) (content []byte, why string, err error) {
	switch {
	case size < 0 || size > MaxFileSize:
		return nil, "it has more than 16 MiB", nil
	case size > room:
		return nil, "", ErrTooMany
	}
	content = make([]byte, size+1)
	n, err := io.ReadFull(f, content)
	switch {
	case err == nil, n < int(size) && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return nil, "its size changed while it was read", nil
	case n < int(size):
		return nil, "", err
	}
	return content[:n:n], "", nil
}
