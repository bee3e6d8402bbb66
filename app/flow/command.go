package flow

import "strings"

// FoundCommand is the command that founds an authority by its ceremony, in a folder.
func FoundCommand(dir string) string {
	return "marque authority found --dir " + quote(dir) + " --ceremony FILE"
}

// ReopenCommand is the command that ends read-only.
func (s *Status) ReopenCommand() string {
	return "marque authority reopen --dir " + quote(s.Dir) + s.officers() + " --media FOLDER"
}

// DrillCommand is the command of the restore drill.
func (s *Status) DrillCommand() string {
	return "marque authority cards drill --dir " + quote(s.Dir) + s.officers()
}

// officers names, as options of a command, those who are signed on.
func (s *Status) officers() string {
	if !s.Custody.TPM {
		return ""
	}
	var options strings.Builder
	for _, o := range s.Custody.Officers {
		if o.Role.Unlocks() && s.present(o.Name) {
			options.WriteString(" --officer " + quote(o.Name))
		}
	}
	if options.Len() == 0 {
		return " --officer NAME"
	}
	return options.String()
}

// quote writes s as one word of a shell.
func quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
