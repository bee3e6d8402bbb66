package screen

import (
	"errors"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"marque/app/scan"
)

const (
	// settle is how long after a scan every key is ignored that could do something: a scanner may send more than one Enter.
	settle = 300 * time.Millisecond
	// rapid is the longest time between two keys of a scanner's; as many as burst of them in a row are a scan.
	rapid = 50 * time.Millisecond
	burst = 4
	// rest is how long nothing comes after a text that has no Enter.
	rest = 600 * time.Millisecond
)

// scanTaker is a view that takes what hand scanners read.
type scanTaker interface {
	box() *Field // where people type the same; it need not be shown
	scanned(code string)
	refused(why error) // one of package scan
}

// intake stands between the keys of the window and everything else. Whoever prints a code decides what a hand scanner types: its keys
// are a code for the present view, and nothing else. None of them presses a button, changes a screen or confirms anything.
//
// The first keys of a scan look like those of a person, until there are as many as burst.
type intake struct {
	clock func() time.Time
	after func(time.Duration, func())
	taker func() scanTaker // nil while the present view takes no scans

	wedge   scan.Wedge
	held    []rune // typed, and not shown
	name    string // of the last key
	last    time.Time
	run     int       // keys in a row that came rapidly
	scan    time.Time // when the last key of a scan came
	scanned bool      // some key of the present text came in a scan
	waiting bool      // for the end of a text without Enter
}

// intakeOf returns the intake of the window that an object is in, nil for another window.
func intakeOf(o fyne.CanvasObject) *intake {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil {
		return nil
	}
	root, ok := c.Content().(*fyne.Container)
	if !ok {
		return nil
	}
	if l, ok := root.Layout.(*watchLayout); ok {
		return l.intake
	}
	return nil
}

// note notes that a key came. The same key over and over is one that is held down.
func (n *intake) note(name string, at time.Time) {
	switch {
	case at.Sub(n.last) > rapid:
		n.run = 1
	case name != n.name:
		n.run++
	}
	n.name, n.last = name, at
	if n.run >= burst || n.busy() {
		n.scan, n.scanned = at, true
	}
}

// busy reports whether a scan runs, or ended just now.
func (n *intake) busy() bool {
	return n != nil && !n.scan.IsZero() && n.clock().Sub(n.scan) < settle
}

// holdsTab reports whether a Tab would be that of a scan: it moves nothing then.
func (n *intake) holdsTab() bool { return n.busy() && n.taker() != nil }

// rune takes a character, and reports whether it is no more than that: nobody else gets it.
func (n *intake) rune(r rune) bool {
	if n == nil {
		return false
	}
	at := n.clock()
	n.note(string(r), at)
	if n.taker() == nil {
		return false // it may be a secret, which is typed as fast as its owner can
	}
	n.deliver(n.wedge.Rune(r, at))
	n.wait()
	if n.busy() {
		n.held = append(n.held, r)
		return true
	}
	return false
}

// key takes a key, and reports whether it came from a scanner: it does nothing then. Of a key that types something, which the window
// also tells of, the character counts and not the key.
func (n *intake) key(name string) bool {
	if n == nil {
		return false
	}
	at, busy := n.clock(), n.busy()
	if types(name) {
		return busy
	}
	if n.taker() == nil {
		n.note(name, at)
		return busy && isCommand(name) // other keys end a secret, or go on to the next one
	}
	if name == "Enter" {
		text, err := n.wedge.Enter(at)
		n.deliver(text, err)
		if text != "" || busy {
			n.scan = at
		}
		return text != "" || busy
	}
	n.note(name, at)
	if busy {
		n.deliver(n.wedge.Other(at))
	}
	return busy
}

// isCommand reports whether a key does something that has nothing to do with typing.
func isCommand(name string) bool {
	return strings.HasPrefix(name, "Ctrl+") || strings.HasPrefix(name, "Alt+") || len(name) > 1 && name[0] == 'F' && strings.Trim(name[1:], "0123456789") == ""
}

// types reports whether a key types a character, or only changes which one another key types.
func types(name string) bool {
	switch fyne.KeyName(name) {
	case fyne.KeySpace, desktop.KeyShiftLeft, desktop.KeyShiftRight, desktop.KeyCapsLock:
		return true
	}
	return len(name) == 1
}

// wait looks after a pause whether a text has ended without Enter.
func (n *intake) wait() {
	if n.waiting || n.after == nil {
		return
	}
	n.waiting = true
	n.after(rest, func() {
		n.waiting = false
		if n.clock().Sub(n.last) < rest {
			n.wait()
			return
		}
		n.deliver(n.wedge.Tick(n.clock()))
		n.scanned, n.held = false, nil
	})
}

// deliver passes on a text, or why there is none. What a person typed stays in the box.
func (n *intake) deliver(text string, err error) {
	if text == "" && err == nil {
		return
	}
	taker, held, scanned := n.taker(), n.held, n.scanned
	n.held, n.scanned = nil, false
	switch {
	case taker == nil:
	case text != "":
		taker.box().SetText("")
		if text != scan.Calibration { // it has done its work
			taker.scanned(text)
		}
	case errors.Is(err, scan.ErrSlow):
		taker.box().insert(held)
	case scanned:
		taker.box().SetText("")
		taker.refused(err)
	}
}
