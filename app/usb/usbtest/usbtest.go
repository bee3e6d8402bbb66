// Package usbtest inserts sticks for tests: ext4 file systems on loop devices, in a process with mounts of its own, which end with it. It
// needs root and the package e2fsprogs. Only tests may import it.
package usbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

const inside = "MARQUE_TEST_MOUNTS"

// Real reports whether sticks are file systems: this process may mount.
func Real() bool { return os.Getenv(inside) != "" }

// Run calls run, which is a TestMain's, in a process with mounts of its own, and returns its exit code. Where that is not allowed, it says so and
// calls run here: then [Real] is false.
func Run(run func() int) int {
	if Real() {
		return run()
	}
	if err := loops(); err != nil {
		fmt.Fprintln(os.Stderr, "sticks are folders, and none is full or pulled, since there are no loop devices:", err)
		return run()
	}
	runtime.LockOSThread()                                                             // the child ends with this thread
	cmd := exec.CommandContext(context.Background(), "/proc/self/exe", os.Args[1:]...) //nolint:gosec // itself
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	if err == nil {
		return 0
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(exit.ExitCode(), 1)
	}
	fmt.Fprintln(os.Stderr, "sticks are folders, and none is full or pulled, since this user may not mount file systems:", err)
	return run()
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

// Format makes an image of an empty stick of that many KiB. It has a journal if there is room for one.
func Format(image string, kib int64) error {
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		return err
	}
	if err := os.Truncate(image, kib<<10); err != nil {
		return err
	}
	return command("/sbin/mkfs.ext4", "-q", "-F", "-m", "0", "-N", "64", "-E", "nodiscard,lazy_itable_init=0", image)
}

// Insert mounts an image. Its loop device goes with the mount.
func Insert(image, at string) error { return command("mount", "-o", "loop", image, at) }

// Remove unmounts what is mounted at a folder, also after it was pulled.
func Remove(at string) error { return unix.Unmount(at, unix.MNT_DETACH) }

// Pull takes the stick away at any moment: from then on its file system sends nothing to the drive, not even its journal, and every call
// fails (EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH).
func Pull(at string) error {
	const shutdown, withoutLog = 0x8004587d, 2
	fd, err := unix.Open(at, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.IoctlSetPointerInt(fd, shutdown, withoutLog)
}

func command(name string, args ...string) error {
	if out, err := exec.CommandContext(context.Background(), name, args...).CombinedOutput(); err != nil { //nolint:gosec // commands of tests
		return fmt.Errorf("%s (the packages e2fsprogs and mount have what is needed): %w\n%s", name, err, out)
	}
	return nil
}
