package screen

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// keyName returns what is printed on the keyboard for a key such as "Ctrl+L", "Enter" or "Up".
func keyName(key string) string {
	parts := strings.Split(key, "+")
	for i, p := range parts {
		switch p {
		case "Ctrl", "Enter", "Esc", "Up", "Down", "UpDown", "LeftRight", "Alt", "Space", "BackSpace", "Delete":
			parts[i] = say("key." + p)
		}
	}
	return strings.Join(parts, " ")
}

// Keycap draws a key.
func Keycap(key string) fyne.CanvasObject { return keycap(key, colourText2, colourControl) }

func keycap(key string, c, border fyne.ThemeColorName) fyne.CanvasObject {
	return container.NewStack(outline(border, 4), padded(text(keyName(key), sizeCap, c, plain), 1, 1, 6, 6))
}
