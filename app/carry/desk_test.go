package carry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"marque/app/carry"
	"marque/app/terminal"
	"marque/app/usb"
	"marque/app/usb/usbtest"
)

// sockets is what the kernel shows of sticks, with only what a test inserts.
type sockets struct {
	t   *testing.T
	dir string
	n   int // insertions
}

func newSockets(t *testing.T) *sockets {
	s := &sockets{t: t, dir: t.TempDir()}
	must(t, os.MkdirAll(filepath.Join(s.dir, "sys", "block"), 0o755))
	s.mount("")
	return s
}

func (s *sockets) system() usb.System {
	return usb.System{Sys: filepath.Join(s.dir, "sys"), Mounts: filepath.Join(s.dir, "mountinfo")}
}

// insert shows a stick of that number, or shows it again.
func (s *sockets) insert(name, number string) {
	s.t.Helper()
	s.n++
	dir := filepath.Join(s.dir, "sys", "devices", "usb1", name)
	for file, content := range map[string]string{
		"removable": "1", "ro": "0", "size": "8192", "dev": number, "diskseq": fmt.Sprint(s.n), "device/model": "Stick",
	} {
		must(s.t, os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755))
		must(s.t, os.WriteFile(filepath.Join(dir, file), []byte(content+"\n"), 0o644))
	}
	if err := os.Symlink(dir, filepath.Join(s.dir, "sys", "block", name)); err != nil && !errors.Is(err, os.ErrExist) {
		s.t.Fatal(err)
	}
}

// mount shows the mounts: number and path, one after the other.
func (s *sockets) mount(mounts string) {
	s.t.Helper()
	lines := "27 1 254:0 / / rw - ext4 /dev/vda rw\n"
	fields := strings.Fields(mounts)
	for i := 0; i < len(fields); i += 2 {
		lines += fmt.Sprintf("%d 27 %s / %s rw - vfat /dev/x rw\n", 90+i, fields[i], fields[i+1])
	}
	path := filepath.Join(s.dir, "mountinfo")
	must(s.t, os.WriteFile(path+"~", []byte(lines), 0o644))
	must(s.t, os.Rename(path+"~", path))
}

func nobody(string) (string, error) { return "", terminal.ErrNoTerminal }

func TestChoose(t *testing.T) {
	s := newSockets(t)
	at := t.TempDir()
	for _, test := range []struct {
		about, mounts, name string
		answer              string
		want                string // the device, or the folder in its place
		err                 error
	}{
		{"none", "", "", "", "", carry.ErrNoStick},
		{"none is mounted", "", "sdb", "", "", usb.ErrNotMounted},
		{"the only one", "8:16 /media/b", "", "", "sdb", nil},
		{"by device", "8:16 /media/b 8:32 /media/c", "sdc", "", "sdc", nil},
		{"by path of the device", "8:16 /media/b 8:32 /media/c", "/dev/sdc", "", "sdc", nil},
		{"by mount", "8:16 /media/b 8:32 /media/c", "/media/c", "", "sdc", nil},
		{"several", "8:16 /media/b 8:32 /media/c", "", "", "", carry.ErrSeveral},
		{"several, asked", "8:16 /media/b 8:32 /media/c", "", "2", "sdc", nil},
		{"several, wrong answer", "8:16 /media/b 8:32 /media/c", "", "3", "", carry.ErrSeveral},
		{"a folder", "", at, "", at, nil},
		{"no folder", "", at + "/none", "", "", carry.ErrNoDrive},
		{"no device", "", "sdz", "", "", carry.ErrNoDrive},
	} {
		if test.mounts != "" || test.name == "sdb" {
			s.insert("sdb", "8:16")
			s.insert("sdc", "8:32")
		}
		s.mount(test.mounts)
		desk := &carry.Desk{System: s.system(), Err: new(bytes.Buffer), Ask: nobody}
		if test.answer != "" {
			desk.Ask = func(prompt string) (string, error) {
				if !strings.Contains(prompt, "2  sdc") {
					t.Errorf("%s: asked %q", test.about, prompt)
				}
				return test.answer, nil
			}
		}
		got, err := desk.Choose(t.Context(), test.name, true)
		if !errors.Is(err, test.err) || got.Device != test.want && got.Mount != test.want {
			t.Errorf("%s: %+v, %v", test.about, got, err)
		}
	}
}

// writer calls a function with everything that is written.
type writer func(text string)

func (w writer) Write(b []byte) (int, error) {
	w(string(b))
	return len(b), nil
}

func TestChooseWaits(t *testing.T) {
	s := newSockets(t)
	told := ""
	desk := &carry.Desk{System: s.system(), Watching: true, Ask: nobody, Err: writer(func(text string) {
		told += text
		switch {
		case strings.Contains(text, "insert a stick"):
			s.insert("sdb", "8:16")
		case strings.Contains(text, "not mounted"):
			s.mount("8:16 /media/b")
		}
	})}
	got, err := desk.Choose(t.Context(), "", true)
	if err != nil || got.Device != "sdb" || !strings.Contains(told, "open it in the file manager") {
		t.Fatalf("%+v, %v, told %q", got, err, told)
	}
	ctx, cancel := context.WithCancel(t.Context())
	desk.System, desk.Err = newSockets(t).system(), writer(func(string) { cancel() })
	if _, err := desk.Choose(ctx, "", true); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// The stick is pulled while it is read back, inserted again, and written to once more.
func TestDeliverToAPulledStick(t *testing.T) {
	if !usbtest.Real() {
		t.Log("not tried: without mounts no stick can be pulled")
		return
	}
	s, at, image := newSockets(t), t.TempDir(), filepath.Join(t.TempDir(), "image")
	must(t, usbtest.Format(image, 16<<10))
	insert := func() {
		must(t, usbtest.Insert(image, at))
		var st unix.Stat_t
		must(t, unix.Stat(at, &st))
		number := fmt.Sprintf("%d:%d", unix.Major(st.Dev), unix.Minor(st.Dev))
		s.insert("sdb", number)
		s.mount(number + " " + at)
	}
	insert()
	t.Cleanup(func() { _ = usbtest.Remove(at) })
	old := []usb.File{{Name: "list.mql", Content: []byte("old")}}
	told, pulled, asked := "", false, ""
	desk := &carry.Desk{System: s.system(), Err: new(bytes.Buffer), Ask: nobody}
	drive, err := desk.Choose(t.Context(), "", true)
	must(t, err)
	_, err = desk.Deliver(t.Context(), drive, old)
	must(t, err)

	desk.Watching = true
	desk.Ask = func(prompt string) (string, error) { asked = prompt; return "y", nil }
	desk.Err = writer(func(text string) {
		told += text
		switch {
		case strings.Contains(text, "writing core.mqs") && !pulled:
			pulled = true
			must(t, usbtest.Pull(at))
		case strings.Contains(text, "insert it again"):
			must(t, usbtest.Remove(at))
			insert()
		}
	})
	files := []usb.File{{Name: "list.mql", Content: []byte("new")}, {Name: "core.mqs", Content: bytes.Repeat([]byte("core"), 1000)}}
	done, err := desk.Deliver(t.Context(), drive, files)
	if err != nil || len(done) != 2 || !pulled {
		t.Fatalf("%v, %v, told %q", done, err, told)
	}
	for _, want := range []string{
		"list.mql is not on the drive, which holds something else", "core.mqs is not on the drive", "reading back core.mqs",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("not told %q but %q", want, told)
		}
	}
	if !strings.Contains(asked, "Write again") {
		t.Errorf("asked %q", asked)
	}
	got, err := os.ReadFile(filepath.Join(at, usb.InboxFolder, "list.mql"))
	if err != nil || string(got) != "new" {
		t.Errorf("the stick holds %q, %v", got, err)
	}
}

// Without anybody who inserts the stick again, what is known is told.
func TestDeliverFails(t *testing.T) {
	var told bytes.Buffer
	desk := &carry.Desk{System: newSockets(t).system(), Err: &told, Ask: nobody}
	at := t.TempDir()
	drive, err := desk.Choose(t.Context(), at, true)
	must(t, err)
	must(t, os.MkdirAll(filepath.Join(at, usb.InboxFolder, "b"), 0o755)) // a folder in the place of a file
	_, err = desk.Deliver(t.Context(), drive, []usb.File{{Name: "a", Content: []byte("a")}, {Name: "b", Content: []byte("b")}})
	if !errors.Is(err, usb.ErrTaken) || !strings.Contains(told.String(), "b is not on the drive, which holds something else") {
		t.Errorf("%v, told %q", err, told.String())
	}
	must(t, os.RemoveAll(at))
	told.Reset()
	_, err = desk.Deliver(t.Context(), drive, []usb.File{{Name: "a", Content: []byte("a")}})
	if !errors.Is(err, usb.ErrGone) || !strings.Contains(told.String(), "a: the stick holds it or what was there before") {
		t.Errorf("%v, told %q", err, told.String())
	}
}
