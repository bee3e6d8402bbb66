package second

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// rules are the CDDL rules of PROTOCOL.md, by name.
func rules(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../device/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]string)
	head := regexp.MustCompile(`^([a-z][a-z0-9-]*) *= `)
	for _, block := range regexp.MustCompile("(?s)```cddl\n(.*?)```").FindAllSubmatch(text, -1) {
		name := ""
		for line := range strings.Lines(string(block[1])) {
			if m := head.FindStringSubmatch(line); m != nil {
				name = m[1]
				if out[name] != "" {
					t.Errorf("CDDL: two rules %q", name)
				}
				line = line[len(m[0]):]
			}
			line, _, _ = strings.Cut(line, ";")
			out[name] += " " + strings.TrimSpace(line)
		}
	}
	return out
}

// wired is a file of tests/vectors/wire.
type wired struct {
	Object string `json:"object"`
	Expect string `json:"expect"`
	Input  string `json:"input"`
}

// elements counts the elements of a rule's array: how many there are at least and at most.
func elements(rule string) (least, most int) {
	inner := rule[strings.Index(rule, "[")+1:]
	depth, optional := 0, false
	count := func() {
		most++
		if !optional {
			least++
		}
	}
	count()
	for _, c := range inner {
		switch {
		case strings.ContainsRune("[{", c):
			depth++
		case c == ']' && depth == 0:
			return least, most
		case strings.ContainsRune("]}", c):
			depth--
		case c == '?':
			optional = true // the group that ends an array; the comma before it counted its first
			least--
		case c == ',' && depth == 0:
			count()
		}
	}
	return least, most
}

// Every object of the vectors that is CBOR has a rule, with as many elements as the vectors have and the version or kind that they begin with;
// and every rule that is an object has a vector.
func TestRules(t *testing.T) {
	all, seen := rules(t), map[string]bool{"u32": true, "log-entry": true, "statement": true}
	rule := map[string]string{"compact": "change", "log entry": "log-entry"}
	octets := map[string]bool{ // layouts that section 7 and 10 give octet by octet
		"address": true, "request text": true, "broadcast": true, "sealed": true, "several": true, "plain": true, "auth": true, "hello": true,
		"datagram": true, "list request": true, "list piece": true, "list query": true, "list answer": true, "full-request": true, "opening": true, "early": true,
	}
	kinds := map[string]string{} // of log entries, by their number
	for name, text := range all {
		if m := regexp.MustCompile(`^ *\[ *(\d+),`).FindStringSubmatch(text); m != nil && m[1] != "1" {
			kinds[m[1]] = name
		}
	}
	kinds["1"], kinds["11"] = "found", "seal"
	replay(t, "wire", 150, func(t *testing.T, v *wired) {
		if octets[v.Object] || v.Expect != "ok" {
			return
		}
		name := v.Object
		if as, ok := rule[name]; ok {
			name = as
		}
		text, ok := all[name]
		if !ok {
			t.Fatalf("PROTOCOL.md has no CDDL for %q", v.Object)
		}
		seen[name] = true
		b := unhex(v.Input)
		if name == "statement" {
			if b[0] != 0xd2 || b[1] != 0x84 {
				t.Error("is no array of four under tag 18")
			}
			return
		}
		if name == "log-entry" {
			at := map[bool]int{true: 2 + 1<<(b[2]&31-24), false: 2}[b[2] > 23] + 1 // behind version and time
			number := int(b[at+1])
			if number == 24 {
				number = int(b[at+2])
			}
			if name, b = kinds[strconv.Itoa(number)], b[at:]; all[name] == "" {
				t.Fatalf("PROTOCOL.md has no CDDL for log entry %d", number)
			}
			seen[name], text = true, all[name]
		}
		n := int(b[0] & 31)
		if n >= 24 {
			n = int(b[1])
		}
		if least, most := elements(text); n != least && n != most {
			t.Errorf("%s has %d elements; its CDDL has %d to %d", name, n, least, most)
		}
	})
	for name := range all {
		if !seen[name] {
			t.Errorf("no vector is a %q", name)
		}
	}
}
