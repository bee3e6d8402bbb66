package screen

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

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

// The ranks of what vanishes first.
const (
	rankCounter = iota
	rankTPM
	rankDate
	rankList
)

// namesWide is how much room the names of those who are signed on may take; beyond, there is their number.
const namesWide = 260

// urgency is how a cell is lit.
type urgency int

const (
	quiet  urgency = iota
	soon           // amber
	urgent         // red
)

// alert is something that is wrong, for a lit cell.
type alert struct {
	urgency     urgency
	icon, words string
}

// lit draws an alert.
func (a *alert) lit() fyne.CanvasObject {
	if a.urgency == urgent {
		return litCell(a.icon, a.words, colourRed, colourOnRed)
	}
	return litCell(a.icon, a.words, colourAmber, colourOnAmber)
}

// mostLit is how many alerts are lit at once; of the others there is the number.
const mostLit = 2

// stripTouches say what touching parts of the strip does.
type stripTouches struct {
	custody func()        // of what is about custody
	pointed func(at bool) // at that
	people  func()        // of who is signed on; nil for nothing
}

// StatusStrip shows how authority and custody stand. While all is well nothing in it is lit.
func StatusStrip(c *flow.Console, touches stripTouches) fyne.CanvasObject {
	cells, alarm := stripCells(c, touches)
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
func stripCells(c *flow.Console, touches stripTouches) (cells []stripCell, alarm bool) {
	s := c.Status
	touch := func(o fyne.CanvasObject) fyne.CanvasObject { return newTouchArea(o, touches.custody, touches.pointed) }
	if c.Phase < flow.Locked {
		state := say("strip.absent")
		if c.Phase != flow.Absent {
			state = say("strip.shut")
		}
		name := line(10, icon("logo", 18, colourLogo), text(say("name"), sizeRow, colourStripText, bold), text(state, sizeRow, colourStripQuiet, plain))
		return []stripCell{{name, 9, false}, {dateCell(s), rankDate, true}, {clockCell(s), 8, true}}, false
	}
	name := line(10, icon("logo", 18, colourLogo), text(s.Now.Realm, sizeRow, colourStripText, bold))
	cells = append(cells, stripCell{name, 9, false}, stripCell{newTouchArea(lockCell(c), touches.people, nil), 8, false})
	if s.Known && s.ListState() == flow.ListGood {
		cells = append(cells, stripCell{listCell(s), rankList, false})
	}
	all := alerts(s)
	for i, a := range all {
		alarm = alarm || a.urgency == urgent
		if i < mostLit {
			cells = append(cells, stripCell{touch(a.lit()), 7, false})
		}
	}
	if more := len(all) - mostLit; more > 0 {
		words := text(say("strip.more", "Number", more), sizeRow, colourStripText, bold)
		cells = append(cells, stripCell{touch(padded(words, 3, 3, 2, 2)), 7, false})
	}
	if s.Known {
		for _, cell := range custodyCells(&s.Custody) {
			cell.object = touch(cell.object)
			cells = append(cells, cell)
		}
	}
	return append(cells, stripCell{dateCell(s), rankDate, true}, stripCell{clockCell(s), 6, true}), alarm
}

// alerts lists what is wrong, the most urgent first.
func alerts(s *flow.Status) []alert {
	var all []alert
	add := func(u urgency, icon, words string) { all = append(all, alert{u, icon, words}) }
	if r := s.Custody.ReadOnly; s.Known && r != flow.Changeable {
		add(urgent, "refresh", say(readOnlyKey(r)))
	}
	number := number(int(s.Now.List.Sequence))
	switch s.ListState() {
	case flow.ListRefused:
		add(urgent, "clock", say("strip.list.refused", "List", number))
	case flow.ListStale:
		add(soon, "clock", say("strip.list.stale", "List", number))
	case flow.ListEnding:
		add(soon, "clock", say("strip.list.ending", "List", number, "Count", s.ListDays()))
	case flow.ListGood:
	}
	if n := s.Now.Unpublished; n > 0 {
		add(urgent, "publish", say("strip.unpublished", "Count", n))
	}
	if s.Problem != nil {
		add(urgent, "alert", sayText(s.Problem.What))
	}
	if chip := s.Custody.Chip; chip != nil && chip.LockedOut {
		add(soon, "chip", say("strip.tpm.lockedout"))
	} else if chip != nil && chip.Changed != "" {
		add(soon, "chip", say("strip.tpm.platform"))
	}
	if s.Known && s.Custody.Drill == flow.DrillPending {
		add(soon, "warning", say("strip.drill.pending"))
	}
	slices.SortStableFunc(all, func(a, b alert) int { return cmp.Compare(b.urgency, a.urgency) })
	return all
}

func readOnlyKey(r flow.ReadOnlyReason) string { return "strip.readonly." + strconv.Itoa(int(r)) }

// custodyCells are on the right: marks that stay, the vault, the counter.
func custodyCells(c *flow.Custody) []stripCell {
	var cells []stripCell
	mark := func(key string, rank int) {
		words := padded(text(say(key), sizeCap, colourAmber, bold), 2, 2, 7, 7)
		cells = append(cells, stripCell{container.NewStack(outline(colourAmber, 4), words), rank, true})
	}
	if !c.Production {
		mark("strip.evaluation", 6)
	}
	if c.Drill == flow.DrillWaived {
		mark("strip.drill.waived", 5)
	}
	if !c.TPM {
		return append(cells, stripCell{quietCell("lock", say("strip.passphrase")), rankCounter, true})
	}
	cell := stripCell{quietCell("chip", say("strip.tpm")), rankTPM, true}
	amber := func(words string) {
		cell = stripCell{line(7, icon("chip", 16, colourAmber), text(words, sizeRow, colourAmber, bold)), 4, true}
	}
	switch {
	case c.Chip == nil:
		amber(say("strip.tpm.silent"))
	case c.Chip.LockedOut: // said as an alert
	case c.Chip.TriesLeft == flow.MaxTries:
		cell.object = quietCell("chip", say("strip.tpm.tries", "Left", c.Chip.TriesLeft, "Most", flow.MaxTries))
	default:
		amber(say("strip.tpm.tries", "Left", c.Chip.TriesLeft, "Most", flow.MaxTries))
	}
	return append(cells, cell, stripCell{quietCell("refresh", say("strip.counter", "Counter", number(int(c.Counter)))), rankCounter, true})
}

func quietCell(name, words string) fyne.CanvasObject {
	return line(7, icon(name, 16, colourStripQuiet), text(words, sizeRow, colourStripQuiet, plain))
}

// lockCell says whether it is locked, and for whom it is open.
func lockCell(c *flow.Console) fyne.CanvasObject {
	if c.Phase == flow.Locked {
		return litCell("lock", say("strip.locked"), colourStripCell, colourStripText)
	}
	words := say("strip.open")
	if present := c.Status.Custody.Present; len(present) > 0 {
		words = strings.Join(present, ", ")
		if fyne.MeasureText(words, sizes[sizeRow], plain).Width > namesWide {
			words = say("strip.present", "Count", len(present))
		}
	}
	return line(7, icon("unlock", 16, colourStripText), text(words, sizeRow, colourStripText, plain))
}

// listCell says which list is the newest and how old it is.
func listCell(s *flow.Status) fyne.CanvasObject {
	n := number(int(s.Now.List.Sequence))
	return quietCell("register", say("strip.list", "List", n, "Age", listAge(s), "Due", say("due", "Count", s.ListDays())))
}

func listAge(s *flow.Status) string {
	if s.ListAge() == 0 {
		return say("age.today")
	}
	return say("age", "Count", s.ListAge())
}

func clockCell(s *flow.Status) fyne.CanvasObject {
	return text(s.Time().Format("15:04"), sizeRow, colourStripText, plain)
}

func dateCell(s *flow.Status) fyne.CanvasObject {
	return padded(text(today(s.Time()), sizeRow, colourStripText, plain), 0, 0, 0, -10)
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
