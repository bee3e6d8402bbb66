package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// What the windows of the console and of a depot have in common.

// listenKeys takes the window's keys: those of a hand scanner to the intake, characters to where the present view wants them, all
// others to press.
func listenKeys(w fyne.Window, in *intake, shown func() view, press func(key string)) {
	w.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) {
		if name := nameOf(e); !in.key(name) {
			press(name)
		}
	})
	w.Canvas().SetOnTypedRune(func(r rune) {
		if in.rune(r) {
			return
		}
		if taker, ok := shown().(interface{ typed(r rune) *Field }); ok {
			if f := taker.typed(r); f != nil {
				w.Canvas().Focus(f)
				f.Entry.TypedRune(r)
			}
		}
	})
	for _, sc := range shortcuts() {
		w.Canvas().AddShortcut(sc.keys, func(fyne.Shortcut) {
			if !in.key(sc.name) {
				press(sc.name)
			}
		})
	}
}

// takerOf returns the view as one that takes scans, or nil.
func takerOf(v view) scanTaker {
	t, _ := v.(scanTaker)
	return t
}

// dialogTaker takes a code in place of what a dialog would make of it.
type dialogTaker struct {
	scanTaker

	window fyne.Window
}

// overDialog returns a taker before which a dialog that stands above the window is closed.
func overDialog(w fyne.Window, t scanTaker) scanTaker {
	if t == nil || w.Canvas().Overlays().Top() == nil {
		return t
	}
	return &dialogTaker{t, w}
}

func (t *dialogTaker) close() {
	for top := t.window.Canvas().Overlays().Top(); top != nil; top = t.window.Canvas().Overlays().Top() {
		t.window.Canvas().Overlays().Remove(top)
	}
}

func (t *dialogTaker) scanned(code string) {
	t.close()
	t.scanTaker.scanned(code)
}

// give passes on what a scanner read, or why there is nothing.
func give(to scanTaker, code string, err error) {
	switch {
	case to == nil:
	case err != nil:
		to.refused(err)
	default:
		to.scanned(code)
	}
}

// pathsOf returns the paths of dropped files.
func pathsOf(uris []fyne.URI) []string {
	paths := make([]string, 0, len(uris))
	for _, u := range uris {
		if u.Scheme() == "file" {
			paths = append(paths, u.Path())
		}
	}
	return paths
}

// hintLine is the line of keys at the bottom: those of the screen on the left, those that mean the same everywhere on the right.
func hintLine(own, common []binding) fyne.CanvasObject {
	row := func(bindings []binding) *fyne.Container {
		r := container.New(layout.NewCustomPaddedHBoxLayout(14))
		for _, b := range bindings {
			if b.text != "" {
				r.Add(line(5, Keycap(b.key), text(b.text, sizeLabel, colourText2, plain)))
			}
		}
		return r
	}
	edge := canvas.NewRectangle(colour(colourLine))
	edge.SetMinSize(fyne.NewSize(1, 1))
	content := container.NewBorder(nil, nil, row(own), row(common))
	return sized(flush{top: edge, middle: padded(middle(content), 0, 0, 20, 18)}.container(), 0, footHeight)
}

// watchLayout fills the window and reports its size.
type watchLayout struct {
	resized func(fyne.Size)
	intake  *intake
}

// MinSize implements fyne.Layout.
func (l *watchLayout) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

// Layout implements fyne.Layout.
func (l *watchLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.resized(size)
	for _, o := range objects {
		o.Resize(size)
	}
}
