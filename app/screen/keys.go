package screen

import (
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
const control = "123456789BDEFIKLNOPRS"

// combined lists the other keys that mean something with Ctrl or Alt. Some have two names.
var combined = []struct {
	name     string
	key      fyne.KeyName
	modifier fyne.KeyModifier
}{
	{"Ctrl+Enter", fyne.KeyReturn, fyne.KeyModifierControl},
	{"Ctrl+Enter", fyne.KeyEnter, fyne.KeyModifierControl},
	{"Alt+Left", fyne.KeyLeft, fyne.KeyModifierAlt},
}

// shortcut is a key together with others, and the name that bindings use for it.
type shortcut struct {
	name string
	keys *desktop.CustomShortcut
}

// shortcuts returns every shortcut of the console.
func shortcuts() (all []shortcut) {
	for _, k := range control {
		all = append(all, shortcut{"Ctrl+" + string(k), &desktop.CustomShortcut{KeyName: fyne.KeyName(k), Modifier: fyne.KeyModifierControl}})
	}
	for _, c := range combined {
		all = append(all, shortcut{c.name, &desktop.CustomShortcut{KeyName: c.key, Modifier: c.modifier}})
	}
	return all
}

// nameOfShortcut returns the name that bindings use for a shortcut, empty for one of the toolkit.
func nameOfShortcut(s fyne.Shortcut) string {
	c, ok := s.(*desktop.CustomShortcut)
	if !ok {
		return ""
	}
	for _, o := range shortcuts() {
		if *o.keys == *c {
			return o.name
		}
	}
	return ""
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
