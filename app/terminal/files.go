package terminal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/term"
)

// The errors of reading and writing files.
var (
	// ErrTooLong: the input is longer than the limit.
	ErrTooLong = errors.New("the input is too long to be what was asked for; check that the right file was named")
	// ErrExists: another file stands where the output would go.
	ErrExists = errors.New("a file with other contents has that name already, and is never overwritten; move it away")
	// ErrBinary: the output would go to a terminal.
	ErrBinary = errors.New("the output is not text and would spoil the terminal; name a file with --out, or redirect it")
)

// Read reads at most limit octets from the named file, or from stdin when the name is empty or "-".
func Read(stdin io.Reader, name string, limit int) ([]byte, error) {
	in := stdin
	if name != "" && name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("read the input: %w", err)
	}
	if len(b) > limit {
		return nil, ErrTooLong
	}
	return b, nil
}

// WriteNew puts b into a new file, whole or not at all, synced to the disk. A file with the same contents is left as it is; one with
// others is ErrExists.
func WriteNew(name string, b []byte) error {
	switch old, err := os.ReadFile(name); {
	case err == nil && bytes.Equal(old, b):
		return nil
	case err == nil:
		return fmt.Errorf("%s: %w", name, ErrExists)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	temp, err := writeTemp(filepath.Dir(name), b)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	err = os.Link(temp, name) // unlike a rename, never replaces
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(temp, name) // the file system of a stick may have no links
	}
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// Write sends output to the named file, replacing it whole, or to stdout when the name is empty or "-". Octets that are not text do not
// go to a terminal.
func Write(stdout io.Writer, name string, b []byte, text bool) error {
	if name == "" || name == "-" {
		if f, ok := stdout.(*os.File); ok && !text && term.IsTerminal(int(f.Fd())) {
			return ErrBinary
		}
		_, err := stdout.Write(b)
		return err
	}
	temp, err := writeTemp(filepath.Dir(name), b)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, name); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncFolder(filepath.Dir(name))
}

// JSON writes v as indented JSON and a newline.
func JSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func writeTemp(dir string, b []byte) (name string, err error) {
	f, err := os.CreateTemp(dir, ".marque-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
