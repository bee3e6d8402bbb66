package camera_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"marque/app/qr"
	"marque/app/qr/camera"
)

const text = "MQ1RABCDEFGH234567"

// picture returns a code as a camera of a size that is a multiple of 16 sees it.
func picture(t testing.TB) *image.Gray {
	t.Helper()
	code, err := qr.EncodeScaled(text, 6)
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, 320, 240))
	for i := range img.Pix {
		x, y := i%320, i/320
		img.Pix[i] = color.GrayModel.Convert(code.At(x, y)).(color.Gray).Y
		if !image.Pt(x, y).In(code.Rect) {
			img.Pix[i] = 200
		}
	}
	return img
}

// motion returns a frame of motion JPEG: a JPEG of a camera, in colours, with or without its Huffman tables.
func motion(t testing.TB, tables bool) []byte {
	t.Helper()
	gray := picture(t)
	colours := image.NewRGBA(gray.Rect)
	for i, v := range gray.Pix {
		colours.SetRGBA(i%320, i/320, color.RGBA{v, v, v, 255})
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, colours, nil); err != nil {
		t.Fatal(err)
	}
	b := out.Bytes()
	if tables {
		return b
	}
	at := bytes.Index(b, []byte{0xff, 0xc4})
	length := 2 + int(b[at+2])<<8 + int(b[at+3])
	return append(bytes.Clone(b[:at]), b[at+length:]...)
}

func TestFramesOfMotionJPEG(t *testing.T) {
	for _, tables := range []bool{true, false} {
		img, err := camera.MJPEG(motion(t, tables))
		if err != nil {
			t.Fatalf("with tables: %v: %v", tables, err)
		}
		if got, err := qr.Decode(img); err != nil || got != text {
			t.Errorf("with tables: %v: %q, %v", tables, got, err)
		}
	}
	whole := motion(t, true)
	huge := bytes.Clone(whole)
	at := bytes.Index(huge, []byte{0xff, 0xc0})
	copy(huge[at+5:], "\xff\xff\xff\xff")
	for name, frame := range map[string][]byte{
		"nothing": nil, "half": whole[:len(whole)/2], "no JPEG": bytes.Repeat([]byte("YUYV"), 100), "of 65,535 × 65,535 pixels": huge,
	} {
		if _, err := camera.MJPEG(frame); !errors.Is(err, camera.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFramesOfYUYV(t *testing.T) {
	gray := picture(t)
	frame := make([]byte, 0, 2*len(gray.Pix))
	for _, v := range gray.Pix {
		frame = append(frame, v, 128)
	}
	img, err := camera.YUYV(frame, 320, 240)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(img.Pix, gray.Pix) {
		t.Error("the light differs")
	}
	if got, err := qr.Decode(img); err != nil || got != text {
		t.Errorf("%q, %v", got, err)
	}
	for _, size := range [][2]int{{320, 239}, {320, 241}, {318, 240}, {0, 0}, {-320, -240}, {1, 76800}, {1 << 30, 1 << 30}, {76800, 1}} {
		if _, err := camera.YUYV(frame, size[0], size[1]); !errors.Is(err, camera.ErrFormat) {
			t.Errorf("%v: %v", size, err)
		}
	}
	if _, err := camera.YUYV(frame[:len(frame)-1], 320, 240); !errors.Is(err, camera.ErrFormat) {
		t.Errorf("an octet less: %v", err)
	}
}

func TestNoCamera(t *testing.T) {
	if _, err := camera.Open(filepath.Join(t.TempDir(), "video0")); !errors.Is(err, camera.ErrNone) {
		t.Errorf("no such device: %v", err)
	}
	file := filepath.Join(t.TempDir(), "video1")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := camera.Open(file); !errors.Is(err, camera.ErrFormat) {
		t.Errorf("a file: %v", err)
	}
}

// FuzzFrames throws anything at both forms of frames.
func FuzzFrames(f *testing.F) {
	f.Add(motion(f, true), uint16(320), uint16(240))
	f.Add(motion(f, false), uint16(2), uint16(2))
	f.Add([]byte("12345678"), uint16(2), uint16(2))
	f.Add([]byte("\xff\xd8\xff\xda\x00\x00"), uint16(2), uint16(2))
	f.Fuzz(func(t *testing.T, frame []byte, width, height uint16) {
		if img, err := camera.MJPEG(frame); err == nil && img.Bounds().Empty() || err != nil && !errors.Is(err, camera.ErrFormat) {
			t.Fatalf("JPEG: %v", err)
		}
		if img, err := camera.YUYV(frame, int(width), int(height)); err == nil && len(img.Pix) != len(frame)/2 || err != nil && !errors.Is(err, camera.ErrFormat) {
			t.Fatalf("YUYV: %v", err)
		}
	})
}

func TestListOfCameras(t *testing.T) {
	sys := t.TempDir()
	if _, err := camera.ListIn(sys, "/dev"); !errors.Is(err, camera.ErrNone) {
		t.Errorf("no camera: %v", err)
	}
	for name, files := range map[string]map[string]string{
		"video0": {"name": "Depot\x1b[2J camera: \xff\n", "index": "0\n"}, "video1": {"name": "Depot camera", "index": "1\n"},
		"radio0": {"name": "A radio", "index": "0\n"}, "video2": {"index": "0\n"},
	} {
		for file, content := range files {
			path := filepath.Join(sys, "class/video4linux", name, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := camera.ListIn(sys, "/dev")
	if want := (camera.Found{Path: "/dev/video0", Name: "Depot[2J camera:"}); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("%q, %v", got, err)
	}
}
