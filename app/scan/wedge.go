package scan

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Wedge collects what a scanner types into a box of the window, where its device cannot be taken away from the system. The box tells
// it every key with its time and shows none; every method returns a text that is whole, or why one was refused ([ErrRefused]), or
// neither. Only what comes at the speed of a scanner is taken. The layout of the machine's keyboard and Caps Lock are undone: texts
// of ours have a check, by which US, DE and FR are told apart, and [Calibration] teaches any other.
//
//	        Rune                 Enter, or a pause after a text of ours
//	empty ────────▶ collecting ────────▶ text, or why not ──▶ empty
//	                    │ Other, a control character, too long
//	                    ▼            Enter or a pause
//	                 spoiled ────────▶ refused ──▶ empty
//
// The zero value is ready and takes the layout for US. It is not safe for concurrent use.
type Wedge struct {
	layout *layout // nil is US
	caps   bool

	typed       []rune
	keys        int // what came, text or not
	first, last time.Time
	gap         time.Duration // the longest
	bad         error
	told        bool
	taken       time.Time // when the last text was whole
}

// Layout returns the layout that was found last, "US", "DE", "FR" or "another", and whether Caps Lock was on.
func (w *Wedge) Layout() (name string, capsLock bool) {
	if w.layout == nil {
		return known[0].name, w.caps
	}
	return w.layout.name, w.caps
}

// Rune is a key that types something.
func (w *Wedge) Rune(r rune, at time.Time) (string, error) {
	text, err := w.Tick(at)
	w.key(at)
	switch {
	case !unicode.IsPrint(r) || r == unicode.ReplacementChar:
		w.spoil(ErrHotkey)
	case w.bad == nil && len(w.typed) < MaxText:
		w.typed = append(w.typed, r)
	default:
		w.spoil(ErrLong)
	}
	return w.flooded(text, err)
}

// Other is any other key but Enter: Tab, Escape, an arrow, a function key, a key with Ctrl or Alt.
func (w *Wedge) Other(at time.Time) (string, error) {
	text, err := w.Tick(at)
	w.key(at)
	w.spoil(ErrHotkey)
	return w.flooded(text, err)
}

// Enter ends a text. Alone it is nothing.
func (w *Wedge) Enter(at time.Time) (string, error) {
	text, err := w.Tick(at)
	if text != "" || err != nil || w.keys == 0 {
		return text, err
	}
	w.gap = max(w.gap, at.Sub(w.last))
	defer w.reset()
	return w.end(at)
}

// Tick says that time passes: half a second without a key ends a text. A text of ours is then whole, if its check holds.
func (w *Wedge) Tick(at time.Time) (string, error) {
	if w.keys == 0 || at.Sub(w.last) <= pause {
		return "", nil
	}
	defer w.reset()
	if w.bad == nil && w.fast() {
		if text, ok := w.recognise(); ok {
			return w.take(text, at)
		}
		return "", refuse(ErrCut)
	}
	w.spoil(ErrSlow)
	return w.refused()
}

// key notes that a key came.
func (w *Wedge) key(at time.Time) {
	if w.keys == 0 {
		w.first = at
	} else {
		w.gap = max(w.gap, at.Sub(w.last))
	}
	w.last = at
	w.keys++
}

func (w *Wedge) spoil(why error) {
	if w.bad == nil {
		w.bad = why
	}
	clear(w.typed) // it may be a share card
	w.typed = w.typed[:0]
}

// flooded refuses a text before its end when it has none: whoever sends without end is not waited for.
func (w *Wedge) flooded(text string, err error) (string, error) {
	if text == "" && err == nil && w.bad != nil && w.keys > MaxText {
		return w.refused()
	}
	return text, err
}

// refused says once why the text is refused.
func (w *Wedge) refused() (string, error) {
	if w.told {
		return "", nil
	}
	w.told = true
	return "", refuse(w.bad)
}

// fast reports whether the keys came at the speed of a scanner.
func (w *Wedge) fast() bool {
	return len(w.typed) >= scannerText && w.gap <= scannerGap && w.last.Sub(w.first) <= time.Duration(len(w.typed)-1)*scannerMean
}

// end decides what the whole text is.
func (w *Wedge) end(at time.Time) (string, error) {
	if w.bad == nil && !w.fast() {
		w.spoil(ErrSlow)
	}
	if w.bad != nil {
		return w.refused()
	}
	if text, ok := w.recognise(); ok {
		return w.take(text, at)
	}
	if slices.ContainsFunc(w.layouts(), func(l *layout) bool {
		text, ok := l.undo(w.typed[:min(len(w.typed), len(mark))])
		return ok && text == mark
	}) {
		return "", refuse(ErrLayout)
	}
	foreign := string(w.typed)
	if strings.ContainsFunc(foreign, func(r rune) bool { return r > unicode.MaxASCII }) {
		return "", refuse(ErrLayout)
	}
	return w.take(foreign, at)
}

// take returns a text, unless one was taken just now.
func (w *Wedge) take(text string, at time.Time) (string, error) {
	flood := !w.taken.IsZero() && at.Sub(w.taken) < interval
	w.taken = at
	if flood {
		return "", refuse(ErrFlood)
	}
	return text, nil
}

// layouts returns those that may be the machine's, the likeliest first.
func (w *Wedge) layouts() []*layout {
	if w.layout == nil {
		return known
	}
	return append([]*layout{w.layout}, known...)
}

// recognise returns the text of ours that the scanner sent, the calibration code included, and notes the layout.
func (w *Wedge) recognise() (string, bool) {
	if l := learn(w.typed); l != nil {
		w.layout, w.caps = l, turned(w.typed)
		return Calibration, true
	}
	for _, l := range w.layouts() {
		if text, ok := l.undo(w.typed); ok && ours(text) {
			w.layout, w.caps = l, turned(w.typed)
			return text, true
		}
	}
	return "", false
}

func (w *Wedge) reset() {
	clear(w.typed)
	w.typed, w.keys, w.gap, w.bad, w.told = w.typed[:0], 0, 0, nil, false
}
