package camera

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"
)

const (
	mjpeg = webcam.PixelFormat('M' | 'J'<<8 | 'P'<<16 | 'G'<<24)
	yuyv  = webcam.PixelFormat('Y' | 'U'<<8 | 'Y'<<16 | 'V'<<24)
)

// Found is a camera that can be opened.
type Found struct {
	Path string // "/dev/video0"
	Name string // what the camera calls itself, printable ASCII, at most 64 characters
}

// List returns the cameras of the machine. What it calls itself is the camera's own word. Error: [ErrNone].
func List() ([]Found, error) { return list("/sys", "/dev") }

func list(sys, dev string) ([]Found, error) {
	folder := filepath.Join(sys, "class/video4linux")
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) == 0 {
		return nil, ErrNone
	}
	var found []Found
	for _, e := range entries[:min(len(entries), maxCameras)] {
		if !strings.HasPrefix(e.Name(), "video") {
			continue
		}
		// A camera's second device tells about its pictures instead of sending any; its index is not 0.
		if index, err := os.ReadFile(filepath.Join(folder, e.Name(), "index")); err != nil || strings.TrimSpace(string(index)) != "0" {
			continue
		}
		name, err := os.ReadFile(filepath.Join(folder, e.Name(), "name"))
		if err != nil {
			continue // it was pulled meanwhile
		}
		found = append(found, Found{filepath.Join(dev, e.Name()), printable(string(name))})
	}
	if len(found) == 0 {
		return nil, ErrNone
	}
	slices.SortFunc(found, func(a, b Found) int { return strings.Compare(a.Path, b.Path) })
	return found, nil
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

// Camera is an open camera: a qr.FrameSource. It is not safe for concurrent use.
type Camera struct {
	device        *webcam.Webcam
	format        webcam.PixelFormat
	width, height int
}

// Open starts a camera at 1280 × 720 pixels or what it has nearest to that, as motion JPEG if it can; an empty path is the first that
// [List] returns. Errors: [ErrNone], [ErrBusy], [ErrNoRight], [ErrFormat].
func Open(path string) (*Camera, error) {
	if path == "" {
		found, err := List()
		if err != nil {
			return nil, err
		}
		path = found[0].Path
	}
	device, err := webcam.Open(path)
	if err != nil {
		return nil, reason(err)
	}
	c := &Camera{device: device}
	if err := c.start(); err != nil {
		return nil, errors.Join(err, device.Close())
	}
	return c, nil
}

func (c *Camera) start() error {
	formats := c.device.GetSupportedFormats()
	c.format = mjpeg
	if _, ok := formats[mjpeg]; !ok {
		c.format = yuyv
		if _, ok := formats[yuyv]; !ok {
			return ErrFormat
		}
	}
	width, height := nearest(c.device.GetSupportedFrameSizes(c.format))
	// The library returns what was asked for as what was set. YUYV notices by the length of its frames, JPEG says its size itself.
	format, _, _, err := c.device.SetImageFormat(c.format, uint32(width), uint32(height))
	if err != nil {
		return reason(err)
	}
	if format != c.format {
		return ErrFormat
	}
	c.width, c.height = width, height
	if err := c.device.SetBufferCount(buffers); err != nil {
		return reason(err)
	}
	if err := c.device.StartStreaming(); err != nil {
		// the library passes on the text of the error alone
		if strings.Contains(err.Error(), unix.EBUSY.Error()) {
			return ErrBusy
		}
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return nil
}

// nearest returns the size nearest to 1280 × 720, within the bounds of [YUYV].
func nearest(sizes []webcam.FrameSize) (width, height int) {
	width, height = 640, 480 // every camera has it
	distance := func(w, h int) int { return max(w-wantedWidth, wantedWidth-w) + max(h-wantedHeight, wantedHeight-h) }
	for _, s := range sizes {
		w, h := int(min(max(wantedWidth, s.MinWidth), s.MaxWidth)), int(min(max(wantedHeight, s.MinHeight), s.MaxHeight))
		if s.StepWidth > 1 || s.StepHeight > 1 { // between the steps is nothing
			w, h = int(s.MaxWidth), int(s.MaxHeight)
		}
		if w >= 2 && h >= 1 && w <= maxWidth && h <= maxHeight && distance(w, h) < distance(width, height) {
			width, height = w, h
		}
	}
	return width, height
}

// Next waits for a frame and returns the newest; those that came before it are dropped. It looks once a second whether the context has
// ended. Errors: [ErrNone] when the camera was pulled or sends nothing, [ErrFormat], and the context's.
func (c *Camera) Next(ctx context.Context) (image.Image, error) {
	for range patience {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		err := c.device.WaitForFrame(1) // seconds
		var timeout *webcam.Timeout
		if errors.As(err, &timeout) {
			continue
		}
		if err != nil {
			return nil, reason(err)
		}
		frame, err := c.newest()
		if err != nil {
			return nil, err
		}
		if len(frame) == 0 {
			continue // the driver had none after all
		}
		if c.format == yuyv {
			return YUYV(frame, c.width, c.height)
		}
		return MJPEG(frame)
	}
	return nil, fmt.Errorf("%w: it sent no picture for %d seconds", ErrNone, patience)
}

// newest takes all frames that are there and returns a copy of the last: the driver writes into its buffer again once it has it back.
func (c *Camera) newest() ([]byte, error) {
	var newest []byte
	for range buffers {
		frame, index, err := c.device.GetFrame()
		if errors.Is(err, unix.EAGAIN) {
			break
		}
		if err != nil {
			return nil, reason(err)
		}
		if len(frame) > 0 && len(frame) <= maxFrame {
			newest = append(newest[:0], frame...)
		}
		if err := c.device.ReleaseFrame(index); err != nil {
			return nil, reason(err)
		}
	}
	return newest, nil
}

// Close stops the camera.
func (c *Camera) Close() error {
	if err := c.device.Close(); err != nil {
		return fmt.Errorf("camera: close it: %w", err)
	}
	return nil
}

// reason turns what the system says into what to do.
func reason(err error) error {
	switch {
	case errors.Is(err, unix.EBUSY):
		return ErrBusy
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return ErrNoRight
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO), errors.Is(err, unix.EIO):
		return ErrNone
	}
	return fmt.Errorf("%w: %w", ErrFormat, err)
}
