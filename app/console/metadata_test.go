package main

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// The packaging tool reads FyneApp.toml, the program its own metadata: they must say the same.
func TestMetadataIsThatOfTheFile(t *testing.T) {
	b, err := os.ReadFile("../../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if key, value, ok := strings.Cut(line, "="); ok {
			said[strings.TrimSpace(key)] = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	m := metadata()
	for key, want := range map[string]string{
		"ID": m.ID, "Name": m.Name, "Version": m.Version, "Build": strconv.Itoa(m.Build), "fyneDo": strconv.FormatBool(m.Migrations["fyneDo"]),
		"Icon": "assets/" + m.Icon.Name(),
	} {
		if said[key] != want {
			t.Errorf("%s is %q in FyneApp.toml and %q in the program", key, said[key], want)
		}
	}
}

func TestArguments(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", "/data")
	if o, done, err := arguments(nil); o.Dir != "/data/marque/authority" || done || err != nil {
		t.Errorf("%+v, %v, %v", o, done, err)
	}
	if o, _, err := arguments([]string{"--dir", "fleet", "--socket", "s", "--tpm", "t"}); o.Dir != "fleet" || o.Socket != "s" || o.TPM != "t" || err != nil {
		t.Errorf("%+v, %v", o, err)
	}
	if _, _, err := arguments([]string{"fleet"}); err == nil {
		t.Error("a folder without --dir was taken")
	}
	t.Setenv("XDG_DATA_HOME", "relative") // to be ignored, says its specification
	t.Setenv("HOME", "/home/officer")
	if o, _, err := arguments(nil); o.Dir != "/home/officer/.local/share/marque/authority" || err != nil {
		t.Errorf("%+v, %v", o, err)
	}
}
