package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// KeyButton is a button that shows the key which does the same. Enter and the space bar press it while it is focused; keys that it
// has no use for go on to the window. It is 34 high.
type KeyButton struct {
	widget.BaseWidget

	label, icon, key string
	primary, danger  bool
	disabled         bool
	focused, hovered bool
	tapped           func()
}

var (
	_ fyne.Focusable    = (*KeyButton)(nil)
	_ fyne.Tappable     = (*KeyButton)(nil)
	_ desktop.Hoverable = (*KeyButton)(nil)
)

// NewKeyButton returns a button. Icon and key may be empty.
func NewKeyButton(label, icon, key string, tapped func()) *KeyButton {
	b := &KeyButton{label: label, icon: icon, key: key, tapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

// Primary makes it the one button of its screen that stands out.
func (b *KeyButton) Primary() *KeyButton {
	b.primary = true
	return b
}

// Danger is Primary for what cannot be taken back, or not for long.
func (b *KeyButton) Danger() *KeyButton {
	b.primary, b.danger = true, true
	return b
}

// Warning marks it as one that leads to what cannot be taken back, and not as the one that stands out.
func (b *KeyButton) Warning() *KeyButton {
	b.danger = true
	return b
}

// SetLabel changes the label.
func (b *KeyButton) SetLabel(label string) {
	b.label = label
	b.Refresh()
}

// Enable says whether it can be pressed.
func (b *KeyButton) Enable(on bool) {
	if b.disabled == on {
		b.disabled = !on
		b.Refresh()
	}
}

// Tapped implements fyne.Tappable.
func (b *KeyButton) Tapped(*fyne.PointEvent) {
	if !b.disabled {
		b.tapped()
	}
}

// FocusGained implements fyne.Focusable.
func (b *KeyButton) FocusGained() { b.focused = true; b.Refresh() }

// FocusLost implements fyne.Focusable.
func (b *KeyButton) FocusLost() { b.focused = false; b.Refresh() }

// TypedRune implements fyne.Focusable.
func (b *KeyButton) TypedRune(r rune) { passRune(b, r) }

// AcceptsTab implements fyne.Tabbable: a scanner's Tab moves nothing.
func (b *KeyButton) AcceptsTab() bool { return intakeOf(b).holdsTab() }

// TypedKey implements fyne.Focusable.
func (b *KeyButton) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if intakeOf(b).key(nameOf(e)) {
			return
		}
		if !b.disabled && b.Visible() {
			b.tapped()
			return
		}
	}
	passKey(b, e)
}

// MouseIn implements desktop.Hoverable.
func (b *KeyButton) MouseIn(*desktop.MouseEvent) { b.hovered = true; b.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (b *KeyButton) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (b *KeyButton) MouseOut() { b.hovered = false; b.Refresh() }

// CreateRenderer implements fyne.Widget.
func (b *KeyButton) CreateRenderer() fyne.WidgetRenderer {
	r := &keyButtonRenderer{button: b, ring: newRing(), ground: canvas.NewRectangle(color.Transparent), content: container.NewStack()}
	r.Refresh()
	return r
}

type keyButtonRenderer struct {
	button       *KeyButton
	ring, ground *canvas.Rectangle
	content      *fyne.Container
}

func (r *keyButtonRenderer) Destroy() {}

func (r *keyButtonRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ring, r.ground, r.content}
}

func (r *keyButtonRenderer) MinSize() fyne.Size {
	return fyne.NewSize(r.content.MinSize().Width, buttonHigh)
}

func (r *keyButtonRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.content.Resize(size)
	placeRing(r.ring, size)
}

// look returns the colours of ground, border and text.
func (r *keyButtonRenderer) look() (ground, border, ink fyne.ThemeColorName) {
	switch b := r.button; {
	case b.disabled:
		return colourSunken, colourLine, colourText3
	case b.danger && !b.primary && b.hovered:
		return colourDangerSoft, colourDanger, colourDanger
	case b.danger && !b.primary:
		return colourSurface, colourDanger, colourDanger
	case b.danger:
		return colourDanger, colourDanger, colourOnDanger
	case b.primary:
		return colourAccent, colourAccent, colourOnAccent
	case b.hovered:
		return colourHover, colourControl, colourText
	}
	return colourSurface, colourControl, colourText
}

func (r *keyButtonRenderer) Refresh() {
	b := r.button
	ground, border, ink := r.look()
	r.ground.FillColor, r.ground.StrokeColor = colour(ground), colour(border)
	r.ground.StrokeWidth, r.ground.CornerRadius = 1, radius
	r.ring.StrokeColor = colour(colourAccent)
	r.ring.Hidden = !b.focused
	style := plain
	if b.primary {
		style = bold
	}
	row := line(8)
	if b.icon != "" {
		row.Add(middle(icon(b.icon, 18, ink)))
	}
	if b.label != "" {
		row.Add(middle(text(b.label, sizeBody, ink, style)))
	}
	if b.key != "" {
		capInk, capBorder := colourText2, colourControl
		if b.primary || b.disabled {
			capInk, capBorder = ink, ink
		}
		row.Add(middle(keycap(b.key, capInk, capBorder)))
	}
	r.content.Objects = []fyne.CanvasObject{container.New(layout.NewCenterLayout(), padded(row, 0, 0, 12, 12))}
	r.content.Refresh()
	r.Layout(b.Size())
	canvas.Refresh(b)
}

// newRing returns the ring that shows the focus, hidden.
func newRing() *canvas.Rectangle {
	r := canvas.NewRectangle(color.Transparent)
	r.StrokeWidth, r.CornerRadius = ring, radius+ring
	r.Hide()
	return r
}

// placeRing puts the ring around a widget of a size, outside of it.
func placeRing(r *canvas.Rectangle, size fyne.Size) {
	const off = ring + 1
	r.Move(fyne.NewPos(-off, -off))
	r.Resize(size.AddWidthHeight(2*off, 2*off))
}
