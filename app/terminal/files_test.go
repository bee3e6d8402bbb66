package terminal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"marque/app/terminal"
)

// mask sets the process's umask for one test.
func mask(t *testing.T, m int) {
	t.Helper()
	old := syscall.Umask(m)
	t.Cleanup(func() { syscall.Umask(old) })
}

func mode(t *testing.T, name string) os.FileMode {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

// A payload may be what a sealed message protected, so nobody else may read it; other files are as open as the person wants new files to be.
func TestFilesAreNoMoreOpenThanTheyShouldBe(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		mask                     int
		payload, message, public os.FileMode
	}{
		{0o022, 0o600, 0o644, 0o644},
		{0o077, 0o600, 0o600, 0o600},
	} {
		mask(t, c.mask)
		if err := errors.Join(
			terminal.Write(nil, path("payload"), []byte("secret"), true),
			terminal.Write(nil, path("message"), []byte("sealed"), false),
			os.RemoveAll(path("new")),
			terminal.WriteNew(path("new"), []byte("package")),
		); err != nil {
			t.Fatal(err)
		}
		if p, m, n := mode(t, path("payload")), mode(t, path("message")), mode(t, path("new")); p != c.payload || m != c.message || n != c.public {
			t.Errorf("umask %o: payload %o, message %o, new file %o", c.mask, p, m, n)
		}
	}
}

// What is no file, such as /dev/null, is written to and never replaced.
func TestWriteKeepsWhatIsNoFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := os.OpenFile(name, os.O_RDWR, 0) // does not wait for the other end
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := terminal.Write(nil, name, []byte("through"), false); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(name)
	if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Fatalf("the pipe is now %v, %v", info.Mode(), err)
	}
	got := make([]byte, 7)
	if _, err := r.Read(got); err != nil || !bytes.Equal(got, []byte("through")) {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestWriteNewNeverReplaces(t *testing.T) {
	dir := t.TempDir()
	name, link, elsewhere := filepath.Join(dir, "a"), filepath.Join(dir, "link"), filepath.Join(dir, "elsewhere")
	if err := errors.Join(terminal.WriteNew(name, []byte("one")), terminal.WriteNew(name, []byte("one")), os.Symlink(elsewhere, link)); err != nil {
		t.Fatal(err)
	}
	if err := terminal.WriteNew(name, []byte("two")); !errors.Is(err, terminal.ErrExists) {
		t.Errorf("other contents: %v", err)
	}
	if err := terminal.WriteNew(link, []byte("two")); err == nil {
		t.Error("wrote through a link")
	}
	if _, err := os.Lstat(elsewhere); err == nil {
		t.Error("the link's target came into being")
	}
	if b, err := os.ReadFile(name); err != nil || string(b) != "one" {
		t.Errorf("now %q, %v", b, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestWriteNewPrivateIsForItsOwnerAlone(t *testing.T) {
	name := filepath.Join(t.TempDir(), "key")
	mask(t, 0)
	if err := errors.Join(terminal.WriteNewPrivate(name, []byte("one")), terminal.WriteNewPrivate(name, []byte("one"))); err != nil {
		t.Fatal(err)
	}
	if m := mode(t, name); m != 0o600 {
		t.Errorf("mode %o", m)
	}
	if err := terminal.WriteNewPrivate(name, []byte("two")); !errors.Is(err, terminal.ErrExists) {
		t.Errorf("other contents: %v", err)
	}
}
