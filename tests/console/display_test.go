package console

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// keep says that the pictures go into the repository, for the README; see "make screenshots".
var keep = flag.Bool("screenshots", false, "write the pictures to assets/screenshots")

// patience is how long a test waits for what must happen.
const patience = 90 * time.Second

// build compiles the console once, and marque beside it, which becomes the service.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "marque-console-*")
	if err != nil {
		return "", err
	}
	for name, pkg := range map[string]string{"marque-console": "marque/app/console", "marque": "marque/app/marque"} {
		out, err := exec.Command("go", "build", "-tags", "gles", "-buildvcs=false", "-o", filepath.Join(dir, name), pkg).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	return filepath.Join(dir, "marque-console"), nil
})

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if program, err := build(); err == nil {
		os.RemoveAll(filepath.Dir(program))
	}
	os.Exit(code)
}

// display is an X server with the console in it.
type display struct {
	t    *testing.T
	name string // such as ":99"
	pid  int    // of the console
	log  *bytes.Buffer
}

// start opens the console for the authority in dir.
func start(t *testing.T, dir string, flags ...string) *display {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	d := &display{t: t, name: server(t), log: &bytes.Buffer{}}
	home := filepath.Dir(dir)
	cmd := d.command(context.Background(), program, append([]string{"--dir", dir}, flags...)...)
	cmd.Env = append(cmd.Env, "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+home, "XDG_CACHE_HOME="+home)
	cmd.Stdout, cmd.Stderr = d.log, d.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d.pid = cmd.Process.Pid
	t.Cleanup(func() { stop(t, cmd) })
	d.run("xdotool", "search", "--sync", "--onlyvisible", "--name", "^Marque$", "windowfocus", "--sync")
	return d
}

// server starts an X server on a display that is free, and returns its name.
func server(t *testing.T) string {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{write}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, cmd) })
	write.Close()
	var number int
	if _, err := fmt.Fscan(read, &number); err != nil {
		t.Fatalf("Xvfb did not start: %v", err)
	}
	read.Close()
	return fmt.Sprintf(":%d", number)
}

// stop ends a process that the test started.
func stop(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Log(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		_ = cmd.Process.Kill()
		<-ended
	}
}

// killService ends the service that the console has started, as a crash would.
func (d *display) killService() {
	d.t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		d.t.Fatal(err)
	}
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		var pid, parent int
		var state string
		_, rest, _ := strings.Cut(string(b), ") ") // the name of the program may have spaces
		if _, err := fmt.Sscan(rest, &state, &parent); err != nil || parent != d.pid {
			continue
		}
		if _, err := fmt.Sscan(string(b), &pid); err != nil {
			d.t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			d.t.Fatal(err)
		}
		return
	}
	d.t.Fatal("the console has no service of its own")
}

func (d *display) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DISPLAY=") && !strings.HasPrefix(v, "WAYLAND_DISPLAY=") && !strings.HasPrefix(v, "L") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "DISPLAY="+d.name, "LANG=en_US.UTF-8", "LIBGL_ALWAYS_SOFTWARE=1")
	return cmd
}

func (d *display) run(name string, args ...string) []byte {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := d.command(ctx, name, args...).Output()
	if err != nil {
		d.t.Fatalf("%s %v: %v\nthe console said: %s", name, args, err, d.log)
	}
	return out
}

// pause is what a person takes between typing and the next key.
const pause = 700 * time.Millisecond

// typed types as on a keyboard.
func (d *display) typed(text string) {
	d.t.Helper()
	d.run("xdotool", "type", "--delay", "80", "--", text)
	time.Sleep(pause) // else the next key might be that of a scanner
}

// copied puts a picture into the clipboard.
func (d *display) copied(path string) {
	d.t.Helper()
	d.run("sh", "-c", `xclip -selection clipboard -target image/png -in "$1" >/dev/null 2>&1`, "sh", path) // it stays, to hand it over
	time.Sleep(pause)
}

// key presses keys, such as "Return" or "ctrl+2".
func (d *display) key(keys ...string) {
	d.t.Helper()
	d.run("xdotool", append([]string{"key", "--delay", "40"}, keys...)...)
}

func (d *display) look() image.Image {
	d.t.Helper()
	img, err := png.Decode(bytes.NewReader(d.run("import", "-window", "root", "png:-")))
	if err != nil {
		d.t.Fatal(err)
	}
	return img
}

// mark is a point of the window and the colour that it has in a state to be waited for.
type mark struct {
	x, y   int
	colour color.RGBA
}

func (m mark) on(img image.Image) bool {
	r, g, b, _ := img.At(m.x, m.y).RGBA()
	return near(uint8(r>>8), m.colour.R) && near(uint8(g>>8), m.colour.G) && near(uint8(b>>8), m.colour.B)
}

func near(a, b uint8) bool { return max(a, b)-min(a, b) <= 4 }

// until waits for a state, does again and again what leads to it, and keeps a picture when it does not come.
func (d *display) until(what string, m mark, again func()) {
	d.t.Helper()
	var img image.Image
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(150 * time.Millisecond) {
		if img = d.look(); m.on(img) {
			return
		}
		if again != nil {
			again()
		}
	}
	path := d.save(img, "not-"+strings.ReplaceAll(what, " ", "-"))
	d.t.Fatalf("waited in vain for %s; the window is in %s\nthe console said: %s", what, path, d.log)
}

// shoot keeps a picture of the window as it will stay.
func (d *display) shoot(name string) {
	d.t.Helper()
	time.Sleep(400 * time.Millisecond) // nothing more is to come; the cursor blinks
	d.save(d.look(), name)
}

// save writes a picture to the folder that MARQUE_SCREENSHOTS names, or else to bin/screenshots, where continuous integration finds it.
func (d *display) save(img image.Image, name string) string {
	d.t.Helper()
	dir := os.Getenv("MARQUE_SCREENSHOTS")
	if dir == "" {
		dir = filepath.Join("..", "..", "bin", "screenshots")
	}
	if *keep && !strings.HasPrefix(name, "not-") {
		dir = filepath.Join("..", "..", "assets", "screenshots")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		d.t.Fatal(err)
	}
	path := filepath.Join(dir, name+".png")
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		d.t.Fatal(err)
	}
	return path
}
