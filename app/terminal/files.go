package terminal

import (
	"bytes"
	"crypto/rand"
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

// Read reads at most limit octets from the named file, or from stdin when the name is empty or "-". A nil stdin leaves files only.
func Read(stdin io.Reader, name string, limit int) ([]byte, error) {
	in := stdin
	if stdin == nil || name != "" && name != "-" {
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
func WriteNew(name string, b []byte) error { return writeNew(name, b, open) }

// WriteNewPrivate is WriteNew for what the owner of the file alone may read.
func WriteNewPrivate(name string, b []byte) error { return writeNew(name, b, private) }

func writeNew(name string, b []byte, perm os.FileMode) error {
	switch old, err := os.ReadFile(name); {
	case err == nil && bytes.Equal(old, b):
		return nil
	case err == nil:
		return fmt.Errorf("%s: %w", name, ErrExists)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	temp, err := writeTemp(filepath.Dir(name), b, perm)
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

// Write sends output to the named file, replacing it whole, or to stdout when the name is empty or "-". What is no file, such as a pipe or
// /dev/null, is written to and stays. A payload is for the person at the terminal and for nobody else: it may be shown there, made printable, and its file
// can be read by its owner only. Other output is not text, and does not go to a terminal.
func Write(stdout io.Writer, name string, b []byte, payload bool) error {
	if name == "" || name == "-" {
		if f, ok := stdout.(*os.File); ok && !payload && term.IsTerminal(int(f.Fd())) {
			return ErrBinary
		}
		_, err := ForPeople(stdout).Write(b)
		return err
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return writeInto(name, b)
	}
	perm := os.FileMode(open)
	if payload {
		perm = private
	}
	temp, err := writeTemp(filepath.Dir(name), b, perm)
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

// Permissions of new files, before the umask.
const (
	open    = 0o666
	private = 0o600
)

// writeTemp makes a new file in a folder.
func writeTemp(dir string, b []byte, perm os.FileMode) (name string, err error) {
	name = filepath.Join(dir, ".marque-"+rand.Text()) // os.CreateTemp knows no umask
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(name))
	}
	return name, nil
}

// writeInto writes to something that is no file.
func writeInto(name string, b []byte) error {
	w, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return errors.Join(err, w.Close())
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
