package screen

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// binding is a key and what it does on a screen. Those with a text are named at the bottom of the window.
type binding struct {
	key  string // such as "Ctrl+F", "Enter", "Esc", "Down"
	text string // empty for keys that go without saying
	do   func()
}

// find returns what a key does, nil for nothing.
func find(bindings []binding, key string) func() {
	for _, b := range bindings {
		if b.key == key {
			return b.do
		}
	}
	return nil
}

// nameOf returns the name that bindings use for a key.
func nameOf(e *fyne.KeyEvent) string {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		return "Enter"
	case fyne.KeyEscape:
		return "Esc"
	}
	return string(e.Name)
}

// control lists the keys that mean something together with Ctrl.
const control = "123456789DFILOSR"

// shortcuts returns every shortcut of the console, with the name that bindings use for it.
func shortcuts() map[string]*desktop.CustomShortcut {
	all := map[string]*desktop.CustomShortcut{}
	for _, k := range control {
		all["Ctrl+"+string(k)] = &desktop.CustomShortcut{KeyName: fyne.KeyName(k), Modifier: fyne.KeyModifierControl}
	}
	return all
}

// nameOfShortcut returns the name that bindings use for a shortcut, empty for one of the toolkit.
func nameOfShortcut(s fyne.Shortcut) string {
	c, ok := s.(*desktop.CustomShortcut)
	if !ok || c.Modifier != fyne.KeyModifierControl || !strings.Contains(control, string(c.KeyName)) {
		return ""
	}
	return "Ctrl+" + string(c.KeyName)
}

// passKey hands a key that a focused widget has no use for to the window, which would not see it otherwise.
func passKey(from fyne.CanvasObject, e *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(from); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(e)
	}
}

// passRune does the same for a character.
func passRune(from fyne.CanvasObject, r rune) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(from); c != nil && c.OnTypedRune() != nil {
		c.OnTypedRune()(r)
	}
}

// passShortcut does the same for a shortcut, and reports whether it is one of the console.
func passShortcut(from fyne.CanvasObject, s fyne.Shortcut) bool {
	if nameOfShortcut(s) == "" {
		return false
	}
	if c, ok := fyne.CurrentApp().Driver().CanvasForObject(from).(fyne.Shortcutable); ok {
		c.TypedShortcut(s)
	}
	return true
}
