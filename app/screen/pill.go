package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// tone is what a colour says; it always comes with an icon and a word.
type tone struct{ text, soft fyne.ThemeColorName }

var (
	toneOK      = tone{colourOK, colourOKSoft}
	toneWarning = tone{colourWarning, colourWarningSoft}
	toneDanger  = tone{colourDanger, colourDangerSoft}
	toneAccent  = tone{colourAccent, colourAccentSoft}
	toneQuiet   = tone{colourText2, colourSunken}
)

// Pill is a state in a word, with its icon; an empty icon leaves the word alone, and without a word the icon stands alone.
func Pill(name, word string, t tone) *fyne.Container {
	if word == "" {
		return container.NewStack(icon(name, 18, t.text))
	}
	content := container.New(layout.NewCustomPaddedHBoxLayout(4))
	if name != "" {
		content.Add(middle(icon(name, 13, t.text)))
	}
	content.Add(text(word, sizeLabel, t.text, bold))
	return container.NewStack(box(t.soft, "", 10), padded(content, 1, 1, 8, 9))
}
