package usb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// System is where the kernel shows drives and mounts. The zero value is that of the running system.
type System struct {
	Sys    string // "/sys"
	Mounts string // "/proc/self/mountinfo"
}

func (s System) sys() string {
	if s.Sys == "" {
		return "/sys"
	}
	return s.Sys
}

func (s System) mounts() string {
	if s.Mounts == "" {
		return "/proc/self/mountinfo"
	}
	return s.Mounts
}

// Drive is a removable drive, or a partition of one.
type Drive struct {
	Device   string // "sdb1"
	Model    string // what the drive calls itself, printable, at most 64 octets
	Size     int64  // octets
	Mount    string // where it is mounted; empty when it is not
	Format   string // of its file system, such as "vfat"; empty when it is not mounted
	ReadOnly bool   // the drive has a write lock, or is mounted so
}

// Drives lists the removable drives that are there now, mounted or not, in the order of their names. A drive with partitions
// is listed by its partitions.
func Drives(s System) ([]Drive, error) {
	mounted, err := readMounts(s.mounts())
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(s.sys(), "block"))
	if err != nil {
		return nil, fmt.Errorf("list the drives: %w", err)
	}
	var drives []Drive
	for _, e := range entries {
		found, err := s.drive(e.Name(), mounted)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was pulled meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("look at drive %s: %w", e.Name(), err)
		}
		if drives = append(drives, found...); len(drives) > maxDrives {
			return drives[:maxDrives], nil
		}
	}
	sort.Slice(drives, func(i, j int) bool { return drives[i].Device < drives[j].Device })
	return drives, nil
}

// drive returns a removable drive's partitions, or itself when it has none.
func (s System) drive(name string, mounted map[string]mount) ([]Drive, error) {
	dir, err := filepath.EvalSymlinks(filepath.Join(s.sys(), "block", name))
	if err != nil {
		return nil, err
	}
	removable, err := readSys(dir, "removable")
	if err != nil {
		return nil, err
	}
	if removable != "1" && !strings.Contains(dir, "/usb") {
		return nil, nil
	}
	model, _ := readSys(dir, "device/model") // not every drive has one
	model = printable(model)
	parts, err := filepath.Glob(filepath.Join(escape(dir), escape(name)+"*", "partition"))
	if err != nil {
		return nil, err
	}
	if len(parts) == 0 {
		d, err := describe(dir, model, mounted)
		if err != nil || d.Size == 0 {
			return nil, err // a card reader without a card
		}
		return []Drive{d}, nil
	}
	drives := make([]Drive, 0, len(parts))
	for _, p := range parts {
		d, err := describe(filepath.Dir(p), model, mounted)
		if err != nil {
			return nil, err
		}
		drives = append(drives, d)
	}
	return drives, nil
}

// escape makes a name literal in a pattern.
func escape(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

func describe(dir, model string, mounted map[string]mount) (Drive, error) {
	sectors, err := readSys(dir, "size")
	if err != nil {
		return Drive{}, err
	}
	n, err := strconv.ParseInt(sectors, 10, 64)
	if err != nil || n < 0 || n > 1<<53 {
		return Drive{}, errors.New("its size is no number")
	}
	number, err := readSys(dir, "dev")
	if err != nil {
		return Drive{}, err
	}
	lock, err := readSys(dir, "ro")
	if err != nil {
		return Drive{}, err
	}
	m := mounted[number]
	return Drive{
		Device: filepath.Base(dir), Model: model, Size: n * sectorSize,
		Mount: m.path, Format: m.format, ReadOnly: lock == "1" || m.readOnly,
	}, nil
}

func readSys(dir, name string) (string, error) {
	b, err := readUpTo(filepath.Join(dir, name), maxSysFile)
	return strings.TrimSpace(string(b)), err
}

func readUpTo(path string, limit int64) (b []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, limit))
}

// printable keeps what can be shown of a name that a stick's maker chose.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s[:min(len(s), 64)])
}

// mount is a line of mountinfo.
type mount struct {
	path, format string
	readOnly     bool
}

// readMounts returns where file systems are mounted, by "major:minor": the first place of each, of its whole tree only (proc(5)).
func readMounts(path string) (map[string]mount, error) {
	b, err := readUpTo(path, maxMounts)
	if err != nil {
		return nil, fmt.Errorf("read the mounts: %w", err)
	}
	mounted := make(map[string]mount)
	for line := range bytes.Lines(b) {
		before, after, ok := strings.Cut(strings.TrimSpace(string(line)), " - ")
		fields, rest := strings.Fields(before), strings.Fields(after)
		if !ok || len(fields) < 6 || len(rest) < 3 || fields[3] != "/" {
			continue
		}
		if _, known := mounted[fields[2]]; known {
			continue
		}
		mounted[fields[2]] = mount{
			path: unescape(fields[4]), format: rest[0],
			readOnly: hasOption(fields[5], "ro") || hasOption(rest[2], "ro"),
		}
	}
	return mounted, nil
}

func hasOption(list, option string) bool {
	for o := range strings.SplitSeq(list, ",") {
		if o == option {
			return true
		}
	}
	return false
}

// unescape undoes the kernel's \ooo for blanks, newlines and backslashes.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
