package screen

import (
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Field is a line to type into. A ring shows the focus, and in red that something is wrong with what stands there. Keys that it has
// no use for, Enter among them, go on to the window.
type Field struct {
	widget.Entry

	whole  bool // what stands there is selected with the focus, to be typed over
	has    bool // the focus
	dark   bool // the look in which it got the focus
	wrong  bool
	secret bool // also while it can be read
	mark   string
	paste  func()                  // is called to paste when the clipboard holds no text; may be nil
	edge   func(fyne.KeyName) bool // is asked first about editing keys, and says whether it has done something; may be nil
}

// NewField returns an empty field. The placeholder may be empty.
func NewField(placeholder string) *Field {
	f := &Field{}
	f.PlaceHolder = placeholder
	f.Scroll, f.Wrapping = fyne.ScrollNone, fyne.TextWrapOff
	f.ExtendBaseWidget(f)
	return f
}

// NewSecretField returns a field that shows dots, and an eye to look behind them.
func NewSecretField() *Field {
	f := NewField("")
	f.Scroll, f.Password, f.secret = fyne.ScrollHorizontalOnly, true, true
	return f
}

// newSearchField returns a field with an icon in front.
func newSearchField(mark string) *Field {
	f := NewField("")
	f.mark = mark
	f.Icon = iconResource(mark, colourText2)
	return f
}

// SetWrong colours the ring.
func (f *Field) SetWrong(wrong bool) {
	if f.wrong != wrong {
		f.wrong = wrong
		f.Refresh()
	}
}

// Take returns what stands there as octets that the caller may clear, and empties the field.
func (f *Field) Take() []byte {
	b := []byte(f.Text)
	f.Forget()
	return b
}

// Forget empties the field. A secret is hidden again: the next one is not typed in sight because of the last.
func (f *Field) Forget() {
	f.Password = f.secret
	f.SetText("")
}

// SetText writes something else into the field. The caret stands behind it: the toolkit would leave it where it was.
func (f *Field) SetText(text string) {
	f.CursorRow, f.CursorColumn = 0, utf8.RuneCountInString(text)
	f.Entry.SetText(text)
}

// insert types characters at the caret, which stands behind them then.
func (f *Field) insert(typed []rune) {
	for _, r := range typed {
		f.Entry.TypedRune(r)
	}
}

// FocusGained implements fyne.Focusable.
func (f *Field) FocusGained() {
	f.has, f.dark = true, current().dark
	f.Entry.FocusGained()
	if f.whole {
		f.selectAll()
	}
	f.Refresh()
}

// selectAll selects what stands there, to be typed over.
func (f *Field) selectAll() { f.Entry.TypedShortcut(&fyne.ShortcutSelectAll{}) }

// FocusLost implements fyne.Focusable.
func (f *Field) FocusLost() { f.has = false; f.Entry.FocusLost(); f.Refresh() }

// TypedRune implements fyne.Focusable.
func (f *Field) TypedRune(r rune) {
	if !intakeOf(f).rune(r) {
		f.Entry.TypedRune(r)
	}
}

// AcceptsTab implements fyne.Tabbable: a scanner's Tab moves nothing.
func (f *Field) AcceptsTab() bool { return intakeOf(f).holdsTab() }

// TypedKey implements fyne.Focusable.
func (f *Field) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyBackspace, fyne.KeyDelete, fyne.KeyLeft, fyne.KeyRight, fyne.KeyHome, fyne.KeyEnd:
		if !intakeOf(f).key(string(e.Name)) && (f.edge == nil || !f.edge(e.Name)) {
			f.Entry.TypedKey(e)
		}
	case fyne.KeyReturn, fyne.KeyEnter:
		if f.secret && holdsCode(f.Text) {
			f.Forget()
			f.SetWrong(true)
			return
		}
		passKey(f, e)
	default:
		passKey(f, e)
	}
}

// TypedShortcut implements fyne.Shortcutable.
func (f *Field) TypedShortcut(s fyne.Shortcut) {
	if passShortcut(f, s) || intakeOf(f).key(s.ShortcutName()) {
		return
	}
	if f.secret { // it stays here, also while it can be read
		switch s.(type) {
		case *fyne.ShortcutCopy, *fyne.ShortcutCut:
			return
		}
	}
	if p, ok := s.(*fyne.ShortcutPaste); ok && f.paste != nil && p.Clipboard.Content() == "" {
		f.paste()
		return
	}
	f.Entry.TypedShortcut(s)
}

// CreateRenderer implements fyne.Widget.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	f.ExtendBaseWidget(f)
	return &fieldRenderer{WidgetRenderer: f.Entry.CreateRenderer(), field: f, ring: newRing()}
}

type fieldRenderer struct {
	fyne.WidgetRenderer

	field *Field
	ring  *canvas.Rectangle
}

func (r *fieldRenderer) MinSize() fyne.Size {
	return r.WidgetRenderer.MinSize().Max(fyne.NewSize(0, buttonHigh))
}

func (r *fieldRenderer) Objects() []fyne.CanvasObject {
	return append(r.WidgetRenderer.Objects(), r.ring)
}

func (r *fieldRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	for _, o := range r.WidgetRenderer.Objects() {
		if mark, ok := o.(*canvas.Image); ok { // the toolkit puts it near the top
			mark.Move(fyne.NewPos(mark.Position().X, (size.Height-mark.Size().Height)/2))
		}
	}
	placeRing(r.ring, size)
}

func (r *fieldRenderer) Refresh() {
	f := r.field
	if dark := current().dark; f.has && f.dark != dark { // the toolkit lets the caret blink in the colour with which it began
		f.dark = dark
		f.Entry.FocusLost()
		f.Entry.FocusGained()
	}
	name := colourAccent
	if f.wrong {
		name = colourDanger
	}
	r.ring.StrokeColor = colour(name)
	r.ring.Hidden = !f.wrong && !f.has // the window still names it while it loses the focus
	if f.mark != "" {
		f.Icon = iconResource(f.mark, colourText2)
	}
	r.WidgetRenderer.Refresh()
	for _, o := range r.WidgetRenderer.Objects() {
		if border, ok := o.(*canvas.Rectangle); ok && border.StrokeWidth > 0 && f.wrong {
			border.StrokeColor = colour(colourDanger)
			border.Refresh()
		}
	}
	r.ring.Refresh()
}
