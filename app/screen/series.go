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

// seriesPicture shows which parts of a series have arrived, always black on white, and the box for the others.
func seriesPicture(s *flow.Series, field *Field) fyne.CanvasObject {
	const edge = 10
	cell := 14
	if len(s.Have) <= 16 {
		cell = 28
	}
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
		container.NewCenter(text(say("codes.next"), sizeRow, colourText2, plain)), space(6),
		container.NewCenter(sized(field, 360, buttonHigh)),
		layout.NewSpacer())
}
