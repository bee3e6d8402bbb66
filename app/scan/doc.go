// Package scan reads what hand scanners type, and nothing else of what they type.
//
// A hand scanner is a keyboard to the machine. Whoever prints a code decides what that keyboard types: hotkeys, commands, the
// scanner's own configuration. So the scanner's device is taken away from the system ([Keyboard]: evdev, grabbed, read with a fixed
// layout) or it is plugged in as a serial port ([Serial]). Where neither is possible, a box in the window collects what is typed into
// it ([Wedge]) and undoes the keyboard's layout. From all three comes a text of printable ASCII, or why it was refused.
//
// What lives here: devices, keys, layouts. What may not: what a text means, and windows.
package scan

import "errors"

// ErrRefused is in every error that refuses one text: the next one may be read. All other errors of [Source.Next] end the source.
var ErrRefused = errors.New("scan: this code was not taken")

// Why a text was refused; each comes with [ErrRefused].
var (
	// ErrHotkey says that keys came that are no text: a function key, a control character, a key held with Ctrl, Alt or the like.
	ErrHotkey = errors.New("it presses keys that are no text, such as hotkeys or the scanner's configuration; look at who printed it")
	// ErrLong says that a text has more than [MaxText] characters.
	ErrLong = errors.New("it is too long")
	// ErrCut says that a text did not come to its end: the scanner stopped, or keys were lost.
	ErrCut = errors.New("its end is missing; scan it again, and let the scanner send Enter after each code")
	// ErrFlood says that texts came faster than anybody scans.
	ErrFlood = errors.New("codes come faster than anybody scans")
	// ErrSlow says that a person typed, where a scanner was expected.
	ErrSlow = errors.New("it was typed by hand, not scanned")
	// ErrLayout says that the machine's keyboard layout changed what was scanned in a way that is not known.
	ErrLayout = errors.New("the keyboard layout changed it; scan the calibration code first")
)

// Errors of devices.
var (
	// ErrNone says that there is no scanner, or that it was pulled.
	ErrNone = errors.New("scan: there is no scanner here; plug it in, or choose its device")
	// ErrSeveral says that it is not clear which of several devices is the scanner.
	ErrSeveral = errors.New("scan: there are several scanners here; choose one")
	// ErrBusy says that another program has the scanner.
	ErrBusy = errors.New("scan: another program uses the scanner; close it and try again")
	// ErrNoRight says that this user may not use the scanner.
	ErrNoRight = errors.New("scan: this user may not use the scanner; add the user to the group input (keyboards) or dialout (serial ports) and log in again")
	// ErrDevice says that a path is no scanner's device.
	ErrDevice = errors.New("scan: this is no device that a scanner can be read from")
	// ErrClosed says that the source was closed.
	ErrClosed = errors.New("scan: the scanner was closed")
)
