package console

import (
	"context"
	"encoding/binary"
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkStart measures how long it takes from the start of the program to its first complete frame: strip, ground and lock screen. The
// display draws in software.
func BenchmarkStart(b *testing.B) {
	program, err := build()
	if err != nil {
		b.Fatal(err)
	}
	screen := newFramebuffer(b)
	for b.Loop() {
		home := b.TempDir()
		d := &display{name: screen.name}
		cmd := d.command(context.Background(), program, "--dir", filepath.Join(home, "authority"))
		cmd.Env = append(cmd.Env, "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+home, "XDG_CACHE_HOME="+home)
		begun := time.Now()
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		for !screen.shows(400, 18, color.RGBA{0x15, 0x1D, 0x29, 0xFF}) || !screen.shows(900, 780, color.RGBA{0xF4, 0xF6, 0xF8, 0xFF}) {
			if time.Since(begun) > patience {
				b.Fatal("there is no first frame")
			}
			time.Sleep(2 * time.Millisecond)
		}
		b.ReportMetric(float64(time.Since(begun).Milliseconds()), "ms/first-frame")
		b.StopTimer()
		if err := cmd.Process.Kill(); err != nil {
			b.Fatal(err)
		}
		_ = cmd.Wait()
		for screen.shows(400, 18, color.RGBA{0x15, 0x1D, 0x29, 0xFF}) { // until the window is gone
			time.Sleep(10 * time.Millisecond)
		}
		b.StartTimer()
	}
}

// framebuffer is an X server whose picture is read while it is drawn, without asking it.
type framebuffer struct {
	name string
	file *os.File
	at   int64 // of the first pixel
	line int64 // octets
}

func newFramebuffer(b *testing.B) *framebuffer {
	b.Helper()
	dir := b.TempDir()
	read, write, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset", "-fbdir", dir)
	cmd.ExtraFiles = []*os.File{write}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	write.Close()
	defer read.Close()
	var number int
	if _, err := fmt.Fscan(read, &number); err != nil {
		b.Fatalf("Xvfb did not start: %v", err)
	}
	file, err := os.Open(filepath.Join(dir, "Xvfb_screen0"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { file.Close() })
	head := make([]byte, 100) // XWD: 25 numbers of 32 bits, the largest octet first
	if _, err := file.ReadAt(head, 0); err != nil {
		b.Fatal(err)
	}
	field := func(i int) int64 { return int64(binary.BigEndian.Uint32(head[4*i:])) }
	const colourSize = 12
	return &framebuffer{fmt.Sprintf(":%d", number), file, field(0) + field(19)*colourSize, field(12)}
}

// shows reports whether a point has a colour, nearly.
func (f *framebuffer) shows(x, y int64, c color.RGBA) bool {
	var p [4]byte // blue, green, red
	if _, err := f.file.ReadAt(p[:], f.at+y*f.line+4*x); err != nil {
		return false
	}
	return near(p[0], c.B) && near(p[1], c.G) && near(p[2], c.R)
}
