package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"marque/app/flow"
	"marque/app/usb"
)

// A stick that is inserted is told of, with its room, and again when it is gone.
func TestDrivesAreWatched(t *testing.T) {
	dir, stick := t.TempDir(), t.TempDir()
	write := func(path, content string) {
		t.Helper()
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("mounts", "90 27 8:16 / "+stick+" rw,nosuid - vfat /dev/sdb rw\n")
	if err := os.MkdirAll(filepath.Join(dir, "sys", "block"), 0o755); err != nil {
		t.Fatal(err)
	}
	told := make(chan []flow.Drive, 10)
	s := drives{system: usb.System{Sys: filepath.Join(dir, "sys"), Mounts: filepath.Join(dir, "mounts")}}
	stop := s.Watch(func(found []flow.Drive, err error) {
		if err != nil {
			t.Error(err)
		}
		told <- found
	})
	defer stop()
	if found := <-told; len(found) != 0 {
		t.Fatalf("%+v", found)
	}
	for name, content := range map[string]string{"removable": "1", "ro": "0", "size": "2048", "dev": "8:16"} {
		write(filepath.Join("sys", "block", "sdb", name), content+"\n")
	}
	var found []flow.Drive
	for deadline := time.After(time.Minute); len(found) == 0; {
		select {
		case found = <-told:
		case <-deadline:
			t.Fatal("nothing was told")
		}
	}
	d := found[0]
	if len(found) != 1 || d.Device != "sdb" || d.Mount != stick || d.Size != 1<<20 || !d.Ready() || d.Name() != filepath.Base(stick) {
		t.Errorf("%+v", found)
	}
	if d.Free != -1 { // the folder is not on the drive that the tree names: nothing of it is believed
		t.Errorf("%d octets are free on a drive that is not there", d.Free)
	}
}

func TestFolderInThePlaceOfADrive(t *testing.T) {
	s, dir := drives{}, t.TempDir()
	d, err := s.Folder(dir)
	if err != nil || d.Free <= 0 || !d.IsFolder() {
		t.Fatalf("%+v, %v", d, err)
	}
	files := []usb.File{{Name: "a.mql", Content: []byte("a")}, {Name: "b.mqs", Content: []byte("b")}}
	if done, err := s.Write(t.Context(), d, files, nil); err != nil || len(done) != 2 {
		t.Fatalf("%v, %v", done, err)
	}
	if states, err := s.Examine(d, files); err != nil || states[0] != usb.StateWritten || states[1] != usb.StateWritten {
		t.Errorf("%v, %v", states, err)
	}
	read, err := s.Read(d, func(name string) bool { return name == "b.mqs" })
	if err != nil || len(read) != 1 || string(read[0].Content) != "b" {
		t.Errorf("%v, %v", read, err)
	}
	if _, err := s.Folder(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there was taken")
	}
}
