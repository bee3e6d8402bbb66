package usb

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// System is where the kernel shows drives and mounts. The zero value is that of the running system.
type System struct {
	Sys    string // "/sys"
	Mounts string // "/proc/self/mountinfo"
}

func (s System) sys() string {
	return cmp.Or(s.Sys, "/sys")
}

func (s System) mounts() string {
	return cmp.Or(s.Mounts, "/proc/self/mountinfo")
}

// Drive is a removable drive, or a partition of one. It is comparable: two that differ are different drives, or the same one mounted
// elsewhere or inserted again. A folder that takes the place of a drive is Drive{Mount: path}.
type Drive struct {
	Device   string // "sdb1"
	Number   string // "8:17", of what is mounted; whatever else is found at Mount is not touched. Empty: anything may be there
	Sequence uint64 // counts insertions of any drive; 0 where the kernel does not (before 5.15)
	Model    string // what the drive calls itself, printable ASCII, at most 64 characters
	Size     int64  // octets
	Mount    string // where it is mounted, as the system says it: may hold any characters. Empty when it is not
	Format   string // of its file system, such as "vfat"; empty when it is not mounted
	ReadOnly bool   // the drive has a write lock, or is mounted so
}

// Drives lists the removable drives that are there now, mounted or not, in the order of their devices; at most 256. A drive with partitions
// is listed by its partitions, and an encrypted one is mounted where its content is. Left out are readers without a card or
// disc, and the drive that the system runs from. Btrfs hides which drive it is on: it looks not mounted.
func Drives(s System) ([]Drive, error) {
	mounted, err := readMounts(s.mounts())
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(s.sys(), "block")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the drives: %w", err)
	}
	root, err := filepath.EvalSymlinks(s.sys())
	if err != nil {
		return nil, fmt.Errorf("list the drives: %w", err)
	}
	var drives []Drive
	for _, e := range entries {
		found, err := look(root, filepath.Join(dir, e.Name()), mounted)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO) {
			continue // it was pulled meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("look at drive %s: %w", e.Name(), err)
		}
		drives = append(drives, found...)
	}
	slices.SortFunc(drives, func(a, b Drive) int { return cmp.Compare(a.Device, b.Device) })
	return drives[:min(len(drives), maxDrives)], nil
}

// look returns a removable drive's partitions, or itself when it has none.
func look(root, link string, mounted map[string]mount) ([]Drive, error) {
	dir, err := filepath.EvalSymlinks(link)
	if err != nil {
		return nil, err
	}
	if removable, err := isRemovable(root, dir); err != nil || !removable {
		return nil, err
	}
	whole, err := describe(dir, mounted)
	if err != nil {
		return nil, err
	}
	model, _ := readSys(dir, "device/model") // not every drive has one
	whole.Model = printable(model)
	whole.Sequence, _ = readNumber(dir, "diskseq")
	parts, err := partitions(dir)
	if err != nil {
		return nil, err
	}
	var drives []Drive
	for _, p := range parts {
		d, err := describe(p, mounted)
		if err != nil {
			return nil, err
		}
		d.Model, d.Sequence, d.ReadOnly = whole.Model, whole.Sequence, d.ReadOnly || whole.ReadOnly
		drives = append(drives, d)
	}
	if len(parts) == 0 && (whole.Mount != "" || whole.Size > 0 && !emptyReader(whole.Device)) {
		drives = []Drive{whole}
	}
	if slices.ContainsFunc(drives, func(d Drive) bool { return d.Mount == "/" }) {
		return nil, nil
	}
	return drives, nil
}

// isRemovable reports whether a drive can be carried: its medium or itself comes out, or it hangs on USB, or is an SD card.
func isRemovable(root, dir string) (bool, error) {
	removable, err := readSys(dir, "removable")
	if err != nil {
		return false, err
	}
	below, err := filepath.Rel(root, dir)
	if err != nil {
		return false, err
	}
	kind, _ := readSys(dir, "device/type") // only some drives have one
	return removable == "1" || strings.Contains("/"+below, "/usb") || kind == "SD", nil
}

// emptyReader reports whether a drive has a size even when nothing is in it: discs and floppies.
func emptyReader(device string) bool {
	return strings.HasPrefix(device, "sr") || strings.HasPrefix(device, "fd")
}

func partitions(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, e := range entries {
		p := filepath.Join(dir, e.Name())
		if !e.IsDir() || !strings.HasPrefix(e.Name(), filepath.Base(dir)) {
			continue
		}
		if _, err := os.Lstat(filepath.Join(p, "partition")); err == nil {
			parts = append(parts, p)
		}
	}
	return parts, nil
}

func describe(dir string, mounted map[string]mount) (Drive, error) {
	sectors, err := readNumber(dir, "size")
	if err != nil || sectors > 1<<53 {
		return Drive{}, errors.Join(err, tooLarge(sectors))
	}
	number, err := readSys(dir, "dev")
	if err != nil {
		return Drive{}, err
	}
	lock, err := readSys(dir, "ro")
	if err != nil {
		return Drive{}, err
	}
	m, ok := mounted[number]
	if !ok { // unless something stands upon it, such as dm-crypt
		holders, _ := os.ReadDir(filepath.Join(dir, "holders"))
		for _, h := range holders {
			n, _ := readSys(filepath.Join(dir, "holders"), filepath.Join(h.Name(), "dev"))
			if upon, ok := mounted[n]; ok {
				m, number = upon, n
			}
		}
	}
	return Drive{
		Device: filepath.Base(dir), Number: number, Size: int64(sectors) * sectorSize,
		Mount: m.path, Format: m.format, ReadOnly: lock == "1" || m.readOnly,
	}, nil
}

func tooLarge(sectors uint64) error {
	if sectors > 1<<53 {
		return errors.New("no drive is that large")
	}
	return nil
}

func readNumber(dir, name string) (uint64, error) {
	s, err := readSys(dir, name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("its %s is no number", name)
	}
	return n, nil
}

func readSys(dir, name string) (string, error) {
	b, err := readUpTo(filepath.Join(dir, name), maxSysFile)
	return strings.TrimSpace(string(b)), err
}

// printable makes a name that a stick's maker chose fit to be shown.
func printable(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s))
	return s[:min(len(s), maxModel)]
}
