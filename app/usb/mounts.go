package usb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

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
			path: unescape(fields[4]), format: unescape(rest[0]),
			readOnly: hasOption(fields[5], "ro") || hasOption(rest[2], "ro"),
		}
	}
	return mounted, nil
}

func hasOption(list, option string) bool {
	return slices.Contains(strings.Split(list, ","), option)
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

// readUpTo reads the beginning of a file of the system.
func readUpTo(path string, limit int64) (b []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, limit))
}
