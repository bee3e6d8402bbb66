package usb_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"marque/app/usb"
)

// traps lists sticks on which something stands that is not what it seems.
func traps() []malicious {
	return append([]malicious{
		{name: "nothing", make: func(*testing.T, usb.Drive, canary) {}, err: usb.ErrNoInbox},
		{name: "empty inbox", make: func(t *testing.T, d usb.Drive, _ canary) { box(t, d, "") }},
		{name: "link out", make: linkIn("package.mrq", canary.file), left: 1},
		{name: "link to a folder out", make: linkIn("package.mrq", func(c canary) string { return c.dir }), left: 1},
		{name: "link to the system", make: linkIn("package.mrq", to("/etc/passwd")), left: 1},
		{name: "link upwards", make: linkIn("package.mrq", to("../../../../../../../../etc/passwd")), left: 1},
		{name: "link to nothing", make: linkIn("package.mrq", to("nothing")), left: 1},
		{name: "link to itself", make: linkIn("package.mrq", to("package.mrq")), left: 1},
		{name: "link to the inbox", make: linkIn("package.mrq", to(".")), left: 1},
		{name: "link to endless zeros", make: linkIn("package.mrq", to("/dev/zero")), left: 1},
		{name: "link to this process's input", make: linkIn("package.mrq", to("/proc/self/fd/0")), left: 1},
		{name: "link to this process's memory", make: linkIn("package.mrq", to("/proc/self/mem")), left: 1},
		{name: "link within the inbox", make: func(t *testing.T, d usb.Drive, _ canary) {
			put(t, d, "a", "content")
			must(t, os.Symlink("a", box(t, d, "package.mrq")))
		}, read: []string{"a"}, left: 1},
		{name: "chain of links", make: func(t *testing.T, d usb.Drive, _ canary) {
			for i := range 60 {
				must(t, os.Symlink(fmt.Sprintf("l%d", i+1), box(t, d, fmt.Sprintf("l%d", i))))
			}
		}, left: 60},
		{name: "hard link to another file of the stick", make: func(t *testing.T, d usb.Drive, _ canary) {
			must(t, os.WriteFile(filepath.Join(d.Mount, "other"), []byte("content of the stick's own"), 0o644))
			must(t, os.Link(filepath.Join(d.Mount, "other"), box(t, d, "package.mrq")))
		}, read: []string{"package.mrq"}},
		{name: "pipe", make: func(t *testing.T, d usb.Drive, _ canary) { must(t, unix.Mkfifo(box(t, d, "package.mrq"), 0o666)) }, left: 1},
		{name: "socket", make: func(t *testing.T, d usb.Drive, _ canary) {
			fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			must(t, err)
			defer unix.Close(fd)
			dir, err := os.Open(filepath.Dir(box(t, d, "s"))) // the path may be too long for a socket
			must(t, err)
			defer dir.Close()
			must(t, unix.Bind(fd, &unix.SockaddrUnix{Name: fmt.Sprintf("/proc/self/fd/%d/package.mrq", dir.Fd())}))
		}, left: 1},
		{name: "folder", make: func(t *testing.T, d usb.Drive, _ canary) {
			must(t, os.Mkdir(box(t, d, "package.mrq"), 0o777))
			must(t, os.WriteFile(box(t, d, "package.mrq/inner.mrq"), nil, 0o666))
		}, left: 1, write: usb.ErrTaken},
		{name: "deep folders", make: func(t *testing.T, d usb.Drive, _ canary) {
			must(t, os.MkdirAll(box(t, d, strings.Repeat("d/", 1500)), 0o777))
		}, left: 1},
		{name: "file that may be executed as root", make: func(t *testing.T, d usb.Drive, _ canary) {
			put(t, d, "package.mrq", "#!/bin/sh\nreboot")
			must(t, os.Chmod(box(t, d, "package.mrq"), 0o777|os.ModeSetuid|os.ModeSetgid))
		}, read: []string{"package.mrq"}},
		{name: "unfinished file that is a folder", make: func(t *testing.T, d usb.Drive, _ canary) {
			must(t, os.MkdirAll(box(t, d, ".marque-X/inner"), 0o777))
		}, left: 1},
		{name: "unfinished file that is a link", make: linkIn(".marque-X", canary.file), left: 1},
	}, append(places(), onlyRoot()...)...)
}

// places lists sticks with something else in the place of the inbox.
func places() []malicious {
	link := func(path string, c canary) error { return os.Symlink(c.dir, path) }
	file := func(path string, _ canary) error { return os.WriteFile(path, []byte("file"), 0o666) }
	pipe := func(path string, _ canary) error { return unix.Mkfifo(path, 0o666) }
	itself := func(path string, _ canary) error { return os.Symlink(path, path) }
	listen := func(path string, _ canary) error {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		dir, err := os.Open(filepath.Dir(path))
		if err != nil {
			return err
		}
		defer dir.Close()
		return unix.Bind(fd, &unix.SockaddrUnix{Name: fmt.Sprintf("/proc/self/fd/%d/inbox", dir.Fd())})
	}
	var all []malicious
	for name, build := range map[string]func(string, canary) error{"link out": link, "file": file, "pipe": pipe, "link to itself": itself} {
		for _, place := range []string{"marque", "marque/inbox"} {
			all = append(all, malicious{name: place + " is a " + name, make: inPlace(place, build), err: usb.ErrNoInbox, write: usb.ErrTaken})
		}
	}
	for _, place := range []string{"marque", "marque/inbox"} {
		all = append(all, malicious{
			name: place + " is another drive", root: true, make: inPlace(place, bound("marque", true)), err: usb.ErrNoInbox, write: usb.ErrTaken,
		})
	}
	return append(all,
		malicious{name: "inbox is a socket", make: inPlace("marque/inbox", listen), err: usb.ErrNoInbox, write: usb.ErrTaken},
		malicious{name: "inbox in capitals", make: inPlace("Marque/Inbox", func(path string, _ canary) error { return os.Mkdir(path, 0o777) }), err: usb.ErrNoInbox})
}

// onlyRoot lists sticks that take root to be prepared.
func onlyRoot() []malicious {
	return []malicious{
		{name: "endless device", root: true, make: node(unix.S_IFCHR, 1, 5), left: 1},
		{name: "terminal", root: true, make: node(unix.S_IFCHR, 5, 0), left: 1},
		{name: "device that does not exist", root: true, make: node(unix.S_IFCHR, 240, 77), left: 1},
		{name: "memory of the machine", root: true, make: node(unix.S_IFCHR, 1, 1), left: 1},
		{name: "disk of the machine", root: true, make: node(unix.S_IFBLK, 254, 0), left: 1},
		{name: "inbox is a device", root: true, make: inPlace("marque/inbox", func(path string, _ canary) error {
			return unix.Mknod(path, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5)))
		}), err: usb.ErrNoInbox, write: usb.ErrTaken},
		{name: "file of another drive", root: true, make: inPlace("marque/inbox/package.mrq", bound("package.mrq", false)), left: 1, write: usb.ErrBusy},
		{name: "file that cannot be changed", root: true, make: func(t *testing.T, d usb.Drive, _ canary) {
			put(t, d, "package.mrq", "content")
			flagged(t, box(t, d, "package.mrq"), immutable)
		}, read: []string{"package.mrq"}, write: usb.ErrDenied},
		{name: "file that only grows", root: true, make: func(t *testing.T, d usb.Drive, _ canary) {
			put(t, d, "package.mrq", "content")
			flagged(t, box(t, d, "package.mrq"), appendOnly)
		}, read: []string{"package.mrq"}, write: usb.ErrDenied},
		{name: "inbox that cannot be changed", root: true, make: func(t *testing.T, d usb.Drive, _ canary) {
			put(t, d, "package.mrq", "content")
			flagged(t, filepath.Dir(box(t, d, "x")), immutable)
		}, read: []string{"package.mrq"}, write: usb.ErrDenied},
		{name: "unfinished file that cannot be changed", root: true, make: func(t *testing.T, d usb.Drive, _ canary) {
			put(t, d, ".marque-X", "content")
			flagged(t, box(t, d, ".marque-X"), immutable)
		}, left: 1},
	}
}

// oddNames lists sticks whose files have names that mean something to a terminal, a shell, or another system.
func oddNames() []malicious {
	var all []malicious
	for _, name := range []string{
		"-rf", "--help", ".hidden", "..package", "~root", " blank", "a\nb", "a\x1b[2Jb", "a\x07\x08b", "a\x7fb", "\xff\xfe", "\xc0\xaf", "a\u202egrm.exe",
		"p\u0430ckage.mrq", "Prüfung.mrq", "$(reboot)", "`reboot`", "a;reboot", "a|b", "a&b", "a>b", "*", "?", "..\\..\\x", "C:\\x", "a\"b", "a'b", "%s%n", "<a>",
		strings.Repeat("n", 101), strings.Repeat("n", 255), strings.Repeat("ü", 127),
	} {
		all = append(all, malicious{name: fmt.Sprintf("name %.20q", name), plain: true, make: named(name), left: 1})
	}
	for _, name := range []string{"a", "request (1).mrq", "a+b,c=d@e_f~g-h.i", strings.Repeat("n", 100), "con.mrq", "x.lnk", "autorun.inf"} {
		all = append(all, malicious{name: fmt.Sprintf("name %.20q", name), plain: true, make: named(name), read: []string{name}})
	}
	return append(all, malicious{name: "names that differ in capitals", make: func(t *testing.T, d usb.Drive, _ canary) {
		put(t, d, "a.mrq", "1")
		put(t, d, "A.mrq", "2")
	}, read: []string{"A.mrq", "a.mrq"}})
}

// hugeSticks lists sticks that hold, or claim to hold, more than a computer can take.
func hugeSticks() []malicious {
	many := func(n int, pattern string) func(*testing.T, usb.Drive, canary) {
		return func(t *testing.T, d usb.Drive, _ canary) {
			first := box(t, d, fmt.Sprintf(pattern, 0))
			put(t, d, filepath.Base(first), "")
			for i := 1; i < n; i++ { // links are made faster than files
				if i%30000 == 0 {
					t.Fatal("one file takes no more links")
				}
				must(t, os.Link(first, box(t, d, fmt.Sprintf(pattern, i))))
			}
		}
	}
	return []malicious{
		{name: "terabyte", make: func(t *testing.T, d usb.Drive, _ canary) { sparse(t, d, "package.mrq", 1<<40) }, left: 1},
		{name: "one octet too many", make: func(t *testing.T, d usb.Drive, _ canary) { sparse(t, d, "package.mrq", usb.MaxFileSize+1) }, left: 1},
		{name: "just not too large", make: func(t *testing.T, d usb.Drive, _ canary) { sparse(t, d, "package.mrq", usb.MaxFileSize) }, read: []string{"package.mrq"}},
		{name: "no content", make: named("package.mrq"), read: []string{"package.mrq"}},
		{name: "small files that swell", make: func(t *testing.T, d usb.Drive, _ canary) {
			for i := range 17 {
				sparse(t, d, fmt.Sprint(i), usb.MaxFileSize)
			}
		}, err: usb.ErrTooMany},
		{name: "file too many", make: many(usb.MaxFiles+1, "%d"), err: usb.ErrTooMany},
		{name: "15,000 odd names", make: many(15_000, ".%d"), left: 15_000},
		{name: "29,000 names", make: many(29_000, "%d"), err: usb.ErrTooMany},
	}
}
