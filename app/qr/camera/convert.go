package camera

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"sync"
)

// MJPEG returns the picture of one frame of motion JPEG. Cameras leave out the Huffman tables that every such frame has alike; they
// are put in. Its size is checked before any pixel is decoded. Errors: [ErrFormat].
func MJPEG(frame []byte) (image.Image, error) {
	if len(frame) > maxFrame || !bytes.HasPrefix(frame, []byte{0xff, 0xd8, 0xff}) {
		return nil, fmt.Errorf("%w: no JPEG", ErrFormat)
	}
	if !hasTables(frame) {
		frame = append(append([]byte{0xff, 0xd8}, huffman()...), frame[2:]...)
	}
	config, err := jpeg.DecodeConfig(bytes.NewReader(frame))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxWidth || config.Height > maxHeight {
		return nil, fmt.Errorf("%w: %d × %d pixels", ErrFormat, config.Width, config.Height)
	}
	img, err := jpeg.Decode(bytes.NewReader(frame))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return img, nil
}

// The markers of segments of a JPEG.
const (
	tables      = 0xc4 // Huffman
	startOfScan = 0xda // the pixels
)

// hasTables reports whether Huffman tables come before the pixels.
func hasTables(frame []byte) bool {
	for at := 2; at+4 <= len(frame) && frame[at] == 0xff && frame[at+1] != startOfScan; {
		if frame[at+1] == tables {
			return true
		}
		at += 2 + int(frame[at+2])<<8 + int(frame[at+3])
	}
	return false
}

// YUYV returns the light of one frame of YUYV 4:2:2: two octets to the pixel, of which the first is its light. The frame must have
// exactly width × height pixels: rows with padding would look like another picture. Errors: [ErrFormat].
func YUYV(frame []byte, width, height int) (*image.Gray, error) {
	if width < 2 || height < 1 || width > maxWidth || height > maxHeight || width%2 != 0 {
		return nil, fmt.Errorf("%w: %d × %d pixels", ErrFormat, width, height)
	}
	if len(frame) != 2*width*height {
		return nil, fmt.Errorf("%w: a frame of %d octets for %d × %d pixels", ErrFormat, len(frame), width, height)
	}
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = frame[2*i]
	}
	return img, nil
}

// huffman returns the tables of ITU-T T.81, annex K.3, as a segment of a JPEG: those that the standard library writes.
var huffman = sync.OnceValue(func() []byte {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewRGBA(image.Rect(0, 0, 8, 8)), nil); err != nil {
		return nil // does not happen: the picture is small and the buffer takes all
	}
	b := out.Bytes()
	for at := 2; at+4 <= len(b) && b[at] == 0xff; {
		next := at + 2 + int(b[at+2])<<8 + int(b[at+3])
		if b[at+1] == tables {
			return b[at:next]
		}
		at = next
	}
	return nil
})
