package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"marque/app/flow"
)

// DepotShell is the frame of a depot's window: strip, rail, the present screen, and key hints.
type DepotShell struct {
	window fyne.Window
	depot  *flow.Depot
	intake *intake

	screens []screen
	entry   view // while it is not open
	at      int
	shown   view
	wanted  fyne.Focusable
	narrow  bool

	top, side, body, bottom *fyne.Container
}

// NewDepotShell fills a window with a depot. The window's keys, dropped files and theme belong to it from then on.
func NewDepotShell(w fyne.Window, d *flow.Depot) *DepotShell {
	s := &DepotShell{window: w, depot: d}
	useTheme(fyne.CurrentApp().Preferences().Bool(preferDark))
	s.entry = newDepotEntryView(d, w, s.Draw)
	s.screens = []screen{
		{title: "depot.collect", icon: "scan", shortcut: "Ctrl+1", view: newCollectView(d, w)},
		{title: "depot.sign", icon: "publish", shortcut: "Ctrl+2", view: newBatchView(d, w)},
		{title: "depot.handout", icon: "package", shortcut: "Ctrl+3", view: newHandOutView(d, w)},
		{title: "depot.receipts", icon: "register", shortcut: "Ctrl+4", view: newReceiptsView(d, w)},
		{title: "depot.about", icon: "info", shortcut: "Ctrl+5", view: newDepotAboutView(d)},
	}
	s.top, s.side, s.body, s.bottom = container.NewStack(), container.NewStack(), container.NewStack(), container.NewStack()
	s.intake = &intake{clock: d.Time, after: d.After, taker: s.taker}
	inner := flush{bottom: s.bottom, middle: s.body}.container()
	frame := flush{top: s.top, left: s.side, middle: inner}.container()
	root := container.New(&watchLayout{resized: s.resized, intake: s.intake}, frame)
	for _, changed := range []func(func()){
		d.OnChange, d.Collect.OnChange, d.Batch.OnChange, d.HandOut.OnChange, d.Receipts.OnChange, d.Receipts.Batch.OnChange,
	} {
		changed(s.Draw)
	}
	s.Draw()
	w.SetPadded(false)
	w.SetContent(root)
	listenKeys(w, s.intake, func() view { return s.shown }, s.press)
	w.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { s.Drop(pathsOf(uris)) })
	s.focus()
	return s
}

// Scanned takes what a hand scanner read that the system does not know as a keyboard: a code, or why there is none.
func (s *DepotShell) Scanned(code string, err error) { give(s.taker(), code, err) }

// taker returns who takes a code now, nil for nobody: what is typed may be a secret. A code ends a dialog.
func (s *DepotShell) taker() scanTaker {
	s.depot.Touch()
	if f, ok := s.window.Canvas().Focused().(*Field); ok && f.secret {
		return nil
	}
	return overDialog(s.window, takerOf(s.shown))
}

// Drop takes dropped files on the present screen.
func (s *DepotShell) Drop(paths []string) {
	s.depot.Touch()
	if taker, ok := s.shown.(interface{ dropped(paths []string) }); ok && len(paths) > 0 {
		taker.dropped(paths)
	}
}

func (s *DepotShell) press(key string) {
	s.depot.Touch()
	overlays := s.window.Canvas().Overlays()
	if top := overlays.Top(); top != nil {
		if key == "Esc" {
			overlays.Remove(top)
		}
		return
	}
	if do := find(append(s.shown.bindings(), s.common()...), key); do != nil {
		do()
	}
}

func (s *DepotShell) common() []binding {
	b := []binding{{"Ctrl+D", say("hint.look"), s.toggle}}
	if s.depot.Phase != flow.DepotOpen {
		return b
	}
	b = append(b, binding{"Ctrl+L", say("hint.lock"), s.depot.Lock})
	for i, sc := range s.screens {
		b = append(b, binding{sc.shortcut, "", func() { s.Open(i) }})
	}
	return b
}

// Open shows a screen, by its place in the rail.
func (s *DepotShell) Open(i int) {
	s.depot.Touch()
	if s.at != i {
		s.at = i
		s.Draw()
	}
}

func (s *DepotShell) toggle() {
	dark := !current().dark
	fyne.CurrentApp().Preferences().SetBool(preferDark, dark)
	useTheme(dark)
	s.Draw()
}

// Tick brings the clock up to date, and locks what nobody uses any more.
func (s *DepotShell) Tick() {
	s.depot.Tick()
	put(s.top, s.strip())
}

// Draw draws everything anew, from the view-models.
func (s *DepotShell) Draw() {
	v := s.entry
	if s.depot.Phase == flow.DepotOpen {
		v = s.screens[s.at].view
	}
	s.shown = v
	put(s.top, s.strip())
	if s.depot.Phase == flow.DepotOpen {
		put(s.side, railColumn(s.screens, s.at, s.narrow, s.Open, lookItem(s.narrow, s.toggle), lockItem(s.narrow, s.depot.Lock)))
	} else {
		put(s.side)
	}
	put(s.body, v.draw(s.narrow))
	put(s.bottom, hintLine(v.bindings(), s.common()))
	s.focus()
}

func (s *DepotShell) focus() {
	f := s.shown.focus()
	if f == s.wanted || s.window.Content() == nil {
		return
	}
	s.wanted = f
	if f == nil {
		s.window.Canvas().Unfocus()
		return
	}
	s.window.Canvas().Focus(f)
}

func (s *DepotShell) resized(size fyne.Size) {
	if narrow := size.Width < narrowBelow; narrow != s.narrow {
		s.narrow = narrow
		s.Draw()
	}
}

// strip says which depot this is, of which realm, and whether its key is open.
func (s *DepotShell) strip() fyne.CanvasObject {
	d := s.depot
	clock := text(now(d.Time()), sizeRow, colourStripText, plain)
	cells := []stripCell{{line(9, icon("logo", 20, colourLogo), text(say("depot.title"), sizeBody, colourStripText, bold)), 9, false}}
	switch d.Phase {
	case flow.DepotAbsent:
		cells = append(cells, stripCell{quietCell("folder", say("depot.absent")), 2, false})
	case flow.DepotLocked:
		cells = append(cells, stripCell{litCell("lock", say("strip.locked"), colourStripCell, colourStripText), 8, true})
	case flow.DepotOpen:
		cells = append(cells,
			stripCell{text(shorten(d.Name(), 240, sizes[sizeRow], bold), sizeRow, colourStripText, bold), 7, false},
			stripCell{quietCell("vehicle", shorten(d.Core.Realm, 240, sizes[sizeRow], plain)), 5, false},
			stripCell{line(7, icon("unlock", 16, colourStripText), text(say("strip.open"), sizeRow, colourStripText, plain)), 6, true})
	}
	cells = append(cells, stripCell{clock, 3, true})
	edge := canvas.NewRectangle(colour(colourStrip))
	edge.SetMinSize(fyne.NewSize(1, stripEdge))
	objects := make([]fyne.CanvasObject, len(cells))
	for i, c := range cells {
		objects[i] = c.object
	}
	row := container.New(&stripLayout{cells}, objects...)
	return container.NewStack(box(colourStrip, "", 0), flush{bottom: edge, middle: sized(row, 0, stripHeight)}.container())
}
