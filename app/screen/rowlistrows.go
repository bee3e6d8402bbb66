package screen

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

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

func (r *rows) TypedRune(c rune) {
	if c != ' ' || r.owner.check == nil {
		passRune(r.owner, c)
	}
}

// AcceptsTab implements fyne.Tabbable: a scanner's Tab moves nothing.
func (r *rows) AcceptsTab() bool { return intakeOf(r.owner).holdsTab() }

// TypedShortcut implements fyne.Shortcutable.
func (r *rows) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*fyne.ShortcutSelectAll); ok && r.owner.all != nil {
		r.owner.all()
		return
	}
	passShortcut(r.owner, s)
}

func (r *rows) TypedKey(e *fyne.KeyEvent) {
	l := r.owner
	page := max(int(r.Size().Height/rowHigh)-1, 1)
	switch e.Name {
	case fyne.KeyUp:
		l.Step(-1)
	case fyne.KeyDown:
		l.Step(1)
	case fyne.KeyPageUp:
		l.Step(-page)
	case fyne.KeyPageDown:
		l.Step(page)
	case fyne.KeyHome:
		l.Step(-l.length())
	case fyne.KeyEnd:
		l.Step(l.length())
	case fyne.KeySpace:
		if l.check == nil || intakeOf(l).key(nameOf(e)) {
			passKey(l, e)
			return
		}
		l.tick(l.current)
	case fyne.KeyReturn, fyne.KeyEnter:
		if l.opened == nil || l.current < 0 || intakeOf(l).key(nameOf(e)) {
			passKey(l, e)
			return
		}
		l.opened(l.current)
	default:
		passKey(l, e)
	}
}

// row is the template of a row: as high as the pitch.
type row struct {
	widget.BaseWidget

	owner  *RowList
	bar    *canvas.Rectangle
	rule   *canvas.Rectangle
	box    *tickBox // nil for a list without
	texts  []*canvas.Text
	pills  []*fyne.Container
	bones  []*canvas.Rectangle // of a row that is still to be read
	shown  []cell
	drawn  []cell // what the pills show
	id     int
	marked bool
	ticked bool
	dark   bool // in which look the pills are drawn
}

func newRow(owner *RowList) *row {
	r := &row{owner: owner, bar: canvas.NewRectangle(color.Transparent), rule: canvas.NewRectangle(colour(colourLine))}
	if owner.check != nil {
		r.box = newTickBox(func() { owner.tick(r.id) })
	}
	for _, c := range owner.columns {
		style := plain
		if c.mono {
			style = mono
		}
		r.texts = append(r.texts, text("", sizeRow, colourText, style))
		r.pills = append(r.pills, container.NewStack())
		r.bones = append(r.bones, box(colourLine, "", 4))
	}
	r.drawn = make([]cell, len(owner.columns))
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) show(id int) {
	if id >= r.owner.length() {
		return
	}
	r.id, r.shown, r.marked = id, r.owner.cells(id), id == r.owner.current
	r.ticked = r.box != nil && r.shown != nil && r.owner.checked(id)
	r.Refresh()
}

func (r *row) CreateRenderer() fyne.WidgetRenderer { return &rowRenderer{r} }

type rowRenderer struct{ row *row }

func (r *rowRenderer) Destroy() {}

func (r *rowRenderer) MinSize() fyne.Size { return fyne.NewSize(0, rowHigh) }

func (r *rowRenderer) Objects() []fyne.CanvasObject {
	o := []fyne.CanvasObject{r.row.bar, r.row.rule}
	if r.row.box != nil {
		o = append(o, r.row.box)
	}
	for i := range r.row.texts {
		o = append(o, r.row.texts[i], r.row.pills[i], r.row.bones[i])
	}
	return o
}

func (r *rowRenderer) Layout(size fyne.Size) {
	r.row.bar.Resize(fyne.NewSize(3, size.Height))
	r.row.rule.Move(fyne.NewPos(0, size.Height-1))
	r.row.rule.Resize(fyne.NewSize(size.Width, 1))
	if r.row.box != nil {
		r.row.box.Move(fyne.NewPos(columnInset-6, 0))
		r.row.box.Resize(fyne.NewSquareSize(rowHigh))
	}
	r.row.owner.placeColumns(size.Width, func(i int, x, width float32) { r.place(i, x, width, size.Height) })
}

func (r *rowRenderer) place(i int, x, width, height float32) {
	if i >= len(r.row.shown) {
		r.row.bones[i].Move(fyne.NewPos(x, height/2-4))
		r.row.bones[i].Resize(fyne.NewSize(width*0.6, 8))
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
	t.Text = shorten(visible(c.text), width, t.TextSize, t.TextStyle)
	if c.path {
		t.Text = shortenPath(visible(c.text), width, t.TextSize, t.TextStyle)
	}
	least := t.MinSize()
	if col.right {
		x += width - least.Width
	}
	t.Resize(least)
	t.Move(fyne.NewPos(x, float32(int((height-least.Height)/2))))
}

func (r *rowRenderer) Refresh() {
	w := r.row
	w.bar.FillColor = color.Transparent
	if w.marked {
		w.bar.FillColor = colour(colourAccent)
	}
	w.rule.FillColor = colour(colourLine)
	if w.box != nil {
		w.box.Hidden = w.shown == nil
		w.box.set(w.ticked)
	}
	if dark := current().dark; dark != w.dark {
		w.dark = dark
		clear(w.drawn)
	}
	for i := range w.texts {
		r.fill(i)
	}
	r.Layout(w.Size())
	canvas.Refresh(w)
}

// fill brings the objects of a column up to date.
func (r *rowRenderer) fill(i int) {
	w := r.row
	t, pill, bone := w.texts[i], w.pills[i], w.bones[i]
	off := w.owner.columns[i].off
	bone.Hidden = off || i < len(w.shown)
	bone.FillColor = colour(colourLine)
	if i >= len(w.shown) {
		t.Hidden, pill.Hidden = true, true
		return
	}
	c := w.shown[i]
	t.Hidden, pill.Hidden = off || c.icon != "", off || c.icon == ""
	if c.icon != "" {
		if c != w.drawn[i] {
			pill.Objects = slices.Clone(Pill(c.icon, c.text, c.tone).Objects)
			pill.Refresh()
			w.drawn[i] = c
		}
		return
	}
	t.Color = colour(colourText2)
	if i == 0 {
		t.Color = colour(colourText)
		t.TextStyle.Bold = w.marked
	}
	if c.tone.text != "" {
		t.Color = colour(c.tone.text)
	}
}

// tickBox is the box of a row. It takes no focus: the space bar ticks the selected row.
type tickBox struct {
	widget.BaseWidget

	on     bool
	tapped func()
	frame  *canvas.Rectangle
	tick   *canvas.Image
}

func newTickBox(tapped func()) *tickBox {
	b := &tickBox{tapped: tapped, frame: box(colourSurface, colourControl, 4), tick: icon("check", 14, colourOnAccent)}
	b.frame.StrokeWidth = 1.5
	b.ExtendBaseWidget(b)
	return b
}

func (b *tickBox) set(on bool) {
	b.on = on
	fill, border := colourSurface, colourControl
	if on {
		fill, border = colourAccent, colourAccent
	}
	b.frame.FillColor, b.frame.StrokeColor = colour(fill), colour(border)
	if !on {
		b.frame.FillColor = color.Transparent
	}
	b.tick.Hidden = !on
	if on {
		b.tick.Resource = iconResource("check", colourOnAccent)
	}
	b.Refresh()
}

// Tapped implements fyne.Tappable.
func (b *tickBox) Tapped(*fyne.PointEvent) { b.tapped() }

// CreateRenderer implements fyne.Widget.
func (b *tickBox) CreateRenderer() fyne.WidgetRenderer {
	square := func(o fyne.CanvasObject, size float32) fyne.CanvasObject {
		return container.NewCenter(sized(o, size, size))
	}
	return widget.NewSimpleRenderer(container.NewStack(square(b.frame, 18), square(b.tick, 14)))
}
