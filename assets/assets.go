// Package assets holds what the console shows besides its own drawing: icons, the logo, and all texts. It knows nothing of their use.
//
// The icons are drawn for Marque on one grid: 24 by 24, lines 2 wide with round ends. Every line and area is black in the files;
// [Icon] puts the colour in, since the window toolkit recolours areas only.
package assets

import (
	"bytes"
	"embed"
	"fmt"
)

//go:embed icons/*.svg
var icons embed.FS

//go:embed logo.svg
var logo []byte

// AppIcon is the icon of the window, a PNG of 256 by 256 pixels.
//
//go:embed icon.png
var AppIcon []byte

// black is the colour of every icon before Icon.
const black = "#000000"

// Icon returns the SVG of an icon in a colour such as "#2151B5". It panics when there is no icon of that name.
func Icon(name, colour string) []byte {
	b, err := icons.ReadFile("icons/" + name + ".svg")
	if err != nil {
		panic(fmt.Sprintf("assets: no icon %q", name))
	}
	return bytes.ReplaceAll(b, []byte(black), []byte(colour))
}

// Logo returns the SVG of the logo in a colour.
func Logo(colour string) []byte { return bytes.ReplaceAll(logo, []byte(black), []byte(colour)) }
