package main

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// matches returns what a pattern's group finds in some files, sorted.
func matches(t *testing.T, pattern string, files ...string) (all []string) {
	t.Helper()
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(b, -1) {
			all = append(all, string(m[1]))
		}
	}
	slices.Sort(all)
	return all
}

// missing reports what stands in one list and not in the other.
func missing(t *testing.T, what string, have, want []string) {
	t.Helper()
	for _, w := range want {
		if !slices.Contains(have, w) {
			t.Errorf("%s is missing in %s", w, what)
		}
	}
}

// Every sentinel of package device has a code, every code has an error, and no number stands for two.
func TestCodes(t *testing.T) {
	missing(t, "codes.go", matches(t, `device\.(Err\w+)`, "codes.go"), matches(t, `(?m)^\t(Err\w+) +=`, "../errors.go"))
	listed := append(matches(t, `\{C\.(MARQUE_\w+),`, "codes.go"), "MARQUE_OK", "MARQUE_FAILED")
	numbers := matches(t, `(?m)^    (MARQUE_\w+) = \d+,? `, "marque.h")
	missing(t, "codes.go", listed, slices.DeleteFunc(numbers, func(s string) bool {
		return s == "MARQUE_VEHICLE" || s == "MARQUE_APPLICATION"
	}))
	seen := map[int32]bool{0: true, 1: true}
	for _, c := range codes {
		if seen[int32(c.code)] {
			t.Errorf("code %d stands for two errors", c.code)
		}
		seen[int32(c.code)] = true
	}
}

// The compiler compares the types of what marque.h declares; this compares the names, and keeps Go's own types out.
func TestHeader(t *testing.T) {
	files := []string{"main.go", "folder.go", "enrolment.go", "messages.go", "status.go", "codes.go", "memory.go"}
	exported := matches(t, `(?m)^//export (marque_\w+)$`, files...)
	declared := matches(t, `(?m)^(?:int32_t |uint32_t |void |marque_text \*)(marque_\w+)\(`, "marque.h")
	if !slices.Equal(exported, declared) {
		t.Errorf("exported are %v, declared %v", exported, declared)
	}
	if len(matches(t, `(Go[A-Z]\w*|_cgo\w*)`, "marque.h")) > 0 {
		t.Error("marque.h has types of Go in it")
	}
}
