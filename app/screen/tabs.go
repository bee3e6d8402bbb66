package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Tab is one of several views of a screen, in its title row. Enter and the space bar open it while it is focused; keys that it has no use
// for go on to the window.
type Tab struct {
	widget.BaseWidget

	label            string
	on               bool
	focused, hovered bool
	tapped           func()
}

var (
	_ fyne.Focusable    = (*Tab)(nil)
	_ fyne.Tappable     = (*Tab)(nil)
	_ desktop.Hoverable = (*Tab)(nil)
)

// NewTab returns a tab that is not open.
func NewTab(tapped func()) *Tab {
	t := &Tab{tapped: tapped}
	t.ExtendBaseWidget(t)
	return t
}

// Set changes what it shows.
func (t *Tab) Set(label string, on bool) {
	t.label, t.on = label, on
	t.Refresh()
}

// Tapped implements fyne.Tappable.
func (t *Tab) Tapped(*fyne.PointEvent) { t.tapped() }

// FocusGained implements fyne.Focusable.
func (t *Tab) FocusGained() { t.focused = true; t.Refresh() }

// FocusLost implements fyne.Focusable.
func (t *Tab) FocusLost() { t.focused = false; t.Refresh() }

// TypedRune implements fyne.Focusable.
func (t *Tab) TypedRune(r rune) { passRune(t, r) }

// TypedShortcut implements fyne.Shortcutable.
func (t *Tab) TypedShortcut(s fyne.Shortcut) { passShortcut(t, s) }

// AcceptsTab implements fyne.Tabbable: a scanner's Tab moves nothing.
func (t *Tab) AcceptsTab() bool { return intakeOf(t).holdsTab() }

// TypedKey implements fyne.Focusable.
func (t *Tab) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if !intakeOf(t).key(nameOf(e)) {
			t.tapped()
		}
	default:
		passKey(t, e)
	}
}

// MouseIn implements desktop.Hoverable.
func (t *Tab) MouseIn(*desktop.MouseEvent) { t.hovered = true; t.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (t *Tab) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (t *Tab) MouseOut() { t.hovered = false; t.Refresh() }

// CreateRenderer implements fyne.Widget.
func (t *Tab) CreateRenderer() fyne.WidgetRenderer {
	r := &tabRenderer{tab: t, ring: newRing(), title: text("", sizeBody, colourText2, plain), mark: canvas.NewRectangle(color.Transparent)}
	r.Refresh()
	return r
}

type tabRenderer struct {
	tab   *Tab
	ring  *canvas.Rectangle
	title *canvas.Text
	mark  *canvas.Rectangle
}

func (r *tabRenderer) Destroy() {}

func (r *tabRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ring, r.title, r.mark}
}

func (r *tabRenderer) MinSize() fyne.Size {
	return fyne.NewSize(r.title.MinSize().Width+8, 30)
}

func (r *tabRenderer) Layout(size fyne.Size) {
	least := r.title.MinSize()
	r.title.Resize(least)
	r.title.Move(fyne.NewPos(4, float32(int((size.Height-2-least.Height)/2))))
	r.mark.Resize(fyne.NewSize(size.Width, 2))
	r.mark.Move(fyne.NewPos(0, size.Height-2))
	placeRing(r.ring, size)
}

func (r *tabRenderer) Refresh() {
	t := r.tab
	ink, style, mark := colourText2, plain, color.Color(color.Transparent)
	switch {
	case t.on:
		ink, style, mark = colourAccent, bold, colour(colourAccent)
	case t.hovered:
		ink = colourText
	}
	r.title.Text, r.title.Color, r.title.TextStyle, r.mark.FillColor = t.label, colour(ink), style, mark
	r.ring.StrokeColor, r.ring.Hidden = colour(colourAccent), !t.focused
	r.Layout(t.Size())
	canvas.Refresh(t)
}
