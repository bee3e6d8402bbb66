package qr_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"marque/app/qr"
)

// landscape returns a picture with soft light, edges and noise, and no code.
func landscape(width, height int) *image.RGBA {
	r := rand.New(rand.NewPCG(5, 6))
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			v := 120 + 60*math.Sin(float64(x)/90) + 40*math.Cos(float64(y)/47)
			if (x/160+y/120)%5 == 0 {
				v -= 45
			}
			v += 12 * r.NormFloat64()
			shade := uint8(min(max(v, 0), 255))
			img.SetRGBA(x, y, color.RGBA{shade, shade - shade/8, shade / 2, 255})
		}
	}
	return img
}

// photograph puts a code into a landscape, turned by degrees and in uneven light.
func photograph(t *testing.T, text string, degrees float64) *image.RGBA {
	t.Helper()
	code, err := qr.EncodeScaled(text, 8)
	if err != nil {
		t.Fatal(err)
	}
	img := landscape(1200, 900)
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	side := float64(code.Bounds().Dx())
	const size = 0.9 // pixels of the picture for one of the code
	for y := range 900 {
		for x := range 1200 {
			dx, dy := (float64(x)-630)/size, (float64(y)-440)/size
			u, v := cos*dx+sin*dy+side/2, cos*dy-sin*dx+side/2
			if u < 0 || v < 0 || u >= side || v >= side {
				continue
			}
			noise := img.RGBAAt(x, y).R / 5
			shade := 25 + noise
			if white(code.At(int(u), int(v))) {
				shade = uint8(120+70*x/1200) + noise
			}
			img.SetRGBA(x, y, color.RGBA{shade, shade, shade, 255})
		}
	}
	return img
}

func jpegOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 70}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPhotographs(t *testing.T) {
	text := requestText(rand.New(rand.NewPCG(7, 8)), 200)
	for _, degrees := range []float64{0, 3, 12, 45, 133, 271} {
		data := jpegOf(t, photograph(t, text, degrees))
		if got, err := qr.DecodeData(data); err != nil || got != text {
			t.Errorf("turned by %v degrees: %q, %v", degrees, got, err)
		}
	}
}

func TestKindsOfPictures(t *testing.T) {
	const text = "MQ1RABCDEFGH234567"
	code, err := qr.Encode(text)
	if err != nil {
		t.Fatal(err)
	}
	b := code.Bounds()
	seeThrough := image.NewNRGBA(b) // black on nothing: white only where it is shown on white
	shifted := image.NewGray(b.Add(image.Pt(-37, 1000)))
	draw.Draw(shifted, shifted.Rect, code, b.Min, draw.Src)
	deep := image.NewRGBA64(b)
	draw.Draw(deep, deep.Rect, code, b.Min, draw.Src)
	for y := range b.Dy() {
		for x := range b.Dx() {
			if !white(code.At(x, y)) {
				seeThrough.SetNRGBA(x, y, color.NRGBA{A: 255})
			}
		}
	}
	for name, img := range map[string]image.Image{
		"palette": code, "transparent": seeThrough, "elsewhere": shifted, "16 bits": deep,
		"part of a picture": landscapeWith(code).SubImage(image.Rect(90, 90, 110+b.Dx(), 110+b.Dy())),
	} {
		if got, err := qr.Decode(img); err != nil || got != text {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if got, err := qr.DecodeData(pngOf(t, img)); err != nil || got != text {
			t.Errorf("%s, as PNG: %q, %v", name, got, err)
		}
		if got, err := qr.DecodeData(jpegOf(t, img)); name != "transparent" && (err != nil || got != text) {
			t.Errorf("%s, as JPEG: %q, %v", name, got, err)
		}
	}
}

func landscapeWith(code image.Image) *image.RGBA {
	img := landscape(1000, 800)
	draw.Draw(img, code.Bounds().Add(image.Pt(100, 100)), code, image.Point{}, draw.Src)
	return img
}

func TestNoCode(t *testing.T) {
	blank := image.NewGray(image.Rect(0, 0, 640, 480))
	for name, img := range map[string]image.Image{
		"a landscape": landscape(800, 600), "black": blank, "one pixel": image.NewGray(image.Rect(0, 0, 1, 1)),
		"one row": image.NewGray(image.Rect(0, 0, 4000, 1)), "corners only": corners(200, 200),
	} {
		for kind, data := range map[string][]byte{"JPEG": jpegOf(t, img), "PNG": pngOf(t, img)} {
			if got, err := qr.DecodeData(data); !errors.Is(err, qr.ErrNoCode) {
				t.Errorf("%s, %s: %q, %v, want ErrNoCode", name, kind, got, err)
			}
		}
	}
}

// corners returns a picture full of what a QR code has in three of its corners, which makes a search through all triples endless.
func corners(width, height int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	const cell = 9 * 3
	for top := 0; top+cell <= height; top += cell {
		for left := 0; left+cell <= width; left += cell {
			for y := range 21 {
				for x := range 21 {
					ring := min(min(x, 20-x), min(y, 20-y)) / 3
					if ring != 1 {
						img.SetGray(left+x, top+y, color.Gray{})
					}
				}
			}
		}
	}
	return img
}

// TestManyCorners would not end if the search were not bounded: 2,200 corners make 10¹⁰ triples.
func TestManyCorners(t *testing.T) {
	if _, err := qr.Decode(corners(1270, 1270)); !errors.Is(err, qr.ErrNoCode) {
		t.Errorf("%v, want ErrNoCode", err)
	}
}

// pngHeader returns the beginning of a PNG that claims the given size.
func pngHeader(width, height uint32) []byte {
	chunk := []byte("IHDR")
	chunk = binary.BigEndian.AppendUint32(chunk, width)
	chunk = binary.BigEndian.AppendUint32(chunk, height)
	chunk = append(chunk, 8, 2, 0, 0, 0) // 8 bits, RGB
	out := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), 13)
	out = append(out, chunk...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
}

func TestTooLarge(t *testing.T) {
	start := []byte("\xff\xd8\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00") // a JPEG of 65,535 × 65,535
	for name, data := range map[string][]byte{
		"a huge PNG":    pngHeader(100_000, 100_000),
		"a wide PNG":    pngHeader(qr.MaxPixels+1, 1),
		"a high PNG":    pngHeader(1, 1<<31-1),
		"a huge JPEG":   start,
		"a huge file":   make([]byte, qr.MaxFile+1),
		"just too much": pngHeader(5000, 5001),
	} {
		if got, err := qr.DecodeData(data); !errors.Is(err, qr.ErrTooLarge) {
			t.Errorf("%s: %q, %v, want ErrTooLarge", name, got, err)
		}
	}
	if _, err := qr.Decode(image.NewUniform(color.White)); !errors.Is(err, qr.ErrTooLarge) {
		t.Errorf("a picture without end: %v, want ErrTooLarge", err)
	}
	big := filepath.Join(t.TempDir(), "big.png")
	if err := os.WriteFile(big, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(big, 1<<40); err != nil {
		t.Fatal(err)
	}
	if _, err := qr.DecodeFile(big); !errors.Is(err, qr.ErrTooLarge) {
		t.Errorf("a file of a terabyte: %v, want ErrTooLarge", err)
	}
}

func TestNotAnImage(t *testing.T) {
	data, err := qr.EncodePNG("MQ1RABCDEFGH234567")
	if err != nil {
		t.Fatal(err)
	}
	photo := jpegOf(t, landscape(64, 64))
	damaged := bytes.Clone(data)
	damaged[len(damaged)/2] ^= 1
	for name, data := range map[string][]byte{
		"nothing":             nil,
		"text":                []byte("MQ1RABCDEFGH234567"),
		"GIF":                 []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,"),
		"a PNG's first bytes": data[:8],
		"half a PNG":          data[:len(data)/2],
		"a PNG without end":   data[:len(data)-16],
		"an altered PNG":      damaged,
		"a third of a JPEG":   photo[:len(photo)/3],
		"a PNG of no pixels":  pngHeader(0, 0),
	} {
		if got, err := qr.DecodeData(data); !errors.Is(err, qr.ErrNotAnImage) {
			t.Errorf("%s: %q, %v, want ErrNotAnImage", name, got, err)
		}
	}
	if _, err := qr.Decode(image.NewGray(image.Rectangle{})); !errors.Is(err, qr.ErrNotAnImage) {
		t.Errorf("no pixels: %v, want ErrNotAnImage", err)
	}
	if _, err := qr.DecodeFile(t.TempDir()); !errors.Is(err, qr.ErrNotAnImage) {
		t.Errorf("a folder: %v, want ErrNotAnImage", err)
	}
	if _, err := qr.DecodeFile(filepath.Join(t.TempDir(), "none.png")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v, want ErrNotExist", err)
	}
}

// TestForeignCodes reads codes of other things: they are read like ours, and described without repeating them.
func TestForeignCodes(t *testing.T) {
	part, err := qr.Split('P', octets(1000), qr.DensityFor(1000))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"https://example.org/menu?table=7":                             "a web link",
		"HTTP://EXAMPLE.ORG":                                           "a web link",
		"WIFI:T:WPA;S:depot;P:correct horse;;":                         "Wi-Fi",
		"BEGIN:VCARD\nVERSION:3.0\nFN:A. Person\nEND:VCARD":            "a contact",
		"otpauth://totp/x?secret=JBSWY3DPEHPK3PXP":                     "one-time password",
		"M1PERSON/ANY          EABC123 FRAJFKLH 0400 226F012A0025 100": "a boarding pass",
		"mailto:someone@example.org":                                   "a mail",
		"tel:+4989123456":                                              "a telephone",
		"geo:48.1,11.5":                                                "a place",
		"4006381333931":                                                "a number",
		"MQ1XABCDEFG":                                                  "a Marque code of another kind",
		"MQ2RABCDEFG":                                                  "a Marque code of another version",
		"mq1rabcdefg":                                                  "a Marque request",
		"MQ1SABCDEFG":                                                  "share card",
		"MQ1CABCDEFG":                                                  "the public side",
		"MQ1PABCDEFG":                                                  "a damaged part",
		part.Text(1):                                                   "part 2 of 14 of a package",
		"Grüße":                                                        "a text",
	} {
		img, err := qr.Encode(text)
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		got, err := qr.Decode(img)
		if err != nil || got != text {
			t.Errorf("%s: %q, %v", want, got, err)
		}
		if about := qr.Describe(got); !strings.Contains(about, want) || strings.Contains(about, text) {
			t.Errorf("%q is %q, want %q", text, about, want)
		}
	}
	if got := qr.Describe(" \n"); got != "an empty code" {
		t.Errorf("white space is %q", got)
	}
}

// FuzzDecodeData throws anything at the readers of pictures: an error with a name, or a text.
func FuzzDecodeData(f *testing.F) {
	data, err := qr.EncodePNG("MQ1RABCDEFGH234567")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:100])
	f.Add(pngHeader(100, 100))
	f.Add(jpegOf(f, landscape(32, 32)))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := qr.DecodeData(data)
		named := errors.Is(err, qr.ErrNoCode) || errors.Is(err, qr.ErrTooLarge) || errors.Is(err, qr.ErrNotAnImage)
		if err != nil && !named {
			t.Fatalf("an error without a name: %v", err)
		}
		if err == nil && text == "" {
			t.Fatal("neither text nor error")
		}
	})
}

// FuzzDecode throws black and white squares at the search itself.
func FuzzDecode(f *testing.F) {
	code, err := qr.EncodeScaled("MQ1RABCDEFGH234567", 1)
	if err != nil {
		f.Fatal(err)
	}
	side := code.Bounds().Dx()
	f.Add(uint8(side), code.Pix)
	f.Add(uint8(60), corners(60, 60).Pix)
	f.Fuzz(func(t *testing.T, width uint8, modules []byte) {
		if width == 0 || len(modules) < int(width) || len(modules) > 1<<12 {
			return
		}
		const pixels = 3
		img := image.NewGray(image.Rect(0, 0, pixels*int(width), pixels*(len(modules)/int(width))))
		for i := range img.Pix {
			x, y := i%img.Stride/pixels, i/img.Stride/pixels
			if modules[y*int(width)+x]&1 == 0 {
				img.Pix[i] = 255
			}
		}
		if text, err := qr.Decode(img); err != nil && !errors.Is(err, qr.ErrNoCode) || err == nil && text == "" {
			t.Fatalf("%q, %v", text, err)
		}
	})
}
