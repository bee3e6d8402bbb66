package usb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// beneath keeps a path below the folder it starts from, on the same file system, without links.
const beneath = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV

// errIrregular: what is there is no file. Nothing of it was opened.
var errIrregular = fmt.Errorf("it is no file: %w", unix.ELOOP)

// openRoot opens the root of a drive, and makes sure that it is this drive's: after a drive is unmounted, its mount point is an empty
// folder of the system's own disk, or another drive's.
func openRoot(d Drive) (*os.File, error) {
	if d.Mount == "" {
		return nil, ErrNotMounted
	}
	fd, err := unix.Open(d.Mount, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrGone
	}
	if err != nil {
		return nil, explain(err)
	}
	root := os.NewFile(uintptr(fd), d.Mount)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, errors.Join(explain(err), root.Close())
	}
	if d.Number != "" && d.Number != fmt.Sprintf("%d:%d", unix.Major(st.Dev), unix.Minor(st.Dev)) {
		return nil, errors.Join(ErrGone, root.Close())
	}
	return root, nil
}

// openFolder opens a folder below another one.
func openFolder(at *os.File, name string) (*os.File, error) {
	fd, err := unix.Openat2(int(at.Fd()), name, &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: beneath})
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// openFile opens a regular file of a folder for reading, and returns its size. Anything else is looked at without being opened, since
// opening a device or a pipe has effects: it returns errIrregular, or an error that tells a link, ELOOP, from another drive's file, EXDEV.
func openFile(dir *os.File, name string, flags int) (f *os.File, mode uint32, size int64, err error) {
	path, err := unix.Openat2(int(dir.Fd()), name, &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: beneath})
	if err != nil {
		return nil, 0, 0, err
	}
	defer unix.Close(path)
	var st unix.Stat_t
	if err := unix.Fstat(path, &st); err != nil {
		return nil, 0, 0, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, st.Mode & unix.S_IFMT, 0, errIrregular
	}
	// This opens the very file that was looked at, whatever bears its name by now.
	fd, err := unix.Open("/proc/self/fd/"+strconv.Itoa(path), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC|flags, 0)
	if err != nil {
		return nil, 0, 0, err
	}
	return os.NewFile(uintptr(fd), name), unix.S_IFREG, st.Size, nil
}

// fit reports whether a name may be written to a drive: every file system and every other computer takes it.
func fit(name string) bool {
	return shown(name, "._~-") && name[len(name)-1] != '.'
}

// legible reports whether a file of that name is read: more than fit, since people's computers call files "request (1)".
func legible(name string) bool {
	return shown(name, "._~- ()+,=@")
}

func shown(name, others string) bool {
	if len(name) < 1 || len(name) > MaxName || name[0] == '.' || name[0] == '-' || name[0] == '~' || name[0] == ' ' {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return true
}
