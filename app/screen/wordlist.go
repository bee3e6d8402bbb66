package screen

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/words"
)

// WordList shows eight words, numbered, in columns, to be compared or read aloud.
func WordList(w [words.Count]string, size fyne.ThemeSizeName, columns int) fyne.CanvasObject {
	grid := container.New(layout.NewGridLayoutWithColumns(columns))
	for i, word := range w {
		n := text(strconv.Itoa(i+1), sizeLabel, colourText3, plain)
		grid.Add(container.New(layout.NewCustomPaddedHBoxLayout(6), middle(n), text(word, size, colourText, bold)))
	}
	return grid
}
