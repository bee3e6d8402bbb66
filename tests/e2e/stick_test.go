package e2e

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"marque/app/qr"
	"marque/app/usb/usbtest"
)

// What the scripts about sticks and codes can do.

// stick VARIABLE KIB inserts a stick of that size with an empty inbox, an ext4 file system on a loop device, and sets a variable to where it
// is mounted. Where nothing can be mounted it is a folder, and [real] is false.
func stick(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2, "stick VARIABLE KIB")
	kib, err := strconv.Atoi(args[1])
	ts.Check(err)
	at := ts.MkAbs("stick-" + args[0])
	ts.Check(os.MkdirAll(at, 0o755))
	ts.Setenv(args[0], at)
	if usbtest.Real() {
		ts.Check(usbtest.Format(at+".img", int64(kib)))
		ts.Check(usbtest.Insert(at+".img", at))
		ts.Defer(func() { _ = usbtest.Remove(at) })
	}
	ts.Check(os.MkdirAll(filepath.Join(at, "marque", "inbox"), 0o755))
}

// photographed FILE FOLDER makes pictures of the codes that half-block characters in a file show, one each.
func photographed(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2, "photographed FILE FOLDER")
	ts.Check(os.MkdirAll(ts.MkAbs(args[1]), 0o755))
	var code [][]rune
	n := 0
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		line = strings.TrimSuffix(line, "\n")
		if strings.Trim(line, " █▀▄") == "" && line != "" {
			code = append(code, []rune(line))
			continue
		}
		if len(code) > 0 {
			n++
			photograph(ts, filepath.Join(ts.MkAbs(args[1]), fmt.Sprintf("%03d.png", n)), code)
			code = nil
		}
	}
}

func photograph(ts *testscript.TestScript, file string, code [][]rune) {
	const pixels = 5
	img := image.NewGray(image.Rect(0, 0, len(code[0])*pixels, 2*len(code)*pixels))
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			half := '▀'
			if y/pixels%2 == 1 {
				half = '▄'
			}
			if r := code[y/pixels/2][x/pixels]; r != '█' && r != half {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	out, err := os.Create(file)
	ts.Check(err)
	ts.Check(png.Encode(out, img))
	ts.Check(out.Close())
}

// typed FOLDER FILE writes the texts of the codes that the pictures in a folder show, one in a line, in the order of the files' names, as
// a hand scanner types them.
func typed(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2, "typed FOLDER FILE")
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*.png"))
	ts.Check(err)
	var out strings.Builder
	for _, file := range files {
		text, err := qr.DecodeFile(file)
		ts.Check(err)
		out.WriteString(text + "\n")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out.String()), 0o600))
}

// some FILE FROM TO OUT writes lines FROM to TO, from 1, of a file.
func some(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 4, "some FILE FROM TO OUT")
	lines := strings.SplitAfter(ts.ReadFile(args[0]), "\n")
	from, err1 := strconv.Atoi(args[1])
	to, err2 := strconv.Atoi(args[2])
	ts.Check(errors.Join(err1, err2))
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(strings.Join(lines[from-1:min(to, len(lines))], "")), 0o600))
}

// conditions are what scripts can ask about this machine: [real], whether sticks are file systems.
func conditions(t *testing.T, cond string) (bool, error) {
	if cond != "real" {
		return false, fmt.Errorf("unknown condition %s", cond)
	}
	if !usbtest.Real() {
		t.Log("not tried here, for want of mounts: what a script says of [real] sticks")
	}
	return usbtest.Real(), nil
}
