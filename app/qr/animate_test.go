package qr_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"marque/app/qr"
)

// shown is a screen seen by a camera that loses some of its frames.
type shown struct {
	a      *qr.Animation
	r      *rand.Rand
	lost   float64
	frames int // shown, the lost ones included
}

func (s *shown) Next(ctx context.Context) (image.Image, error) {
	for {
		img, _, err := s.a.Next(ctx)
		s.frames++
		if err != nil || s.r.Float64() >= s.lost {
			return img, err
		}
	}
}

func (*shown) Close() error { return nil }

// TestBundleCrosses shows a list of 20,000 octets: with 15 % of the frames lost it is there after 100 frames at the most, which
// are 20 seconds at 5 frames a second: 1 kB a second.
func TestBundleCrosses(t *testing.T) {
	s, payload := split(t, 20_000, qr.DensityFor(20_000))
	a, err := qr.Animate(s, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	screen := &shown{a: a, r: rand.New(rand.NewPCG(31, 32)), lost: 0.15}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var j qr.Joiner
	var got *qr.Joined
	err = qr.Scan(ctx, screen, func(text string) {
		joined, _, err := j.Add(text)
		if err != nil {
			t.Error(err)
		}
		if joined != nil {
			got = joined
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) || got == nil || !bytes.Equal(got.Payload, payload) {
		t.Fatalf("%v, %v", got, err)
	}
	if limit := 100; qr.DensityFor(20_000).PerSecond() != 5 || screen.frames > limit {
		t.Errorf("%d frames, at most %d", screen.frames, limit)
	}
	t.Logf("%d frames of %d needed, %.0f octets a second", screen.frames, s.Needed(), 20_000*5/float64(screen.frames))
}

// TestLossesOfManyBundles counts the frames until a list of 20,000 octets is there, for 2,000 sequences of losses.
func TestLossesOfManyBundles(t *testing.T) {
	s, _ := split(t, 20_000, qr.DensityFor(20_000))
	r := rand.New(rand.NewPCG(33, 34))
	const tries = 2000
	late := 0
	for range tries {
		have, frames := 0, 0
		for have < s.Needed() { // no part comes twice: the series is longer than all of this
			frames++
			if r.Float64() >= 0.15 {
				have++
			}
		}
		if frames > s.Total() {
			t.Fatal("the series came round")
		}
		if frames > 100 {
			late++
		}
	}
	if late > tries/100 {
		t.Errorf("%d of %d took more than 100 frames", late, tries)
	}
}

func TestAnimationGoesRound(t *testing.T) {
	s, _ := split(t, 100, qr.Density{Octets: 40, Spare: 100})
	a, err := qr.Animate(s, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * s.Total() {
		img, part, err := a.Next(t.Context())
		if err != nil || part != i%s.Total() {
			t.Fatalf("frame %d is of part %d, %v", i, part, err)
		}
		if got, err := qr.Decode(img); err != nil || got != s.Text(part) {
			t.Fatalf("frame %d: %q, %v", i, got, err)
		}
	}
	a.Close()
	a.Close()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	b, err := qr.Animate(s, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for { // the first codes may be ready
		if _, _, err := b.Next(over); err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			break
		}
	}
	if _, err := qr.Animate(s, 0); !errors.Is(err, qr.ErrText) {
		t.Errorf("no pixels: %v", err)
	}
}

func TestGIFOfASeries(t *testing.T) {
	s, payload := split(t, 1000, qr.DensityFor(1000))
	data, err := qr.EncodeGIF(s, 3, 5)
	if err != nil {
		t.Fatal(err)
	}
	source, err := qr.Pictures(data)
	if err != nil {
		t.Fatal(err)
	}
	var j qr.Joiner
	var got *qr.Joined
	err = qr.Scan(t.Context(), source, func(text string) {
		if joined, _, err := j.Add(text); err != nil {
			t.Error(err)
		} else if joined != nil && got == nil {
			got = joined
		}
	})
	if err != nil || got == nil || !bytes.Equal(got.Payload, payload) {
		t.Fatalf("%v, %v", got, err)
	}
	for _, perSecond := range []int{0, -1, qr.MaxPerSecond + 1} {
		if _, err := qr.EncodeGIF(s, 3, perSecond); !errors.Is(err, qr.ErrText) {
			t.Errorf("%d a second: %v", perSecond, err)
		}
	}
}

func TestDensities(t *testing.T) {
	for _, n := range []int{1, 270, 271, 297, 298, 2000, 2001, 20_000, 34_290, 34_291, qr.MaxPayload} {
		d := qr.DensityFor(n)
		s, payload := split(t, n, d)
		if single := n <= qr.MaxPart; single != (s.Total() == 1) || len(payload) != n {
			t.Errorf("%d octets: %d codes", n, s.Total())
		}
		if n <= 34_290 && s.Total() < 2*s.Needed() && s.Needed() > 1 {
			t.Errorf("%d octets: %d codes of %d needed", n, s.Total(), s.Needed())
		}
	}
	d := qr.DefaultDensity()
	for range 10 {
		thinner := d.Thinner()
		if thinner.Octets > d.Octets || thinner.PerSecond() < d.PerSecond() || thinner.Spare != d.Spare {
			t.Errorf("%+v is not thinner than %+v", thinner, d)
		}
		d = thinner
	}
	for d.Denser() != d {
		d = d.Denser()
	}
	if d.Octets != qr.MaxPart {
		t.Errorf("the densest is %d", d.Octets)
	}
}

func TestPictureOfProgress(t *testing.T) {
	p := qr.Progress{Needed: 3, Have: []bool{true, false, true, false, true}}
	img := p.Picture(8)
	if img.Bounds() != image.Rect(0, 0, 24, 16) {
		t.Fatalf("%v", img.Bounds())
	}
	for i := range 6 {
		x, y := i%3*8+3, i/3*8+3
		if full := img.ColorIndexAt(x, y) == 1; full != (i < 5 && p.Have[i]) {
			t.Errorf("cell %d is full: %v", i, full)
		}
		if edge := img.ColorIndexAt(x-3, y) == 1; edge != (i < 5) {
			t.Errorf("cell %d has an outline: %v", i, edge)
		}
	}
	for _, cell := range []int{-5, 0, 1 << 30} {
		if b := (qr.Progress{}).Picture(cell).Bounds(); b.Empty() || b.Dx() > qr.MaxModulePixels {
			t.Errorf("%d pixels: %v", cell, b)
		}
	}
}

func TestScanOfFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a", "b", "c"} {
		data, err := qr.EncodePNG("MQ1R" + name)
		if err != nil {
			t.Fatal(err)
		}
		write(name+".PNG", data)
		write(name+"-again.png", data)
	}
	write("bad.png", []byte("no picture"))
	write("notes.txt", []byte("nothing"))
	if err := os.Symlink(filepath.Join(dir, "a.PNG"), filepath.Join(dir, "link.png")); err != nil {
		t.Fatal(err)
	}
	source, err := qr.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := qr.Scan(t.Context(), source, func(text string) { got = append(got, text) }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0] != "MQ1Ra" || got[2] != "MQ1Rc" {
		t.Errorf("%q", got)
	}
	if _, err := source.Next(t.Context()); !errors.Is(err, io.EOF) || source.Close() != nil {
		t.Errorf("after the last: %v", err)
	}
	if _, err := qr.Files(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such folder: %v", err)
	}
	empty, err := qr.Files(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := qr.Scan(t.Context(), empty, func(string) {}); !errors.Is(err, qr.ErrNoCode) {
		t.Errorf("an empty folder: %v", err)
	}
}

// view is a camera that shows each of its pictures once.
type view []image.Image

func (v *view) Next(ctx context.Context) (image.Image, error) {
	if len(*v) == 0 {
		return nil, io.EOF
	}
	img := (*v)[0]
	*v = (*v)[1:]
	return img, ctx.Err()
}

func (*view) Close() error { return nil }

func TestScanTellsACodeOnceWhileItIsInView(t *testing.T) {
	code, err := qr.EncodeScreen("MQ1RABC", 3)
	if err != nil {
		t.Fatal(err)
	}
	empty := image.NewGray(code.Rect)
	var v view
	for range 2 {
		for range 20 {
			v = append(v, code, empty)
		}
		for range 20 {
			v = append(v, empty)
		}
	}
	told := 0
	if err := qr.Scan(t.Context(), &v, func(string) { told++ }); err != nil || told != 2 {
		t.Errorf("told %d times, %v", told, err)
	}
}

// FuzzPictures throws anything at the reader of files, the pictures of a GIF included.
func FuzzPictures(f *testing.F) {
	s, err := qr.Split('R', octets(60), qr.Density{Octets: 30, Spare: 50})
	if err != nil {
		f.Fatal(err)
	}
	data, err := qr.EncodeGIF(s, 1, 5)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x00;"))
	f.Fuzz(func(t *testing.T, data []byte) {
		source, err := qr.Pictures(data)
		if err != nil {
			if !errors.Is(err, qr.ErrNotAnImage) && !errors.Is(err, qr.ErrTooLarge) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		for frames := 0; ; frames++ {
			img, err := source.Next(t.Context())
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil || img.Bounds().Empty() || frames > qr.MaxFrames {
				t.Fatalf("frame %d: %v", frames, err)
			}
		}
	})
}
