package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// chipHigh is the height of a chip.
const chipHigh float32 = 30

// Chip is a filter that is on or off, with how many it is about. Enter and the space bar press it while it is focused; keys that it has
// no use for go on to the window.
type Chip struct {
	widget.BaseWidget

	label, count     string
	on, menu         bool
	focused, hovered bool
	tapped           func()
}

var (
	_ fyne.Focusable    = (*Chip)(nil)
	_ fyne.Tappable     = (*Chip)(nil)
	_ desktop.Hoverable = (*Chip)(nil)
)

// NewChip returns a chip that is off.
func NewChip(label string, tapped func()) *Chip {
	c := &Chip{label: label, tapped: tapped}
	c.ExtendBaseWidget(c)
	return c
}

// Menu gives it the sign of something that opens.
func (c *Chip) Menu() *Chip {
	c.menu = true
	return c
}

// Set changes what it shows. The count may be empty.
func (c *Chip) Set(label, count string, on bool) {
	if c.label != label || c.count != count || c.on != on {
		c.label, c.count, c.on = label, count, on
		c.Refresh()
	}
}

// Tapped implements fyne.Tappable.
func (c *Chip) Tapped(*fyne.PointEvent) { c.tapped() }

// FocusGained implements fyne.Focusable.
func (c *Chip) FocusGained() { c.focused = true; c.Refresh() }

// FocusLost implements fyne.Focusable.
func (c *Chip) FocusLost() { c.focused = false; c.Refresh() }

// TypedRune implements fyne.Focusable.
func (c *Chip) TypedRune(r rune) { passRune(c, r) }

// TypedShortcut implements fyne.Shortcutable.
func (c *Chip) TypedShortcut(s fyne.Shortcut) { passShortcut(c, s) }

// AcceptsTab implements fyne.Tabbable: a scanner's Tab moves nothing.
func (c *Chip) AcceptsTab() bool { return intakeOf(c).holdsTab() }

// TypedKey implements fyne.Focusable.
func (c *Chip) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if !intakeOf(c).key(nameOf(e)) {
			c.tapped()
		}
	default:
		passKey(c, e)
	}
}

// MouseIn implements desktop.Hoverable.
func (c *Chip) MouseIn(*desktop.MouseEvent) { c.hovered = true; c.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (c *Chip) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (c *Chip) MouseOut() { c.hovered = false; c.Refresh() }

// CreateRenderer implements fyne.Widget.
func (c *Chip) CreateRenderer() fyne.WidgetRenderer {
	r := &chipRenderer{chip: c, ring: newRing(), ground: canvas.NewRectangle(color.Transparent), content: container.NewStack()}
	r.Refresh()
	return r
}

type chipRenderer struct {
	chip         *Chip
	ring, ground *canvas.Rectangle
	content      *fyne.Container
}

func (r *chipRenderer) Destroy() {}

func (r *chipRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ring, r.ground, r.content}
}

func (r *chipRenderer) MinSize() fyne.Size {
	return fyne.NewSize(r.content.MinSize().Width, chipHigh)
}

func (r *chipRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.content.Resize(size)
	placeRing(r.ring, size)
}

func (r *chipRenderer) Refresh() {
	c := r.chip
	ground, border, ink, style := colourSurface, colourControl, colourText2, plain
	switch {
	case c.on:
		ground, border, ink, style = colourAccentSoft, colourAccent, colourAccent, bold
	case c.hovered:
		ground, ink = colourHover, colourText
	}
	r.ground.FillColor, r.ground.StrokeColor = colour(ground), colour(border)
	r.ground.StrokeWidth, r.ground.CornerRadius = 1, chipHigh/2
	r.ring.StrokeColor, r.ring.CornerRadius, r.ring.Hidden = colour(colourAccent), chipHigh/2+ring+1, !c.focused
	row := line(7, text(c.label, sizeRow, ink, style))
	if c.count != "" {
		row.Add(middle(text(c.count, sizeLabel, ink, plain)))
	}
	if c.menu {
		row.Add(middle(icon("more", 13, ink)))
	}
	r.content.Objects = []fyne.CanvasObject{container.NewCenter(padded(row, 0, 0, 11, 11))}
	r.content.Refresh()
	r.Layout(c.Size())
	canvas.Refresh(c)
}
