package screen

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"marque/app/flow"
)

// narrowBelow is the width of window below which the rail shows icons only and side columns vanish.
const narrowBelow = 1100

// preferDark is the preference that keeps the choice of look.
const preferDark = "dark"

// Shell is the frame of the window: strip, rail, the present screen, and key hints.
type Shell struct {
	window  fyne.Window
	console *flow.Console

	screens   []screen
	start     *startView
	founding  *foundingView
	lock      view
	shown     view
	last      view      // the screen that was shown when the service was lost; nil otherwise
	raised    *raised   // a pane above all; nil for none
	elsewhere scanTaker // takes codes on screens that take none themselves
	panes     panes
	wanted    fyne.Focusable // what the present screen last wanted to have the focus
	narrow    bool
	standing  standing
	pinned    bool // the panel about custody stays
	pointed   bool // it is shown as long as the pointer is on what it is about

	intake                  *intake
	root                    *fyne.Container
	top, side, body, bottom *fyne.Container
	over                    *fyne.Container // the panel about custody, when it is shown
}

// NewShell fills a window with the console. The window's keys, dropped files and theme belong to it from then on.
func NewShell(w fyne.Window, c *flow.Console) *Shell {
	s := &Shell{window: w, console: c}
	useTheme(fyne.CurrentApp().Preferences().Bool(preferDark))
	s.start = newStartView(c)
	s.founding, s.lock = newFoundingView(s), newLockView(c.Unlock, c.Status)
	s.screens = screens(s)
	s.top, s.side, s.body, s.bottom = container.NewStack(), container.NewStack(), container.NewStack(), container.NewStack()
	inner := flush{bottom: s.bottom, middle: s.body}.container()
	frame := flush{top: s.top, left: s.side, middle: inner}.container()
	s.over = container.New(panelLayout{})
	s.elsewhere = &anywhere{s, NewField("")}
	s.panes = panes{newGotoPane(s), newKeysPane(s), newPresencePane(s)}
	s.intake = &intake{clock: c.Status.Time, after: c.After, taker: s.taker}
	s.root = container.New(&watchLayout{resized: s.resized, intake: s.intake}, frame, s.over)
	c.OnAnyChange(s.Draw)
	c.Status.OnChange(s.statusChanged)
	s.Draw()
	w.SetPadded(false)
	w.SetContent(s.root)
	s.listen()
	s.focus()
	return s
}

// listen takes the window's keys and dropped files.
func (s *Shell) listen() {
	listenKeys(s.window, s.intake, func() view { return s.shown }, s.press)
	s.window.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { s.Drop(pathsOf(uris)) })
}

// Scanned takes what a hand scanner read that the system does not know as a keyboard: a code, or why there is none.
func (s *Shell) Scanned(code string, err error) { give(s.taker(), code, err) }

// Drop takes dropped files, whatever screen is shown: that first.
func (s *Shell) Drop(paths []string) {
	if s.console.Phase == flow.Absent && len(paths) == 1 && !s.console.Founding.Ahead() {
		s.console.Founding.Open(paths[0])
	}
	if !s.console.Unlocked() || len(paths) == 0 {
		return
	}
	if taker, ok := s.shown.(interface{ dropped(paths []string) bool }); ok && s.raised == nil && taker.dropped(paths) {
		return
	}
	s.console.Files(paths...)
}

// press does what a key does here: on the present screen first. Over a dialog only leaving and locking count.
func (s *Shell) press(key string) {
	if s.raised != nil && key != "Ctrl+L" {
		s.pressPane(key)
		return
	}
	if key == "Esc" && (s.closeOverlay() || s.console.Dismiss()) {
		return
	}
	if key == "Esc" && s.pinned {
		s.pin()
		return
	}
	if s.window.Canvas().Overlays().Top() != nil && key != "Ctrl+L" {
		return
	}
	if do := find(append(s.shown.bindings(), s.common()...), key); do != nil {
		do()
	}
}

// pressPane does what a key does on the pane.
func (s *Shell) pressPane(key string) {
	do := find(s.raised.pane.bindings(), key)
	switch {
	case do != nil:
		do()
	case key == "Esc":
		s.leavePane()
	case key == "Ctrl+D":
		s.toggle()
	}
}

// closeOverlay closes a dialog, which has no key for that itself.
func (s *Shell) closeOverlay() bool {
	overlays := s.window.Canvas().Overlays()
	top := overlays.Top()
	switch {
	case top == nil:
		return false
	case s.raised != nil && top == s.raised.all:
		return s.lower()
	}
	overlays.Remove(top)
	return true
}

// common lists the keys that mean the same on every screen.
func (s *Shell) common() []binding {
	b := []binding{{"F1", say("hint.keys"), func() { s.raise(s.panes.keys) }}, {"Ctrl+D", "", s.toggle}, {"F11", "", s.fill}}
	if s.console.Phase >= flow.Locked {
		b = append(b, binding{"Ctrl+I", "", s.pin})
	}
	if !s.console.Unlocked() {
		b[1].text = say("hint.look")
		return b
	}
	b = append(b, binding{"Ctrl+L", "", s.console.Lock})
	if s.console.Founding.Ahead() {
		return b
	}
	b = append([]binding{{"Ctrl+K", say("hint.goto"), func() { s.raise(s.panes.goTo) }}}, b...)
	if len(s.console.Attendance.Officers()) > 0 {
		b = append(b, binding{"F3", "", s.attend})
	}
	for _, sc := range s.screens {
		if sc.shortcut != "" {
			b = append(b, binding{sc.shortcut, "", func() { s.console.Open(sc.place) }})
		}
	}
	return b
}

// at is the index of the present screen.
func (s *Shell) at() int {
	return max(0, slices.IndexFunc(s.screens, func(sc screen) bool { return sc.place == s.console.Place }))
}

// attend raises the pane about who is signed on, where officers are.
func (s *Shell) attend() {
	if s.console.Unlocked() && !s.console.Founding.Ahead() && len(s.console.Attendance.Officers()) > 0 {
		s.raise(s.panes.presence)
	}
}

// fill makes the window fill the screen, or not.
func (s *Shell) fill() { s.window.SetFullScreen(!s.window.FullScreen()) }

// toggle changes between light and dark.
func (s *Shell) toggle() {
	dark := !current().dark
	fyne.CurrentApp().Preferences().SetBool(preferDark, dark)
	useTheme(dark)
	s.Draw()
}

// view returns what is to be shown.
func (s *Shell) view() view {
	switch s.console.Phase {
	case flow.Starting, flow.Shut:
		return s.start
	case flow.Absent:
		return s.founding.present()
	case flow.Locked:
		return s.lock
	case flow.Open, flow.ReadOnly:
		if s.console.Founding.Ahead() {
			return s.founding.present()
		}
	}
	return s.screens[s.at()].view
}

// Tick brings the clock and the ages of the strip up to date.
func (s *Shell) Tick() {
	put(s.top, StatusStrip(s.console, stripTouches{s.pin, s.point, s.attend}))
	if n := s.console.Notice; n != nil && s.console.Unlocked() {
		put(s.over, s.notice(n))
	} else if (s.pinned || s.pointed) && s.console.Status.Known && s.console.Phase >= flow.Locked {
		put(s.over, custodyPanel(s.console.Status))
	} else if len(s.over.Objects) > 0 {
		put(s.over)
	}
}

// pin shows the panel about custody, or takes it away.
func (s *Shell) pin() {
	s.pinned = !s.pinned
	s.pointed = false
	s.Tick()
}

// point shows the panel while the pointer is on a part of the strip that it explains. The strip stays as it is: it is being pointed at.
func (s *Shell) point(at bool) {
	if s.pointed = at; s.pinned {
		return
	}
	if at && s.console.Status.Known {
		put(s.over, custodyPanel(s.console.Status))
	} else {
		put(s.over)
	}
}

// standing is what the screens below the strip tell of the status.
type standing struct {
	realm      string
	known      bool
	phase      flow.Phase
	list       uint32
	counts     [2]int // what it revokes, and how much of that is padding
	changes    int
	identities uint64
	padding    [2]uint32 // of lists: step and share
	readOnly   flow.ReadOnlyReason
	drill      flow.Drill
	chip       flow.Chip
	answers    bool // the TPM
	present    int
}

// statusChanged draws the strip, and all when it matters to the screens: what is scrolled stays where it is otherwise.
func (s *Shell) statusChanged() {
	st := s.console.Status
	c := &st.Custody
	now := standing{
		realm: st.Now.Realm, known: st.Known, phase: st.Phase, list: st.Now.List.Sequence,
		counts: [2]int{int(st.Now.List.Count), st.Now.List.Padding}, changes: st.Now.Unpublished, identities: st.Now.Identities, padding: [2]uint32{st.Now.Padding.Step, st.Now.Padding.Share},
		readOnly: c.ReadOnly, drill: c.Drill, answers: c.Chip != nil, present: len(c.Present),
	}
	if c.Chip != nil {
		now.chip = *c.Chip
	}
	if now == s.standing {
		s.Tick()
		return
	}
	s.standing = now
	s.Draw()
}

// Draw draws everything anew, from the view-models.
func (s *Shell) Draw() {
	v := s.view()
	if v != s.shown {
		for s.closeOverlay() { // a dialog belongs to its screen
		}
		forget(s.shown)
		s.remember(v)
	}
	s.shown = v
	s.Tick()
	if s.console.Unlocked() && !s.console.Founding.Ahead() {
		put(s.side, s.rail())
	} else {
		put(s.side)
	}
	if s.last != nil {
		put(s.body, s.last.draw(s.narrow))
	} else {
		put(s.body, v.draw(s.narrow))
	}
	put(s.bottom, s.hints()) // after the view, which may decide while it draws what its keys do
	s.focus()
	s.followGone()
	s.drawPane()
}

// remember keeps the screen above which it is said that the service is gone.
func (s *Shell) remember(v view) {
	switch {
	case v != s.start:
		s.last = nil
	case s.console.Gone && slices.ContainsFunc(s.screens, func(sc screen) bool { return sc.view == s.shown }):
		s.last = s.shown
	}
}

func put(c *fyne.Container, objects ...fyne.CanvasObject) {
	c.Objects = objects
	c.Refresh()
}

// focus moves the focus when the present screen wants it elsewhere than before.
func (s *Shell) focus() {
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

func (s *Shell) resized(size fyne.Size) {
	defer s.drawPane()
	if narrow := size.Width < narrowBelow; narrow != s.narrow {
		s.narrow = narrow
		s.Draw()
	}
}

// hints is the line of keys at the bottom.
func (s *Shell) hints() fyne.CanvasObject {
	return hintLine(s.shown.bindings(), s.common())
}
