package screen

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"marque/assets"
)

var (
	plain = fyne.TextStyle{}
	bold  = fyne.TextStyle{Bold: true}
	mono  = fyne.TextStyle{Monospace: true}
)

// text returns one line.
func text(s string, size fyne.ThemeSizeName, c fyne.ThemeColorName, style fyne.TextStyle) *canvas.Text {
	t := canvas.NewText(visible(s), colour(c))
	t.TextSize, t.TextStyle = sizes[size], style
	return t
}

// visible replaces what cannot be seen, and what turns the text around it about: names, typed texts and files come from others, and are
// to be read as what they are.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != softHyphen && unicode.In(r, unicode.Cc, unicode.Cf) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

const softHyphen = '\u00ad' // translations may have it

// paragraph returns text that wraps into the width it gets.
func paragraph(s string, size fyne.ThemeSizeName, c fyne.ThemeColorName, style fyne.TextStyle) fyne.CanvasObject {
	p := widget.NewRichText(&widget.TextSegment{Text: visible(s), Style: widget.RichTextStyle{ColorName: c, SizeName: size, TextStyle: style}})
	p.Wrapping = fyne.TextWrapWord
	return padded(p, -6, -6, -6, -6) // it brings the inner padding of the theme along
}

// icon returns a square icon.
func icon(name string, size float32, c fyne.ThemeColorName) *canvas.Image {
	i := canvas.NewImageFromResource(iconResource(name, c))
	i.FillMode = canvas.ImageFillContain
	i.SetMinSize(fyne.NewSquareSize(size))
	return i
}

// iconResource returns an icon with its colour put in: the toolkit could recolour only areas.
func iconResource(name string, c fyne.ThemeColorName) fyne.Resource {
	hex := hexadecimal(colour(c))
	if name == "logo" {
		return fyne.NewStaticResource("logo-"+hex[1:]+".svg", assets.Logo(hex))
	}
	return fyne.NewStaticResource(name+"-"+hex[1:]+".svg", assets.Icon(name, hex))
}

func hexadecimal(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return strings.ToUpper(fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8))
}

// box returns a filled rectangle with round corners; border may be empty.
func box(fill, border fyne.ThemeColorName, corner float32) *canvas.Rectangle {
	r := canvas.NewRectangle(colour(fill))
	r.CornerRadius = corner
	if border != "" {
		r.StrokeColor, r.StrokeWidth = colour(border), 1
	}
	return r
}

// outline is a border without a filling.
func outline(border fyne.ThemeColorName, corner float32) *canvas.Rectangle {
	r := box(border, border, corner)
	r.FillColor = color.Transparent
	return r
}

func padded(o fyne.CanvasObject, top, bottom, left, right float32) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(top, bottom, left, right), o)
}

func column(space float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(space), objects...)
}

// line of objects, each centred in the height.
func line(space float32, objects ...fyne.CanvasObject) *fyne.Container {
	for i, o := range objects {
		if _, ok := o.(layout.SpacerObject); !ok {
			objects[i] = middle(o)
		}
	}
	return container.New(layout.NewCustomPaddedHBoxLayout(space), objects...)
}

// middle centres vertically and keeps the width.
func middle(o fyne.CanvasObject) *fyne.Container { return container.New(middleLayout{}, o) }

type middleLayout struct{}

func (middleLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	if !objects[0].Visible() {
		return fyne.Size{}
	}
	return objects[0].MinSize()
}

func (middleLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	high := objects[0].MinSize().Height
	objects[0].Resize(fyne.NewSize(size.Width, high))
	objects[0].Move(fyne.NewPos(0, float32(int((size.Height-high)/2))))
}

// sized gives an object a least width and height; zero leaves its own.
func sized(o fyne.CanvasObject, width, height float32) *fyne.Container {
	return container.New(sizedLayout{width, height}, o)
}

type sizedLayout struct{ width, height float32 }

func (l sizedLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().Max(fyne.NewSize(l.width, l.height))
}

func (l sizedLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	objects[0].Move(fyne.Position{})
}

// rule is a decorative line across.
func rule() fyne.CanvasObject {
	r := canvas.NewRectangle(colour(colourLine))
	r.SetMinSize(fyne.NewSize(1, 1))
	return r
}

func space(height float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(0, height))
	return r
}

// shorten cuts s with an ellipsis so that it fits.
func shorten(s string, width, size float32, style fyne.TextStyle) string {
	if fyne.MeasureText(s, size, style).Width <= width {
		return s
	}
	r := []rune(s)
	low, high := 0, len(r)
	for low < high {
		half := (low + high + 1) / 2
		if fyne.MeasureText(string(r[:half])+"…", size, style).Width <= width {
			low = half
		} else {
			high = half - 1
		}
	}
	return string(r[:low]) + "…"
}

// shortenPath writes a path from the home folder on, and cuts it at its beginning where it is still too long: its end says more.
func shortenPath(s string, width, size float32, style fyne.TextStyle) string {
	fits := func(s string) bool { return fyne.MeasureText(s, size, style).Width <= width }
	s = fromHome(s)
	if fits(s) {
		return s
	}
	for i, r := range s { // first between folders
		if i > 0 && r == filepath.Separator && fits("…"+s[i:]) {
			return "…" + s[i:]
		}
	}
	for i := range s {
		if fits("…" + s[i:]) {
			return "…" + s[i:]
		}
	}
	return ""
}

// fromHome writes ~ for the home folder, as shells do.
func fromHome(path string) string {
	home, err := os.UserHomeDir()
	if err != nil || len(home) < 2 {
		return path
	}
	if below, ok := strings.CutPrefix(path, home+string(filepath.Separator)); ok {
		return filepath.Join("~", below)
	}
	return path
}

// centred is a paragraph whose lines are centred.
func centred(s string) fyne.CanvasObject {
	p := widget.NewRichText(&widget.TextSegment{Text: s, Style: widget.RichTextStyle{
		ColorName: colourText2, SizeName: sizeRow, Alignment: fyne.TextAlignCenter,
	}})
	p.Wrapping = fyne.TextWrapWord
	return padded(p, -6, -6, -6, -6)
}
