package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// listColumn is a column of a RowList.
type listColumn struct {
	title string
	width float32 // zero takes a share of what is left
	right bool    // numbers
	mono  bool
	sort  string // by what a click on the header sorts; empty for nothing
	off   bool   // not shown: see RowList.ShowColumn
}

// cell is what stands in a row and a column.
type cell struct {
	text string
	icon string // with it, the text is a pill
	tone tone   // of the pill; of a text, if it has one, the colour
	path bool   // shortened at the beginning
}

// RowList is a list with a header, rows of exactly 32, and one selected row; at a million rows, too. The arrow keys move the
// selection; keys that it has no use for go on to the window.
//
// Rows that are still to be read have no cells: they are drawn as bars, and drawn anew with the next Refresh.
type RowList struct {
	widget.BaseWidget

	columns  []listColumn
	length   func() int
	cells    func(row int) []cell
	selected func(row int)
	empty    fyne.CanvasObject // instead of no rows; nil for nothing

	opened  func(row int)      // Enter on a row; nil leaves Enter to the window
	sorting func(by string)    // a header was pressed; nil for a list that is not sorted
	checked func(row int) bool // with check: which rows are ticked; nil for a list without ticks
	check   func(row int)      // the space bar, or a click on the box
	all     func()             // Ctrl+A; nil for nothing

	by         string // what it is sorted by
	descending bool

	list    *rows
	heads   []*listHead
	current int
	focused bool
	wrapped *container.ThemeOverride
}

// NewRowList returns a list. cells gives one cell per column, or none for a row that is still to be read; selected is called for a
// choice of the person.
func NewRowList(columns []listColumn, length func() int, cells func(row int) []cell, selected func(row int)) *RowList {
	l := &RowList{columns: columns, length: length, cells: cells, selected: selected, current: -1}
	for i := range columns {
		l.heads = append(l.heads, newListHead(l, i))
	}
	l.list = newRows(l)
	l.wrapped = container.NewThemeOverride(l.list, rowTheme{current()})
	l.ExtendBaseWidget(l)
	return l
}

// Ticks gives every row a box. checked says which are ticked, check changes one.
func (l *RowList) Ticks(checked func(row int) bool, check func(row int)) *RowList {
	l.checked, l.check = checked, check
	return l
}

// All says what Ctrl+A does.
func (l *RowList) All(all func()) *RowList {
	l.all = all
	return l
}

// Sorts makes headers sort: those of columns that have something to sort by.
func (l *RowList) Sorts(sorting func(by string)) *RowList {
	l.sorting = sorting
	return l
}

// Opens says what Enter does on a row.
func (l *RowList) Opens(opened func(row int)) *RowList {
	l.opened = opened
	return l
}

// SortedBy shows in the header how the list is sorted.
func (l *RowList) SortedBy(by string, descending bool) {
	if l.by != by || l.descending != descending {
		l.by, l.descending = by, descending
		l.Refresh()
	}
}

// SetColumns says what the columns are called now, as many as there were: the language may have changed.
func (l *RowList) SetColumns(columns []listColumn) {
	for i := range l.columns {
		l.columns[i].title = columns[i].title
	}
}

// ShowColumn shows a column, or takes it away.
func (l *RowList) ShowColumn(i int, on bool) {
	if l.columns[i].off == on {
		l.columns[i].off = !on
		l.Refresh()
	}
}

// Focus is what takes the keys of the list.
func (l *RowList) Focus() fyne.Focusable { return l.list }

// Top scrolls to the first row.
func (l *RowList) Top() { l.list.ScrollToTop() }

// Mark shows a row as selected, without telling anybody; -1 none. It is scrolled into sight when it was not the selected one before.
func (l *RowList) Mark(row int) {
	if row != l.current {
		l.current = row
		if row < 0 {
			l.list.UnselectAll()
		} else {
			l.list.Select(row)
		}
	}
	l.list.Refresh()
}

// Step selects the row that is by so many further down.
func (l *RowList) Step(by int) {
	n := l.length()
	if n == 0 {
		return
	}
	row := min(max(l.current+by, 0), n-1)
	if l.current < 0 {
		row = 0
	}
	l.choose(row)
}

func (l *RowList) choose(row int) {
	if row == l.current {
		return
	}
	l.Mark(row)
	if l.selected != nil {
		l.selected(row)
	}
}

func (l *RowList) tick(row int) {
	if l.check != nil && row >= 0 && row < l.length() {
		l.check(row)
		l.list.Refresh()
	}
}

// columnInset is the space left and right of all columns, columnGap that between them, columnTick what boxes take.
const (
	columnInset float32 = 15
	columnGap   float32 = 16
	columnTick  float32 = 36
	columnLeast float32 = 68 // of one that grows
)

// placeColumns shares a width among the columns that are shown.
func (l *RowList) placeColumns(width float32, place func(i int, x, width float32)) {
	left, growing := width-2*columnInset+columnGap, 0
	if l.check != nil {
		left -= columnTick
	}
	for _, c := range l.columns {
		switch {
		case c.off:
			continue
		case c.width == 0:
			growing++
		}
		left -= c.width + columnGap
	}
	x := columnInset
	if l.check != nil {
		x += columnTick
	}
	for i, c := range l.columns {
		if c.off {
			continue
		}
		w := c.width
		if w == 0 {
			w = max(left/float32(growing), 0)
		}
		place(i, x, w)
		x += w + columnGap
	}
}

// CreateRenderer implements fyne.Widget.
func (l *RowList) CreateRenderer() fyne.WidgetRenderer {
	r := &rowListRenderer{list: l, ground: box(colourSurface, colourLine, cardRadius), rule: canvas.NewRectangle(color.Transparent), ring: newRing()}
	r.Refresh()
	return r
}

type rowListRenderer struct {
	list         *RowList
	ground, ring *canvas.Rectangle
	rule         *canvas.Rectangle
}

func (r *rowListRenderer) Destroy() {}

func (r *rowListRenderer) Objects() []fyne.CanvasObject {
	o := []fyne.CanvasObject{r.ground, r.rule, r.list.wrapped}
	for _, h := range r.list.heads {
		o = append(o, h)
	}
	if r.list.empty != nil {
		o = append(o, r.list.empty)
	}
	return append(o, r.ring)
}

func (r *rowListRenderer) MinSize() fyne.Size {
	width := 2*columnInset - columnGap
	if r.list.check != nil {
		width += columnTick
	}
	for _, c := range r.list.columns {
		switch {
		case c.off:
		case c.width == 0:
			width += columnLeast + columnGap
		default:
			width += c.width + columnGap
		}
	}
	return fyne.NewSize(width, 4*rowHigh)
}

func (r *rowListRenderer) Layout(size fyne.Size) {
	const head = rowHigh - 2
	r.ground.Resize(size)
	r.list.placeColumns(size.Width-2, func(i int, x, width float32) {
		r.list.heads[i].Move(fyne.NewPos(x+1-headInset, 3))
		r.list.heads[i].Resize(fyne.NewSize(width+2*headInset, head-4))
	})
	r.rule.Move(fyne.NewPos(1, head))
	r.rule.Resize(fyne.NewSize(size.Width-2, 1))
	body := fyne.NewSize(size.Width-2, size.Height-head-1-4)
	r.list.wrapped.Move(fyne.NewPos(1, head+1))
	r.list.wrapped.Resize(body)
	if r.list.empty != nil {
		r.list.empty.Move(fyne.NewPos(1, head+1))
		r.list.empty.Resize(body)
	}
	placeRing(r.ring, size)
}

func (r *rowListRenderer) Refresh() {
	r.ground.FillColor, r.ground.StrokeColor = colour(colourSurface), colour(colourLine)
	r.rule.FillColor = colour(colourLine)
	r.ring.StrokeColor, r.ring.CornerRadius, r.ring.Hidden = colour(colourAccent), cardRadius+ring, !r.list.focused
	for i, h := range r.list.heads {
		h.Hidden = r.list.columns[i].off
		h.Refresh()
	}
	r.list.wrapped.Theme = rowTheme{current()}
	r.list.wrapped.Refresh()
	if r.list.empty != nil {
		r.list.empty.Refresh()
	}
	r.Layout(r.list.Size())
	canvas.Refresh(r.list)
}
