package screen

import (
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"marque/app/qr"
	"marque/app/scan"
)

// calibrationPicture is the code that tells the keyboard layout of a hand scanner, as PNG; nil when it cannot be made.
var calibrationPicture = sync.OnceValue(func() fyne.Resource {
	b, err := qr.EncodePNG(scan.Calibration)
	if err != nil {
		return nil
	}
	return fyne.NewStaticResource("calibration.png", b)
})

// calibrationSide is how large that code is shown.
const calibrationSide float32 = 132

// calibrationCode is what to scan when a hand scanner types other characters than it reads.
func calibrationCode() fyne.CanvasObject {
	words := column(2,
		paragraph(say("calibration"), sizeRow, colourText, bold),
		paragraph(say("calibration.why"), sizeRow, colourText2, plain))
	picture := calibrationPicture()
	if picture == nil {
		return words
	}
	code := canvas.NewImageFromResource(picture)
	code.FillMode, code.ScaleMode = canvas.ImageFillContain, canvas.ImageScalePixels
	code.SetMinSize(fyne.NewSquareSize(calibrationSide))
	return container.NewBorder(nil, nil, padded(middle(code), 0, 0, 0, 12), nil, middle(words))
}

func calibrationCard() fyne.CanvasObject {
	return sized(headedCard(say("calibration.card"), nil, calibrationCode()), 420, 0)
}
