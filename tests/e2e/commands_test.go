package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"marque/app/appliance"
	"marque/app/qr"
	"marque/authority"
	"marque/device"
	"marque/device/wire"
)

// What the scripts can do beyond running programs.

// field KEY VARIABLE reads the JSON object on the last command's stdout and sets an environment variable to one of its values.
func field(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2, "field KEY VARIABLE")
	var object map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &object))
	v, ok := object[args[0]]
	if !ok {
		ts.Fatalf("no field %s", args[0])
	}
	ts.Setenv(args[1], fmt.Sprint(v))
}

// flip FILE OFFSET inverts one bit; a negative offset counts from the end.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2, "flip FILE OFFSET")
	b := []byte(ts.ReadFile(args[0]))
	i, err := strconv.Atoi(args[1])
	ts.Check(err)
	if i < 0 {
		i += len(b)
	}
	b[i] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

// cut FILE N removes the last N octets.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2, "cut FILE N")
	b := []byte(ts.ReadFile(args[0]))
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b[:len(b)-n], 0o600))
}

// wall FILE writes a picture without a code.
func wall(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 1, "wall FILE")
	img := image.NewGray(image.Rect(0, 0, 320, 240))
	for i := range img.Pix {
		img.Pix[i] = uint8(120 + i%320/8 + i/320/6)
	}
	var b bytes.Buffer
	ts.Check(png.Encode(&b, img))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o600))
}

// code FILE TEXT writes a QR code of any text.
func code(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2, "code FILE TEXT")
	b, err := qr.EncodePNG(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

// photo PNG JPEG makes of a clean picture what a camera would: tilted, on a grey table, unevenly lit, compressed.
func photo(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2, "photo PNG JPEG")
	src, err := png.Decode(bytes.NewReader([]byte(ts.ReadFile(args[0]))))
	ts.Check(err)
	in := src.Bounds()
	side := in.Dx() * 3 / 2
	out := image.NewGray(image.Rect(0, 0, side, side))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.Gray{Y: 90}), image.Point{}, draw.Src)
	sin, cos := math.Sincos(0.12)
	for y := range side {
		for x := range side {
			dx, dy := float64(x-side/2), float64(y-side/2)
			from := image.Pt(int(cos*dx+sin*dy)+in.Dx()/2, int(cos*dy-sin*dx)+in.Dy()/2)
			if from.In(in) {
				light := 0.65 + 0.3*float64(x)/float64(side)
				grey := color.GrayModel.Convert(src.At(from.X, from.Y)).(color.Gray).Y
				out.SetGray(x, y, color.Gray{Y: uint8(20 + light*float64(grey)*0.9)})
			}
		}
	}
	var b bytes.Buffer
	ts.Check(jpeg.Encode(&b, out, &jpeg.Options{Quality: 70}))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600))
}

// freeport VARIABLE sets a variable to a loopback address that nobody listens on.
func freeport(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 1, "freeport VARIABLE")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], l.Addr().String())
	ts.Check(l.Close())
}

// usage PROGRAM ARG… runs a program that must not understand its command line: exit code 2.
func usage(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) > 0, "usage PROGRAM ARG…")
	err := ts.Exec(args[0], args[1:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		ts.Fatalf("%v, not exit status 2", err)
	}
}

// replace FILE OLD NEW changes every occurrence of a text to one of the same length.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 3 && len(args[1]) == len(args[2]), "replace FILE OLD NEW")
	before := []byte(ts.ReadFile(args[0]))
	after := bytes.ReplaceAll(before, []byte(args[1]), []byte(args[2]))
	if bytes.Equal(before, after) {
		ts.Fatalf("%s does not contain %s", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), after, 0o600))
}

// zeros FILE N writes N zero octets.
func zeros(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2, "zeros FILE N")
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), make([]byte, n), 0o600))
}

// foundago DAYS FOLDER PASSPHRASE [NAME…] founds an authority as it would have been founded that many days ago, and enrols vehicles, each with a folder
// of its name.
func foundago(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) >= 3, "foundago DAYS FOLDER PASSPHRASE [NAME…]")
	days, err := strconv.Atoi(args[0])
	ts.Check(err)
	clock := func() time.Time { return time.Now().AddDate(0, 0, -days) }
	f := appliance.Founding{Realm: authority.Founding{Realm: "fleet.example"}, Passphrase: []byte(args[2])}
	made, err := appliance.Found(ts.MkAbs(args[1]), f, appliance.Options{Clock: clock})
	ts.Check(err)
	for _, name := range args[3:] {
		d, err := device.Create(ts.MkAbs(name), device.Wanted{Name: name, Kind: wire.KindVehicle}, device.Options{Clock: clock})
		ts.Check(err)
		request, err := d.Request()
		ts.Check(err)
		ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(name), "request.mqr"), request, 0o600))
		issued, err := made.Appliance.Authority().Enrol(request)
		ts.Check(err)
		_, err = d.Install(issued.Package, made.Appliance.Authority().Core().Hash())
		ts.Check(err)
		ts.Check(d.Close())
	}
	ts.Check(made.Appliance.Close())
}

func need(ts *testscript.TestScript, neg, ok bool, usage string) {
	if neg || !ok {
		ts.Fatalf("usage: %s", usage)
	}
}
