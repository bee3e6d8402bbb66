package usb_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"marque/app/usb"
)

// canary is what no stick may make the program read, and where it may make it write nothing.
type canary struct {
	t       *testing.T
	dir     string
	content []byte
}

func newCanary(t *testing.T) canary {
	c := canary{t: t, dir: folder(t), content: []byte("canary: nobody may read this, and nobody may write here")}
	for _, sub := range []string{".", "marque", "inbox", "marque/inbox"} {
		must(t, os.MkdirAll(filepath.Join(c.dir, sub), 0o777))
		must(t, os.WriteFile(filepath.Join(c.dir, sub, "package.mrq"), c.content, 0o666))
	}
	return c
}

func (c canary) file() string {
	return filepath.Join(c.dir, "package.mrq")
}

// same fails the test unless a tree is as it was.
func same(t *testing.T, before, after string) {
	t.Helper()
	if before != after {
		t.Errorf("something was changed:\n%s\nis now\n%s", before[:min(len(before), 2000)], after[:min(len(after), 2000)])
	}
}

// snapshot describes a tree: names, kinds, sizes, times of change, and what is in small files. Errors are part of it.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			fmt.Fprintln(&b, path, err)
			return nil
		}
		info, err := e.Info()
		if err != nil {
			fmt.Fprintln(&b, path, err)
			return nil
		}
		fmt.Fprint(&b, path, info.Mode(), info.Size(), info.ModTime().UnixNano())
		if info.Mode().IsRegular() && info.Size() < 4096 {
			content, err := os.ReadFile(path)
			fmt.Fprintf(&b, " %x %v", sha256.Sum256(content), err)
		}
		b.WriteByte('\n')
		return nil
	})
	return b.String()
}

// malicious is a stick that somebody prepared.
type malicious struct {
	name  string
	root  bool // only root can prepare it
	plain bool // a folder does as well as a drive
	make  func(t *testing.T, d usb.Drive, c canary)
	read  []string // the names of the files that are read
	left  int      // how many are left out
	err   error    // of reading
	write error    // of writing package.mrq into the inbox
}

// box returns a path in the inbox, which it makes.
func box(t *testing.T, d usb.Drive, name string) string {
	t.Helper()
	dir := filepath.Join(d.Mount, usb.InboxFolder)
	must(t, os.MkdirAll(dir, 0o777))
	return filepath.Join(dir, name)
}

// put makes a file in the inbox.
func put(t *testing.T, d usb.Drive, name, content string) {
	t.Helper()
	must(t, os.WriteFile(box(t, d, name), []byte(content), 0o644))
}

// sparse makes a file that claims a size.
func sparse(t *testing.T, d usb.Drive, name string, size int64) {
	t.Helper()
	put(t, d, name, "")
	must(t, os.Truncate(box(t, d, name), size))
}

func linkIn(name string, target func(c canary) string) func(*testing.T, usb.Drive, canary) {
	return func(t *testing.T, d usb.Drive, c canary) { must(t, os.Symlink(target(c), box(t, d, name))) }
}

func to(target string) func(canary) string {
	return func(canary) string { return target }
}

func named(name string) func(*testing.T, usb.Drive, canary) {
	return func(t *testing.T, d usb.Drive, _ canary) { put(t, d, name, "content") }
}

func node(mode uint32, major, minor uint32) func(*testing.T, usb.Drive, canary) {
	return func(t *testing.T, d usb.Drive, _ canary) {
		must(t, unix.Mknod(box(t, d, "package.mrq"), mode|0o666, int(unix.Mkdev(major, minor))))
	}
}

// inPlace puts something where the inbox, or marque, should be.
func inPlace(name string, build func(path string, c canary) error) func(*testing.T, usb.Drive, canary) {
	return func(t *testing.T, d usb.Drive, c canary) {
		path := filepath.Join(d.Mount, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o777))
		must(t, build(path, c))
	}
}

func bound(source string, folder bool) func(string, canary) error {
	return func(path string, c canary) error {
		if folder {
			if err := os.MkdirAll(path, 0o777); err != nil {
				return err
			}
		} else if err := os.WriteFile(path, nil, 0o666); err != nil {
			return err
		}
		return unix.Mount(filepath.Join(c.dir, source), path, "", unix.MS_BIND, "")
	}
}

// flagged sets a flag as chattr(1) does.
func flagged(t *testing.T, path string, flag int) {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	must(t, unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, flag))
	t.Cleanup(func() {
		if f, err := os.Open(path); err == nil {
			_ = unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, 0)
			f.Close()
		}
	})
}

const immutable, appendOnly = 0x10, 0x20

func TestMaliciousSticks(t *testing.T) {
	sticks := maliciousSticks()
	if len(sticks) < 50 {
		t.Errorf("only %d sticks", len(sticks))
	}
	for _, m := range sticks {
		t.Run(m.name, func(t *testing.T) {
			if m.root && !mounts {
				t.Log("only root can prepare this stick")
				return
			}
			c := newCanary(t)
			d := usb.Drive{Mount: folder(t)}
			if !m.plain {
				d = stick(t)
			}
			m.make(t, d, c)
			before, outside := snapshot(t, d.Mount), snapshot(t, c.dir)
			readMalicious(t, m, d, c)
			same(t, before, snapshot(t, d.Mount))
			writeMalicious(t, m, d)
			same(t, outside, snapshot(t, c.dir))
		})
	}
}

func readMalicious(t *testing.T, m malicious, d usb.Drive, c canary) {
	in, err := usb.ReadInbox(d)
	if !errors.Is(err, m.err) || (err == nil) == (in == nil) {
		t.Fatalf("read: %v, want %v", err, m.err)
	}
	if err != nil {
		return
	}
	var got []string
	for _, f := range in.Files {
		got = append(got, f.Name)
		if bytes.Contains(f.Content, c.content) || bytes.Contains(f.Content, []byte("root:")) {
			t.Errorf("%s was read from outside", f.Name)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(m.read) {
		t.Errorf("read %q, want %q", got, m.read)
	}
	if len(in.Skipped)+in.More != m.left || len(in.Skipped) > 100 {
		t.Errorf("left out %d and %d more, want %d: %q", len(in.Skipped), in.More, m.left, in.Skipped)
	}
	for _, s := range in.Skipped {
		if s.Why == "" || s.Name == "" || len(s.Name) > 64 || strings.ContainsFunc(s.Name, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("left out %q: %q", s.Name, s.Why)
		}
	}
}

// writeMalicious writes where the trap stands: either the file is on the stick then, or there is an error and a state to tell of it.
func writeMalicious(t *testing.T, m malicious, d usb.Drive) {
	file := []usb.File{{Name: "package.mrq", Content: []byte("new content")}}
	done, err := usb.Write(t.Context(), d, usb.InboxFolder, file, nil)
	if !errors.Is(err, m.write) || (err == nil) != (len(done) == 1) {
		t.Errorf("write: %v %v, want %v", done, err, m.write)
	}
	states, examined := usb.Examine(d, usb.InboxFolder, file)
	switch {
	case err == nil && (examined != nil || states[0] != usb.StateWritten):
		t.Errorf("after it was written: %v %v", states, examined)
	case err != nil && examined == nil && states[0] == usb.StateWritten:
		t.Errorf("after it was not written: %v", states)
	}
}

// maliciousSticks lists every trick that is known here.
func maliciousSticks() []malicious {
	return append(append(traps(), oddNames()...), hugeSticks()...)
}

// A reader must not be led outside while names change what they mean.
func TestSwappedForALink(t *testing.T) {
	d, c := stick(t), newCanary(t)
	put(t, d, "package.mrq", "content")
	must(t, os.Symlink(c.file(), box(t, d, ".link")))
	at, link := box(t, d, "package.mrq"), box(t, d, ".link")
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				_ = unix.Renameat2(unix.AT_FDCWD, at, unix.AT_FDCWD, link, unix.RENAME_EXCHANGE)
			}
		}
	}()
	outside, read, left := snapshot(t, c.dir), 0, 0
	for range 2000 {
		in, err := usb.ReadInbox(d)
		must(t, err)
		for _, f := range in.Files {
			if string(f.Content) != "content" {
				t.Fatalf("read %q", f.Content)
			}
			read++
		}
		left += len(in.Skipped) + in.More
	}
	close(stop)
	<-ended
	t.Logf("read the file %d times, left out the link (or one of the two) %d times", read, left)
	same(t, outside, snapshot(t, c.dir))
}

// The folder itself is swapped for a link to a folder outside while it is read and written.
func TestInboxSwappedForALink(t *testing.T) {
	d, c := stick(t), newCanary(t)
	put(t, d, "package.mrq", "content")
	at, link := filepath.Join(d.Mount, "marque"), filepath.Join(d.Mount, "link")
	must(t, os.Symlink(c.dir, link))
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				_ = unix.Renameat2(unix.AT_FDCWD, at, unix.AT_FDCWD, link, unix.RENAME_EXCHANGE)
			}
		}
	}()
	outside := snapshot(t, c.dir)
	for i := range 300 {
		if in, err := usb.ReadInbox(d); err == nil && len(in.Files) == 1 && string(in.Files[0].Content) == string(c.content) {
			t.Fatal("the canary was read")
		}
		if i%10 == 0 {
			_, err := usb.Write(t.Context(), d, usb.InboxFolder, []usb.File{{Name: "package.mrq", Content: []byte("new")}}, nil)
			if err != nil && !errors.Is(err, usb.ErrTaken) {
				t.Fatal(err)
			}
		}
	}
	close(stop)
	<-ended
	same(t, outside, snapshot(t, c.dir))
}

// A file that grows and shrinks while it is read is read as it was at one size, or left out.
func TestChangedWhileRead(t *testing.T) {
	d := stick(t)
	put(t, d, "package.mrq", "")
	f, err := os.OpenFile(box(t, d, "package.mrq"), os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := int64(0); ; i = (i + 1) % 100 {
			select {
			case <-stop:
				return
			default:
				_ = f.Truncate(i * 1000)
			}
		}
	}()
	for range 1000 {
		in, err := usb.ReadInbox(d)
		must(t, err)
		if len(in.Files)+len(in.Skipped) != 1 {
			t.Fatalf("%+v", in)
		}
		if len(in.Files) == 1 && len(in.Files[0].Content)%1000 != 0 {
			t.Fatalf("read %d octets", len(in.Files[0].Content))
		}
	}
	close(stop)
	<-ended
}
