package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

const colourBackground = theme.ColorNameBackground

// Names of text sizes that the toolkit does not have.
const (
	sizeAloud fyne.ThemeSizeName = "aloud" // 28, words to be read aloud
	sizeRealm fyne.ThemeSizeName = "realm" // 24, the name of the realm
	sizeTitle fyne.ThemeSizeName = "title" // 20
	sizeSub   fyne.ThemeSizeName = "sub"   // 16
	sizeBody                     = theme.SizeNameText
	sizeRow   fyne.ThemeSizeName = "row"    // 13
	sizeLabel fyne.ThemeSizeName = "label"  // 12
	sizeCap   fyne.ThemeSizeName = "keycap" // 11
)

// Measures of the layout, in device-independent pixels.
const (
	gap         float32 = 12
	radius      float32 = 6
	cardRadius  float32 = 8
	stripHeight float32 = 36
	stripEdge   float32 = 3
	footHeight  float32 = 28
	railWide    float32 = 230
	railNarrow  float32 = 56
	buttonHigh  float32 = 34
	rowHigh     float32 = 32
	headHigh    float32 = 40
	ring        float32 = 2 // width of the focus ring, and what it stands off
)

// Theme is the look of the console, light or dark; it follows no setting of the desktop.
type Theme struct{ dark bool }

// NewTheme returns the dark or the light theme.
func NewTheme(dark bool) *Theme { return &Theme{dark: dark} }

var _ fyne.Theme = (*Theme)(nil)

// toolkit says which colours the toolkit's own widgets get.
var toolkit = map[fyne.ThemeColorName]fyne.ThemeColorName{
	theme.ColorNameButton:              colourSurface,
	theme.ColorNameDisabledButton:      colourSunken,
	theme.ColorNameDisabled:            colourText3,
	theme.ColorNameError:               colourDanger,
	theme.ColorNameFocus:               colourAccentSoft,
	theme.ColorNameForeground:          colourText,
	theme.ColorNameForegroundOnError:   colourOnDanger,
	theme.ColorNameForegroundOnPrimary: colourOnAccent,
	theme.ColorNameForegroundOnSuccess: colourSurface,
	theme.ColorNameForegroundOnWarning: colourSurface,
	theme.ColorNameHeaderBackground:    colourSunken,
	theme.ColorNameHover:               colourHover,
	theme.ColorNameHyperlink:           colourAccent,
	theme.ColorNameInputBackground:     colourInput,
	theme.ColorNameInputBorder:         colourControl,
	theme.ColorNameMenuBackground:      colourSurface,
	theme.ColorNameOverlayBackground:   colourSurface,
	theme.ColorNamePlaceHolder:         colourText3,
	theme.ColorNamePressed:             colourAccentSoft,
	theme.ColorNamePrimary:             colourAccent,
	theme.ColorNameScrollBar:           colourControl,
	theme.ColorNameSelection:           colourAccentSoft,
	theme.ColorNameSeparator:           colourLine,
	theme.ColorNameSuccess:             colourOK,
	theme.ColorNameWarning:             colourWarning,
}

// Color implements fyne.Theme.
func (t *Theme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	if own, ok := toolkit[name]; ok {
		name = own
	}
	palette := light
	if t.dark {
		palette = dark
	}
	if c, ok := palette[name]; ok {
		return c
	}
	switch name {
	case theme.ColorNameShadow:
		return color.NRGBA{A: 0x30}
	case theme.ColorNameScrollBarBackground:
		return color.Transparent
	}
	return theme.DefaultTheme().Color(name, variant)
}

// Font implements fyne.Theme.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(s) }

// Icon implements fyne.Theme.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(name) }

var sizes = map[fyne.ThemeSizeName]float32{
	sizeAloud: 28, sizeRealm: 24, sizeTitle: 20, sizeSub: 16, sizeBody: 14, sizeRow: 13, sizeLabel: 12, sizeCap: 11,
	theme.SizeNameHeadingText: 20, theme.SizeNameSubHeadingText: 16, theme.SizeNameCaptionText: 12,
	theme.SizeNamePadding: 4, theme.SizeNameInnerPadding: 6, theme.SizeNameLineSpacing: 3,
	theme.SizeNameInputBorder: 1, theme.SizeNameInputRadius: radius, theme.SizeNameSelectionRadius: radius,
	theme.SizeNameInlineIcon: 18, theme.SizeNameSeparatorThickness: 1,
	theme.SizeNameScrollBar: 10, theme.SizeNameScrollBarSmall: 4, theme.SizeNameScrollBarRadius: 3,
}

// Size implements fyne.Theme.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	if s, ok := sizes[name]; ok {
		return s
	}
	return theme.DefaultTheme().Size(name)
}

// rowTheme is the theme inside lists: rows of 32 follow each other without gaps, which keeps their places exact however many there
// are, and a selected row has square corners.
type rowTheme struct{ fyne.Theme }

func (t rowTheme) Size(name fyne.ThemeSizeName) float32 {
	if name == theme.SizeNamePadding || name == theme.SizeNameSelectionRadius {
		return 0
	}
	return t.Theme.Size(name)
}

// useTheme sets the theme, unless it is set already: the toolkit then forgets all that it has measured.
func useTheme(dark bool) {
	settings := fyne.CurrentApp().Settings()
	if t, ok := settings.Theme().(*Theme); !ok || t.dark != dark {
		settings.SetTheme(NewTheme(dark))
	}
}

// current is the theme in use; views in tests without one are light.
func current() *Theme {
	if t, ok := fyne.CurrentApp().Settings().Theme().(*Theme); ok {
		return t
	}
	return &Theme{}
}

func colour(name fyne.ThemeColorName) color.Color { return current().Color(name, theme.VariantLight) }
