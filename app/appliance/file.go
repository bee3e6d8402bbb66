package appliance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"marque/hsm"
)

// readFile reads a file of at most limit octets.
func readFile(path string, limit int64) (b []byte, err error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if b, err = io.ReadAll(io.LimitReader(r, limit+1)); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Base(path), err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("read %s: it is longer than %d octets", filepath.Base(path), limit)
	}
	return b, nil
}

// writeFile writes a new file, mode 0600, so that it survives a power cut once writeFile returned, and reads it back.
func writeFile(path string, b []byte) error {
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	if err := errors.Join(err, w.Sync(), w.Close(), syncFolder(filepath.Dir(path))); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read %s back: %w", filepath.Base(path), err)
	}
	if !bytes.Equal(got, b) {
		return fmt.Errorf("what was read back of %s differs from what was written: replace the disk", filepath.Base(path))
	}
	return nil
}

// freshFile writes what is to take a file's place beside it, over what a change that was cut off left there.
func freshFile(path string, b []byte) error {
	if err := remove(path + freshSuffix); err != nil {
		return err
	}
	return writeFile(path+freshSuffix, b)
}

// promote puts what freshFile wrote in the file's place.
func promote(path string) error {
	if err := os.Rename(path+freshSuffix, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// replaceFile puts b in the place of a file. Whatever happens meanwhile, the file has its old or its new content.
func replaceFile(path string, b []byte) error {
	if err := freshFile(path, b); err != nil {
		return err
	}
	return promote(path)
}

func readOfficers(path string) (*hsm.Officers, error) {
	b, err := readFile(path, maxOfficersFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no file %s: %w", filepath.Base(path), ErrIncomplete)
	}
	if err != nil {
		return nil, err
	}
	return hsm.ParseOfficers(b)
}

// remove removes a file that may be missing.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
