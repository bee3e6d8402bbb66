package scan

import (
	"encoding/binary"
	"unsafe"
)

// What the kernel says about keys (include/uapi/linux/input-event-codes.h).
const (
	typeSync    = 0x00
	typeKey     = 0x01
	syncDropped = 3

	keyEnter       = 28
	keyKeypadEnter = 96
	keyLeftShift   = 42
	keyRightShift  = 54
	keyCapsLock    = 58
	keyNumLock     = 69
)

// eventSize is struct input_event: two long integers of time, type (2), code (2), value (4).
const eventSize = 2*int(unsafe.Sizeof(uintptr(0))) + 8

// rows are the keys of the US layout that type something: the first code, what they type, and what with Shift.
var rows = []struct {
	code        uint16
	plain, held string
}{
	{2, "1234567890-=", "!@#$%^&*()_+"},
	{16, "qwertyuiop[]", "QWERTYUIOP{}"},
	{30, "asdfghjkl;'`", "ASDFGHJKL:\"~"},
	{43, `\zxcvbnm,./`, "|ZXCVBNM<>?"},
	{55, "*", "*"},
	{57, " ", " "},
	{71, "789-456+1230.", "789-456+1230."}, // the keypad
	{98, "/", "/"},
}

// usLayout is what each key types, without Shift and with it; 0 is nothing.
var usLayout = func() (keys [128][2]byte) {
	for _, r := range rows {
		for i := range len(r.plain) {
			keys[int(r.code)+i] = [2]byte{r.plain[i], r.held[i]}
		}
	}
	return keys
}()

// modifier reports whether a key makes hotkeys of others: Ctrl, Alt, AltGr and the logo keys.
func modifier(code uint16) bool {
	switch code {
	case 29, 97, 56, 100, 125, 126:
		return true
	}
	return false
}

// keyboard turns a stream of input events into texts.
type keyboard struct {
	rest  []byte          // of an event that is not whole
	shift [2]bool         // left, right
	held  map[uint16]bool // modifiers
}

// feed takes octets of the device.
func (k *keyboard) feed(b []byte, l *line) {
	k.rest = append(k.rest, b...)
	whole := len(k.rest) / eventSize * eventSize
	for at := eventSize - 8; at < whole; at += eventSize { // after the time, which is not needed
		e := k.rest[at:]
		k.event(binary.NativeEndian.Uint16(e), binary.NativeEndian.Uint16(e[2:]), int32(binary.NativeEndian.Uint32(e[4:])), l)
	}
	left := copy(k.rest, k.rest[whole:])
	clear(k.rest[left:]) // it may be a share card
	k.rest = k.rest[:left]
}

func (k *keyboard) event(kind, code uint16, value int32, l *line) {
	switch {
	case kind == typeSync && code == syncDropped: // the kernel dropped some: which keys are held is not known
		k.shift, k.held = [2]bool{}, nil
		l.spoil(ErrCut)
	case kind != typeKey:
	case code == keyLeftShift || code == keyRightShift:
		k.shift[min(code-keyLeftShift, 1)] = value != 0
	case code == keyCapsLock || code == keyNumLock: // changes nothing: the layout is fixed
	case modifier(code):
		k.hold(code, value != 0)
		l.spoil(ErrHotkey) // some hotkeys are one key
	case value != 1: // released, or repeated because it is held
	case len(k.held) > 0:
		l.spoil(ErrHotkey)
	case code == keyEnter || code == keyKeypadEnter:
		l.end()
	case int(code) < len(usLayout) && usLayout[code][0] != 0:
		which := 0
		if k.shift[0] || k.shift[1] {
			which = 1
		}
		l.add(usLayout[code][which])
	default:
		l.spoil(ErrHotkey)
	}
}

// hold notes that a modifier is pressed or released.
func (k *keyboard) hold(code uint16, pressed bool) {
	if !pressed {
		delete(k.held, code)
		return
	}
	if k.held == nil {
		k.held = map[uint16]bool{}
	}
	k.held[code] = true
}

// port turns what a serial port says into texts, which end with CR, LF or both.
type port struct{}

func (port) feed(b []byte, l *line) {
	for _, c := range b {
		if c == '\r' || c == '\n' {
			l.end()
		} else {
			l.add(c)
		}
	}
}
