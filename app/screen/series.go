package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
	"marque/app/qr"
)

// seriesPicture shows which parts of a series have arrived, always black on white.
func seriesPicture(s *flow.Series) fyne.CanvasObject {
	const cell, edge = 14, 10
	picture := qr.Progress{Needed: s.Needed, Have: s.Have}.Picture(cell)
	img := canvas.NewImageFromImage(picture)
	img.ScaleMode, img.FillMode = canvas.ImageScalePixels, canvas.ImageFillContain
	wide, high := picture.Bounds().Dx(), picture.Bounds().Dy()
	img.SetMinSize(fyne.NewSize(float32(wide), float32(high)))
	ground := canvas.NewRectangle(color.White)
	ground.CornerRadius = radius
	return container.New(layout.NewCustomPaddedVBoxLayout(6),
		layout.NewSpacer(),
		container.NewCenter(container.NewStack(ground, padded(img, edge, edge, edge, edge))), space(8),
		container.NewCenter(text(say("codes.arrived", "Arrived", s.Arrived(), "Needed", s.Needed), sizeSub, colourText, bold)),
		container.NewCenter(text(say("codes.next"), sizeRow, colourText2, plain)),
		layout.NewSpacer())
}
