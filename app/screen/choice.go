package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// choiceHigh is the height of a choice.
const choiceHigh float32 = 30

// choice is one of several of which one is chosen. Keys choose with the arrows, which is up to the view.
func choice(label string, on bool, tapped func()) fyne.CanvasObject {
	dot := canvas.NewCircle(color.Transparent)
	dot.StrokeColor, dot.StrokeWidth = colour(colourControl), 2
	style := plain
	if on {
		dot.StrokeColor, dot.StrokeWidth, style = colour(colourAccent), 6, bold
	}
	mark := container.New(layout.NewGridWrapLayout(fyne.NewSquareSize(19)), dot)
	row := line(7, mark, text(label, sizeBody, colourText, style), layout.NewSpacer())
	return newTouchArea(sized(row, 0, choiceHigh), tapped, nil)
}
