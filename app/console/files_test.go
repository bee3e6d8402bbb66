package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"marque/app/flow"
	"marque/app/qr"
	"marque/device/wire"
)

func TestScannerSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	link, err := qr.EncodePNG("https://example.org")
	if err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	var foreign *flow.ForeignError
	if _, err := requests().File(write("link.png", link)); !errors.As(err, &foreign) || foreign.Seems != "a web link" {
		t.Errorf("a web link: %v", err)
	}
	for path, want := range map[string]error{
		filepath.Join(dir, "absent.png"):    flow.ErrNoFile,
		dir:                                 flow.ErrNotPicture,
		pipe:                                flow.ErrNotPicture,
		write("notes.txt", []byte("hello")): flow.ErrNotPicture,
		write("cut.png", link[:100]):        flow.ErrNotPicture,
		write("huge.png", make([]byte, qr.MaxFile+1)):      flow.ErrLargePicture,
		write("bad.mqr", []byte("MQ1RAAAAAAAAAAAAAAAAAA")): wire.ErrChecksum,
	} {
		if _, err := requests().File(path); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", filepath.Base(path), err, want)
		}
	}
}

func TestSaveNeverOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "bus-4711~0.mqp")
	for range 2 {
		if err := save(path, []byte("package")); err != nil {
			t.Fatal(err)
		}
	}
	if err := save(path, []byte("another")); !errors.Is(err, flow.ErrFileExists) {
		t.Errorf("%v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "package" {
		t.Errorf("%q, %v", b, err)
	}
	if err := save(filepath.Join(path, "below a file"), nil); !errors.Is(err, flow.ErrWrite) {
		t.Errorf("%v", err)
	}
}
