package screen

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"marque/app/qr"
)

// progressBar shows how far something is, from 0 to 1.
func progressBar(share float32) fyne.CanvasObject {
	return container.New(barLayout{min(max(share, 0), 1)}, box(colourSunken, "", 3), box(colourAccent, "", 3))
}

// barLayout gives the second object a share of the width of the first.
type barLayout struct{ share float32 }

// MinSize implements fyne.Layout.
func (barLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(40, 6) }

// Layout implements fyne.Layout.
func (l barLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	objects[1].Resize(fyne.NewSize(size.Width*l.share, size.Height))
}

// codeSize is how large a code beside a list gets at most, and codeModule how large a module is at most, in pixels.
const (
	codeSize   = 210
	codeModule = 4
)

// codeImage draws a text as a code that is as large as fits beside a list.
func codeImage(content string) (image.Image, error) {
	for pixels := codeModule; ; pixels-- {
		img, err := qr.EncodeScreen(content, pixels)
		if err != nil || pixels == 1 || img.Bounds().Dx() <= codeSize {
			return img, err
		}
	}
}
