package usb

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// The errors of this package, to be told apart with errors.Is.
var (
	// ErrNotMounted: the drive is there, but its files are not.
	ErrNotMounted = errors.New("the drive is not mounted: open it in the file manager, or mount it, and try again")
	// ErrNoInbox: the drive has no inbox, or a link or another drive stands in its place.
	ErrNoInbox = errors.New("the drive has no folder marque/inbox: make it on the computer that the files come from, and put them there")
	// ErrTooMany: more files or octets than are read or written.
	ErrTooMany = errors.New("there are too many files, or they are too large: spread them over several drives")
	// ErrGone: the drive was pulled, another one is in its place, or it cannot be read or written any more.
	ErrGone = errors.New("the drive was pulled, or is damaged: insert it again and try again, and take another one if that does not help")
	// ErrReadBack: what was read back is not what was written.
	ErrReadBack = errors.New("the drive does not give back what was written to it: throw it away, and take another one")
	// ErrReadOnly: the drive cannot be written to.
	ErrReadOnly = errors.New("the drive is locked against writing: open its lock, or take another one")
	// ErrFull: the drive has no room.
	ErrFull = errors.New("the drive is full: remove something from it, or take another one")
	// ErrDenied: the system does not let this user do it.
	ErrDenied = errors.New("the system denies access to the drive's files: mount it for the user who runs this program, or take another one")
	// ErrTaken: a folder, a link or another drive stands where a file or a folder is to be.
	ErrTaken = errors.New("something else stands in the place of a file or folder on the drive: remove it, or take another drive")
	// ErrName: a file cannot have that name on a drive, or two have it.
	ErrName = errors.New("a file's name has 1 to 100 letters, digits, and . _ ~ - but no . - ~ first and no . last, " +
		"and differs from the others in more than capitals")
	// ErrBusy: the drive is being used, by this program or another.
	ErrBusy = errors.New("the drive is in use: wait, close the windows and programs that show its files, and try again")
	// ErrEject: everything is on the drive, but it stays mounted.
	ErrEject = errors.New("the drive is flushed but still mounted: eject it in the file manager, or unmount it as administrator, before it is pulled")
)

// causes says what the system's errors mean for who holds the drive.
var causes = []struct {
	is  error
	say []error
}{
	{ErrGone, []error{
		unix.EIO, unix.ENODEV, unix.ENXIO, unix.ESTALE, unix.ENOTCONN, unix.ENOMEDIUM, unix.ESHUTDOWN,
		unix.EUCLEAN, unix.EBADMSG, // a damaged file system
		unix.EROFS, // of a drive that could be written to when it was opened
	}},
	{ErrFull, []error{unix.ENOSPC, unix.EDQUOT}},
	{ErrDenied, []error{unix.EACCES, unix.EPERM}},
	{ErrTaken, []error{unix.EISDIR, unix.ENOTDIR, unix.ELOOP, unix.EXDEV, unix.ENOTEMPTY, unix.EEXIST}},
	{ErrBusy, []error{unix.EBUSY, unix.EWOULDBLOCK, unix.ETXTBSY}},
}

// explain adds the error of this package to what the system says.
func explain(err error) error {
	for _, c := range causes {
		for _, e := range c.say {
			if errors.Is(err, e) {
				return fmt.Errorf("%w: %w", c.is, err)
			}
		}
	}
	return err
}
