package usb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// settle is how long nothing may happen before drives are looked at anew: a stick that is inserted makes a dozen events.
const settle = 200 * time.Millisecond

// Watch calls changed whenever a drive may have appeared, vanished, or been mounted elsewhere, until the context ends; it then returns
// nil. It is told by the kernel (uevents over netlink, mountinfo by poll(2)), and reads nothing of what the events say: [Drives] does. Without the
// right to netlink it goes by the mounts alone.
func Watch(ctx context.Context, s System, changed func()) error {
	mounts, err := unix.Open(s.mounts(), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("watch the mounts: %w", err)
	}
	defer unix.Close(mounts) //nolint:errcheck // nothing was written
	fds := []unix.PollFd{{Fd: int32(mounts), Events: unix.POLLPRI}}
	if events, err := uevents(); err == nil {
		defer unix.Close(events) //nolint:errcheck // nothing was written
		fds = append(fds, unix.PollFd{Fd: int32(events), Events: unix.POLLIN})
	}
	wake := make([]int, 2)
	if err := unix.Pipe2(wake, unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return fmt.Errorf("watch the drives: %w", err)
	}
	defer unix.Close(wake[0])                                                        //nolint:errcheck // nothing was written
	stop := context.AfterFunc(ctx, func() { _, _ = unix.Write(wake[1], []byte{0}) }) // an empty pipe takes one octet
	defer func() { stop(); _ = unix.Close(wake[1]) }()
	fds = append(fds, unix.PollFd{Fd: int32(wake[0]), Events: unix.POLLIN})
	return watch(ctx, fds, changed)
}

func watch(ctx context.Context, fds []unix.PollFd, changed func()) error {
	pending := false
	for ctx.Err() == nil {
		timeout := -1
		if pending {
			timeout = int(settle.Milliseconds())
		}
		n, err := unix.Poll(fds, timeout)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return fmt.Errorf("watch the drives: %w", err)
		case ctx.Err() != nil:
			return nil
		case n == 0:
			pending = false
			changed()
		default:
			pending = true
			drain(fds)
		}
	}
	return nil
}

// drain empties the queue of events.
func drain(fds []unix.PollFd) {
	buf := make([]byte, maxMessage)
	for _, fd := range fds {
		if fd.Events != unix.POLLIN || fd.Revents == 0 {
			continue
		}
		for {
			if n, err := unix.Read(int(fd.Fd), buf); err != nil || n <= 0 {
				break
			}
		}
	}
}

// uevents opens the kernel's announcements of devices.
func uevents() (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return -1, err
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1}); err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}
