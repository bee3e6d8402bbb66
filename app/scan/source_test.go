package scan_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"marque/app/scan"
)

// pipe returns a source and what its device says.
func pipe(t testing.TB, kind scan.Kind) (*scan.Source, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s, err := scan.Read(kind, r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		w.Close()
	})
	return s, w
}

// say writes to a device in the background: a pipe holds less than some of what is said.
func say(t testing.TB, w *os.File, octets []byte) {
	t.Helper()
	go w.Write(octets)
}

func expect(t *testing.T, s *scan.Source, want string) {
	t.Helper()
	if got, err := s.Next(t.Context()); err != nil || got != want {
		t.Fatalf("%q, %v, want %q", got, err, want)
	}
}

func expectRefusal(t *testing.T, s *scan.Source, why error) {
	t.Helper()
	if got, err := s.Next(t.Context()); !errors.Is(err, scan.ErrRefused) || !errors.Is(err, why) || got != "" {
		t.Fatalf("%q, %v, want a refusal: %v", got, err, why)
	}
}

func TestKeyboardTypesTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s, w := pipe(t, scan.Keyboard)
	for _, text := range []string{made(r, "R", 200), made(r, "P", 313), "https://example.org/?q=1&r=~!@#$%^*()_+{}|:<>[]\\;',./", "x"} {
		text = strings.Map(func(c rune) rune { // the few keys that the table of the test does not have
			if strings.ContainsRune("~|\\", c) {
				return -1
			}
			return c
		}, text)
		say(t, w, scanned(text))
		expect(t, s, text)
	}
	// keypad, repeated keys, Caps Lock, Enter alone
	caps := append(press(enter), press(58)...)
	for _, k := range strokes("mq1r") {
		caps = append(caps, press(k.code)...)
	}
	caps = append(caps, event(1, 71, 1)...)
	caps = append(caps, event(1, 71, 2)...)
	say(t, w, append(caps, press(96)...))
	expect(t, s, "MQ1R7")
}

func TestKeyboardRefusesHotkeys(t *testing.T) {
	const ctrl, leftAlt, rightAlt, meta, tab, escape, f1, remove, power = 29, 56, 100, 125, 15, 1, 59, 111, 116
	letters := func(text string) []byte { return bytes.TrimSuffix(scanned(text), press(enter)) }
	for name, keys := range map[string][]byte{
		"^C":                 hold(ctrl, press(46)),
		"Ctrl+Alt+Delete":    hold(ctrl, hold(leftAlt, press(remove))),
		"Alt+F2 and command": append(hold(leftAlt, press(f1+1)), letters("xterm")...),
		"Alt code":           hold(leftAlt, press(79), press(80)),
		"AltGr":              hold(rightAlt, press(16)),
		"the logo key":       press(meta),
		"Tab":                append(letters("MQ1R"), press(tab)...),
		"Escapes":            bytes.Repeat(press(escape), 500),
		"F1":                 press(f1),
		"power":              press(power),
		"a key out of range": press(767),
		"a hotkey in a text": append(append(letters("MQ1R"), hold(ctrl, press(47))...), letters("ABC")...),
	} {
		for _, end := range [][]byte{press(enter), nil} { // without Enter a pause ends it
			s, w := pipe(t, scan.Keyboard)
			say(t, w, append(bytes.Clone(keys), end...))
			expectRefusal(t, s, scan.ErrHotkey)
			say(t, w, scanned("MQ1RABC"))
			if got, err := s.Next(t.Context()); err != nil || got != "MQ1RABC" {
				t.Errorf("%s: the next code: %q, %v", name, got, err)
			}
		}
	}
}

func TestKeyboardThatLosesKeys(t *testing.T) {
	s, w := pipe(t, scan.Keyboard)
	half := scanned("MQ1RABC")
	say(t, w, append(append(half[:len(half)/2/72*72:len(half)/2/72*72], event(0, 3, 0)...), press(enter)...))
	expectRefusal(t, s, scan.ErrCut)
	say(t, w, scanned("MQ1RABC"))
	expect(t, s, "MQ1RABC")
}

func TestFloods(t *testing.T) {
	for _, kind := range []scan.Kind{scan.Keyboard, scan.Serial} {
		long, enters, end := bytes.Repeat([]byte("A"), 1<<20), bytes.Repeat([]byte("\r\n"), 1<<16), []byte("\n")
		short := []byte(strings.Repeat("A\n", 2000))
		text := []byte("MQ1RABC\r\n")
		if kind == scan.Keyboard {
			long, enters, end, text = bytes.Repeat(press(30), 20_000), bytes.Repeat(press(enter), 2000), press(enter), scanned("MQ1RABC")
			short = bytes.Repeat(append(press(30), press(enter)...), 2000)
		}
		s, w := pipe(t, kind)
		say(t, w, long)
		expectRefusal(t, s, scan.ErrLong)
		// what is left of it is no text, and neither are Enters
		s, w = pipe(t, kind)
		say(t, w, append(append(append(bytes.Clone(long), end...), enters...), text...))
		expectRefusal(t, s, scan.ErrLong)
		expect(t, s, "MQ1RABC")
		s, w = pipe(t, kind)
		say(t, w, short)
		for flooded := false; !flooded; {
			_, err := s.Next(t.Context())
			flooded = errors.Is(err, scan.ErrFlood)
			if err != nil && !flooded {
				t.Fatal(err)
			}
		}
	}
}

// terminal returns both ends of a pseudo-terminal: what a serial port says, and its path.
func terminal(t *testing.T) (*os.File, string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	return master, fmt.Sprintf("/dev/pts/%d", n)
}

func TestSerialPort(t *testing.T) {
	master, path := terminal(t)
	s, err := scan.Open(scan.Serial, path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	text := made(rand.New(rand.NewPCG(3, 4)), "R", 200)
	for _, end := range []string{"\r", "\n", "\r\n"} {
		say(t, master, []byte(text+end))
		expect(t, s, text)
	}
	for name, sent := range map[string]string{
		"^C": "\x03\r", "XON, XOFF": "\x11MQ1R\x13\r", "end of file": "\x04\r", "Escape": "\x1b[2J\r", "UTF-8": "Grüße\r", "Tab": "MQ1R\tA\r",
		"a break": "\x00\x00\r", "delete": "MQ1R\x7f\r",
	} {
		say(t, master, []byte(sent))
		if got, err := s.Next(t.Context()); !errors.Is(err, scan.ErrHotkey) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	say(t, master, []byte("MQ1RAB")) // and nothing more
	expectRefusal(t, s, scan.ErrCut)
	say(t, master, []byte(text+"\r"))
	expect(t, s, text)
	if err := master.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Next(t.Context()); !errors.Is(err, scan.ErrNone) {
		t.Errorf("pulled: %v", err)
	}
}

func TestSpeedsOfSerialPorts(t *testing.T) {
	for _, speed := range []int{0, 9600, 19200, 38400, 57600, 115200} {
		_, path := terminal(t)
		s, err := scan.Device{Kind: scan.Serial, Path: path, Speed: speed}.Open()
		if err != nil {
			t.Errorf("%d: %v", speed, err)
			continue
		}
		s.Close()
	}
	_, path := terminal(t)
	if _, err := (scan.Device{Kind: scan.Serial, Path: path, Speed: 300}).Open(); !errors.Is(err, scan.ErrDevice) {
		t.Errorf("300: %v", err)
	}
}

func TestSourceEnds(t *testing.T) {
	s, w := pipe(t, scan.Serial)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := s.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("before the context's end: %v", err)
	}
	ctx, stop = context.WithCancel(t.Context())
	began := make(chan error)
	go func() {
		_, err := s.Next(ctx)
		began <- err
	}()
	stop()
	if err := <-began; !errors.Is(err, context.Canceled) {
		t.Errorf("while it waits: %v", err)
	}
	say(t, w, []byte("MQ1RABC\n"))
	expect(t, s, "MQ1RABC")
	if _, err := w.WriteString("MQ1R"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	expectRefusal(t, s, scan.ErrCut)
	if _, err := s.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	s, _ = pipe(t, scan.Keyboard)
	go func() {
		_, err := s.Next(context.Background())
		began <- err
	}()
	s.Close()
	if err := <-began; !errors.Is(err, scan.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestWhatIsNoScanner(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("MQ1R\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []scan.Kind{scan.Keyboard, scan.Serial} {
		for path, want := range map[string]error{
			file: scan.ErrDevice, "/dev/null": scan.ErrDevice, filepath.Dir(file): scan.ErrDevice, filepath.Join(filepath.Dir(file), "none"): scan.ErrNone,
		} {
			if _, err := scan.Open(kind, path); !errors.Is(err, want) {
				t.Errorf("%v, %s: %v", kind, path, err)
			}
		}
	}
	if _, err := scan.Open(0, file); !errors.Is(err, scan.ErrDevice) {
		t.Errorf("no kind: %v", err)
	}
}

func TestListOfDevices(t *testing.T) {
	sys := t.TempDir()
	put := func(path, content string) {
		t.Helper()
		path = filepath.Join(sys, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := scan.System{Sys: sys}
	if found, err := s.List(); err != nil || len(found) != 0 {
		t.Errorf("nothing there: %v, %v", found, err)
	}
	const keys, buttons = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe", "10000000000000 0"
	put("class/input/event0/device/capabilities/key", buttons)
	put("class/input/event0/device/name", "Power Button")
	put("class/input/event1/device/capabilities/key", keys)
	put("class/input/event1/device/name", "AT Keyboard\x1b[31m")
	put("class/input/event2/device/capabilities/key", keys)
	put("class/input/event2/device/name", "Honeywell 1900")
	put("class/input/event2/device/id/vendor", "0c2e")
	put("class/input/mouse0/device/name", "Mouse")
	put("usb1/1-2/idVendor", "ffff")
	put("usb1/1-2/manufacturer", "Nobody")
	put("usb1/1-2/product", "Barcode Scanner")
	put("usb1/1-2/1-2:1.0/interface", "CDC")
	put("class/tty/ttyACM0/dev", "166:0")
	put("class/tty/ttyS0/dev", "4:64")
	if err := os.Symlink(filepath.Join(sys, "usb1/1-2/1-2:1.0"), filepath.Join(sys, "class/tty/ttyACM0/device")); err != nil {
		t.Fatal(err)
	}
	found, err := s.List()
	want := []scan.Device{
		{Kind: scan.Keyboard, Path: "/dev/input/event2", Name: "Honeywell 1900", Scanner: true},
		{Kind: scan.Serial, Path: "/dev/ttyACM0", Name: "Nobody Barcode Scanner", Scanner: true},
		{Kind: scan.Keyboard, Path: "/dev/input/event1", Name: "AT Keyboard[31m"},
	}
	if err != nil || len(found) != len(want) {
		t.Fatalf("%+v, %v", found, err)
	}
	for i := range want {
		if found[i] != want[i] {
			t.Errorf("%+v, want %+v", found[i], want[i])
		}
	}
	s.Dev = t.TempDir() // where the devices are not
	for _, kind := range []scan.Kind{scan.Keyboard, scan.Serial} {
		if _, err := s.Open(kind); !errors.Is(err, scan.ErrNone) {
			t.Errorf("%v: %v", kind, err)
		}
	}
	put("class/input/event3/device/capabilities/key", keys)
	put("class/input/event3/device/name", "A barcode scanner")
	if _, err := s.Open(scan.Keyboard); !errors.Is(err, scan.ErrSeveral) {
		t.Errorf("two scanners: %v", err)
	}
}

// FuzzSources feeds anything to both kinds: every text is printable ASCII and not too long.
func FuzzSources(f *testing.F) {
	f.Add(scanned("MQ1RABC"))
	f.Add(hold(29, press(46)))
	f.Add([]byte("MQ1RABC\r\n\x03\r"))
	f.Add(bytes.Repeat([]byte("A"), 3000))
	f.Fuzz(func(t *testing.T, octets []byte) {
		if len(octets) > 1<<14 {
			return
		}
		for _, kind := range []scan.Kind{scan.Keyboard, scan.Serial} {
			for _, r := range scan.Feed(kind, octets) {
				if r.Err != nil {
					if !errors.Is(r.Err, scan.ErrRefused) || r.Text != "" {
						t.Fatalf("%q, %v", r.Text, r.Err)
					}
				} else if r.Text == "" || len(r.Text) > scan.MaxText || strings.Trim(r.Text, printable) != "" {
					t.Fatalf("%q", r.Text)
				}
			}
		}
	})
}

var printable = func() string {
	var all []byte
	for c := byte(' '); c <= '~'; c++ {
		all = append(all, c)
	}
	return string(all)
}()
