package screen

import (
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"marque/app/flow"
)

// Measures of the destinations.
const (
	placeHigh   float32 = 52
	placeGap    float32 = 8
	placesWide          = 3 // that are shown before the list scrolls
	placesSmall         = 2

	placesWidth      float32 = 440
	placesWidthSmall float32 = 390
)

// places is the card of destinations.
func (v *publishView) places(narrow bool) fyne.CanvasObject {
	m := v.model
	sticks := v.shell.console.Sticks
	count := text(say("publish.drives", "Count", len(sticks.Found)), sizeRow, colourText2, plain)
	v.folder.SetLabel(say("publish.folder"))
	v.folder.Enable(!m.Busy())
	var body fyne.CanvasObject
	switch {
	case sticks.Problem != nil:
		body = problemBanner(sticks.Problem)
	case len(m.Destinations) == 0:
		body = container.NewBorder(nil, nil, padded(icon("usb", 26, colourControl), 0, 0, 4, 8), nil,
			column(1, text(say("publish.none"), sizeBody, colourText, bold), paragraph(say("publish.none.why"), sizeRow, colourText2, plain)))
	default:
		body = v.rows(narrow)
	}
	return frame(column(0, cardHead(say("publish.to"), count),
		padded(column(10, body, container.NewBorder(nil, nil, v.folder, nil)), 10, 10, 12, 12)))
}

func (v *publishView) rows(narrow bool) fyne.CanvasObject {
	most := placesWide
	if narrow {
		most = placesSmall
	}
	n := len(v.model.Destinations)
	width := placesWidth - 26
	if narrow {
		width = placesWidthSmall - 26
	}
	if n > most {
		width -= officersScrollBar
	}
	rows := column(placeGap)
	for i := range v.model.Destinations {
		rows.Add(v.destination(i, width))
	}
	if n <= most {
		return rows
	}
	scroll := container.NewVScroll(padded(rows, 1, 1, 1, officersScrollBar-1))
	scroll.SetMinSize(fyne.NewSize(0, (placeHigh+placeGap)*float32(most)-placeGap+2))
	first := min(max(v.model.Chosen-most/2, 0), n-most)
	scroll.Offset = fyne.NewPos(0, (placeHigh+placeGap)*float32(first))
	return scroll
}

// destination is one of them, to be tapped.
func (v *publishView) destination(i int, width float32) fyne.CanvasObject {
	d := &v.model.Destinations[i]
	chosen := i == v.model.Chosen
	ground, name := box(colourBackground, colourLine, radius), "usb"
	if chosen {
		ground = box(colourAccentSoft, colourAccent, radius)
		ground.StrokeWidth = 1.5
	}
	if d.IsFolder() {
		name = "folder"
	}
	state := v.placeState(i)
	room := width - 12 - 20 - 12 - 12 - 10 - state.MinSize().Width
	names := column(1,
		text(shorten(placeName(&d.Drive), room, sizes[sizeBody], bold), sizeBody, colourText, bold),
		text(fitting(room, placeFacts(d)), sizeLabel, colourText2, plain))
	row := container.NewBorder(nil, nil, padded(middle(icon(name, 20, colourText2)), 0, 0, 0, 8), middle(state), middle(names))
	return newTouchArea(container.NewStack(ground, sized(padded(row, 0, 0, 12, 12), 0, placeHigh)), func() { v.model.Choose(i) }, nil)
}

// placeName is how a destination is called in a line.
func placeName(d *flow.Drive) string {
	if d.IsFolder() {
		return filepath.Base(d.Mount)
	}
	return d.Name()
}

// placeState is what stands at the right of a destination.
func (v *publishView) placeState(i int) fyne.CanvasObject {
	m := v.model
	d := &m.Destinations[i]
	switch {
	case m.Step == flow.PublishWriting && i == m.Chosen:
		return Pill("", say("publish.place.writing"), toneAccent)
	case d.Written:
		return Pill("check", say("publish.place.written"), toneOK)
	case d.Mount == "":
		return Pill("warning", say("publish.place.unmounted"), toneWarning)
	case d.ReadOnly:
		return Pill("lock", say("publish.place.locked"), toneWarning)
	case d.Looked && d.Held == v.shell.console.Status.Now.List.Sequence:
		return Pill("check", say("publish.place.current"), toneQuiet)
	case len(m.Destinations) > 1 && i == (m.Chosen+1)%len(m.Destinations):
		return Keycap("Space")
	}
	return canvas.NewRectangle(colour(colourLine))
}

// placeFacts is what is said of a destination, the most important first.
func placeFacts(d *flow.Destination) (facts []string) {
	switch {
	case d.IsFolder():
		facts = append(facts, fromHome(d.Mount))
	case d.Mount == "":
		facts = append(facts, say("publish.place.open"))
	case d.Free >= 0:
		facts = append(facts, say("publish.free", "Free", capacity(d.Free), "Size", capacity(d.Size)))
	default:
		facts = append(facts, capacity(d.Size))
	}
	if d.Looked && d.Held > 0 {
		facts = append(facts, say("publish.holds", "List", number(int(d.Held))))
	}
	if d.Format != "" {
		facts = append(facts, formatName(d.Format))
	}
	return facts
}

// formatName writes a file system as people know it.
func formatName(format string) string {
	for system, known := range map[string]string{"vfat": "FAT", "exfat": "exFAT", "fuseblk": "NTFS", "ntfs": "NTFS", "ntfs3": "NTFS"} {
		if format == system {
			return known
		}
	}
	return format
}

// fitting joins as many facts as there is room for; the first is cut if even it is too long.
func fitting(room float32, facts []string) string {
	for n := len(facts); n > 1; n-- {
		joined := strings.Join(facts[:n], " · ")
		if fyne.MeasureText(joined, sizes[sizeLabel], plain).Width <= room {
			return joined
		}
	}
	return shortenPath(facts[0], room, sizes[sizeLabel], plain)
}

// capacity returns the size of a drive.
func capacity(n int64) string {
	switch {
	case n >= 1e9:
		return say("publish.gigabytes", "Whole", int(n/1e9), "Tenth", int(n%1e9/1e8))
	case n >= 1e6:
		return say("publish.megabytes", "Whole", int(n/1e6), "Tenth", int(n%1e6/1e5))
	}
	return octets(int(n))
}
