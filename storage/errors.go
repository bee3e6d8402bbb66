package storage

import (
	"errors"
	"fmt"
)

// The errors of this package, to be told apart with errors.Is.
var (
	// ErrBusy: another process has the database open.
	ErrBusy = errors.New("the authority is in use by another program: close the console or the command that has it open, then try again")
	// ErrCorrupt: what the file holds contradicts its checksums, its tree or its seals.
	ErrCorrupt = errors.New("the database is damaged: stop using it and restore the newest backup, then reopen it with the newest published lists")
	// ErrFormat: the file was written by another version of this program.
	ErrFormat = errors.New("the database was written by another version of this program: open it with that one")
	// ErrKey: the storage key is not the one of this database.
	ErrKey = errors.New("this key does not belong to the database: vault and database are of different authorities")
	// ErrLocked: the value is sealed and the store has no key.
	ErrLocked = errors.New("the database is locked: unlock it first")
	// ErrExists: what was to be added is there already.
	ErrExists = errors.New("exists already")
	// ErrSeen: the enrolment key or the request was used before.
	ErrSeen = errors.New("was used before: the device has to make a new request")
	// ErrNotFound: there is no such record.
	ErrNotFound = errors.New("not found")
	// ErrOrder: a serial, a sequence number or a size is not the one that comes next.
	ErrOrder = errors.New("out of order")
	// ErrLimit: a value is longer than the format allows, or there is no serial left.
	ErrLimit = errors.New("beyond the limit of the format")
	// ErrInvalid: a record contradicts itself and was not stored.
	ErrInvalid = errors.New("invalid record")
)

// guard is deferred around every step into bbolt. A damaged page makes bbolt
// panic, and a page that is no longer in the file raises a fault, which
// [debug.SetPanicOnFault] turned into a panic. Both become ErrCorrupt.
func guard(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w (%v)", ErrCorrupt, r)
	}
}
