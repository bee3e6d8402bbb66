package carry

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"

	"marque/app/qr"
	"marque/app/terminal"
)

// The errors of showing codes.
var (
	// ErrOneCode: a series does not fit into one picture.
	ErrOneCode = errors.New("it takes several codes, which one picture does not hold; name a .gif file, or a folder for one picture each")
	// ErrPicture: the name does not say which kind of picture.
	ErrPicture = errors.New("pictures are written to a .png file, a .gif file, or a folder that there is; name one of those")
	// ErrNarrow: no code fits into the window.
	ErrNarrow = errors.New("the terminal's window is too small for codes; enlarge it, make its letters smaller, or write a picture with --out")
)

// Look is how codes are shown. A zero says: as is best for the payload.
type Look struct {
	Octets    int // of payload in one code of a series, 16 to qr.MaxPart
	Spare     int // further parts per 100 needed, 1 to 200; below 0 none
	PerSecond int // codes of a series, 1 to qr.MaxPerSecond
	Pixels    int // to the module of pictures, 1 to qr.MaxModulePixels
}

// Codes is a payload as one code or a series of codes.
type Codes struct {
	Payload Payload
	Parts   int // 1 without a series
	Look    Look

	text   string // of the only code; empty with a series
	series *qr.Series
}

// CodesOf makes codes of a payload: requests, receipts and registrations become the one code that every reader of theirs knows, unless
// look asks for a series. Errors: [qr.ErrLongPayload], [qr.ErrPart].
func CodesOf(p Payload, look Look) (*Codes, error) {
	k := kindOf(p.Found)
	if k == nil {
		return nil, ErrForeign
	}
	if k.text != nil && look.Octets == 0 {
		if text := k.text(p.Content); len(text) <= qr.MaxText {
			return &Codes{Payload: p, Parts: 1, Look: look.fill(qr.DefaultDensity()), text: text}, nil
		}
	}
	d := qr.DensityFor(len(p.Content))
	if look.Octets != 0 {
		d.Octets = look.Octets
	}
	switch {
	case look.Spare < 0:
		d.Spare = 0
	case look.Spare > 0:
		d.Spare = look.Spare
	}
	s, err := qr.Split(k.typ, p.Content, d)
	if err != nil {
		return nil, err
	}
	return &Codes{Payload: p, Parts: s.Total(), Look: look.fill(d), series: s}, nil
}

func (l Look) fill(d qr.Density) Look {
	l.Octets, l.Spare = d.Octets, d.Spare
	if l.PerSecond == 0 {
		l.PerSecond = d.PerSecond()
	}
	if l.Pixels == 0 {
		l.Pixels = qr.ModulePixels
	}
	return l
}

// Needed returns how many of the codes give the payload back.
func (c *Codes) Needed() int {
	if c.series == nil {
		return 1
	}
	return c.series.Needed()
}

// Text returns code i, 0 ≤ i < Parts.
func (c *Codes) Text(i int) string {
	if c.series == nil {
		return c.text
	}
	return c.series.Text(i)
}

// Write writes the codes as pictures: one as PNG, several as an animated GIF, or into a folder that there is, one PNG each. Every one was
// read back. It returns the files. Errors: [ErrOneCode], [ErrPicture], qr.ErrText, terminal.ErrExists.
func (c *Codes) Write(ctx context.Context, out string) ([]string, error) {
	if info, err := os.Stat(out); err == nil && info.IsDir() {
		return c.writeEach(ctx, out)
	}
	switch strings.ToLower(filepath.Ext(out)) {
	case ".gif":
		return c.writeGIF(out)
	case ".png":
		if c.Parts > 1 {
			return nil, ErrOneCode
		}
		b, err := qr.EncodePNG(c.Text(0))
		if err != nil {
			return nil, err
		}
		return []string{out}, terminal.WriteNew(out, b)
	}
	return nil, ErrPicture
}

func (c *Codes) writeGIF(out string) ([]string, error) {
	if c.series == nil {
		return nil, fmt.Errorf("it is one code: %w", ErrPicture)
	}
	b, err := qr.EncodeGIF(c.series, c.Look.Pixels, c.Look.PerSecond)
	if err != nil {
		return nil, err
	}
	return []string{out}, terminal.WriteNew(out, b)
}

func (c *Codes) writeEach(ctx context.Context, folder string) (files []string, err error) {
	for i := range c.Parts {
		if err := ctx.Err(); err != nil {
			return files, err
		}
		b, err := qr.EncodePNG(c.Text(i))
		if err != nil {
			return files, err
		}
		file := filepath.Join(folder, fmt.Sprintf("code-%03d-of-%03d.png", i+1, c.Parts))
		if err := terminal.WriteNew(file, b); err != nil {
			return files, err
		}
		files = append(files, file)
	}
	return files, nil
}

// small returns code i with one pixel to the module. It was read back, at the size at which readers are sure.
func (c *Codes) small(i int) (*image.Paletted, error) {
	const sure = 4
	large, err := qr.EncodeScreen(c.Text(i), sure)
	if err != nil {
		return nil, fmt.Errorf("code %d of %d: %w", i+1, c.Parts, err)
	}
	side := large.Rect.Dx() / sure
	img := image.NewPaletted(image.Rect(0, 0, side, side), large.Palette)
	for y := range side {
		for x := range side {
			img.SetColorIndex(x, y, large.ColorIndexAt(x*sure, y*sure))
		}
	}
	return img, nil
}
