package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
)

// Names of colours that the toolkit does not have; [Theme] knows them.
const (
	colourSunken      fyne.ThemeColorName = "sunken"
	colourSurface     fyne.ThemeColorName = "surface"
	colourLine        fyne.ThemeColorName = "line"
	colourControl     fyne.ThemeColorName = "control"
	colourText        fyne.ThemeColorName = "text"
	colourText2       fyne.ThemeColorName = "text2"
	colourText3       fyne.ThemeColorName = "text3"
	colourAccent      fyne.ThemeColorName = "accent"
	colourOnAccent    fyne.ThemeColorName = "onAccent"
	colourAccentSoft  fyne.ThemeColorName = "accentSoft"
	colourDanger      fyne.ThemeColorName = "danger"
	colourOnDanger    fyne.ThemeColorName = "onDanger"
	colourDangerSoft  fyne.ThemeColorName = "dangerSoft"
	colourWarning     fyne.ThemeColorName = "warningText"
	colourWarningSoft fyne.ThemeColorName = "warningSoft"
	colourOK          fyne.ThemeColorName = "ok"
	colourOKSoft      fyne.ThemeColorName = "okSoft"
	colourStrip       fyne.ThemeColorName = "strip"
	colourStripCell   fyne.ThemeColorName = "stripCell"
	colourStripText   fyne.ThemeColorName = "stripText"
	colourStripQuiet  fyne.ThemeColorName = "stripQuiet"
	colourRed         fyne.ThemeColorName = "litRed"
	colourOnRed       fyne.ThemeColorName = "onRed"
	colourAmber       fyne.ThemeColorName = "litAmber"
	colourOnAmber     fyne.ThemeColorName = "onAmber"
	colourSelected    fyne.ThemeColorName = "selectedItem" // behind the present screen in the rail
	colourHover       fyne.ThemeColorName = "hovered"
	colourInput       fyne.ThemeColorName = "input"
	colourLogo        fyne.ThemeColorName = "logo" // on the strip
)

// Texts reach a contrast of 4.5 on what they stand on, borders and focus 3.
var light = map[fyne.ThemeColorName]color.NRGBA{
	colourBackground: rgb(0xF4F6F8), colourSurface: rgb(0xFFFFFF), colourSunken: rgb(0xE9EDF2),
	colourLine: rgb(0xD5DBE3), colourHover: rgb(0xEEF2F7), colourControl: rgb(0x7C8796), colourInput: rgb(0xFFFFFF),
	colourText: rgb(0x18202B), colourText2: rgb(0x475262), colourText3: rgb(0x5B6675),
	colourAccent: rgb(0x2151B5), colourOnAccent: rgb(0xFFFFFF), colourAccentSoft: rgb(0xE1EAFB),
	colourDanger: rgb(0xB4231C), colourOnDanger: rgb(0xFFFFFF), colourDangerSoft: rgb(0xFCE8E6),
	colourWarning: rgb(0x854900), colourWarningSoft: rgb(0xFFF0D1),
	colourOK: rgb(0x14663A), colourOKSoft: rgb(0xDFF2E6),
	colourStrip: rgb(0x151D29), colourStripCell: rgb(0x2A3443), colourStripText: rgb(0xE6EBF2), colourStripQuiet: rgb(0xA3B0C0),
	colourRed: rgb(0xD3302A), colourOnRed: rgb(0xFFFFFF), colourAmber: rgb(0xF2B33D), colourOnAmber: rgb(0x241700),
	colourSelected: rgb(0xFFFFFF), colourLogo: rgb(0x8FB4FF),
}

var dark = map[fyne.ThemeColorName]color.NRGBA{
	colourBackground: rgb(0x12171E), colourSurface: rgb(0x1A212B), colourSunken: rgb(0x0E1319),
	colourLine: rgb(0x2F3A47), colourHover: rgb(0x212A35), colourControl: rgb(0x728094), colourInput: rgb(0x12171E),
	colourText: rgb(0xE7ECF2), colourText2: rgb(0xB7C1CE), colourText3: rgb(0x98A5B5),
	colourAccent: rgb(0x8FB4FF), colourOnAccent: rgb(0x0A1833), colourAccentSoft: rgb(0x1D2F52),
	colourDanger: rgb(0xFF8F84), colourOnDanger: rgb(0x2A0705), colourDangerSoft: rgb(0x3D1D1C),
	colourWarning: rgb(0xF5C35B), colourWarningSoft: rgb(0x38290E),
	colourOK: rgb(0x7BD49B), colourOKSoft: rgb(0x15331F),
	colourStrip: rgb(0x0A0E13), colourStripCell: rgb(0x262E39), colourStripText: rgb(0xE6EBF2), colourStripQuiet: rgb(0xA3B0C0),
	colourRed: rgb(0xD3302A), colourOnRed: rgb(0xFFFFFF), colourAmber: rgb(0xF2B33D), colourOnAmber: rgb(0x241700),
	colourSelected: rgb(0x1D2F52), colourLogo: rgb(0x8FB4FF),
}

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xFF}
}
