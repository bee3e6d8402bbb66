package sheets

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"marque/app/flow"
)

// Archive is flow.Ceremony.Archive.
func Archive(path string, fill func(w io.Writer) ([32]byte, error)) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", flow.ErrFileExists, fs.ErrExist)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".backup-")
	if err != nil {
		return fmt.Errorf("%w: %w", flow.ErrWrite, err)
	}
	defer os.Remove(temp.Name())
	hash, err := fill(&outlet{temp})
	if err != nil {
		_ = temp.Close() // it is removed
		return err
	}
	if err := errors.Join(temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("%w: %w", flow.ErrWrite, err)
	}
	got, err := hashOf(temp.Name())
	if err != nil {
		return fmt.Errorf("%w: %w", flow.ErrWrite, err)
	}
	if got != hash {
		return fmt.Errorf("%w: what was read back differs from what was written", flow.ErrWrite)
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return fmt.Errorf("%w: %w", flow.ErrWrite, err)
	}
	return syncFolder(filepath.Dir(path))
}

// outlet names the errors of writing.
type outlet struct{ to io.Writer }

// Write implements io.Writer.
func (o *outlet) Write(b []byte) (int, error) {
	n, err := o.to.Write(b)
	if err != nil {
		return n, fmt.Errorf("%w: %w", flow.ErrWrite, err)
	}
	return n, nil
}

func hashOf(path string) (hash [32]byte, err error) {
	r, err := os.Open(path)
	if err != nil {
		return hash, err
	}
	defer r.Close() // nothing was written
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return hash, fmt.Errorf("read it back: %w", err)
	}
	return [32]byte(h.Sum(nil)), nil
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("%w: %w", flow.ErrWrite, err)
	}
	return errors.Join(d.Sync(), d.Close())
}
