package screen

import (
	"cmp"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"marque/app/flow"
)

// stripCell is one cell of the status strip. When there is no room, cells vanish by rank, lowest first.
type stripCell struct {
	object fyne.CanvasObject
	rank   int
	right  bool
}

// StatusStrip shows how the authority stands. While all is well nothing in it is lit.
func StatusStrip(c *flow.Console) fyne.CanvasObject {
	cells, alarm := stripCells(c)
	edge := colourStrip
	if alarm {
		edge = colourRed
	}
	line := canvas.NewRectangle(colour(edge))
	line.SetMinSize(fyne.NewSize(1, stripEdge))
	objects := make([]fyne.CanvasObject, len(cells))
	for i, c := range cells {
		objects[i] = c.object
	}
	row := container.New(&stripLayout{cells}, objects...)
	return container.NewStack(box(colourStrip, "", 0), flush{bottom: line, middle: sized(row, 0, stripHeight)}.container())
}

// stripCells returns the cells, and whether one of them is red.
func stripCells(c *flow.Console) (cells []stripCell, alarm bool) {
	s := c.Status
	if c.Phase < flow.Locked {
		state := say("strip.absent")
		if c.Phase != flow.Absent {
			state = say("strip.shut")
		}
		name := line(10, icon("logo", 18, colourLogo), text(say("name"), sizeRow, colourStripText, bold), text(state, sizeRow, colourStripQuiet, plain))
		return []stripCell{{name, 9, false}, {clockCell(s), 8, true}}, false
	}
	name := line(10, icon("logo", 18, colourLogo), text(s.Now.Realm, sizeRow, colourStripText, bold))
	cells = append(cells, stripCell{name, 9, false}, stripCell{lockCell(c), 8, false})
	if s.Known {
		cell, lit := listCell(s)
		cells = append(cells, cell)
		alarm = alarm || lit
	}
	if n := s.Now.Unpublished; n > 0 {
		alarm = true
		cells = append(cells, stripCell{litCell("publish", say("strip.unpublished", "Count", n), colourRed, colourOnRed), 7, false})
	}
	if s.Problem != nil {
		alarm = true
		cells = append(cells, stripCell{litCell("alert", sayText(s.Problem.What), colourRed, colourOnRed), 7, false})
	}
	if s.Known && s.Now.Grade == "evaluation" {
		mark := container.NewStack(outline(colourAmber, 4), padded(text(say("strip.evaluation"), sizeCap, colourAmber, bold), 2, 2, 7, 7))
		cells = append(cells, stripCell{mark, 6, true})
	}
	return append(cells, stripCell{clockCell(s), 3, true}), alarm
}

func lockCell(c *flow.Console) fyne.CanvasObject {
	if c.Phase == flow.Locked {
		return litCell("lock", say("strip.locked"), colourStripCell, colourStripText)
	}
	return line(7, icon("unlock", 16, colourStripText), text(say("strip.open"), sizeRow, colourStripText, plain))
}

// listCell says which list is the newest and how old it is, and whether that is an alarm.
func listCell(s *flow.Status) (cell stripCell, alarm bool) {
	n := int(s.Now.List.Sequence)
	switch s.ListState() {
	case flow.ListRefused:
		return stripCell{litCell("clock", say("strip.list.refused", "List", number(n)), colourRed, colourOnRed), 7, false}, true
	case flow.ListStale:
		return stripCell{litCell("clock", say("strip.list.stale", "List", number(n)), colourAmber, colourOnAmber), 7, false}, false
	case flow.ListEnding:
		return stripCell{litCell("clock", say("strip.list.ending", "List", number(n), "Count", s.ListDays()), colourAmber, colourOnAmber), 7, false}, false
	case flow.ListGood:
	}
	words := say("strip.list", "List", number(n), "Age", listAge(s), "Due", say("due", "Count", s.ListDays()))
	return stripCell{line(7, icon("register", 16, colourStripQuiet), text(words, sizeRow, colourStripQuiet, plain)), 2, false}, false
}

func listAge(s *flow.Status) string {
	if s.ListAge() == 0 {
		return say("age.today")
	}
	return say("age", "Count", s.ListAge())
}

func clockCell(s *flow.Status) fyne.CanvasObject {
	return text(now(s.Time()), sizeRow, colourStripText, plain)
}

func litCell(name, words string, ground, ink fyne.ThemeColorName) fyne.CanvasObject {
	content := line(7, icon(name, 16, ink), text(words, sizeRow, ink, bold))
	return container.NewStack(box(ground, "", 4), padded(content, 3, 3, 9, 9))
}

// stripLayout places cells from both ends.
type stripLayout struct{ cells []stripCell }

const (
	stripInset float32 = 16
	stripGap   float32 = 20
)

func (l *stripLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, stripHeight) }

func (l *stripLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	order := slices.Clone(l.cells)
	slices.SortStableFunc(order, func(a, b stripCell) int { return cmp.Compare(a.rank, b.rank) })
	need := 2*stripInset - stripGap
	for _, c := range order {
		need += c.object.MinSize().Width + stripGap
	}
	for _, c := range order {
		if need <= size.Width {
			c.object.Show()
			continue
		}
		need -= c.object.MinSize().Width + stripGap
		c.object.Hide()
	}
	left, right := stripInset, size.Width-stripInset
	for _, c := range l.cells {
		if !c.right && c.object.Visible() {
			left = placeCell(c.object, left, size.Height) + stripGap
		}
	}
	for _, c := range slices.Backward(l.cells) {
		if c.right && c.object.Visible() {
			right -= c.object.MinSize().Width
			placeCell(c.object, right, size.Height)
			right -= stripGap
		}
	}
}

func placeCell(o fyne.CanvasObject, x, height float32) float32 {
	least := o.MinSize()
	o.Resize(least)
	o.Move(fyne.NewPos(x, float32(int((height-least.Height)/2))))
	return x + least.Width
}
