package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"marque/app/flow"
)

// pane stands above the present screen until it is left. It takes all keys but those that lock or change the look.
type pane interface {
	draw(size fyne.Size) fyne.CanvasObject // anew, for a window of a size
	bindings() []binding
	focus() fyne.Focusable
}

// raised is the pane that is shown.
type raised struct {
	pane pane
	body *fyne.Container
	all  *fyne.Container // what the window has above its content
}

// raise shows a pane in place of the one before.
func (s *Shell) raise(p pane) {
	s.lower()
	for s.closeOverlay() {
	}
	shade := canvas.NewRectangle(color.NRGBA{A: 0x66})
	s.raised = &raised{pane: p, body: container.NewStack()}
	s.raised.all = container.NewStack(newTouchArea(shade, s.leavePane, nil), container.New(paneLayout{}, s.raised.body))
	s.window.Canvas().Overlays().Add(s.raised.all)
	f := p.focus() // it begins with that
	s.drawPane()
	if f != nil {
		s.window.Canvas().Focus(f)
	}
}

// drawPane draws the pane anew, if there is one.
func (s *Shell) drawPane() {
	if s.raised == nil {
		return
	}
	size := s.window.Canvas().Size()
	s.raised.all.Resize(size)
	content := s.raised.pane.draw(size)
	put(s.raised.body, container.NewStack(box(colourSurface, colourControl, cardRadius), padded(content, 16, 16, 18, 18)))
	s.raised.all.Refresh()
}

// leavePane lowers a pane that may be left.
func (s *Shell) leavePane() {
	if _, stays := s.raised.pane.(*gonePane); !stays {
		s.lower()
	}
}

// lower takes the pane away, and reports whether there was one.
func (s *Shell) lower() bool {
	if s.raised == nil {
		return false
	}
	s.window.Canvas().Overlays().Remove(s.raised.all)
	forget(s.raised.pane)
	s.raised = nil
	return true
}

// paneLayout puts a pane into the upper middle, as large as it needs to be.
type paneLayout struct{}

func (paneLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

func (paneLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		wide := o.MinSize().Width
		o.Resize(fyne.NewSize(wide, o.Size().Height)) // texts that wrap need to know
		least := o.MinSize()
		o.Resize(least)
		o.Move(fyne.NewPos(float32(int((size.Width-least.Width)/2)), float32(int(max(stripHeight, (size.Height-least.Height)/3)))))
	}
}

// paneHead is the title of a pane, and how to leave it.
func (s *Shell) paneHead(words string) fyne.CanvasObject {
	return container.NewBorder(nil, nil, text(words, sizeSub, colourText, bold), newTouchArea(line(6, Keycap("Esc"), text(say("leave"), sizeLabel, colourText2, plain)), s.leavePane, nil))
}

// gonePane stands above the screens while the service is gone: what they hold can be seen, and stays.
type gonePane struct{ start *startView }

func (p *gonePane) focus() fyne.Focusable { return nil }

func (p *gonePane) bindings() []binding { return p.start.bindings() }

func (p *gonePane) draw(fyne.Size) fyne.CanvasObject { return sized(p.start.words(), 600, 0) }

// follow raises the pane about a service that is gone, and lowers it when it is back.
func (s *Shell) followGone() {
	there := s.raised != nil
	if there {
		_, there = s.raised.pane.(*gonePane)
	}
	gone := s.isGone()
	switch {
	case gone && !there:
		s.raise(&gonePane{s.start})
	case !gone && there:
		s.lower()
	}
}

// isGone reports whether a service is gone, or being started again, above whose screens that is said.
func (s *Shell) isGone() bool {
	return s.last != nil && (s.console.Phase == flow.Shut || s.console.Phase == flow.Starting)
}

// panes are those that keys raise.
type panes struct{ goTo, keys, presence pane }

// anywhere takes codes on screens that take none themselves.
type anywhere struct {
	shell *Shell
	field *Field // is never shown
}

func (a *anywhere) box() *Field { return a.field }

func (a *anywhere) scanned(code string) { a.shell.console.Scan(code) }

func (a *anywhere) refused(why error) { a.shell.console.Refuse(why) }

// taker returns who takes a code now, nil for nobody: what is typed may be a secret.
func (s *Shell) taker() scanTaker {
	focused, ok := s.window.Canvas().Focused().(*Field)
	switch {
	case ok && focused.secret:
		return nil
	case s.raised != nil:
		t, _ := s.raised.pane.(scanTaker)
		return t
	}
	if t := takerOf(s.shown); t != nil {
		return overDialog(s.window, t)
	}
	if !s.console.Unlocked() || s.console.Founding.Ahead() {
		return nil
	}
	return overDialog(s.window, s.elsewhere)
}

// notice says something about what was scanned.
func (s *Shell) notice(p *flow.Problem) fyne.CanvasObject {
	words := Banner("scan", toneWarning, sayText(p.What), sayText(p.Why)+" "+sayText(p.Next))
	leave := newTouchArea(line(6, Keycap("Esc"), text(say("leave"), sizeLabel, colourText2, plain)), func() { s.console.Dismiss() }, nil)
	content := container.NewBorder(nil, padded(line(0, leave), 6, 0, 0, 0), nil, nil, words)
	return container.NewStack(box(colourSurface, colourControl, cardRadius), padded(content, 12, 12, 12, 12))
}
