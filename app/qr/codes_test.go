package qr_test

import (
	"bytes"
	"encoding/base32"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"marque/app/qr"
)

// requestText returns what a request of size octets looks like in a code.
func requestText(r *rand.Rand, size int) string {
	raw := make([]byte, size+4)
	for i := range raw {
		raw[i] = byte(r.Uint32())
	}
	return "MQ1R" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
}

// zbar reads the codes of all files with another program and returns one text per file.
func zbar(t testing.TB, files ...string) []string {
	t.Helper()
	path, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Fatalf("zbarimg is missing, the independent reader that this test needs: apt-get install zbar-tools (%v)", err)
	}
	args := append([]string{"--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"}, files...)
	out, err := exec.Command(path, args...).Output()
	if err != nil {
		t.Fatalf("zbarimg: %v", err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// TestRequestsRoundTrip writes 41 requests of 20 to 220 octets as PNG files, which this package reads again and
// zbarimg reads too.
func TestRequestsRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	var files, texts []string
	for size := 20; size <= 220; size += 5 {
		text := requestText(r, size)
		data, err := qr.EncodePNG(text)
		if err != nil {
			t.Fatalf("%d octets: %v", size, err)
		}
		file := filepath.Join(dir, fmt.Sprintf("%03d.png", size))
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := qr.DecodeFile(file); err != nil || got != text {
			t.Errorf("%d octets: read back %q, %v", size, got, err)
		}
		files, texts = append(files, file), append(texts, text)
	}
	got := zbar(t, files...)
	if len(got) != len(texts) {
		t.Fatalf("zbarimg read %d of %d codes", len(got), len(texts))
	}
	for i, text := range texts {
		if got[i] != text {
			t.Errorf("%s: zbarimg read %q, want %q", filepath.Base(files[i]), got[i], text)
		}
	}
}

// TestLongestRequest holds the longest request to version 11, 61 modules, and the picture to whole modules and a quiet zone of 4.
func TestLongestRequest(t *testing.T) {
	img, err := qr.Encode(requestText(rand.New(rand.NewPCG(3, 4)), 220))
	if err != nil {
		t.Fatal(err)
	}
	const version11, quiet = 17 + 4*11, 4
	if side := img.Bounds().Dx(); side != (version11+2*quiet)*qr.ModulePixels || img.Bounds().Dy() != side {
		t.Errorf("%v, want %d modules of %d pixels", img.Bounds(), version11+2*quiet, qr.ModulePixels)
	}
}

func TestPictureOfACode(t *testing.T) {
	for _, pixels := range []int{1, 2, 3, 4, 5, 6, 7, 8, 11, qr.MaxModulePixels} {
		img, err := qr.EncodeScaled("MQ1RABCDEFGH", pixels)
		if err != nil {
			t.Errorf("%d pixels: %v", pixels, err)
			continue
		}
		const modules = 21 + 8 // version 1
		if img.Bounds() != image.Rect(0, 0, modules*pixels, modules*pixels) {
			t.Fatalf("%d pixels: %v", pixels, img.Bounds())
		}
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				if img.ColorIndexAt(x, y) != img.ColorIndexAt(x/pixels*pixels, y/pixels*pixels) {
					t.Fatalf("%d pixels: (%d, %d) differs from its module", pixels, x, y)
				}
				column, row := x/pixels, y/pixels
				quiet := column < 4 || row < 4 || column >= modules-4 || row >= modules-4
				if quiet && !white(img.At(x, y)) {
					t.Fatalf("%d pixels: (%d, %d) of the quiet zone is not white", pixels, x, y)
				}
			}
		}
		if corner := img.At(4*pixels, 4*pixels); white(corner) {
			t.Fatalf("%d pixels: no code after four quiet modules", pixels)
		}
	}
}

func white(c color.Color) bool { return color.GrayModel.Convert(c) == color.Gray{Y: 255} }

// TestLevelAndMode reads both from the picture: the format bits say level M (00), and the sizes are those of alphanumeric mode, 20
// characters in version 1 and 366 in version 11; in byte mode it would be 14 and 251.
func TestLevelAndMode(t *testing.T) {
	for _, c := range []struct{ characters, version int }{{20, 1}, {21, 2}, {366, 11}, {367, 12}} {
		img, err := qr.EncodeScaled("M"+strings.Repeat("Q", c.characters-1), 4)
		if err != nil {
			t.Fatalf("%d characters: %v", c.characters, err)
		}
		if got := (img.Bounds().Dx()/4 - 8 - 17) / 4; got != c.version {
			t.Errorf("%d characters: version %d, want %d", c.characters, got, c.version)
		}
		bit := func(x, y int) bool { return img.ColorIndexAt(4*(4+x), 4*(4+y)) == 1 }
		// The two bits of the level stand at the left end of row 8 under the mask 10 (ISO/IEC 18004, 7.9.1).
		if first, second := bit(0, 8) != true, bit(1, 8) != false; first || second {
			t.Errorf("%d characters: level bits %v %v, want those of M", c.characters, first, second)
		}
	}
}

func TestEncodePNGIsTheSamePicture(t *testing.T) {
	data, err := qr.EncodePNG("MQ1RABCDEFGH")
	if err != nil {
		t.Fatal(err)
	}
	img, err := qr.Encode("MQ1RABCDEFGH")
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if white(decoded.At(x, y)) != white(img.At(x, y)) {
				t.Fatalf("(%d, %d) differs", x, y)
			}
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":     "",
		"too long":    strings.Repeat("A", qr.MaxText+1),
		"half a rune": "caf\xc3",
	} {
		img, err := qr.Encode(text)
		if !errors.Is(err, qr.ErrText) || img != nil {
			t.Errorf("%s: %v, want ErrText", name, err)
		}
		if data, err := qr.EncodePNG(text); !errors.Is(err, qr.ErrText) || data != nil {
			t.Errorf("%s as PNG: %v, want ErrText", name, err)
		}
	}
	for _, pixels := range []int{-1, 0, qr.MaxModulePixels + 1} {
		if _, err := qr.EncodeScaled("MQ1R", pixels); !errors.Is(err, qr.ErrText) {
			t.Errorf("%d pixels: %v, want ErrText", pixels, err)
		}
	}
}

// FuzzEncode holds the promise of the package: what comes back was read back.
func FuzzEncode(f *testing.F) {
	f.Add("MQ1RABCDEFGH234567")
	f.Add("https://example.org/?q=1")
	f.Add("0123456789")
	f.Add("Grüße")
	f.Add("\x00\xff")
	f.Fuzz(func(t *testing.T, text string) {
		data, err := qr.EncodePNG(text)
		if err != nil {
			if !errors.Is(err, qr.ErrText) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		if got, err := qr.DecodeData(data); err != nil || got != text {
			t.Fatalf("%q became %q, %v", text, got, err)
		}
	})
}
