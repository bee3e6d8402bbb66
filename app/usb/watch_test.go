package usb_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"marque/app/usb"
)

// watched starts a watch, and returns what it tells, and a function that ends it.
func watched(t *testing.T, s usb.System) (told chan []usb.Drive, end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	told, result := make(chan []usb.Drive, 100), make(chan error)
	go func() { result <- usb.Watch(ctx, s, func(d []usb.Drive) { told <- d }) }()
	return told, func() {
		cancel()
		if err := <-result; err != nil {
			t.Errorf("the watch ended with %v", err)
		}
	}
}

func TestWatch(t *testing.T) {
	s := newTree(t)
	told, end := watched(t, s.system())
	if got := <-told; len(got) != 0 {
		t.Fatalf("at first: %+v", got)
	}
	dir := s.drive("sdb", usbBus, map[string]string{"dev": "8:16\n"})
	if got := <-told; len(got) != 1 || got[0].Mount != "" {
		t.Fatalf("after a drive was inserted: %+v", got)
	}
	s.mounts("90 27 8:16 / /media/stick rw - vfat /dev/sdb rw")
	if got := <-told; len(got) != 1 || got[0].Mount != "/media/stick" {
		t.Fatalf("after it was mounted: %+v", got)
	}
	must(t, os.Remove(filepath.Join(s.dir, "sys", "block", "sdb")))
	must(t, os.RemoveAll(dir))
	if got := <-told; len(got) != 0 {
		t.Fatalf("after it was pulled: %+v", got)
	}
	end()
	if len(told) != 0 {
		t.Errorf("told without a reason: %+v", <-told)
	}
}

func TestWatchErrors(t *testing.T) {
	s := newTree(t)
	must(t, os.RemoveAll(filepath.Join(s.dir, "sys", "block")))
	if err := usb.Watch(t.Context(), s.system(), func([]usb.Drive) { t.Error("told") }); err == nil {
		t.Error("a system without drives is watched")
	}
	if err := usb.Watch(t.Context(), usb.System{Mounts: "/nowhere"}, func([]usb.Drive) { t.Error("told") }); err == nil {
		t.Error("a system without mounts is watched")
	}
}

func TestWatchEndsBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, usb.Watch(ctx, newTree(t).system(), func([]usb.Drive) {}))
}

// A drive of this machine is mounted and unmounted, of which the kernel tells. Only that it is removable is made up.
func TestWatchMounts(t *testing.T) {
	if !mounts {
		t.Log("without the right to mount, only made up mounts are watched")
		return
	}
	image, at := filepath.Join(t.TempDir(), "image"), t.TempDir()
	format(t, image, "ext4", 16<<20)
	device := attach(t, image)
	defer device.Close()
	var st unix.Stat_t
	must(t, unix.Fstat(int(device.Fd()), &st))
	s := newTree(t)
	s.drive("sdb", usbBus, map[string]string{"dev": fmt.Sprintf("%d:%d\n", unix.Major(st.Rdev), unix.Minor(st.Rdev))})
	told, end := watched(t, usb.System{Sys: s.system().Sys})
	if got := <-told; len(got) != 1 || got[0].Mount != "" {
		t.Fatalf("at first: %+v", got)
	}
	for range 3 {
		must(t, unix.Mount(device.Name(), at, "ext4", unix.MS_RDONLY, ""))
		if got := <-told; len(got) != 1 || got[0].Mount != at || got[0].Format != "ext4" || !got[0].ReadOnly {
			t.Fatalf("after it was mounted: %+v", got)
		}
		eject(t, at)
		if got := <-told; len(got) != 1 || got[0].Mount != "" {
			t.Fatalf("after it was unmounted: %+v", got)
		}
	}
	end()
}
