package screen

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/words"
)

// longestWord is the widest one of the list of BIP 39. Every word gets the room of it, so that no window is too narrow for the words of some realm only.
const longestWord = "mushroom"

// WordList shows eight words, numbered, in columns, to be compared or read aloud.
func WordList(w [words.Count]string, size fyne.ThemeSizeName, columns int) fyne.CanvasObject {
	grid := container.New(layout.NewGridLayoutWithColumns(columns))
	room := text(longestWord, size, colourText, bold).MinSize().Width
	for i, word := range w {
		n := text(strconv.Itoa(i+1), sizeLabel, colourText3, plain)
		grid.Add(container.New(layout.NewCustomPaddedHBoxLayout(6), middle(n), sized(text(word, size, colourText, bold), room, 0)))
	}
	return grid
}
