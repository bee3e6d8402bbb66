package scan

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Kind is the way in which a scanner is connected.
type Kind int

// The kinds.
const (
	Keyboard Kind = iota + 1 // an input device, /dev/input/event*
	Serial                   // a serial port, /dev/ttyACM* or /dev/ttyUSB*
)

func (k Kind) String() string {
	switch k {
	case Keyboard:
		return "keyboard"
	case Serial:
		return "serial port"
	}
	return "no kind of scanner"
}

// Device is what a scanner can be read from. Its name is the device's own word.
type Device struct {
	Kind    Kind
	Path    string // "/dev/input/event5"
	Name    string // printable ASCII, at most 64 characters
	Scanner bool   // it is one by its maker or name; a keyboard that is not may be the one that somebody types on
	Speed   int    // of a serial port, in baud: 9600 (which 0 is too) to 115200. USB needs none
}

// makers are USB vendors that make scanners and nothing else that types.
var makers = []string{
	"05e0", // Symbol, Zebra
	"0c2e", // Metrologic, Honeywell
	"0536", // Hand Held Products
	"05f9", // PSC, Datalogic
	"1eab", // Newland
	"065a", // Opticon
	"0745", // Syntech, CipherLab
	"1504", // Bixolon's scanners
	"2dd6", // Netum, Tera
	"34eb", // Eyoyo
}

// words are in the names of scanners.
var words = []string{"scanner", "barcode", "bar code", "2d code", "qr code"}

// System is where the kernel shows devices. The zero value is that of the running system.
type System struct {
	Sys string // "/sys"
	Dev string // "/dev"
}

func (s System) sys() string { return cmp.Or(s.Sys, "/sys") }
func (s System) dev() string { return cmp.Or(s.Dev, "/dev") }

// List returns the keyboards and serial ports of the machine, at most [MaxDevices], scanners first.
func List() ([]Device, error) { return System{}.List() }

// List is [List] for this system. Error: when the system cannot be read; that there is nothing is none.
func (s System) List() ([]Device, error) {
	keyboards, err := s.entries("class/input", "event")
	if err != nil {
		return nil, err
	}
	ports, err := s.entries("class/tty", "ttyACM", "ttyUSB")
	if err != nil {
		return nil, err
	}
	var found []Device
	for _, name := range keyboards {
		if d, ok := s.keyboard(name); ok {
			found = append(found, d)
		}
	}
	for _, name := range ports {
		found = append(found, s.port(name))
	}
	slices.SortStableFunc(found, func(a, b Device) int {
		switch {
		case a.Scanner == b.Scanner:
			return 0
		case a.Scanner:
			return -1
		}
		return 1
	})
	return found[:min(len(found), MaxDevices)], nil
}

// entries returns the devices of a class whose names begin with one of the prefixes.
func (s System) entries(class string, prefixes ...string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.sys(), class))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("scan: list the devices: %w", err)
	}
	var names []string
	for _, e := range entries {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(e.Name(), p) }) {
			names = append(names, e.Name())
		}
	}
	return names[:min(len(names), 4*MaxDevices)], nil
}

// keyboard describes an input device, or says that it has no Enter key.
func (s System) keyboard(name string) (Device, bool) {
	device := filepath.Join(s.sys(), "class/input", name, "device")
	keys := strings.Fields(attribute(device, "capabilities/key"))
	if len(keys) == 0 {
		return Device{}, false
	}
	// The last word has the lowest keys, of which every machine's word has at least 32.
	lowest, err := strconv.ParseUint(keys[len(keys)-1], 16, 64)
	if err != nil || lowest>>keyEnter&1 == 0 {
		return Device{}, false
	}
	d := Device{Kind: Keyboard, Path: filepath.Join(s.dev(), "input", name), Name: printable(attribute(device, "name"))}
	d.Scanner = scanner(d.Name, attribute(device, "id/vendor"))
	return d, true
}

// port describes a serial port. Its name and maker stand with the USB device, up to three folders above.
func (s System) port(name string) Device {
	d := Device{Kind: Serial, Path: filepath.Join(s.dev(), name), Name: name}
	at, err := filepath.EvalSymlinks(filepath.Join(s.sys(), "class/tty", name, "device"))
	for range 3 {
		if err != nil {
			break
		}
		if vendor := attribute(at, "idVendor"); vendor != "" {
			d.Name = cmp.Or(printable(attribute(at, "manufacturer")+" "+attribute(at, "product")), name)
			d.Scanner = scanner(d.Name, vendor)
			break
		}
		at = filepath.Dir(at)
	}
	return d
}

// attribute returns what a small file of the system says, or nothing.
func attribute(folder, name string) string {
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		return ""
	}
	defer f.Close() // nothing was written
	b := make([]byte, 512)
	n, _ := f.Read(b) // nothing of it then
	return strings.TrimSpace(string(b[:n]))
}

func scanner(name, vendor string) bool {
	name = strings.ToLower(name)
	return slices.Contains(makers, strings.ToLower(vendor)) || slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
}

// printable leaves the printable ASCII of a name, up to 64 characters.
func printable(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, name)
	return strings.TrimSpace(name[:min(len(name), 64)])
}

// Open opens a scanner. An empty path is that of the only device of its kind that is a scanner by its maker or name. A keyboard is
// grabbed: as long as it is open, nothing that it types reaches anything else, so that it must not be the keyboard that somebody
// needs. A serial port is set to 8 data bits, no parity, no flow control. Errors: [ErrNone], [ErrSeveral], [ErrBusy], [ErrNoRight],
// [ErrDevice].
func Open(kind Kind, path string) (*Source, error) {
	if path != "" {
		return Device{Kind: kind, Path: path}.Open()
	}
	return System{}.Open(kind)
}

// Open opens the only scanner of a kind, see the function [Open].
func (s System) Open(kind Kind) (*Source, error) {
	all, err := s.List()
	if err != nil {
		return nil, err
	}
	scanners := slices.DeleteFunc(all, func(d Device) bool { return d.Kind != kind || !d.Scanner })
	switch len(scanners) {
	case 0:
		return nil, ErrNone
	case 1:
		return scanners[0].Open()
	}
	return nil, ErrSeveral
}

// Open opens this device, see the function [Open].
func (d Device) Open() (*Source, error) {
	if d.Kind != Keyboard && d.Kind != Serial {
		return nil, ErrDevice
	}
	// Without O_NONBLOCK a serial port would wait for a carrier.
	fd, err := unix.Open(d.Path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, reason(err)
	}
	prepare := grab
	if d.Kind == Serial {
		prepare = d.raw
	}
	if err := prepare(fd); err != nil {
		return nil, errors.Join(reason(err), unix.Close(fd))
	}
	s, err := Read(d.Kind, os.NewFile(uintptr(fd), d.Path))
	if err != nil {
		return nil, err
	}
	s.device = true
	return s, nil
}

// grab takes a keyboard away from everything else (EVIOCGRAB of include/uapi/linux/input.h); closing it gives it back.
func grab(fd int) error {
	const grabRequest = 0x40044590
	return unix.IoctlSetInt(fd, grabRequest, 1)
}

// speeds are those of serial ports.
var speeds = map[int]uint32{
	0: unix.B9600, 9600: unix.B9600, 19200: unix.B19200, 38400: unix.B38400, 57600: unix.B57600, 115200: unix.B115200,
}

// raw makes a serial port pass on every octet as it is, and nobody else open it.
func (d Device) raw(fd int) error {
	speed, ok := speeds[d.Speed]
	if !ok {
		return fmt.Errorf("%w: %d baud", ErrDevice, d.Speed)
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag = unix.IGNBRK | unix.IGNPAR
	t.Oflag = 0
	t.Lflag = 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | speed
	t.Ispeed, t.Ospeed = speed, speed
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
		return err
	}
	if err := unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH); err != nil {
		return err
	}
	return unix.IoctlSetInt(fd, unix.TIOCEXCL, 0)
}

// reason turns what the system says into what to do.
func reason(err error) error {
	switch {
	case errors.Is(err, ErrDevice):
		return err
	case errors.Is(err, unix.EBUSY):
		return ErrBusy
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return ErrNoRight
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO), errors.Is(err, unix.EIO):
		return ErrNone
	}
	return fmt.Errorf("%w: %w", ErrDevice, err)
}
