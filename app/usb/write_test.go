package usb_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"marque/app/usb"
)

const out = "marque/packages"

// formats lists the file systems on which writing is tried: with a journal, without one as FAT, and such as cannot be read past the cache.
func formats(t *testing.T) map[string]usb.Drive {
	t.Helper()
	drives := map[string]usb.Drive{"folder": {Mount: folder(t)}}
	if !mounts {
		t.Log("without the right to mount, only a folder is written to")
		return drives
	}
	kinds := []string{"ext4", "ext2"}
	known, err := os.ReadFile("/proc/filesystems")
	must(t, err)
	for _, kind := range []string{"vfat", "exfat"} {
		if _, err := os.Stat("/sbin/mkfs." + kind); err == nil && strings.Contains(string(known), "\t"+kind+"\n") {
			kinds = append(kinds, kind)
		}
	}
	for _, kind := range kinds {
		image, at := filepath.Join(t.TempDir(), "image"), folder(t)
		if strings.HasPrefix(kind, "ext") {
			format(t, image, kind, 64<<20)
		} else {
			must(t, os.WriteFile(image, make([]byte, 64<<20), 0o644))
			run(t, "mkfs."+kind, image)
		}
		drives[kind] = insert(t, image, kind, at, 0)
	}
	for _, kind := range []string{"tmpfs", "ramfs"} {
		at := folder(t)
		must(t, unix.Mount(kind, at, kind, 0, ""))
		drives[kind] = drive(t, at)
	}
	t.Cleanup(func() {
		for _, d := range drives {
			_ = unix.Unmount(d.Mount, unix.MNT_DETACH)
		}
	})
	return drives
}

// holds fails the test unless exactly these files are in a folder of a drive.
func holds(t *testing.T, d usb.Drive, folder string, files ...usb.File) {
	t.Helper()
	var want []string
	for _, f := range files {
		want = append(want, f.Name)
		got, err := os.ReadFile(filepath.Join(d.Mount, folder, f.Name))
		if err != nil || !bytes.Equal(got, f.Content) {
			t.Errorf("%s holds %d octets, %v; want %d", f.Name, len(got), err, len(f.Content))
		}
	}
	slices.Sort(want)
	if got := names(t, filepath.Join(d.Mount, folder)); !slices.Equal(got, want) {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
}

func TestWrite(t *testing.T) {
	for kind, d := range formats(t) {
		t.Run(kind, func(t *testing.T) {
			var files []usb.File
			for i, n := range []int{0, 1, 4095, 4096, 4097, 1<<20 - 1, 1 << 20, 1<<20 + 1, 5<<20 + 77} {
				files = append(files, usb.File{Name: fmt.Sprintf("file-%d.mrq", i), Content: random(uint64(i), n)})
			}
			for range 2 { // new ones, then over the same ones
				wrote(t, d, files)
				for i := range files {
					files[i].Content = append(files[i].Content, 'x')
				}
			}
			// What was written as an inbox can be read as one.
			_, err := usb.Write(t.Context(), d, usb.InboxFolder, files, nil)
			must(t, err)
			in, err := usb.ReadInbox(d)
			must(t, err)
			if !slices.EqualFunc(in.Files, files, func(a, b usb.File) bool { return a.Name == b.Name && bytes.Equal(a.Content, b.Content) }) {
				t.Error("another inbox is read than was written")
			}
		})
	}
}

func wrote(t *testing.T, d usb.Drive, files []usb.File) {
	t.Helper()
	var last usb.Progress
	done, err := usb.Write(t.Context(), d, out, files, func(p usb.Progress) {
		if p.Done < last.Done || p.Done > p.Total || last.Total != 0 && p.Total != last.Total || p.Done-last.Done > 2<<20 {
			t.Errorf("progress from %+v to %+v", last, p)
		}
		last = p
	})
	must(t, err)
	if !last.Reading || last.Total-last.Done > 1<<20 {
		t.Errorf("at last %+v", last)
	}
	for i, w := range done {
		if w.Name != files[i].Name || w.Size != len(files[i].Content) || w.Hash != sha256.Sum256(files[i].Content) {
			t.Errorf("%+v", w)
		}
	}
	if len(done) != len(files) {
		t.Errorf("%d of %d files", len(done), len(files))
	}
	holds(t, d, out, files...)
	states, err := usb.Examine(d, out, files)
	must(t, err)
	if slices.ContainsFunc(states, func(s usb.State) bool { return s != usb.StateWritten }) {
		t.Errorf("states %v", states)
	}
}

// More files than share one flush; some bear names of things that are no files, which are replaced and not followed.
func TestWriteManyOverOddThings(t *testing.T) {
	d, c := stick(t), newCanary(t)
	var files []usb.File
	for i := range 200 {
		files = append(files, usb.File{Name: fmt.Sprintf("%d.mrq", i), Content: random(uint64(i), 100)})
	}
	dir := filepath.Join(d.Mount, out)
	must(t, os.MkdirAll(dir, 0o777))
	must(t, os.Symlink(c.file(), filepath.Join(dir, "0.mrq")))
	must(t, unix.Mkfifo(filepath.Join(dir, "1.mrq"), 0o666))
	must(t, os.Link(filepath.Join(dir, "1.mrq"), filepath.Join(dir, "2.mrq")))
	must(t, os.WriteFile(filepath.Join(dir, ".marque-LEFT"), []byte("of an earlier try"), 0o666))
	states, err := usb.Examine(d, out, files)
	must(t, err)
	if states[0] != usb.StateOther || states[1] != usb.StateOther || states[3] != usb.StateMissing {
		t.Errorf("before: %v", states[:4])
	}
	outside := snapshot(t, c.dir)
	done, err := usb.Write(t.Context(), d, out, files, nil)
	must(t, err)
	if len(done) != len(files) {
		t.Errorf("%d files", len(done))
	}
	holds(t, d, out, files...)
	same(t, outside, snapshot(t, c.dir))
}

func TestWriteRefuses(t *testing.T) {
	big := make([]byte, usb.MaxFileSize+1)
	many := make([]usb.File, usb.MaxFiles+1)
	for i := range many {
		many[i].Name = fmt.Sprint(i)
	}
	heavy := make([]usb.File, 17)
	for i := range heavy {
		heavy[i] = usb.File{Name: fmt.Sprint(i), Content: big[1:]}
	}
	d := stick(t)
	before := snapshot(t, d.Mount)
	for name, c := range map[string]struct {
		folder string
		files  []usb.File
		want   error
	}{
		"no name":             {out, []usb.File{{}}, usb.ErrName},
		"path":                {out, []usb.File{{Name: "a/b"}}, usb.ErrName},
		"upwards":             {out, []usb.File{{Name: ".."}}, usb.ErrName},
		"hidden":              {out, []usb.File{{Name: ".a"}}, usb.ErrName},
		"option":              {out, []usb.File{{Name: "-a"}}, usb.ErrName},
		"dot at the end":      {out, []usb.File{{Name: "a."}}, usb.ErrName},
		"blank":               {out, []usb.File{{Name: "a b"}}, usb.ErrName},
		"NUL":                 {out, []usb.File{{Name: "a\x00b"}}, usb.ErrName},
		"long":                {out, []usb.File{{Name: strings.Repeat("a", 101)}}, usb.ErrName},
		"twice":               {out, []usb.File{{Name: "a.mrq"}, {Name: "b"}, {Name: "A.MRQ"}}, usb.ErrName},
		"too large":           {out, []usb.File{{Name: "a", Content: big}}, usb.ErrTooMany},
		"too many":            {out, many, usb.ErrTooMany},
		"too much":            {out, heavy, usb.ErrTooMany},
		"no folder":           {"", nil, usb.ErrName},
		"folder upwards":      {"../x", nil, usb.ErrName},
		"folder of the root":  {"/etc", nil, usb.ErrName},
		"folder too deep":     {"a/b/c/d", nil, usb.ErrName},
		"folder without name": {"a//b", nil, usb.ErrName},
	} {
		done, err := usb.Write(t.Context(), d, c.folder, c.files, nil)
		if done != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v", name, done, err)
		}
	}
	same(t, before, snapshot(t, d.Mount))
}

// After a drive is unmounted, its mount point is a folder of the system: nothing may be read from it, or written to it.
func TestAnotherDriveInItsPlace(t *testing.T) {
	d := usb.Drive{Device: "sdb1", Mount: folder(t), Number: "8:17"}
	put(t, d, "package.mrq", "of the system")
	file := []usb.File{{Name: "a", Content: []byte("a")}}
	try := func(want error) {
		t.Helper()
		before := ""
		if d.Mount != "" {
			before = snapshot(t, d.Mount)
		}
		if in, err := usb.ReadInbox(d); in != nil || !errors.Is(err, want) {
			t.Errorf("read: %v %v", in, err)
		}
		if done, err := usb.Write(t.Context(), d, out, file, nil); done != nil || !errors.Is(err, want) {
			t.Errorf("write: %v %v", done, err)
		}
		if states, err := usb.Examine(d, out, file); states != nil || !errors.Is(err, want) {
			t.Errorf("examine: %v %v", states, err)
		}
		if err := usb.Eject(t.Context(), d); d.Mount != "" && !errors.Is(err, want) {
			t.Errorf("eject: %v", err)
		}
		if d.Mount != "" {
			same(t, before, snapshot(t, d.Mount))
		}
	}
	try(usb.ErrGone)
	d.Mount = filepath.Join(d.Mount, "removed")
	try(usb.ErrGone)
	d.Mount = ""
	try(usb.ErrNotMounted)
}

// A drive that lies says that it wrote, and gives back something else. Here the octets of the drive are changed behind the file system's back
// after they were flushed, or the file is changed: both must be noticed, though the system still has the right octets in its cache.
func TestReadBackCatchesALiar(t *testing.T) {
	for _, size := range []int{1, 5000, 3 << 20} {
		content := random(uint64(size), size)
		changed := bytes.Clone(content)
		changed[size-1] ^= 1
		for name, lie := range map[string]func(path string) error{
			"changed": func(path string) error { return os.WriteFile(path, changed, 0o644) },
			"shorter": func(path string) error { return os.Truncate(path, int64(size-1)) },
			"longer":  func(path string) error { return os.Truncate(path, int64(size+1)) },
			"removed": os.Remove,
			"link":    func(path string) error { return errors.Join(os.Remove(path), os.Symlink("/dev/zero", path)) },
			"folder":  func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o777)) },
		} {
			liar(t, usb.Drive{Mount: folder(t)}, name, content, lie)
		}
		if !mounts {
			t.Log("without the right to mount, no drive's own octets are changed")
			continue
		}
		for _, kind := range []string{"ext4", "ext2"} {
			image, at := filepath.Join(t.TempDir(), "image"), t.TempDir()
			format(t, image, kind, 32<<20)
			d := insert(t, image, kind, at, 0)
			liar(t, d, "octets of the drive with "+kind, content, func(string) error { return overwrite(image, content, changed) })
			eject(t, at)
		}
	}
}

func liar(t *testing.T, d usb.Drive, name string, content []byte, lie func(path string) error) {
	t.Helper()
	files := []usb.File{{Name: "first.mrq", Content: []byte("first")}, {Name: "package.mrq", Content: content}}
	for _, f := range files { // before the file is opened to be read back, and while it is open
		if f.Name == "package.mrq" && (name == "removed" || name == "link" || name == "folder") {
			continue // what happens to the name of an open file is another one's deed
		}
		must(t, os.RemoveAll(filepath.Join(d.Mount, out)))
		lied := false
		done, err := usb.Write(t.Context(), d, out, files, func(p usb.Progress) {
			if p.Reading && p.Name == f.Name && !lied {
				lied = true
				must(t, lie(filepath.Join(d.Mount, out, "package.mrq")))
			}
		})
		if !lied || len(done) != 0 || !errors.Is(err, usb.ErrReadBack) {
			t.Errorf("%s, %d octets, at %s: %v, %v", name, len(content), f.Name, done, err)
		}
	}
}

// overwrite finds the last block of a content in an image, and changes it. A block of one octet is found by the zeros after it.
func overwrite(image string, content, changed []byte) error {
	last := (len(content) - 1) / 1024 * 1024 // the smallest block
	pad := make([]byte, 1024-(len(content)-last))
	all, err := os.ReadFile(image)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(image, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	found := 0
	for at := 0; at+1024 <= len(all); at += 1024 {
		if bytes.Equal(all[at:at+1024], append(bytes.Clone(content[last:]), pad...)) {
			found++
			if _, err := f.WriteAt(changed[last:], int64(at)); err != nil {
				return err
			}
		}
	}
	if found == 0 {
		return errors.New("the content is not on the drive, though it is being read back")
	}
	return nil
}

// A full drive keeps what it had.
func TestFull(t *testing.T) {
	if !mounts {
		t.Log("without the right to mount, no drive is full")
		return
	}
	for kind, d := range formats(t) {
		if kind == "folder" || kind == "ramfs" {
			continue // which would fill the machine
		}
		if kind == "tmpfs" {
			must(t, unix.Mount("", d.Mount, "", unix.MS_REMOUNT, "size=20m"))
		}
		old := []usb.File{{Name: "a.mrq", Content: []byte("old")}, {Name: "b.mrq", Content: []byte("old too")}}
		_, err := usb.Write(t.Context(), d, out, old, nil)
		must(t, err)
		more := []usb.File{{Name: "a.mrq", Content: random(1, 1000)}, {Name: "b.mrq", Content: random(2, 15<<20)}}
		for i := range 8 {
			more = append(more, usb.File{Name: fmt.Sprint(i), Content: random(3, 15<<20)})
		}
		done, err := usb.Write(t.Context(), d, out, more, nil)
		if !errors.Is(err, usb.ErrFull) || len(done) == len(more) {
			t.Errorf("%s: %d files, %v", kind, len(done), err)
		}
		want := slices.Clone(old)
		for i := range done { // in their order
			want = slices.DeleteFunc(want, func(f usb.File) bool { return f.Name == more[i].Name })
			want = append(want, more[i])
		}
		holds(t, d, out, want...)
	}
}

func TestReadOnly(t *testing.T) {
	if !mounts {
		t.Log("without the right to mount, no drive is locked")
		return
	}
	image, at := filepath.Join(t.TempDir(), "image"), t.TempDir()
	format(t, image, "ext4", 16<<20)
	old := []usb.File{{Name: "a.mrq", Content: []byte("old")}}
	_, err := usb.Write(t.Context(), insert(t, image, "ext4", at, 0), usb.InboxFolder, old, nil)
	must(t, err)
	eject(t, at)
	d := insert(t, image, "ext4", at, unix.MS_RDONLY)
	_, err = usb.Write(t.Context(), d, usb.InboxFolder, []usb.File{{Name: "a.mrq", Content: []byte("new")}}, nil)
	if !errors.Is(err, usb.ErrReadOnly) {
		t.Errorf("write: %v", err)
	}
	in, err := usb.ReadInbox(d)
	must(t, err)
	if len(in.Files) != 1 || string(in.Files[0].Content) != "old" {
		t.Errorf("read %+v", in)
	}
	must(t, usb.Eject(t.Context(), d))
}

// A write that is called off leaves each file old or new, and nothing unfinished.
func TestCalledOff(t *testing.T) {
	d := stick(t)
	files := []usb.File{{Name: "a.mrq", Content: random(1, 3<<20)}, {Name: "b.mrq", Content: random(2, 8<<20)}, {Name: "c.mrq", Content: random(3, 9)}}
	for step := 1; ; step++ {
		must(t, os.RemoveAll(filepath.Join(d.Mount, out)))
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		done, err := usb.Write(ctx, d, out, files, func(usb.Progress) {
			if steps++; steps == step {
				cancel()
			}
		})
		cancel()
		if steps < step {
			must(t, err)
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("called off at step %d: %v", step, err)
		}
		states, err := usb.Examine(d, out, files)
		must(t, err)
		for i, s := range states {
			if s == usb.StateOther || i < len(done) && s != usb.StateWritten {
				t.Errorf("called off at step %d: %s %v", step, files[i].Name, s)
			}
		}
		if got := names(t, filepath.Join(d.Mount, out)); slices.ContainsFunc(got, func(n string) bool { return n[0] == '.' }) {
			t.Errorf("called off at step %d: %q", step, got)
		}
	}
}

// Of two writers into one folder the second is turned away, and does not touch what the first has begun.
func TestTwoWriters(t *testing.T) {
	d := stick(t)
	file := []usb.File{{Name: "a.mrq", Content: []byte("first")}}
	_, err := usb.Write(t.Context(), d, out, file, func(p usb.Progress) {
		_, err := usb.Write(t.Context(), d, out, []usb.File{{Name: "a.mrq", Content: []byte("second")}}, nil)
		if !errors.Is(err, usb.ErrBusy) {
			t.Errorf("the second writer: %v", err)
		}
	})
	must(t, err)
	holds(t, d, out, file...)
}

// What a user may not do is said, and does not stop at the first file that may not be read.
func TestAsNobody(t *testing.T) {
	d := stick(t)
	put(t, d, "a.mrq", "content")
	put(t, d, "b.mrq", "secret")
	must(t, os.Chmod(box(t, d, "b.mrq"), 0))
	must(t, os.Chmod(box(t, d, ""), 0o555))
	asNobody(t, func() {
		in, err := usb.ReadInbox(d)
		if err != nil || len(in.Files) != 1 || len(in.Skipped) != 1 || in.Skipped[0].Name != "b.mrq" {
			t.Errorf("read: %+v %v", in, err)
		}
		file := []usb.File{{Name: "b.mrq", Content: []byte("new")}}
		if _, err := usb.Write(t.Context(), d, usb.InboxFolder, file, nil); !errors.Is(err, usb.ErrDenied) {
			t.Errorf("write: %v", err)
		}
		if _, err := usb.Examine(d, usb.InboxFolder, file); !errors.Is(err, usb.ErrDenied) {
			t.Errorf("examine: %v", err)
		}
		if err := usb.Eject(t.Context(), d); !errors.Is(err, usb.ErrEject) {
			t.Errorf("eject: %v", err)
		}
	})
	must(t, os.Chmod(box(t, d, ""), 0o111))
	asNobody(t, func() {
		if _, err := usb.ReadInbox(d); !errors.Is(err, usb.ErrDenied) {
			t.Errorf("read an inbox that may not be listed: %v", err)
		}
	})
	must(t, os.Chmod(box(t, d, ""), 0o755))
}

func TestEject(t *testing.T) {
	must(t, usb.Eject(t.Context(), usb.Drive{Device: "sdb1"})) // it is not mounted
	if err := usb.Eject(t.Context(), usb.Drive{Mount: t.TempDir()}); !errors.Is(err, usb.ErrEject) {
		t.Errorf("a folder: %v", err)
	}
	if !mounts {
		t.Log("without the right to mount, no drive is ejected")
		return
	}
	image, at := filepath.Join(t.TempDir(), "image"), t.TempDir()
	format(t, image, "ext4", 16<<20)
	d := insert(t, image, "ext4", at, 0)
	must(t, os.WriteFile(filepath.Join(at, "not flushed"), []byte("content"), 0o644))
	f, err := os.Open(at)
	must(t, err)
	if err := usb.Eject(t.Context(), d); !errors.Is(err, usb.ErrBusy) {
		t.Errorf("a drive in use: %v", err)
	}
	must(t, f.Close())
	must(t, usb.Eject(t.Context(), d))
	if got := names(t, at); len(got) != 0 {
		t.Errorf("it is still mounted: %q", got)
	}
	insert(t, image, "ext4", at, unix.MS_RDONLY)
	defer eject(t, at)
	if got, err := os.ReadFile(filepath.Join(at, "not flushed")); err != nil || string(got) != "content" {
		t.Errorf("it holds %q, %v", got, err)
	}
}
