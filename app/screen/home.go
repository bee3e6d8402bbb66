package screen

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"marque/app/flow"
)

// homeView draws flow.Home: a box for codes and names, what needs somebody, the shift, and the lists that are held.
type homeView struct {
	shell *Shell
	model *flow.Home

	code    *Field
	buttons map[flow.TaskKind]*KeyButton
	scroll  *container.Scroll
}

func newHomeView(s *Shell) *homeView {
	v := &homeView{shell: s, model: s.console.Home, code: newSearchField("scan"), buttons: map[flow.TaskKind]*KeyButton{}}
	v.code.paste = func() { s.console.Files(flow.Clipboard) }
	v.scroll = container.NewVScroll(layout.NewSpacer())
	return v
}

func (v *homeView) focus() fyne.Focusable { return v.code }

func (v *homeView) typed(rune) *Field { return v.code }

func (v *homeView) box() *Field { return v.code }

func (v *homeView) scanned(code string) { v.shell.console.Scan(code) }

func (v *homeView) refused(why error) { v.shell.console.Refuse(why) }

func (v *homeView) enter() {
	typed := v.code.Text
	v.code.SetText("")
	v.model.Enter(typed)
}

func (v *homeView) bindings() []binding {
	move := func(by int) func() { return func() { v.model.Move(by); v.show() } }
	b := []binding{
		{"Ctrl+F", say("home.scan"), func() { v.shell.window.Canvas().Focus(v.code) }},
		{"Enter", "", v.enter},
		{"Esc", "", func() { v.code.SetText("") }},
	}
	if len(v.model.Tasks) > 0 {
		b = append([]binding{{"UpDown", say("home.move"), nil}, {"Up", "", move(-1)}, {"Down", "", move(1)}}, b...)
		b[4].text = say("home.open")
		b[3], b[4] = b[4], b[3]
	}
	return b
}

const (
	taskHigh  float32 = 56
	shiftHigh float32 = 28 // of a line below
	doWide    float32 = 140
)

func (v *homeView) draw(narrow bool) fyne.CanvasObject {
	m := v.model
	v.code.SetPlaceHolder(say("home.hint"))
	shift, _ := m.Shift()
	head := line(14, title("home"), text(say("home.day", "Weekday", say("weekday.long."+strconv.Itoa(int(v.shell.console.Status.Time().Weekday()))),
		"Today", date(v.shell.console.Status.Time()), "Shift", say("home.shift."+strconv.Itoa(int(shift)))), sizeRow, colourText2, plain))
	scan := container.NewStack(v.code, container.NewBorder(nil, nil, nil, padded(middle(Keycap("Ctrl+F")), 0, 0, 0, 10)))
	top := padded(sized(scan, 0, buttonHigh), 0, gap-4, 0, 0)
	return page(narrow, head, nil, container.NewBorder(top, nil, nil, nil, v.body(narrow)))
}

func (v *homeView) body(narrow bool) fyne.CanvasObject {
	m := v.model
	above := column(gap)
	if m.Problem != nil {
		above.Add(padded(problemBanner(m.Problem), 0, gap, 0, 0))
	}
	count := len(m.Tasks)
	rows := column(0)
	for i := range m.Tasks {
		rows.Add(v.task(i))
	}
	var list fyne.CanvasObject
	natural := headHigh + taskHigh*float32(count) + 4 // with its border
	switch {
	case m.Outlook == nil && count == 0 && m.Problem == nil:
		list, natural = nothing("clock", say("home.loading"), ""), 190
	case count == 0:
		list, natural = nothing("done", say("home.nothing"), say("home.nothing.why")), 190
	default:
		v.scroll.Content = rows
		v.scroll.Refresh()
		list = v.scroll
	}
	tasks := frame(flush{top: cardHead(say("home.tasks"), text(number(count), sizeRow, colourText2, plain)), middle: list}.container())
	below := space(0)
	if m.Outlook != nil && !narrow {
		below = container.New(pairLayout{}, v.shift(), v.lists())
	}
	return container.NewBorder(above, nil, nil, nil, container.New(naturalLayout{natural}, tasks, below))
}

// show scrolls to the chosen task.
func (v *homeView) show() {
	top, high := taskHigh*float32(v.model.At), v.scroll.Size().Height
	switch {
	case top < v.scroll.Offset.Y:
		v.scroll.ScrollToOffset(fyne.NewPos(0, top))
	case top+taskHigh > v.scroll.Offset.Y+high:
		v.scroll.ScrollToOffset(fyne.NewPos(0, top+taskHigh-high))
	}
}

var taskIcons = map[flow.TaskKind]string{
	flow.TaskReadOnly: "refresh", flow.TaskAlarm: "alert", flow.TaskChanges: "publish", flow.TaskList: "clock", flow.TaskDrill: "lifebuoy",
	flow.TaskApproval: "stamp", flow.TaskEnding: "key", flow.TaskLaggards: "gauge", flow.TaskListless: "gauge", flow.TaskReceipts: "register",
	flow.TaskTPM: "chip", flow.TaskDisk: "disk", flow.TaskRehearse: "lifebuoy", flow.TaskOverdue: "lifebuoy", flow.TaskProposals: "stamp", flow.TaskBackup: "disk", flow.TaskUnsaved: "disk",
}

var taskTones = map[flow.Urgency]tone{flow.Danger: toneDanger, flow.Asked: toneAccent, flow.Warned: toneWarning, flow.Planned: toneQuiet}

// task is a line of what needs somebody.
func (v *homeView) task(i int) fyne.CanvasObject {
	t := &v.model.Tasks[i]
	chosen := i == v.model.At
	b := v.buttons[t.Kind]
	if b == nil {
		b = NewKeyButton("", "", "", nil)
		v.buttons[t.Kind] = b
	}
	b.tapped = func() { v.model.Do(i) }
	b.primary, b.key, b.label = chosen, "", sayText(t.Do)
	if chosen {
		b.key = "Enter"
	}
	b.Refresh()
	of := taskTones[t.Urgency]
	sign := container.NewStack(box(of.soft, "", radius), container.NewCenter(icon(taskIcons[t.Kind], 20, of.text)))
	words := container.New(&proseLayout{}, text(sayText(t.What), sizeBody, colourText, bold), text(sayText(t.Why), sizeRow, colourText2, plain))
	row := container.NewBorder(nil, nil, padded(middle(sized(sign, 34, 34)), 0, 0, 0, 10), middle(sized(b, doWide, buttonHigh)), middle(words))
	edge := rule()
	if i == 0 || chosen || i == v.model.At+1 {
		edge = space(1)
	}
	ground := canvas.NewRectangle(color.Transparent)
	if chosen {
		ground = outline(colourAccent, radius)
		ground.StrokeWidth = ring
	}
	body := container.NewStack(padded(ground, 1, 1, 2, 5), padded(row, 0, 0, 13, 13))
	return newTouchArea(sized(flush{top: edge, middle: body}.container(), 0, taskHigh), func() { v.model.Move(i - v.model.At) }, nil)
}

// shift lists who was enrolled last.
func (v *homeView) shift() fyne.CanvasObject {
	o := v.model.Outlook
	rows := column(0)
	for i := range o.Newest[:min(len(o.Newest), 4)] {
		rows.Add(newcomer(&o.Newest[i]))
	}
	if len(o.Newest) == 0 {
		rows.Add(sized(middle(text(say("home.nobody"), sizeRow, colourText2, plain)), 0, shiftHigh))
	}
	var missing fyne.CanvasObject
	if n := v.model.Missing(); n > 0 {
		missing = text(say("home.missing", "Count", n), sizeRow, colourText2, plain)
	}
	return frame(container.NewBorder(cardHead(say("home.enrolled", "Count", o.Enrolled), missing), nil, nil, nil, padded(rows, 9, 9, 15, 13)))
}

func newcomer(n *flow.Newcomer) fyne.CanvasObject {
	state := Pill("clock", say("home.waiting"), toneWarning)
	switch {
	case n.Suspended:
		state = Pill("ban", say("home.suspended"), toneWarning)
	case n.Revoked:
		state = Pill("ban", say("home.revoked"), toneDanger)
	case n.Receipt:
		state = Pill("check", say("home.complete"), toneOK)
	}
	name := text(shorten(n.Name, 150, sizes[sizeBody], plain), sizeBody, colourText, plain)
	at := text(say("home.at", "Time", n.Issued.Local().Format("15:04"), "Serial", number(int(n.Serial))), sizeRow, colourText2, plain)
	return sized(line(8, sized(name, 160, 0), at, layout.NewSpacer(), state), 0, shiftHigh)
}

// lists says which lists are held by how many.
func (v *homeView) lists() fyne.CanvasObject {
	f := v.model.Outlook.Fleet
	by := text(say("home.lists.by"), sizeRow, colourText2, plain)
	rows := column(0)
	switch {
	case f == nil:
		rows.Add(sized(middle(text(say("home.counting"), sizeRow, colourText2, plain)), 0, shiftHigh))
	case f.Known() == 0:
		rows.Add(sized(middle(text(say("home.noreceipts"), sizeRow, colourText2, plain)), 0, shiftHigh))
	default:
		for i, h := range f.Held {
			note := say("home.vehicles", "Count", h.Count)
			if i == 0 {
				note = say("home.newest")
			}
			rows.Add(heldLine(number(int(h.List)), h.Count, f.Known(), note, colourAccent))
		}
		if f.Older.Count > 0 {
			rows.Add(heldLine(say("home.older"), f.Older.Count, f.Known(), say("home.vehicles", "Count", f.Older.Count), colourAmber))
		}
	}
	return frame(container.NewBorder(cardHead(say("home.lists"), by), nil, nil, nil, padded(rows, 9, 9, 15, 13)))
}

// heldLine is one list, and the share of those who hold it.
func heldLine(name string, count, of int, note string, c fyne.ThemeColorName) fyne.CanvasObject {
	share := float32(count) / float32(of)
	right := func(o *canvas.Text) *canvas.Text { o.Alignment = fyne.TextAlignTrailing; return o }
	words := line(0,
		sized(right(text(say("percent", "Value", tenths(share*100)), sizeRow, colourText, plain)), 60, 0),
		sized(padded(text(note, sizeLabel, colourText2, plain), 0, 0, 9, 0), 116, 0))
	bar := container.New(shareBar(share), box(colourSunken, "", 4), box(c, "", 4))
	return sized(container.NewBorder(nil, nil, middle(sized(text(name, sizeRow, colourText2, plain), 80, 0)), words, middle(sized(bar, 0, 8))), 0, shiftHigh)
}

// tenths writes a number with one digit behind the separator.
func tenths(v float32) string {
	n := int(v*10 + 0.5)
	return say("decimal", "Whole", n/10, "Tenth", n%10)
}

// shareBar lays a bar over its ground.
type shareBar float32

func (shareBar) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(40, 8) }

func (s shareBar) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	width := size.Width * float32(s)
	if s > 0 {
		width = max(width, 4)
	}
	objects[1].Resize(fyne.NewSize(width, size.Height))
}

// naturalLayout gives the first object the height it would like, as far as there is room, and the other one what it needs below.
type naturalLayout struct{ first float32 }

const leastTasks = headHigh + taskHigh

func (l naturalLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(max(a.Width, b.Width), leastTasks+gap+b.Height)
}

func (l naturalLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	under := objects[1].MinSize().Height
	between := gap
	if under == 0 {
		between = 0
	}
	high := min(l.first, size.Height-under-between)
	objects[0].Move(fyne.Position{})
	objects[0].Resize(fyne.NewSize(size.Width, high))
	objects[1].Move(fyne.NewPos(0, high+between))
	objects[1].Resize(fyne.NewSize(size.Width, under))
}

// pairLayout puts two objects side by side, equally wide.
type pairLayout struct{}

func (pairLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(2*max(a.Width, b.Width)+gap, max(a.Height, b.Height))
}

func (pairLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	wide := (size.Width - gap) / 2
	for i, o := range objects {
		o.Move(fyne.NewPos(float32(i)*(wide+gap), 0))
		o.Resize(fyne.NewSize(wide, size.Height))
	}
}

// proseLayout puts lines of text below each other; where one is too long, it ends in an ellipsis, and asks for no width.
type proseLayout struct{ whole []string }

func (l *proseLayout) MinSize(objects []fyne.CanvasObject) (size fyne.Size) {
	for _, o := range objects {
		size.Height += o.MinSize().Height
	}
	return size
}

func (l *proseLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for i, o := range objects {
		t, ok := o.(*canvas.Text)
		if !ok {
			continue
		}
		if len(l.whole) <= i {
			l.whole = append(l.whole, t.Text)
		}
		t.Text = shorten(l.whole[i], size.Width, t.TextSize, t.TextStyle)
		high := t.MinSize().Height
		t.Move(fyne.NewPos(0, y))
		t.Resize(fyne.NewSize(size.Width, high))
		y += high
	}
}
