package usb_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"marque/app/usb"
)

func TestSpace(t *testing.T) {
	d := stick(t)
	before, err := usb.Space(d)
	must(t, err)
	if before <= 0 || mounts && before > 32<<20 {
		t.Fatalf("%d octets are free", before)
	}
	must(t, os.WriteFile(filepath.Join(d.Mount, "large"), random(1, 4<<20), 0o600))
	after, err := usb.Space(d)
	must(t, err)
	if mounts && before-after < 4<<20 {
		t.Errorf("%d octets are free, %d before 4 MiB were written", after, before)
	}
	if _, err := usb.Space(usb.Drive{Device: "sdb1"}); !errors.Is(err, usb.ErrNotMounted) {
		t.Errorf("not mounted: %v", err)
	}
	d.Number = "0:0"
	if _, err := usb.Space(d); !errors.Is(err, usb.ErrGone) {
		t.Errorf("another drive: %v", err)
	}
}

func TestFolderInThePlaceOfADrive(t *testing.T) {
	dir := folder(t)
	d, err := usb.Folder(dir)
	must(t, err)
	if d.Mount != dir || d.Device != "" {
		t.Errorf("%+v", d)
	}
	if _, err := usb.Write(t.Context(), d, usb.InboxFolder, []usb.File{{Name: "a", Content: []byte("a")}}, nil); err != nil {
		t.Error(err)
	}
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for path, want := range map[string]error{file: usb.ErrTaken, filepath.Join(dir, "none"): usb.ErrGone} {
		if _, err := usb.Folder(path); !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Files that nobody asks for are not opened, such as those that would be left out with a word.
func TestReadSome(t *testing.T) {
	d := stick(t)
	inbox := filepath.Join(d.Mount, usb.InboxFolder)
	must(t, os.MkdirAll(inbox, 0o755))
	for _, name := range []string{"list-1.mql", "list-2.mql", "other.mqp"} {
		must(t, os.WriteFile(filepath.Join(inbox, name), []byte(name), 0o644))
	}
	must(t, os.Mkdir(filepath.Join(inbox, "folder.mqp"), 0o755))
	in, err := usb.ReadSome(d, func(name string) bool { return strings.HasSuffix(name, ".mql") })
	must(t, err)
	if len(in.Files) != 2 || in.Files[1].Name != "list-2.mql" || string(in.Files[1].Content) != "list-2.mql" || len(in.Skipped) > 0 {
		t.Errorf("%+v", in)
	}
}
