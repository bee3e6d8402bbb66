package scan

import "fmt"

// line collects the characters of one text, and the texts that are whole.
type line struct {
	text  []byte
	keys  int   // what came, text or not
	bad   error // why the text will be refused, or nil
	told  bool  // that it was refused: what follows up to its end is dropped
	ready []result
}

// result is a text, or why there is none.
type result struct {
	text string
	err  error
}

// add appends a character. Anything but printable ASCII spoils the text.
func (l *line) add(c byte) {
	switch {
	case c < ' ' || c > '~':
		l.spoil(ErrHotkey)
	case l.bad == nil && len(l.text) < MaxText:
		l.keys++
		l.text = append(l.text, c)
	default:
		l.spoil(ErrLong)
	}
}

// spoil makes the text one that is refused, for the first reason. Whoever sends without end is not waited for.
func (l *line) spoil(why error) {
	l.keys++
	if l.bad == nil {
		l.bad = why
		clear(l.text)
		l.text = l.text[:0]
	}
	if l.keys > MaxText {
		l.tell()
	}
}

// tell refuses the text before its end has come.
func (l *line) tell() {
	if !l.told {
		l.deliver(result{err: refuse(l.bad)})
		l.told = true
	}
}

// end is Enter: the text is whole. Enter alone is nothing.
func (l *line) end() {
	switch {
	case l.bad != nil:
		l.tell()
	case len(l.text) > 0:
		l.deliver(result{text: canonical(string(l.text))})
	}
	l.reset()
}

// cut is a pause, or a hole in what the device told.
func (l *line) cut() {
	if len(l.text) > 0 {
		l.spoil(ErrCut)
	}
	if l.bad != nil {
		l.tell()
	}
	l.reset()
}

// open reports whether a text has begun and not ended.
func (l *line) open() bool { return len(l.text) > 0 || l.bad != nil }

func (l *line) reset() {
	clear(l.text) // it may be a share card
	l.text, l.keys, l.bad, l.told = l.text[:0], 0, nil, false
}

// deliver puts a result to those that wait; the last of too many is that there were too many.
func (l *line) deliver(r result) {
	switch {
	case len(l.ready) < waiting-1:
		l.ready = append(l.ready, r)
	case len(l.ready) == waiting-1:
		l.ready = append(l.ready, result{err: refuse(ErrFlood)})
	}
}

// take returns the result that waits longest.
func (l *line) take() (result, bool) {
	if len(l.ready) == 0 {
		return result{}, false
	}
	r := l.ready[0]
	l.ready = l.ready[1:]
	return r, true
}

func refuse(why error) error { return fmt.Errorf("%w: %w", ErrRefused, why) }
