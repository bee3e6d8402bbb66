package confine

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// network installs the filter on all threads, after it gave up privileges to come, without which the system would not take it.
func network() (done []string, exposed string, err error) {
	if err := closeInherited(); err != nil {
		return nil, "", err
	}
	if arch.audit == 0 {
		return nil, "network: there is no filter for " + runtime.GOARCH, nil
	}
	runtime.LockOSThread() // both calls are about one thread; the second brings the others to its state
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return nil, fmt.Sprintf("network: privileges could not be given up (%v)", err), nil
	}
	program := filter(arch)
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&prog))) //nolint:gosec // the kernel copies the program during the call
	runtime.KeepAlive(program)
	switch {
	case errno != 0:
		return nil, fmt.Sprintf("network: the system took no filter (%v)", errno), nil
	case thread != 0:
		return nil, fmt.Sprintf("network: thread %d has a filter of its own", thread), nil
	}
	if err := proveNetwork(); err != nil {
		return nil, "", err
	}
	if arch.multiplexed {
		return []string{"no new privileges"}, "network: " + runtime.GOARCH + " makes sockets by socketcall(2), which a filter cannot look into", nil
	}
	return []string{"no network", "no new privileges"}, "", nil
}

// closeInherited closes the sockets of a network that whoever started the process left open in it. One in the place of a standard
// stream, whose number would be given to something else, is refused.
func closeInherited() error {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return fmt.Errorf("open descriptors: %w: %w", ErrFailed, err)
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			return fmt.Errorf("open descriptors: %w: %w", ErrFailed, err)
		}
		domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
		if err != nil || domain == unix.AF_UNIX { // no socket, or closed by now
			continue
		}
		if fd <= 2 {
			return fmt.Errorf("standard stream %d is a socket of domain %d: %w", fd, domain, ErrFailed)
		}
		if err := unix.Close(fd); err != nil {
			return fmt.Errorf("close a socket of domain %d: %w: %w", domain, ErrFailed, err)
		}
	}
	return nil
}

// proveNetwork tries what must fail and what must not.
func proveNetwork() error {
	if n, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err != nil || n != 1 {
		return fmt.Errorf("new privileges: %w", errors.Join(ErrFailed, err))
	}
	if _, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0); errno != unix.EPERM {
		return fmt.Errorf("io_uring: %w (%w)", ErrFailed, errno)
	}
	if _, _, errno := unix.Syscall(unix.SYS_PIDFD_GETFD, ^uintptr(0), 0, 0); errno != unix.EPERM {
		return fmt.Errorf("descriptors of other processes: %w (%w)", ErrFailed, errno)
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("a Unix socket: %w: %w", ErrFailed, err)
	}
	if err := unix.Close(fd); err != nil {
		return fmt.Errorf("a Unix socket: %w", err)
	}
	if arch.multiplexed {
		return nil
	}
	for _, domain := range []int{unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK, unix.AF_PACKET, unix.AF_VSOCK, unix.AF_BLUETOOTH} {
		fd, err := unix.Socket(domain, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			return fmt.Errorf("a socket of domain %d: %w", domain, errors.Join(ErrFailed, unix.Close(fd)))
		}
		if !errors.Is(err, unix.EPERM) {
			return fmt.Errorf("a socket of domain %d: %w: %w", domain, ErrFailed, err)
		}
	}
	return nil
}
