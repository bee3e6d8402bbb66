package ceremony

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// reader takes the values out of a parsed file, one by one, and collects what is wrong with them. What is left is unknown.
type reader struct {
	at       map[string]int
	mistakes []Mistake
}

// table is a part of the file that was not read yet.
type table struct {
	r      *reader
	path   string // empty for the file itself
	values map[string]any
}

// wrong notes a mistake at a path, or at the nearest table around it.
func (r *reader) wrong(path, format string, args ...any) {
	line := 0
	for p := path; line == 0 && p != ""; {
		line = r.at[p]
		p = p[:max(strings.LastIndexByte(p, '.'), 0)]
	}
	r.mistakes = append(r.mistakes, Mistake{Line: line, Text: fmt.Sprintf(format, args...)})
}

func (t *table) wrong(key, format string, args ...any) {
	t.r.wrong(joined(t.path, key), "%s %s", named(t.path, key), fmt.Sprintf(format, args...))
}

// named is a key as mistakes name it: officers are numbered from 1.
func named(path, key string) string {
	var n int
	if _, err := fmt.Sscanf(path, "officer.%d", &n); err == nil {
		return fmt.Sprintf("officer %d: %s", n+1, key)
	}
	return joined(path, key)
}

// take removes a value and reports whether it was there; one of another type is a mistake.
func take[T any](t *table, key, what string) (v T, there bool) {
	raw, there := t.values[key]
	if !there {
		return v, false
	}
	delete(t.values, key)
	v, ok := raw.(T)
	if !ok {
		t.wrong(key, "is not %s", what)
	}
	return v, ok
}

func (t *table) text(key string) (string, bool) {
	return take[string](t, key, `a text; write it in quotes, like "this"`)
}

func (t *table) number(key string) (int64, bool) {
	return take[int64](t, key, "a whole number; write it bare, like 3")
}

func (t *table) flag(key string) bool {
	v, _ := take[bool](t, key, "true or false; write one of them without quotes")
	return v
}

// list takes a list of texts.
func (t *table) list(key string) (texts []string) {
	values, _ := take[[]any](t, key, `a list of texts; write it like ["this", "that"]`)
	for _, v := range values {
		text, ok := v.(string)
		if !ok {
			t.wrong(key, `has an entry that is not a text; write each in quotes, like ["this", "that"]`)
			return nil
		}
		texts = append(texts, text)
	}
	return texts
}

// within takes the table of that name; one that is missing is empty.
func (t *table) within(key string) (*table, bool) {
	values, there := take[map[string]any](t, key, "a table; write ["+key+"] on a line of its own, and its keys below")
	return &table{t.r, joined(t.path, key), values}, there
}

// each takes the tables of that name, in their order.
func (t *table) each(key string) (tables []*table) {
	values, _ := take[[]map[string]any](t, key, "a list of tables; write [["+key+"]] on a line of its own for each, and its keys below")
	for i, v := range values {
		tables = append(tables, &table{t.r, fmt.Sprintf("%s.%d", joined(t.path, key), i), v})
	}
	return tables
}

// end reports what nobody took.
func (t *table) end(known ...string) {
	for _, key := range slices.Sorted(maps.Keys(t.values)) {
		name := "this key"
		if len(key) <= maxShown && plain(key) {
			name = named(t.path, key)
		}
		t.r.wrong(joined(t.path, key), "%s is not known here; known are %s", name, strings.Join(known, ", "))
	}
}

func plain(key string) bool {
	for _, c := range key {
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return key != ""
}
