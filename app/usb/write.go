package usb

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Written says that a file is on the drive: it was flushed, and read back from the drive.
type Written struct {
	Name string
	Size int
	Hash [32]byte // SHA-256 of what was read back
}

// Progress says how far a write is.
type Progress struct {
	Name        string // of the file at hand
	Reading     bool   // it is being read back; otherwise it is being written
	Done, Total int64  // octets, of writing and reading back together
}

// Write puts files into a folder of a drive, in their order, and returns nil once all of them were flushed and read back from the drive:
// then, and only then, the drive may be pulled. The folder is made where it is missing, at most three levels deep. A file of the same
// name is replaced. Progress, which may be nil, is called in this goroutine before each step of
// at most 1 MiB; what it says is done has been sent to the drive, or read back.
//
// Whenever the drive is pulled, each file is whole, as it was before or as it is to be, on file systems that rename in one step, as those with
// a journal do; [Examine] says which it is, on any. A file's content is read past the system's cache, its name and size are not, and what
// the drive keeps in a cache of its own is beyond reach.
//
// Errors: [ErrNotMounted], [ErrName], [ErrTooMany], [ErrGone], [ErrReadBack], [ErrReadOnly], [ErrFull], [ErrDenied], [ErrTaken], [ErrBusy], and
// the context's. With an error, the files that are on the drive for certain are returned beside it; the drive should be ejected before
// it is pulled.
func Write(ctx context.Context, d Drive, folder string, files []File, progress func(Progress)) (done []Written, err error) {
	w := &writer{report: func(p Progress) error {
		if progress != nil {
			progress(p)
		}
		return ctx.Err()
	}}
	if w.Total, err = check(files); err != nil {
		return nil, err
	}
	if w.dir, err = makeFolder(d, folder); err != nil {
		return nil, fmt.Errorf("open the folder on the drive: %w", explain(err))
	}
	defer func() { err = errors.Join(err, w.dir.Close()) }()
	if err := unix.Flock(int(w.dir.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, fmt.Errorf("lock the folder on the drive: %w", explain(err))
	}
	if w.buffer, err = newBuffer(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unix.Munmap(w.buffer)) }()
	sweep(w.dir)
	for len(files) > 0 {
		n := group(files)
		if err := w.put(files[:n]); err != nil {
			return done, err
		}
		for _, f := range files[:n] {
			done = append(done, Written{Name: f.Name, Size: len(f.Content), Hash: sha256.Sum256(f.Content)})
		}
		files = files[n:]
	}
	if err := flush(w.dir); err != nil {
		return nil, fmt.Errorf("flush the drive: %w", explain(err))
	}
	return done, nil
}

// check refuses what cannot be on a drive, or would not be read from it, and returns how many octets are to be moved.
func check(files []File) (int64, error) {
	if len(files) > MaxFiles {
		return 0, ErrTooMany
	}
	total, seen := int64(0), make(map[string]bool, len(files))
	for _, f := range files {
		same := strings.ToLower(f.Name) // on most sticks they are one
		if !fit(f.Name) || seen[same] {
			return 0, ErrName
		}
		seen[same] = true
		if total += int64(len(f.Content)); len(f.Content) > MaxFileSize || total > MaxTotal {
			return 0, ErrTooMany
		}
	}
	return 2 * total, nil
}

// group returns how many of the files, at least one, share the flush of their folder.
func group(files []File) int {
	size := 0
	for i, f := range files {
		if size += len(f.Content); i > 0 && size > groupSize || i == groupFiles {
			return i
		}
	}
	return len(files)
}

// makeFolder opens a folder of a drive that can be written to, and makes what is missing of it.
func makeFolder(d Drive, folder string) (*os.File, error) {
	names := strings.Split(folder, "/")
	if len(names) > maxDepth {
		return nil, ErrName
	}
	for _, name := range names {
		if !fit(name) {
			return nil, ErrName
		}
	}
	root, err := openRoot(d)
	if err != nil {
		return nil, err
	}
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(root.Fd()), &st); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	if st.Flags&unix.ST_RDONLY != 0 {
		return nil, errors.Join(ErrReadOnly, root.Close())
	}
	at, err := openFolder(root, ".")
	err = errors.Join(err, root.Close())
	for _, name := range names {
		if err != nil {
			break
		}
		at, err = enter(at, name)
	}
	return at, err
}

// enter opens a folder in another one, which it closes, and makes it if need be.
func enter(at *os.File, name string) (*os.File, error) {
	err := unix.Mkdirat(int(at.Fd()), name, 0o777)
	if err == nil || errors.Is(err, fs.ErrExist) {
		err = at.Sync() // also after an earlier try that did not come that far
	}
	if err != nil {
		return nil, errors.Join(err, at.Close())
	}
	below, err := openFolder(at, name)
	return below, errors.Join(err, at.Close())
}

// temporary begins the names of files that are not finished.
const temporary = ".marque-"

// sweep removes unfinished files of earlier tries, as far as it can: those that stay do no harm.
func sweep(dir *os.File) {
	names, _, _ := listNames(dir)
	for _, name := range names {
		if strings.HasPrefix(name, temporary) {
			_ = unix.Unlinkat(int(dir.Fd()), name, 0)
		}
	}
}

// flush sends everything to the drive, and then bids the drive itself to keep it: on FAT syncfs alone does not.
func flush(dir *os.File) error {
	if err := unix.Syncfs(int(dir.Fd())); err != nil {
		return err
	}
	return dir.Sync()
}

// writer is a write that is under way.
type writer struct {
	Progress
	dir    *os.File
	buffer []byte
	report func(Progress) error // tells of the next step, or that it is not to be taken
}

// put writes a group of files beside their places, moves them there, and reads them back.
func (w *writer) put(files []File) (err error) {
	at, temps := int(w.dir.Fd()), make([]string, 0, len(files))
	defer func() {
		for _, temp := range temps {
			_ = unix.Unlinkat(at, temp, 0) // otherwise the next try's sweep does
		}
	}()
	for _, f := range files {
		temps = append(temps, temporary+rand.Text())
		if err := w.write(temps[len(temps)-1], f); err != nil {
			return fmt.Errorf("write %s: %w", f.Name, explain(err))
		}
	}
	for _, f := range files {
		if err := unix.Renameat(at, temps[0], at, f.Name); err != nil { // replaces in one step
			return fmt.Errorf("write %s: %w", f.Name, explain(err))
		}
		temps = temps[1:]
	}
	if err := w.dir.Sync(); err != nil {
		return fmt.Errorf("flush the folder on the drive: %w", explain(err))
	}
	for _, f := range files {
		if err := w.readBack(f); err != nil {
			return fmt.Errorf("read %s back: %w", f.Name, explain(err))
		}
	}
	return nil
}

// write makes a file that is on the drive when it returns. It follows no link, since the file must be new.
func (w *writer) write(temp string, f File) (err error) {
	fd, err := unix.Openat(int(w.dir.Fd()), temp, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return err
	}
	out := os.NewFile(uintptr(fd), temp)
	defer func() { err = errors.Join(err, out.Close()) }()
	for rest, at := f.Content, int64(0); ; {
		w.Name, w.Reading = f.Name, false
		if err := w.report(w.Progress); err != nil {
			return err
		}
		n, err := out.Write(rest[:min(len(rest), chunk)])
		if err != nil {
			return err
		}
		if rest = rest[n:]; len(rest) == 0 {
			w.Done += int64(n)
			return out.Sync()
		}
		if err := unix.SyncFileRange(fd, at, int64(n), throughout); err != nil && !errors.Is(err, unix.ENOSYS) {
			return err
		}
		w.Done, at = w.Done+int64(n), at+int64(n)
	}
}

// throughout makes sync_file_range(2) wait until the octets were sent to the drive, so that progress is true.
const throughout = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER

// readBack compares what the drive holds with what was written.
func (w *writer) readBack(f File) error {
	w.Name, w.Reading = f.Name, true
	start := w.Done
	err := compare(w.dir, f, w.buffer, func(at int) error {
		w.Done = start + int64(at)
		return w.report(w.Progress)
	})
	w.Done = start + int64(len(f.Content))
	if errors.Is(err, errDiffers) || errors.Is(err, errIrregular) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ELOOP) {
		return ErrReadBack
	}
	return err
}
