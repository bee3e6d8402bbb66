package usb

import "errors"

// The errors of this package, to be told apart with errors.Is.
var (
	// ErrNoInbox: the drive has no inbox.
	ErrNoInbox = errors.New("the drive has no folder marque/inbox: make it on the computer that the files come from, and put them there")
	// ErrTooMany: the inbox holds more than is read.
	ErrTooMany = errors.New("the inbox holds too many files or too much: spread them over several sticks")
	// ErrGone: the drive was pulled.
	ErrGone = errors.New("the drive was pulled before it was done: insert it again, and write again")
	// ErrReadBack: what was read back is not what was written.
	ErrReadBack = errors.New("the drive does not give back what was written to it: throw it away, and take another one")
	// ErrReadOnly: the drive cannot be written to.
	ErrReadOnly = errors.New("the drive is locked against writing: open its lock, or take another one")
	// ErrFull: the drive has no room.
	ErrFull = errors.New("the drive is full: remove something from it, or take another one")
	// ErrName: a file cannot have that name on a drive.
	ErrName = errors.New("a file's name has 1 to 100 letters, digits, and . _ ~ - but not first")
)
