package assets

import (
	"embed"
	"encoding/json"
	"fmt"
)

// translations holds the texts: a folder for what the whole console says and one for each screen, with one JSON file per language. A
// value is a text, or an object with its plural forms; {{.Name}} stands for what is filled in.
//
//go:embed translations
var translations embed.FS

// Languages are those that the console speaks, as the names of ISO 639-1.
var Languages = []string{"en", "de"}

// Texts returns all texts of a language as one JSON object. A key that two folders have is an error.
func Texts(language string) ([]byte, error) {
	folders, err := translations.ReadDir("translations")
	if err != nil {
		return nil, err
	}
	all := map[string]json.RawMessage{}
	for _, folder := range folders {
		file := "translations/" + folder.Name() + "/" + language + ".json"
		b, err := translations.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var part map[string]json.RawMessage
		if err := json.Unmarshal(b, &part); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for key, value := range part {
			if all[key] != nil {
				return nil, fmt.Errorf("%s: another file has the text %q, too", file, key)
			}
			all[key] = value
		}
	}
	return json.Marshal(all)
}
