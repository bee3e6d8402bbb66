package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// column of a RowList.
type listColumn struct {
	title string
	width float32 // zero takes what is left; one column at most
	right bool    // numbers
	mono  bool
}

// cell is what stands in a row and a column.
type cell struct {
	text string
	icon string // with it, the text is a pill
	tone tone
	path bool // shortened at the beginning
}

// RowList is a list with a header, rows of exactly 32, and one selected row. The arrow keys move the selection; keys that it has no
// use for go on to the window.
type RowList struct {
	widget.BaseWidget

	columns  []listColumn
	length   func() int
	cells    func(row int) []cell
	selected func(row int)
	empty    fyne.CanvasObject // instead of no rows; nil for nothing

	list    *rows
	current int
	focused bool
	wrapped *container.ThemeOverride
}

// NewRowList returns a list. cells gives one cell per column; selected is called for a choice of the person.
func NewRowList(columns []listColumn, length func() int, cells func(row int) []cell, selected func(row int)) *RowList {
	l := &RowList{columns: columns, length: length, cells: cells, selected: selected, current: -1}
	l.list = newRows(l)
	l.wrapped = container.NewThemeOverride(l.list, rowTheme{current()})
	l.ExtendBaseWidget(l)
	return l
}

// Mark shows a row as selected, without telling anybody; -1 none.
func (l *RowList) Mark(row int) {
	l.current = row
	if row < 0 {
		l.list.UnselectAll()
	} else {
		l.list.Select(row)
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

// rows is the toolkit's list with keys of its own.
type rows struct {
	widget.List

	owner *RowList
}

func newRows(owner *RowList) *rows {
	r := &rows{owner: owner}
	r.Length = owner.length
	r.CreateItem = func() fyne.CanvasObject { return newRow(owner) }
	r.UpdateItem = func(id widget.ListItemID, o fyne.CanvasObject) { o.(*row).show(id) }
	r.OnSelected = func(id widget.ListItemID) { owner.choose(id) }
	r.HideSeparators = true
	r.ExtendBaseWidget(r)
	return r
}

func (r *rows) FocusGained() { r.owner.focused = true; r.owner.Refresh() }

func (r *rows) FocusLost() { r.owner.focused = false; r.owner.Refresh() }

func (r *rows) TypedRune(c rune) { passRune(r.owner, c) }

func (r *rows) TypedKey(e *fyne.KeyEvent) {
	page := max(int(r.Size().Height/rowHigh)-1, 1)
	switch e.Name {
	case fyne.KeyUp:
		r.owner.Step(-1)
	case fyne.KeyDown:
		r.owner.Step(1)
	case fyne.KeyPageUp:
		r.owner.Step(-page)
	case fyne.KeyPageDown:
		r.owner.Step(page)
	case fyne.KeyHome:
		r.owner.Step(-r.owner.length())
	case fyne.KeyEnd:
		r.owner.Step(r.owner.length())
	default:
		passKey(r.owner, e)
	}
}

// row is the template of a row: as high as the pitch.
type row struct {
	widget.BaseWidget

	owner  *RowList
	bar    *canvas.Rectangle
	rule   *canvas.Rectangle
	texts  []*canvas.Text
	pills  []*fyne.Container
	shown  []cell
	marked bool
}

func newRow(owner *RowList) *row {
	r := &row{owner: owner, bar: canvas.NewRectangle(color.Transparent), rule: canvas.NewRectangle(colour(colourLine))}
	for _, c := range owner.columns {
		style := plain
		if c.mono {
			style = mono
		}
		r.texts = append(r.texts, text("", sizeRow, colourText, style))
		r.pills = append(r.pills, container.NewStack())
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) show(id int) {
	if id >= r.owner.length() {
		return
	}
	r.shown, r.marked = r.owner.cells(id), id == r.owner.current
	r.Refresh()
}

func (r *row) CreateRenderer() fyne.WidgetRenderer { return &rowRenderer{r} }

type rowRenderer struct{ row *row }

func (r *rowRenderer) Destroy() {}

func (r *rowRenderer) MinSize() fyne.Size { return fyne.NewSize(0, rowHigh) }

func (r *rowRenderer) Objects() []fyne.CanvasObject {
	o := []fyne.CanvasObject{r.row.bar, r.row.rule}
	for i := range r.row.texts {
		o = append(o, r.row.texts[i], r.row.pills[i])
	}
	return o
}

func (r *rowRenderer) Layout(size fyne.Size) {
	r.row.bar.Resize(fyne.NewSize(3, size.Height))
	r.row.rule.Move(fyne.NewPos(0, size.Height-1))
	r.row.rule.Resize(fyne.NewSize(size.Width, 1))
	placeColumns(r.row.owner.columns, size.Width, func(i int, x, width float32) { r.place(i, x, width, size.Height) })
}

func (r *rowRenderer) place(i int, x, width, height float32) {
	if i >= len(r.row.shown) {
		return
	}
	t, c, col := r.row.texts[i], r.row.shown[i], r.row.owner.columns[i]
	if c.icon != "" {
		pill := r.row.pills[i]
		least := pill.MinSize()
		pill.Resize(least)
		pill.Move(fyne.NewPos(x, float32(int((height-least.Height)/2))))
		return
	}
	t.Text = shorten(c.text, width, t.TextSize, t.TextStyle)
	if c.path {
		t.Text = shortenPath(c.text, width, t.TextSize, t.TextStyle)
	}
	least := t.MinSize()
	if col.right {
		x += width - least.Width
	}
	t.Resize(least)
	t.Move(fyne.NewPos(x, float32(int((height-least.Height)/2))))
}

func (r *rowRenderer) Refresh() {
	r.row.bar.FillColor = color.Transparent
	if r.row.marked {
		r.row.bar.FillColor = colour(colourAccent)
	}
	r.row.rule.FillColor = colour(colourLine)
	for i, c := range r.row.shown {
		t, pill := r.row.texts[i], r.row.pills[i]
		t.Hidden, pill.Hidden = c.icon != "", c.icon == ""
		if c.icon != "" {
			pill.Objects = Pill(c.icon, c.text, c.tone).Objects
			pill.Refresh()
			continue
		}
		t.Color = colour(colourText2)
		if i == 0 {
			t.Color = colour(colourText)
			t.TextStyle.Bold = r.row.marked
		}
	}
	r.Layout(r.row.Size())
	canvas.Refresh(r.row)
}

// columnInset is the space left and right of all columns, columnGap that between them.
const (
	columnInset float32 = 15
	columnGap   float32 = 16
)

// placeColumns shares a width among columns.
func placeColumns(columns []listColumn, width float32, place func(i int, x, width float32)) {
	left := width - 2*columnInset - columnGap*float32(len(columns)-1)
	for _, c := range columns {
		left -= c.width
	}
	x := columnInset
	for i, c := range columns {
		w := c.width
		if w == 0 {
			w = max(left, 0)
		}
		place(i, x, w)
		x += w + columnGap
	}
}

// CreateRenderer implements fyne.Widget.
func (l *RowList) CreateRenderer() fyne.WidgetRenderer {
	r := &rowListRenderer{list: l, ground: box(colourSurface, colourLine, cardRadius), rule: canvas.NewRectangle(color.Transparent), ring: newRing()}
	for _, c := range l.columns {
		r.heads = append(r.heads, text(c.title, sizeLabel, colourText2, bold))
	}
	r.Refresh()
	return r
}

type rowListRenderer struct {
	list         *RowList
	ground, ring *canvas.Rectangle
	rule         *canvas.Rectangle
	heads        []*canvas.Text
}

func (r *rowListRenderer) Destroy() {}

func (r *rowListRenderer) Objects() []fyne.CanvasObject {
	o := []fyne.CanvasObject{r.ground, r.rule, r.list.wrapped}
	for _, h := range r.heads {
		o = append(o, h)
	}
	if r.list.empty != nil {
		o = append(o, r.list.empty)
	}
	return append(o, r.ring)
}

func (r *rowListRenderer) MinSize() fyne.Size {
	width := 2*columnInset + columnGap*float32(len(r.heads)-1)
	for _, c := range r.list.columns {
		width += max(c.width, 80)
	}
	return fyne.NewSize(width, 4*rowHigh)
}

func (r *rowListRenderer) Layout(size fyne.Size) {
	const head = rowHigh - 2
	r.ground.Resize(size)
	placeColumns(r.list.columns, size.Width-2, func(i int, x, width float32) {
		least := r.heads[i].MinSize()
		if r.list.columns[i].right {
			x += width - least.Width
		}
		r.heads[i].Resize(least)
		r.heads[i].Move(fyne.NewPos(x+1, float32(int((head-least.Height)/2))+1))
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
	for i, h := range r.heads {
		h.Text, h.Color = r.list.columns[i].title, colour(colourText2)
	}
	r.list.wrapped.Theme = rowTheme{current()}
	r.list.wrapped.Refresh()
	if r.list.empty != nil {
		r.list.empty.Refresh()
	}
	r.Layout(r.list.Size())
	canvas.Refresh(r.list)
}
