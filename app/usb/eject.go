package usb

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// udisks lets the person at the screen unmount a removable drive without being an administrator.
const udisks = "/usr/bin/udisksctl"

// Eject flushes a drive and unmounts it: as administrator, or else through udisks where that is installed. When it returns nil, the drive may be
// pulled, once its other partitions are ejected as well. It never unmounts by force. A drive that is not mounted is ejected.
//
// Errors: [ErrBusy], [ErrGone], and [ErrEject] when this user may not unmount it; then everything is on the drive.
func Eject(ctx context.Context, d Drive) error {
	if d.Mount == "" {
		return nil
	}
	root, err := openRoot(d)
	if err != nil {
		return fmt.Errorf("open the drive: %w", err)
	}
	dir, err := openFolder(root, ".")
	if err = errors.Join(err, root.Close()); err != nil {
		return fmt.Errorf("open the drive: %w", explain(err))
	}
	err = flush(dir)
	if err = errors.Join(err, dir.Close()); err != nil {
		return fmt.Errorf("flush the drive: %w", explain(err))
	}
	err = unix.Unmount(d.Mount, unix.UMOUNT_NOFOLLOW)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EPERM):
		return askUdisks(ctx, d)
	case errors.Is(err, unix.EINVAL): // a folder in the place of a drive
		return fmt.Errorf("%w: %w", ErrEject, err)
	default:
		return fmt.Errorf("unmount the drive: %w", explain(err))
	}
}

func askUdisks(ctx context.Context, d Drive) error {
	if !fit(d.Device) {
		return ErrEject
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	unmount := exec.CommandContext(ctx, udisks, "unmount", "--no-user-interaction", "--block-device", //nolint:gosec // the name was checked
		filepath.Join("/dev", d.Device))
	if err := unmount.Run(); err != nil {
		return fmt.Errorf("%w: %w", ErrEject, err)
	}
	return nil
}
