package usb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Watch calls changed with the drives that are there, and again whenever one appears, vanishes, or is mounted or unmounted, until the
// context ends; it then returns nil. The calls come one after the other, at most five a second.
//
// It is woken by the kernel (uevents over netlink, mountinfo by poll(2)), and believes nothing that the events say: it looks itself, as
// [Drives] does, and every second even when it hears nothing. Errors: those of Drives.
func Watch(ctx context.Context, s System, changed func([]Drive)) error {
	mounts, err := unix.Open(s.mounts(), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("watch the mounts: %w", err)
	}
	defer unix.Close(mounts)
	wake := make([]int, 2)
	if err := unix.Pipe2(wake, unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return fmt.Errorf("watch the drives: %w", err)
	}
	defer unix.Close(wake[0])
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { _, _ = unix.Write(wake[1], []byte{0}); close(woken) }) // an empty pipe takes one octet
	defer func() {
		if !stop() {
			<-woken // the pipe's number must not be another file's by then
		}
		_ = unix.Close(wake[1])
	}()
	fds := []unix.PollFd{{Fd: int32(wake[0]), Events: unix.POLLIN}, {Fd: int32(mounts), Events: unix.POLLPRI}}
	if events, err := uevents(); err == nil { // without the right to it, the mounts and the clock remain
		defer unix.Close(events)
		fds = append(fds, unix.PollFd{Fd: int32(events), Events: unix.POLLIN})
	}
	return watch(ctx, s, fds, changed)
}

// watch waits on the first of fds for the end, and on the others for news.
func watch(ctx context.Context, s System, fds []unix.PollFd, changed func([]Drive)) error {
	var last []Drive
	for first := true; ctx.Err() == nil; first = false {
		drives, err := Drives(s)
		if err != nil {
			return fmt.Errorf("watch the drives: %w", err)
		}
		if first || !slices.Equal(last, drives) {
			changed(slices.Clone(drives))
		}
		last = drives
		heard, err := poll(fds, glance)
		if err != nil {
			return err
		}
		if heard && ctx.Err() == nil { // more will follow at once
			if _, err := poll(fds[:1], settle); err != nil {
				return err
			}
			drain(fds[2:])
		}
	}
	return nil
}

func poll(fds []unix.PollFd, timeout time.Duration) (bool, error) {
	n, err := unix.Poll(fds, int(timeout.Milliseconds()))
	if err != nil && !errors.Is(err, unix.EINTR) {
		return false, fmt.Errorf("watch the drives: %w", err)
	}
	return n > 0, nil
}

// drain empties the queues of events. What comes in faster than it is read is left for the next time.
func drain(fds []unix.PollFd) {
	buf := make([]byte, maxMessage)
	for _, fd := range fds {
		for range 1024 {
			if _, err := unix.Read(int(fd.Fd), buf); err != nil {
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
