package carry

import (
	"context"
	"fmt"
	"image"
	"io"
	"strings"
	"time"

	"marque/app/qr"
)

// Window is the terminal that codes are shown in. Zero columns: it is no terminal, and codes come one below the other.
type Window struct {
	Columns, Rows int
}

// modules is the side of the largest code that fits, two modules to a letter's height, with a line below it.
func (w Window) modules() int { return min(w.Columns, 2*(w.Rows-1)) }

// Fit returns codes of a payload that fit into the window, less dense than is best where they must be. What look asks for is not
// changed. Errors: [ErrNarrow], and those of [CodesOf].
func Fit(p Payload, look Look, w Window) (*Codes, error) {
	c, err := CodesOf(p, look)
	if err != nil || w.Columns == 0 {
		return c, err
	}
	for octets := c.Look.Octets; ; {
		img, err := c.small(0)
		if err != nil {
			return nil, err
		}
		if img.Rect.Dx() <= w.modules() {
			return c, nil
		}
		thinner := qr.Density{Octets: octets}.Thinner().Octets
		if look.Octets != 0 || thinner == octets {
			return nil, ErrNarrow
		}
		octets = thinner
		smaller := look
		smaller.Octets = octets
		if c, err = CodesOf(p, smaller); err != nil {
			return nil, ErrNarrow // so many codes that thin there cannot be
		}
	}
}

// Show draws the codes one after the other until the context ends, which is no error, or so many rounds are over, if there are any. A
// single code is drawn once. In a terminal each is drawn over the one before.
func (c *Codes) Show(ctx context.Context, out io.Writer, w Window, rounds int) error {
	screen := make([]string, c.Parts)
	rate := time.NewTicker(time.Second / time.Duration(c.Look.PerSecond))
	defer rate.Stop()
	if c.Parts == 1 {
		rounds = 1
	}
	for round := 0; rounds == 0 || round < rounds; round++ {
		for i := range c.Parts {
			if screen[i] == "" {
				img, err := c.small(i)
				if err != nil {
					return err
				}
				screen[i] = Blocks(img, w.Columns > 0)
			}
			if err := c.draw(out, w, i, screen[i]); err != nil {
				return err
			}
			if c.Parts == 1 {
				return nil
			}
			select {
			case <-ctx.Done():
				return nil
			case <-rate.C:
			}
			if ctx.Err() != nil { // both had happened
				return nil
			}
		}
	}
	return nil
}

func (c *Codes) draw(out io.Writer, w Window, i int, code string) error {
	const home, erase = "\x1b[H", "\x1b[J"
	if w.Columns > 0 && c.Parts > 1 {
		code = home + code + erase
	}
	_, err := fmt.Fprintf(out, "%s%s\n", code, c.caption(i))
	return err
}

func (c *Codes) caption(i int) string {
	if c.Parts == 1 {
		return string(c.Payload.Found)
	}
	return fmt.Sprintf("%s, code %d of %d, any %d are enough", c.Payload.Found, i+1, c.Parts, c.Needed())
}

// Blocks draws a picture of black and white, one pixel to the module, with half-block characters: a letter is one module wide and two
// high. With colour it is black on white whatever the terminal's colours are; without, a full block is black. Pixels of index 1 are black.
func Blocks(img *image.Paletted, colour bool) string {
	var b strings.Builder
	black := func(x, y int) bool {
		return y < img.Rect.Max.Y && img.ColorIndexAt(x, y) == 1
	}
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y += 2 {
		if colour {
			b.WriteString("\x1b[30;107m")
		}
		for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
			switch top, bottom := black(x, y), black(x, y+1); {
			case top && bottom:
				b.WriteRune('█')
			case top:
				b.WriteRune('▀')
			case bottom:
				b.WriteRune('▄')
			default:
				b.WriteByte(' ')
			}
		}
		if colour {
			b.WriteString("\x1b[0m")
		}
		b.WriteByte('\n')
	}
	return b.String()
}
