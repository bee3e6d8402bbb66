package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"syscall"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// openFile opens or, with O_EXCL, creates the file. bbolt alone would create a
// missing file while opening it, wait for ever on a lock, and raise a fault on
// a truncated file with the lock still held.
func openFile(path string, flag int) (db *bbolt.DB, err error) {
	var file *os.File
	options := &bbolt.Options{
		ReadOnly:     flag == os.O_RDONLY,
		Timeout:      lockWait,
		FreelistType: bbolt.FreelistMapType,
		OpenFile: func(path string, bolt int, mode os.FileMode) (*os.File, error) {
			if flag&os.O_EXCL == 0 {
				bolt &^= os.O_CREATE
			}
			var err error
			file, err = os.OpenFile(path, bolt|flag, mode)
			return file, err
		},
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if errors.Is(err, ErrCorrupt) && file != nil {
			release(file)
		}
	}()
	if flag&os.O_EXCL == 0 {
		if err := refuseEmpty(path); err != nil {
			return nil, err
		}
	}
	defer guard(&err)
	db, err = bbolt.Open(path, 0o600, options)
	return db, translate(err)
}

// release lets go of a file that bbolt gave up on in a panic. The pages that it
// mapped stay mapped and keep the file's lock alive, unless it is taken off first.
func release(file *os.File) {
	_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN) // fails when bbolt closed the file itself
	_ = file.Close()
}

// refuseEmpty keeps bbolt from turning an empty file into an empty database.
func refuseEmpty(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return fmt.Errorf("%w: the file is empty or not a file", ErrCorrupt)
	}
	return nil
}

// translate gives the errors of bbolt.Open the names of this package.
func translate(err error) error {
	var path *fs.PathError
	var errno syscall.Errno
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return ErrBusy
	case errors.As(err, &path), errors.As(err, &errno):
		return err
	default:
		return fmt.Errorf("%w (%w)", ErrCorrupt, err)
	}
}

// check looks at what must be right before anything is read.
func (s *Store) check() error {
	return s.view(func(b *bbolt.Tx) error {
		if info, err := os.Stat(s.db.Path()); err != nil {
			return err
		} else if info.Size() < b.Size() {
			return fmt.Errorf("%w: the file is truncated, %d of %d octets are left", ErrCorrupt, info.Size(), b.Size())
		}
		tx := &Tx{tx: b}
		version, err := tx.get(bucketMeta, keyFormat)
		if err != nil {
			return err
		}
		if len(version) != 4 {
			return fmt.Errorf("%w: not a database of this program", ErrCorrupt)
		}
		switch v := binary.BigEndian.Uint32(version); {
		case v == 0:
			return fmt.Errorf("%w: format 0", ErrCorrupt)
		case v != format:
			return fmt.Errorf("%w (format %d, this one reads %d)", ErrFormat, v, format)
		}
		for _, list := range [][]string{publicBuckets, sealedBuckets} {
			for _, name := range list {
				if lateBuckets[name] || name == bucketRevoked {
					continue
				}
				if _, err := tx.bucket(name); err != nil {
					return err
				}
			}
		}
		return tx.loadHead()
	})
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
