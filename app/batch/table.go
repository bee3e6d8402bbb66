package batch

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Read reads a batch: all requests of a folder, or of a table and the files that it names, which stand in the table's folder or below.
// What is wrong with one of them is in its item. progress is told of the files; nil for nobody. Errors: [ErrTable], [ErrTooMany],
// [ErrEmpty], that of ctx, and those of the file.
func Read(ctx context.Context, path string, progress Progress) ([]Item, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return readFolder(ctx, path, progress)
	}
	f, err := openFolder(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	items, err := readTable(ctx, f, filepath.Base(path), progress)
	return items, errors.Join(err, f.close())
}

func readTable(ctx context.Context, f *folder, name string, progress Progress) ([]Item, error) {
	b, err := f.read(name, MaxTable)
	if err != nil {
		return nil, err
	}
	items, files, err := parseTable(b)
	if err != nil {
		return nil, err
	}
	loads := make([]load, 0, len(files))
	for i, file := range files {
		loads = append(loads, load{&items[i], file})
	}
	return items, loadAll(ctx, f, loads, progress)
}

// columns says in which cell a line has what, −1 for nowhere.
type columns struct{ name, kind, request, all int }

// parseTable reads a table: items, and by their indexes the files that hold the requests of some.
func parseTable(b []byte) (items []Item, files map[int]string, err error) {
	if b, err = checkText(b); err != nil {
		return nil, nil, err
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = separator(b), -1, true
	var c columns
	files = make(map[int]string)
	for head := true; ; head = false {
		cells, err := r.Read()
		switch {
		case errors.Is(err, io.EOF) && head:
			return nil, nil, fmt.Errorf("%w: it is empty", ErrTable)
		case errors.Is(err, io.EOF) && len(items) == 0:
			return nil, nil, ErrEmpty
		case errors.Is(err, io.EOF):
			return items, files, nil
		case err != nil:
			return nil, nil, broken(err)
		case head:
			if c, err = readHead(cells); err != nil {
				return nil, nil, err
			}
			continue
		case len(items) == MaxRequests:
			return nil, nil, ErrTooMany
		}
		line, _ := r.FieldPos(0)
		item, file := c.item(cells, line)
		if file != "" {
			files[len(items)] = file
		}
		items = append(items, item)
	}
}

// checkText takes the byte order mark off, and refuses what is no UTF-8 text.
func checkText(b []byte) ([]byte, error) {
	if len(b) > MaxTable {
		return nil, fmt.Errorf("%w: it is longer than %d octets", ErrTable, MaxTable)
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	for line := range bytes.Lines(b) {
		if !utf8.Valid(line) || bytes.IndexByte(line, 0) >= 0 {
			return nil, fmt.Errorf("%w: it is in another encoding", ErrTable)
		}
	}
	return b, nil
}

// separator is what the first line has more of: spreadsheets of many countries write semicolons.
func separator(b []byte) rune {
	head, _, _ := bytes.Cut(b, []byte("\n"))
	if bytes.Count(head, []byte(";")) > bytes.Count(head, []byte(",")) {
		return ';'
	}
	return ','
}

// broken says where the quotes are wrong, which makes everything after it unreadable.
func broken(err error) error {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("%w: a quote is out of place in line %d", ErrTable, e.Line)
	}
	return fmt.Errorf("%w: %w", ErrTable, err)
}

// readHead finds the columns. Others than ours are for the people who made the table.
func readHead(cells []string) (columns, error) {
	if len(cells) > maxColumns {
		return columns{}, fmt.Errorf("%w: it has more than %d columns", ErrTable, maxColumns)
	}
	names := make([]string, len(cells))
	for i, cell := range cells {
		names[i] = strings.ToLower(strings.TrimSpace(cell))
	}
	c := columns{name: slices.Index(names, "name"), kind: slices.Index(names, "kind"), request: slices.Index(names, "request"), all: len(names)}
	for _, name := range []string{"name", "kind", "request"} {
		if i := slices.Index(names, name); i >= 0 && slices.Contains(names[i+1:], name) {
			return columns{}, fmt.Errorf("%w: two columns are called %s", ErrTable, name)
		}
	}
	if c.request < 0 {
		return columns{}, fmt.Errorf("%w: no column is called request", ErrTable)
	}
	return c, nil
}

// item reads one line. The name of a file comes back where the line has one instead of a request.
func (c columns) item(cells []string, line int) (item Item, file string) {
	cell := func(i int) string {
		if i < 0 || i >= len(cells) {
			return ""
		}
		return strings.Clone(strings.TrimSpace(cells[i]))
	}
	item = Item{Line: line, Name: cell(c.name), Kind: strings.ToLower(cell(c.kind))}
	text := cell(c.request)
	switch {
	case !slices.ContainsFunc(cells, func(s string) bool { return strings.TrimSpace(s) != "" }):
		item.Skip = "the line is empty"
	case len(cells) > c.all:
		item.Err = errColumns
	case text == "":
		item.Err = errNoRequest
	case isText(text):
		item.Request, item.Err = ofText(text)
	default:
		item.Source = printable(text)
		return item, text
	}
	return item, ""
}
