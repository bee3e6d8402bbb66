package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// headInset is how far a header reaches beyond its column, so that its focus is seen.
const headInset float32 = 5

// listHead is the header of a column. Where the list sorts by it, it can be pressed: by a click, Enter or the space bar.
type listHead struct {
	widget.BaseWidget

	owner            *RowList
	column           int
	focused, hovered bool
}

var (
	_ fyne.Tappable     = (*listHead)(nil)
	_ fyne.Focusable    = (*listHead)(nil)
	_ fyne.Disableable  = (*listHead)(nil)
	_ desktop.Hoverable = (*listHead)(nil)
)

func newListHead(owner *RowList, column int) *listHead {
	h := &listHead{owner: owner, column: column}
	h.ExtendBaseWidget(h)
	return h
}

// Disabled implements fyne.Disableable: the focus passes a header over that sorts nothing.
func (h *listHead) Disabled() bool {
	return h.owner.sorting == nil || h.owner.columns[h.column].sort == ""
}

// Enable implements fyne.Disableable.
func (h *listHead) Enable() {}

// Disable implements fyne.Disableable.
func (h *listHead) Disable() {}

func (h *listHead) press() {
	if !h.Disabled() {
		h.owner.sorting(h.owner.columns[h.column].sort)
	}
}

// Tapped implements fyne.Tappable.
func (h *listHead) Tapped(*fyne.PointEvent) { h.press() }

// FocusGained implements fyne.Focusable.
func (h *listHead) FocusGained() { h.focused = true; h.Refresh() }

// FocusLost implements fyne.Focusable.
func (h *listHead) FocusLost() { h.focused = false; h.Refresh() }

// AcceptsTab implements fyne.Tabbable: a scanner's Tab moves nothing.
func (h *listHead) AcceptsTab() bool { return intakeOf(h).holdsTab() }

// TypedRune implements fyne.Focusable.
func (h *listHead) TypedRune(r rune) { passRune(h, r) }

// TypedShortcut implements fyne.Shortcutable.
func (h *listHead) TypedShortcut(s fyne.Shortcut) { passShortcut(h, s) }

// TypedKey implements fyne.Focusable.
func (h *listHead) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if !intakeOf(h).key(nameOf(e)) {
			h.press()
		}
	default:
		passKey(h, e)
	}
}

// MouseIn implements desktop.Hoverable.
func (h *listHead) MouseIn(*desktop.MouseEvent) { h.hovered = true; h.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (h *listHead) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (h *listHead) MouseOut() { h.hovered = false; h.Refresh() }

// CreateRenderer implements fyne.Widget.
func (h *listHead) CreateRenderer() fyne.WidgetRenderer {
	r := &listHeadRenderer{head: h, ground: canvas.NewRectangle(color.Transparent), title: text("", sizeLabel, colourText2, bold), arrow: icon("up", 13, colourAccent)}
	r.ground.CornerRadius = 4
	r.Refresh()
	return r
}

type listHeadRenderer struct {
	head   *listHead
	ground *canvas.Rectangle
	title  *canvas.Text
	arrow  *canvas.Image
}

func (r *listHeadRenderer) Destroy() {}

func (r *listHeadRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.title, r.arrow}
}

func (r *listHeadRenderer) MinSize() fyne.Size { return fyne.NewSize(0, rowHigh-4) }

func (r *listHeadRenderer) Layout(size fyne.Size) {
	const arrow = 13
	r.ground.Resize(size)
	least := r.title.MinSize()
	x, beside := headInset, headInset+least.Width+3
	if r.head.owner.columns[r.head.column].right {
		x = size.Width - headInset - least.Width
		beside = x - arrow - 3
	}
	r.title.Resize(least)
	r.title.Move(fyne.NewPos(x, float32(int((size.Height-least.Height)/2))))
	r.arrow.Resize(fyne.NewSquareSize(arrow))
	r.arrow.Move(fyne.NewPos(beside, float32(int((size.Height-arrow)/2))))
}

func (r *listHeadRenderer) Refresh() {
	h := r.head
	column, l := h.owner.columns[h.column], h.owner
	by := column.sort != "" && column.sort == l.by
	ink := colourText2
	if by {
		ink = colourText
	}
	r.title.Text, r.title.Color = column.title, colour(ink)
	r.arrow.Hidden = !by
	if by {
		name := "up"
		if l.descending {
			name = "down"
		}
		r.arrow.Resource = iconResource(name, ink)
		r.arrow.Refresh()
	}
	r.ground.FillColor, r.ground.StrokeWidth = color.Transparent, 0
	if h.hovered && !h.Disabled() {
		r.ground.FillColor = colour(colourHover)
	}
	if h.focused {
		r.ground.StrokeColor, r.ground.StrokeWidth = colour(colourAccent), ring
	}
	r.Layout(h.Size())
	canvas.Refresh(h)
}
