package screen_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"marque/assets"
)

// The reasons for the evaluation grade come from the service in English, and are said in the language of the person.
func TestReasonsAreTranslated(t *testing.T) {
	source, err := os.ReadFile("../appliance/custody.go")
	if err != nil {
		t.Fatal(err)
	}
	reasons := regexp.MustCompile(`c\.Reasons, "([^"]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(reasons) == 0 {
		t.Fatal("no reasons were found")
	}
	b, err := assets.Texts("de")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]any
	if err := json.Unmarshal(b, &texts); err != nil {
		t.Fatal(err)
	}
	for _, reason := range reasons {
		if texts[reason[1]] == nil {
			t.Errorf("no text for %q", reason[1])
		}
	}
}

// Every text that the sources name exists. Keys that are put together end in a dot and are covered by drawing the screens.
func TestTextsExist(t *testing.T) {
	b, err := assets.Texts("en")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]any
	if err := json.Unmarshal(b, &texts); err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\b[sS]ay\("([^"]+)"|explain\([^"\n]*"([^"]+)"`)
	for _, pattern := range []string{"*.go", "../flow/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range named.FindAllStringSubmatch(string(source), -1) {
				if key := m[1] + m[2]; !strings.HasSuffix(key, ".") && !strings.HasSuffix(file, "_test.go") && texts[key] == nil {
					t.Errorf("%s: no text %q", file, key)
				}
			}
		}
	}
}
