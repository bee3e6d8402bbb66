package appliance

import "errors"

// The errors of this package, to be told apart with errors.Is. Those of hsm,
// storage and authority come through as well: hsm.ErrPassphrase,
// storage.ErrBusy, authority.ErrNotFounded.
var (
	// ErrOccupied: the folder for a new authority is not empty.
	ErrOccupied = errors.New("the folder is not empty: choose one that is empty or does not exist yet")
	// ErrFoundingElsewhere: another program is founding an authority in the same folder.
	ErrFoundingElsewhere = errors.New("another program is founding an authority in this folder: wait until it is done")
	// ErrInterrupted: the folder does not exist because its founding was interrupted.
	ErrInterrupted = errors.New("the founding of this authority was interrupted and nothing of it was used: found it again")
	// ErrIncomplete: the vault or the database is missing.
	ErrIncomplete = errors.New("a part of the authority is missing: restore the newest backup of the whole folder (an older one would give serials away twice and forget revocations)")
	// ErrNoFolder: the folder above a new authority does not exist or cannot be written.
	ErrNoFolder = errors.New("the folder above does not exist or may not be written to: make it first, or choose another place")
)
