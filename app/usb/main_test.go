package usb_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"marque/app/usb"
)

const inside = "MARQUE_USB_TEST_MOUNTS"

// mounts says whether this process may mount file systems. It then has mounts of its own, which end with it.
var mounts = os.Getenv(inside) != ""

// TestMain runs the tests again in a process with mounts of its own, where that is allowed.
func TestMain(m *testing.M) {
	if mounts {
		os.Exit(m.Run())
	}
	if err := loops(); err != nil {
		fmt.Fprintln(os.Stderr, "usb: real drives are not tested, since there are no loop devices:", err)
		os.Exit(m.Run())
	}
	runtime.LockOSThread() // the child ends with this thread
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	var exit *exec.ExitError
	switch err := cmd.Run(); {
	case err == nil:
		os.Exit(0)
	case errors.As(err, &exit):
		os.Exit(max(exit.ExitCode(), 1))
	default:
		fmt.Fprintln(os.Stderr, "usb: real drives are not tested, since this user may not mount file systems:", err)
		os.Exit(m.Run())
	}
}

// loops reports whether drives can be made of images.
func loops() error {
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	n, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
	if err == nil {
		var device *os.File
		if device, err = os.OpenFile(fmt.Sprintf("/dev/loop%d", n), os.O_RDWR, 0); err == nil {
			err = device.Close()
		}
	}
	return errors.Join(err, control.Close())
}

// folder returns a new folder that every user can reach.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "PATH=/usr/sbin:/sbin:"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s (packages e2fsprogs and mount have what is needed): %v\n%s", cmd, err, out)
	}
}

// format makes an image that holds an empty file system.
func format(t *testing.T, path, kind string, size int64) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		must(t, os.WriteFile(path, nil, 0o644))
	}
	must(t, os.Truncate(path, size))
	mkfs := exec.Command("/sbin/mkfs."+kind, "-q", "-F", "-N", "40000", "-m", "0", "-E", "nodiscard,lazy_itable_init=0", path)
	if out, err := mkfs.CombinedOutput(); err != nil {
		t.Fatalf("%s (package e2fsprogs): %v\n%s", mkfs, err, out)
	}
}

// insert mounts an image as the kernel does a drive, and returns the drive.
func insert(t *testing.T, image, kind, at string, flags uintptr) usb.Drive {
	t.Helper()
	device := attach(t, image)
	defer device.Close() // which leaves it to the mount: it is detached when that ends
	must(t, unix.Mount(device.Name(), at, kind, flags, ""))
	return drive(t, at)
}

// drive describes what is mounted at a path.
func drive(t *testing.T, at string) usb.Drive {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Stat(at, &st))
	return usb.Drive{Device: "test", Mount: at, Number: fmt.Sprintf("%d:%d", unix.Major(st.Dev), unix.Minor(st.Dev))}
}

// attach makes a drive of an image, until it is no longer used.
func attach(t *testing.T, image string) *os.File {
	t.Helper()
	backing, err := os.OpenFile(image, os.O_RDWR, 0)
	must(t, err)
	defer backing.Close()
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	must(t, err)
	defer control.Close()
	for {
		n, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
		must(t, err)
		device, err := os.OpenFile(fmt.Sprintf("/dev/loop%d", n), os.O_RDWR, 0)
		must(t, err)
		config := unix.LoopConfig{Fd: uint32(backing.Fd()), Info: unix.LoopInfo64{Flags: unix.LO_FLAGS_AUTOCLEAR}}
		err = unix.IoctlLoopConfigure(int(device.Fd()), &config)
		if err == nil {
			return device
		}
		device.Close()
		if !errors.Is(err, unix.EBUSY) { // then somebody else was faster
			t.Fatal(err)
		}
	}
}

// eject unmounts without asking the code under test.
func eject(t *testing.T, at string) {
	t.Helper()
	if err := unix.Unmount(at, 0); err != nil {
		t.Fatalf("unmount %s: %v", at, err)
	}
}

// stick is a drive with an empty inbox: a real one where possible, else a folder.
func stick(t *testing.T) usb.Drive {
	t.Helper()
	at := folder(t)
	if !mounts {
		return usb.Drive{Mount: at}
	}
	image := filepath.Join(t.TempDir(), "image")
	format(t, image, "ext4", 32<<20)
	d := insert(t, image, "ext4", at, 0)
	must(t, os.Chmod(at, 0o777))
	t.Cleanup(func() { _ = unix.Unmount(at, unix.MNT_DETACH) })
	return d
}

// asNobody calls a function as a user without rights. Without root this process already is one.
func asNobody(t *testing.T, call func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		call()
		return
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this function
		_, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, 65534, 65534, 65534)
		if errno != 0 {
			done <- errno
			return
		}
		call()
		done <- nil
	}()
	must(t, <-done)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// random returns octets that depend on the seed alone.
func random(seed uint64, n int) []byte {
	b := make([]byte, n)
	source := rand.NewChaCha8(sha256.Sum256(fmt.Append(nil, seed)))
	_, _ = io.ReadFull(source, b)
	return b
}

// names lists a folder, sorted.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	slices.Sort(all)
	return slices.DeleteFunc(all, func(n string) bool { return strings.HasPrefix(n, "lost+found") })
}
