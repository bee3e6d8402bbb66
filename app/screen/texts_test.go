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

// Every text that the sources name exists. Keys that are put together end in a dot and are covered by drawing the screens.
func TestTextsExist(t *testing.T) {
	b, err := assets.Translations.ReadFile("translations/en.json")
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
