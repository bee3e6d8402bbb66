package assets_test

import (
	"bytes"
	"encoding/json"
	"image/png"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"marque/assets"
)

var hole = regexp.MustCompile(`\{\{\.[A-Za-z]+\}\}`)

// texts returns a language: per key its forms, of which there is one, "", without a plural.
func texts(t *testing.T, language string) map[string]map[string]string {
	t.Helper()
	b, err := assets.Texts(language)
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]string{}
	for key, value := range raw {
		var one string
		forms := map[string]string{}
		if json.Unmarshal(value, &one) == nil {
			forms[""] = one
		} else if err := json.Unmarshal(value, &forms); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		all[key] = forms
	}
	return all
}

func TestLanguagesSayTheSame(t *testing.T) {
	english, german := texts(t, "en"), texts(t, "de")
	for key := range english {
		if german[key] == nil {
			t.Errorf("%s is missing in German", key)
		}
	}
	for key, forms := range german {
		original := english[key]
		if !slices.Equal(slices.Sorted(maps.Keys(forms)), slices.Sorted(maps.Keys(original))) {
			t.Errorf("%s has other forms in German", key)
			continue
		}
		for form, text := range forms {
			here, there := hole.FindAllString(text, -1), hole.FindAllString(original[form], -1)
			slices.Sort(here)
			slices.Sort(there)
			if !slices.Equal(here, there) {
				t.Errorf("%s fills in %v in German, %v in English", key, here, there)
			}
			if text == "" || text != strings.TrimSpace(text) {
				t.Errorf("%s is empty or has spaces around it", key)
			}
		}
	}
}

func TestIconsAreOfOneKind(t *testing.T) {
	files, err := os.ReadDir("icons")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name, _ := strings.CutSuffix(f.Name(), ".svg")
		icon := assets.Icon(name, "#2151B5")
		for _, want := range []string{`viewBox="0 0 24 24"`, `stroke="#2151B5"`, `stroke-width="2"`, `stroke-linecap="round"`} {
			if !bytes.Contains(icon, []byte(want)) {
				t.Errorf("%s has no %s", f.Name(), want)
			}
		}
	}
}

func TestLogoAndAppIcon(t *testing.T) {
	if !bytes.Contains(assets.Logo("#8FB4FF"), []byte(`fill="#8FB4FF"`)) {
		t.Error("the logo does not take its colour")
	}
	img, err := png.Decode(bytes.NewReader(assets.AppIcon))
	if err != nil || img.Bounds().Dx() != 256 || img.Bounds().Dy() != 256 {
		t.Errorf("the icon of the window: %v", err)
	}
}
