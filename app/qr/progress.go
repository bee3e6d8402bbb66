package qr

import (
	"image"
	"image/color"
)

// Picture draws which parts have arrived: a square of cells in rows, full for the ones that have, an outline for the others. A cell
// has so many pixels, 3 to [MaxModulePixels]; what is below or above becomes that. There is nothing in it but black and white, so
// that nobody needs to tell colours apart. Without parts it is one outline.
func (p Progress) Picture(cell int) *image.Paletted {
	cell = min(max(cell, 3), MaxModulePixels)
	parts := max(len(p.Have), 1)
	columns := 1
	for columns*columns < parts {
		columns++
	}
	rows := (parts + columns - 1) / columns
	img := image.NewPaletted(image.Rect(0, 0, columns*cell, rows*cell), color.Palette{color.White, color.Black})
	for i := range parts {
		left, top := i%columns*cell, i/columns*cell
		have := i < len(p.Have) && p.Have[i]
		for y := range cell - 1 { // the last is the gap to the next cell
			for x := range cell - 1 {
				edge := x == 0 || y == 0 || x == cell-2 || y == cell-2
				if have || edge {
					img.SetColorIndex(left+x, top+y, 1)
				}
			}
		}
	}
	return img
}
