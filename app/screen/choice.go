package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/layout"
)

// Measures of a choice.
const (
	choiceHigh float32 = 30
	choiceLow  float32 = 24 // where there is little room
	choiceMark float32 = 20
)

// choice is one of several of which one is chosen. Keys choose with the arrows, which is up to the view.
func choice(label string, on bool, high float32, tapped func()) fyne.CanvasObject {
	dot := canvas.NewCircle(color.Transparent)
	dot.StrokeColor, dot.StrokeWidth = colour(colourControl), 2
	inset, style := float32(1), plain
	if on { // half of the border lies outside
		dot.StrokeColor, dot.StrokeWidth, inset, style = colour(colourAccent), 5, 2.5, bold
	}
	mark := sized(padded(dot, inset, inset, inset, inset), choiceMark, choiceMark)
	row := line(9, mark, text(label, sizeBody, colourText, style), layout.NewSpacer())
	return newTouchArea(sized(row, 0, high), tapped, nil)
}
