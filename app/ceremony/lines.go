package ceremony

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	headerLine = regexp.MustCompile(`^\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]`)
	keyLine    = regexp.MustCompile(`^\s*["']?([A-Za-z0-9_.-]+)["']?\s*=`)
)

// places finds the line of each key and table of a file that is valid TOML: "vault.kind", "officer.2.name". It only serves to point at
// lines: a file that is written in an unusual way has mistakes without a line, not others.
func places(text string) map[string]int {
	at, counts, table := map[string]int{}, map[string]int{}, ""
	for i, line := range strings.Split(text, "\n") {
		if m := headerLine.FindStringSubmatch(line); m != nil {
			table = m[2]
			if m[1] == "[[" {
				table += "." + strconv.Itoa(counts[m[2]])
				counts[m[2]]++
			}
			note(at, table, i+1)
		} else if m := keyLine.FindStringSubmatch(line); m != nil {
			note(at, joined(table, m[1]), i+1)
		}
	}
	return at
}

func note(at map[string]int, path string, line int) {
	if _, ok := at[path]; !ok {
		at[path] = line
	}
}

func joined(table, key string) string {
	if table == "" {
		return key
	}
	return table + "." + key
}
