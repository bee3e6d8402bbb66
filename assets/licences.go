package assets

import (
	"embed"
	"path"
	"strings"
)

//go:embed licences
var licences embed.FS

// Licence is under what terms one module is part of Marque.
type Licence struct {
	Module  string // its path; "go" for Go's own library
	Version string
	Kinds   string // SPDX identifiers of its texts, with ", " between them
	files   []string
}

// Licences returns those of every module that is linked into the programs, by path, Go's own library first. packaging/licences gathers
// them.
func Licences() []Licence {
	var all []Licence
	for line := range strings.Lines(string(mustRead("index"))) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		all = append(all, Licence{Module: f[0], Version: f[1], Kinds: f[2], files: strings.Fields(f[3])})
	}
	return all
}

// Text returns the texts as the module has them, one after the other, each with the name of its file where there are several.
func (l *Licence) Text() string {
	var all strings.Builder
	for i, name := range l.files {
		if i > 0 {
			all.WriteString("\n\n")
		}
		if len(l.files) > 1 {
			all.WriteString(name + "\n\n")
		}
		all.Write(mustRead(path.Join(l.Module, name)))
	}
	return all.String()
}

// mustRead reads what was put in when the program was built.
func mustRead(name string) []byte {
	b, err := licences.ReadFile(path.Join("licences", name))
	if err != nil {
		panic("assets: " + err.Error())
	}
	return b
}
