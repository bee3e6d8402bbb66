package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"unicode"
)

// folder is where files are read from: nothing above it, no links, and nothing that is not a regular file.
type folder struct{ root *os.Root }

func openFolder(path string) (*folder, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &folder{root}, nil
}

func (f *folder) close() error { return f.root.Close() }

// read reads one file of at most limit octets.
func (f *folder) read(name string, limit int64) (b []byte, err error) {
	if !filepath.IsLocal(name) || strings.ContainsAny(name, "\x00\\") {
		return nil, errFileName
	}
	seen, err := f.root.Lstat(name)
	if err != nil {
		return nil, plain(err)
	}
	if !seen.Mode().IsRegular() {
		return nil, errNotRegular
	}
	file, err := f.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe that just took its place does not stop us
	if err != nil {
		return nil, plain(err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if opened, err := file.Stat(); err != nil || !os.SameFile(seen, opened) {
		return nil, errNotRegular
	}
	b, err = io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, plain(err)
	}
	if int64(len(b)) > limit {
		return nil, errTooLong
	}
	return b, nil
}

// plain takes the name off an error of a file: the row has it.
func plain(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// isRequestFile goes by the name: a folder may hold other things.
func isRequestFile(name string) bool {
	return slices.Contains([]string{".mqr", ".mqa", ".png", ".jpg", ".jpeg"}, strings.ToLower(filepath.Ext(name)))
}

// readFolder reads all requests in a folder, in the order of the files' names.
func readFolder(ctx context.Context, path string, progress Progress) (items []Item, err error) {
	f, err := openFolder(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	names, err := f.names()
	if err != nil {
		return nil, err
	}
	items = make([]Item, len(names))
	var loads []load
	for i, name := range names {
		items[i] = Item{Line: i + 1, Source: printable(name)}
		if isRequestFile(name) {
			loads = append(loads, load{&items[i], name})
		} else {
			items[i].Skip = "neither an .mqr nor an .mqa file, nor a picture"
		}
	}
	switch {
	case len(loads) == 0:
		return nil, ErrEmpty
	case len(loads) > 2*MaxRequests: // the code and the file of each
		return nil, ErrTooMany
	}
	return items, loadAll(ctx, f, loads, progress)
}

// names returns what stands in the folder, in order, but for hidden files.
func (f *folder) names() (names []string, err error) {
	dir, err := f.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	seen := 0
	for {
		some, err := dir.Readdirnames(256)
		seen += len(some)
		for _, name := range some {
			if !strings.HasPrefix(name, ".") {
				names = append(names, name)
			}
		}
		switch {
		case seen > maxEntries:
			return nil, fmt.Errorf("the folder holds more than %d files: %w", maxEntries, ErrTooMany)
		case errors.Is(err, io.EOF):
			slices.Sort(names)
			return names, nil
		case err != nil:
			return nil, err
		}
	}
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
