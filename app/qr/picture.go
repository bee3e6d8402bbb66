package qr

import (
	"image"
	"image/draw"
)

// luminance returns img as shades of grey, from (0, 0) and without gaps between rows; what is transparent becomes white.
func luminance(img image.Image) *image.Gray {
	if s, ok := img.(still); ok {
		img = s.Image
	}
	b := img.Bounds()
	gray := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	switch src := img.(type) {
	case *image.YCbCr:
		for y := range b.Dy() {
			copy(gray.Pix[y*gray.Stride:(y+1)*gray.Stride], src.Y[src.YOffset(b.Min.X, b.Min.Y+y):])
		}
	case *image.Gray:
		for y := range b.Dy() {
			copy(gray.Pix[y*gray.Stride:(y+1)*gray.Stride], src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):])
		}
	case *image.Paletted:
		colours := image.NewNRGBA(image.Rect(0, 0, 256, 1)) // what the palette does not have is transparent
		for i, c := range src.Palette {
			colours.Set(i, 0, c)
		}
		shades := luminance(colours).Pix
		for y := range b.Dy() {
			row := src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range b.Dx() {
				gray.Pix[y*gray.Stride+x] = shades[row[x]]
			}
		}
	default:
		for i := range gray.Pix {
			gray.Pix[i] = 255
		}
		draw.Draw(gray, gray.Rect, img, b.Min, draw.Over)
	}
	return gray
}

// scale returns src with num/den of its width and height, or nil when that is too small for any code or above [MaxPixels].
func scale(src *image.Gray, num, den int) *image.Gray {
	if num == den {
		return src
	}
	width, height := src.Rect.Dx()*num/den, src.Rect.Dy()*num/den
	const smallest = 21 // modules of the smallest code
	if width < smallest || height < smallest || checkPixels(width, height) != nil {
		return nil
	}
	if den > 2*num { // more than two pixels become one: linear interpolation would skip some
		return scale(scale(src, 1, 2), 2*num, den)
	}
	return interpolate(src, width, height)
}

// interpolate returns src with another width and height: between the four nearest pixels, linear in both directions, in 1/256 of a
// pixel. For halves that is the mean of the four.
func interpolate(src *image.Gray, width, height int) *image.Gray {
	dst := image.NewGray(image.Rect(0, 0, width, height))
	columns := positions(src.Rect.Dx(), width)
	for y, row := range positions(src.Rect.Dy(), height) {
		upper := src.Pix[row.first*src.Stride:]
		lower := src.Pix[row.second*src.Stride:]
		out := dst.Pix[y*dst.Stride:]
		for x, c := range columns {
			top := int(upper[c.first])*(256-c.weight) + int(upper[c.second])*c.weight
			bottom := int(lower[c.first])*(256-c.weight) + int(lower[c.second])*c.weight
			out[x] = uint8((top*(256-row.weight) + bottom*row.weight + 1<<15) >> 16) // a weighted mean of octets
		}
	}
	return dst
}

// position is a place between two pixels: weight/256 of the way from first to second.
type position struct{ first, second, weight int }

// positions returns where the centres of count pixels lie among size pixels.
func positions(size, count int) []position {
	at := make([]position, count)
	for i := range at {
		where := ((2*i+1)*size*128)/count - 128 // in 1/256 pixels from the centre of the first
		where = min(max(where, 0), (size-1)*256)
		first := where / 256
		at[i] = position{first, min(first+1, size-1), where % 256}
	}
	return at
}
