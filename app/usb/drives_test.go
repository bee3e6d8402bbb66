package usb_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"marque/app/usb"
)

// tree is a copy of what the kernel shows, with only what a test puts there.
type tree struct {
	t   *testing.T
	dir string
}

func newTree(t *testing.T) tree {
	s := tree{t: t, dir: filepath.Join(t.TempDir(), "usb")} // a folder of that name makes nothing a USB drive
	must(t, os.MkdirAll(filepath.Join(s.dir, "sys", "block"), 0o755))
	s.mounts("22 27 0:21 / /proc rw,relatime - proc proc rw", "27 1 254:0 / / rw - ext4 /dev/vda rw")
	return s
}

func (s tree) system() usb.System {
	return usb.System{Sys: filepath.Join(s.dir, "sys"), Mounts: filepath.Join(s.dir, "mountinfo")}
}

func (s tree) mounts(lines ...string) {
	s.t.Helper()
	path := filepath.Join(s.dir, "mountinfo")
	must(s.t, os.WriteFile(path+"~", []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	must(s.t, os.Rename(path+"~", path))
}

// drive adds a drive on a bus, with files that stand below it.
func (s tree) drive(name, bus string, files map[string]string) string {
	s.t.Helper()
	dir := filepath.Join(s.dir, "sys", "devices", bus, "block", name)
	all := map[string]string{"removable": "0\n", "ro": "0\n", "size": "2048\n", "dev": "8:0\n"}
	for f, content := range files {
		all[f] = content
	}
	for f, content := range all {
		path := filepath.Join(dir, f)
		must(s.t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(s.t, os.WriteFile(path, []byte(content), 0o644))
	}
	must(s.t, os.Symlink(filepath.Join("..", "devices", bus, "block", name), filepath.Join(s.dir, "sys", "block", name)))
	return dir
}

const (
	usbBus  = "pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/host6/target6:0:0/6:0:0:0"
	sataBus = "pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0"
)

func partition(number int, dev, sectors string) map[string]string {
	p := fmt.Sprintf("sdb%d/", number)
	return map[string]string{p + "partition": fmt.Sprintln(number), p + "size": sectors + "\n", p + "dev": dev + "\n", p + "ro": "0\n"}
}

func merge(all ...map[string]string) map[string]string {
	m := make(map[string]string)
	for _, a := range all {
		for k, v := range a {
			m[k] = v
		}
	}
	return m
}

func TestDrives(t *testing.T) {
	whole := usb.Drive{Device: "sdb", Number: "8:16", Size: 1 << 20}
	with := func(change func(d *usb.Drive)) []usb.Drive {
		d := whole
		change(&d)
		return []usb.Drive{d}
	}
	const line = "90 27 8:16 / /media/stick rw,nosuid - vfat /dev/sdb rw"
	for _, c := range []struct {
		name, device, bus string
		files             map[string]string
		mount             string
		want              []usb.Drive
	}{
		{name: "stick on USB", bus: usbBus, want: with(func(*usb.Drive) {})},
		{name: "removable elsewhere", bus: sataBus, files: map[string]string{"removable": "1\n"}, want: with(func(*usb.Drive) {})},
		{name: "built in", bus: sataBus},
		{name: "bus whose name only ends like USB", bus: "platform/nousb/x"},
		{name: "SD card", device: "mmcblk0", bus: "pci/mmc0/mmc0:1", files: map[string]string{"device/type": "SD\n"}, want: with(func(d *usb.Drive) { d.Device = "mmcblk0" })},
		{name: "soldered memory", device: "mmcblk0", bus: "pci/mmc0/mmc0:1", files: map[string]string{"device/type": "MMC\n"}},
		{name: "reader without a card", bus: usbBus, files: map[string]string{"removable": "1\n", "size": "0\n"}},
		{name: "disc drive without a disc", device: "sr0", bus: usbBus, files: map[string]string{"removable": "1\n", "size": "2097151\n"}},
		{name: "disc", device: "sr0", bus: usbBus, mount: "90 27 8:16 / /media/cd ro - iso9660 /dev/sr0 ro", want: with(func(d *usb.Drive) {
			d.Device, d.Mount, d.Format, d.ReadOnly = "sr0", "/media/cd", "iso9660", true
		})},
		{name: "mounted", bus: usbBus, mount: line, want: with(func(d *usb.Drive) { d.Mount, d.Format = "/media/stick", "vfat" })},
		{name: "write lock", bus: usbBus, files: map[string]string{"ro": "1\n"}, want: with(func(d *usb.Drive) { d.ReadOnly = true })},
		{name: "mounted to read", bus: usbBus, mount: "90 27 8:16 / /media/stick ro,nosuid - vfat /dev/sdb rw", want: with(func(d *usb.Drive) {
			d.Mount, d.Format, d.ReadOnly = "/media/stick", "vfat", true
		})},
		{name: "file system turned to reading", bus: usbBus, mount: "90 27 8:16 / /m rw - ext4 /dev/sdb ro,errors=remount-ro", want: with(func(d *usb.Drive) {
			d.Mount, d.Format, d.ReadOnly = "/m", "ext4", true
		})},
		{name: "option that only contains ro", bus: usbBus, mount: "90 27 8:16 / /m rw - ext4 /dev/sdb rw,errors=remount-ro", want: with(func(d *usb.Drive) {
			d.Mount, d.Format = "/m", "ext4"
		})},
		{name: "odd place", bus: usbBus, mount: `90 27 8:16 / /media/my\040stick\011\012\134040ü rw shared:1 master:2 - ntfs3 /dev/sdb rw`, want: with(func(d *usb.Drive) {
			d.Mount, d.Format = "/media/my stick\t\n\\040ü", "ntfs3"
		})},
		{name: "only a folder of it is mounted", bus: usbBus, mount: "90 27 8:16 /folder /media/stick rw - vfat /dev/sdb rw", want: with(func(*usb.Drive) {})},
		{name: "mounted twice", bus: usbBus, mount: line + "\n91 27 8:16 / /other rw - vfat /dev/sdb rw", want: with(func(d *usb.Drive) {
			d.Mount, d.Format = "/media/stick", "vfat"
		})},
		{name: "broken lines", bus: usbBus, mount: "90 27 8:16 / /x\n\n - \n90 27 8:16 / /x rw - vfat\n" + line, want: with(func(d *usb.Drive) {
			d.Mount, d.Format = "/media/stick", "vfat"
		})},
		{name: "encrypted", bus: usbBus, files: map[string]string{"holders/dm-0/dev": "253:0\n"}, mount: "90 27 253:0 / /media/safe rw - ext4 /dev/mapper/x rw", want: with(func(d *usb.Drive) {
			d.Number, d.Mount, d.Format = "253:0", "/media/safe", "ext4"
		})},
		{name: "hostile model", bus: usbBus, files: map[string]string{"device/model": "\x1b[2J\u202egnp\n\x00" + strings.Repeat("x", 4000)}, want: with(func(d *usb.Drive) {
			d.Model = "?[2J?gnp??" + strings.Repeat("x", 54)
		})},
		{name: "insertion", bus: usbBus, files: map[string]string{"diskseq": "17\n", "device/model": "Ultra  \n"}, want: with(func(d *usb.Drive) {
			d.Sequence, d.Model = 17, "Ultra"
		})},
		{
			name: "partitions", bus: usbBus, files: merge(partition(2, "8:18", "4"), partition(1, "8:17", "2"), map[string]string{"ro": "1\n", "device/model": "M\n", "sdbx/size": "1\n"}),
			mount: "90 27 8:18 / /media/two rw - exfat /dev/sdb2 rw",
			want: []usb.Drive{
				{Device: "sdb1", Number: "8:17", Model: "M", Size: 1024, ReadOnly: true},
				{Device: "sdb2", Number: "8:18", Model: "M", Size: 2048, ReadOnly: true, Mount: "/media/two", Format: "exfat"},
			},
		},
		{
			name: "system on a stick", bus: usbBus, files: merge(partition(1, "8:17", "2"), partition(2, "8:18", "4")),
			mount: "90 27 8:18 / / rw - ext4 /dev/sdb2 rw",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newTree(t)
			s.mounts("22 27 0:21 / /proc rw - proc proc rw", c.mount)
			if c.device == "" {
				c.device = "sdb"
			}
			s.drive(c.device, c.bus, merge(map[string]string{"dev": "8:16\n"}, c.files))
			got, err := usb.Drives(s.system())
			must(t, err)
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestDrivesInOrder(t *testing.T) {
	s := newTree(t)
	for i := range 300 {
		s.drive(fmt.Sprintf("sd%03d", i), fmt.Sprintf("usb%d", 299-i), nil)
	}
	got, err := usb.Drives(s.system())
	must(t, err)
	if len(got) != 256 || !slices.IsSortedFunc(got, func(a, b usb.Drive) int { return strings.Compare(a.Device, b.Device) }) {
		t.Errorf("%d drives, or not in order", len(got))
	}
}

func TestDrivesThatVanish(t *testing.T) {
	for _, part := range []string{"", "removable", "size", "dev", "ro", "sdb1/dev", "sdb1"} {
		s := newTree(t)
		dir := s.drive("sdb", usbBus, partition(1, "8:17", "2"))
		s.drive("sdc", usbBus, map[string]string{"dev": "8:32\n"})
		must(t, os.RemoveAll(filepath.Join(dir, part)))
		got, err := usb.Drives(s.system())
		must(t, err)
		if n := len(got); got[n-1].Device != "sdc" || part != "sdb1" && n != 1 {
			t.Errorf("without %q: %+v", part, got)
		}
	}
}

func TestDrivesErrors(t *testing.T) {
	for name, spoil := range map[string]func(s tree){
		"no mounts":     func(s tree) { must(t, os.Remove(filepath.Join(s.dir, "mountinfo"))) },
		"no drives":     func(s tree) { must(t, os.RemoveAll(filepath.Join(s.dir, "sys", "block"))) },
		"size is text":  func(s tree) { s.drive("sdb", usbBus, map[string]string{"size": "large\n"}) },
		"size overflow": func(s tree) { s.drive("sdb", usbBus, map[string]string{"size": "9223372036854775807\n"}) },
	} {
		s := newTree(t)
		spoil(s)
		if got, err := usb.Drives(s.system()); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// The running system may have any drives; it must be possible to list them.
func TestDrivesOfThisMachine(t *testing.T) {
	got, err := usb.Drives(usb.System{})
	must(t, err)
	for _, d := range got {
		if d.Device == "" || d.Mount == "/" {
			t.Errorf("%+v", d)
		}
	}
}

// Whatever place a drive is mounted at is read as the kernel wrote it, and no line makes the reader fail.
func FuzzMounts(f *testing.F) {
	f.Add("/media/my stick", "90 27 8:16 / /x rw - vfat /dev/sdb rw")
	f.Add("/\\040\t\n#", " - ")
	f.Add("/\xff", "1 2 3 4 5 6 - 7 8 9")
	f.Fuzz(func(t *testing.T, place, line string) {
		if place == "" || strings.ContainsRune(place, 0) || place == "/" {
			return
		}
		s := newTree(t)
		s.drive("sdb", usbBus, map[string]string{"dev": "8:16\n"})
		s.mounts(line)
		if _, err := usb.Drives(s.system()); err != nil {
			t.Fatal(err)
		}
		var escaped strings.Builder
		for i := range len(place) { // mangle_path of the kernel, and more
			if c := place[i]; c <= ' ' || c == '\\' || c == '#' || c > '~' {
				fmt.Fprintf(&escaped, "\\%03o", c)
			} else {
				escaped.WriteByte(c)
			}
		}
		s.mounts("90 27 8:16 / "+escaped.String()+" rw - vfat /dev/sdb rw", line)
		got, err := usb.Drives(s.system())
		if err != nil || len(got) != 1 || got[0].Mount != place {
			t.Fatalf("%q is read as %+v, %v", place, got, err)
		}
	})
}
