package scan

import (
	"strings"
	"unicode"
)

// Calibration is the text of the code that tells a [Wedge] the keyboard layout of the machine: all characters of our texts.
const Calibration = "MQ1Z" + alphabet

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// layout undoes what a keyboard layout makes of the keys that a scanner presses, which are those of the US layout. It knows runes in
// upper case, so that Caps Lock does not matter.
type layout struct {
	name string
	keys map[rune]byte
}

// known are the layouts that need no calibration.
var known = []*layout{
	newLayout("US", nil),
	newLayout("DE", map[rune]byte{'Y': 'Z', 'Z': 'Y'}),
	newLayout("FR", map[rune]byte{
		'A': 'Q', 'Q': 'A', 'Z': 'W', 'W': 'Z', 'M': 0, ',': 'M', '?': 'M',
		'&': '1', 'É': '2', '"': '3', '\'': '4', '(': '5', '-': '6', 'È': '7', '_': '8', 'Ç': '9', 'À': '0',
	}),
}

// newLayout returns the US layout with some runes typed by other keys; 0 is a key that types none of our characters.
func newLayout(name string, other map[rune]byte) *layout {
	l := &layout{name: name, keys: map[rune]byte{}}
	for _, c := range alphabet + "0189" {
		l.keys[c] = byte(c)
	}
	for r, key := range other {
		l.keys[r] = key
		if key == 0 {
			delete(l.keys, r)
		}
	}
	return l
}

// undo returns what the scanner sent, or false when it sent something that is none of our characters.
func (l *layout) undo(typed []rune) (string, bool) {
	var out strings.Builder
	for _, r := range typed {
		key, ok := l.keys[unicode.ToUpper(r)]
		if !ok {
			return "", false
		}
		out.WriteByte(key)
	}
	return out.String(), true
}

// learn returns the layout with which the calibration code becomes what was typed, or nil if there is none.
func learn(typed []rune) *layout {
	if len(typed) != len(Calibration) {
		return nil
	}
	for _, l := range known {
		if text, ok := l.undo(typed); ok && text == Calibration {
			return l
		}
	}
	l := &layout{name: "another", keys: map[rune]byte{}}
	back := map[byte]rune{}
	for i, r := range typed {
		r, key := unicode.ToUpper(r), Calibration[i]
		if other, ok := l.keys[r]; ok && other != key {
			return nil // two keys type the same
		}
		if other, ok := back[key]; ok && other != r {
			return nil // one key types two things
		}
		l.keys[r], back[key] = key, r
	}
	return l
}

// turned reports whether letters came in lower case, as the upper case that a scanner sends does under Caps Lock.
func turned(typed []rune) bool {
	lower, upper := 0, 0
	for _, r := range typed {
		switch {
		case r >= 'a' && r <= 'z':
			lower++
		case r >= 'A' && r <= 'Z':
			upper++
		}
	}
	return lower > upper
}
