package usb

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Space returns how many octets a user without rights may still write to a drive. Errors: [ErrNotMounted], [ErrGone], [ErrDenied].
func Space(d Drive) (free int64, err error) {
	root, err := openRoot(d)
	if err != nil {
		return 0, fmt.Errorf("open the drive: %w", err)
	}
	var st unix.Statfs_t
	if err := errors.Join(unix.Fstatfs(int(root.Fd()), &st), root.Close()); err != nil {
		return 0, fmt.Errorf("ask the drive for its room: %w", explain(err))
	}
	block := uint64(max(st.Bsize, 1)) // 32 bits wide on some processors
	return int64(min(st.Bavail, 1<<53/block) * block), nil
}

// Folder returns a folder in the place of a drive. Nothing that is mounted there later is touched. Errors: [ErrTaken] when it is no folder, [ErrGone],
// [ErrDenied].
func Folder(path string) (Drive, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Drive{}, fmt.Errorf("find the folder: %w", err)
	}
	var st unix.Stat_t
	switch err := unix.Stat(path, &st); {
	case errors.Is(err, unix.ENOENT):
		return Drive{}, fmt.Errorf("find the folder: %w: %w", ErrGone, err)
	case err != nil:
		return Drive{}, fmt.Errorf("find the folder: %w", explain(err))
	case st.Mode&unix.S_IFMT != unix.S_IFDIR:
		return Drive{}, fmt.Errorf("find the folder: %w", ErrTaken)
	}
	return Drive{Mount: path, Number: fmt.Sprintf("%d:%d", unix.Major(st.Dev), unix.Minor(st.Dev))}, nil
}
