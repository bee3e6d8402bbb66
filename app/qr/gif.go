package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/gif"
)

// EncodeGIF returns a series as an animated GIF that repeats for ever, with so many pixels to the module and 1 to [MaxPerSecond] codes
// a second. Every frame of the finished file was read back. Errors: [ErrText], also for pixels and speeds out of range.
func EncodeGIF(s *Series, pixels, perSecond int) ([]byte, error) {
	if perSecond < 1 || perSecond > MaxPerSecond {
		return nil, fmt.Errorf("%w: %d codes a second, 1 to %d are possible", ErrText, perSecond, MaxPerSecond)
	}
	var pictures gif.GIF
	for i := range s.Total() {
		img, err := EncodeScreen(s.Text(i), pixels)
		if err != nil {
			return nil, fmt.Errorf("qr: part %d of %d: %w", i+1, s.Total(), err)
		}
		pictures.Image = append(pictures.Image, img)
		pictures.Delay = append(pictures.Delay, 100/perSecond) // hundredths of a second
	}
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, &pictures); err != nil {
		return nil, fmt.Errorf("qr: writing a GIF: %w", err)
	}
	if err := checkGIF(out.Bytes(), s); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// checkGIF reads a file back.
func checkGIF(data []byte, s *Series) error {
	back, err := decodeGIF(data)
	if err != nil || len(back.Image) != s.Total() {
		return fmt.Errorf("%w: its GIF could not be read back: %w", ErrText, err)
	}
	for i := range s.Total() {
		text, err := Decode(back.frame())
		if err := check(s.Text(i), text, err); err != nil {
			return err
		}
	}
	return nil
}

// decodeGIF decodes a GIF of several pictures. The sizes and their number are checked before any pixel is
// decoded. Errors: [ErrTooLarge], [ErrNotAnImage].
func decodeGIF(data []byte) (*movie, error) {
	if len(data) > MaxFile {
		return nil, fmt.Errorf("%w: the file is longer than %d octets", ErrTooLarge, MaxFile)
	}
	config, err := gif.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotAnImage, err)
	}
	if err := checkPixels(config.Width, config.Height); err != nil {
		return nil, err
	}
	// Every picture in the file takes at least an octet of it, and is no larger than the whole.
	frames, err := countFrames(data)
	if err != nil {
		return nil, err
	}
	if frames > MaxFrames || frames*config.Width > MaxMoviePixels/config.Height {
		return nil, fmt.Errorf("%w: it has %d pictures of %d × %d pixels", ErrTooLarge, frames, config.Width, config.Height)
	}
	decoded, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotAnImage, err)
	}
	return &movie{GIF: decoded}, nil
}

// movie is a GIF whose pictures are laid over one another as a viewer shows them.
type movie struct {
	*gif.GIF
	shown *image.Gray // the last picture
	next  int
}

// frame returns the next picture, as large as the whole, or nil after the last.
func (m *movie) frame() *image.Gray {
	if m.next == len(m.Image) {
		return nil
	}
	frame := image.NewGray(image.Rect(0, 0, m.Config.Width, m.Config.Height))
	if m.shown != nil {
		copy(frame.Pix, m.shown.Pix)
	} else {
		for i := range frame.Pix {
			frame.Pix[i] = 255
		}
	}
	part := m.Image[m.next]
	var seen [256]bool
	for i, c := range part.Palette {
		_, _, _, alpha := c.RGBA()
		seen[i] = alpha != 0
	}
	shades := luminance(part)
	for y := range shades.Rect.Dy() {
		from := part.Pix[y*part.Stride:]
		to := frame.Pix[frame.PixOffset(part.Rect.Min.X, part.Rect.Min.Y+y):]
		for x, shade := range shades.Pix[y*shades.Stride : y*shades.Stride+shades.Rect.Dx()] {
			if seen[from[x]] {
				to[x] = shade
			}
		}
	}
	m.shown = frame
	m.next++
	return frame
}

// countFrames walks over the blocks of a GIF (GIF89a, sections 17 to 27) without decoding them.
func countFrames(data []byte) (frames int, err error) {
	const header, screen, descriptor = 6, 7, 9
	cut := fmt.Errorf("%w: it is cut off", ErrNotAnImage)
	at := header + screen
	colours := func(flags byte) int {
		if flags&0x80 == 0 {
			return 0
		}
		return 3 << (flags&7 + 1)
	}
	if len(data) < at {
		return 0, cut
	}
	at += colours(data[header+4])
	for at < len(data) {
		switch block := data[at]; block {
		case ';':
			return frames, nil
		case '!':
			at += 2 // and the label
		case ',':
			if len(data) < at+1+descriptor {
				return 0, cut
			}
			frames++
			at += 1 + descriptor + colours(data[at+descriptor]) + 1 // and the size of the LZW codes
		default:
			return 0, fmt.Errorf("%w: an unknown block", ErrNotAnImage)
		}
		for { // sub-blocks up to an empty one
			if at >= len(data) {
				return 0, cut
			}
			length := int(data[at])
			at += 1 + length
			if length == 0 {
				break
			}
		}
	}
	return 0, cut
}
