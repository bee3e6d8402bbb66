package hsm

import "errors"

// The errors of officers and their quorum, to be told apart with errors.Is.
var (
	// ErrOfficersCorrupt: the officers' file is not one, or was damaged.
	ErrOfficersCorrupt = errors.New("the officers' file is damaged or not one: restore it from a backup")
	// ErrOfficerPassphrase: the passphrase does not open the officer's record.
	ErrOfficerPassphrase = errors.New("the passphrase is not this officer's: type it again, and check the keyboard layout")
	// ErrNoOfficer: there is no officer of that number or name.
	ErrNoOfficer = errors.New("there is no such officer: look at the list of officers")
	// ErrAppointment: the officers to be appointed do not make a quorum.
	ErrAppointment = errors.New("these officers cannot be appointed")
	// ErrQuorum: too few security officers have signed on.
	ErrQuorum = errors.New("too few security officers have signed on")
	// ErrOtherOfficers: somebody signed on before the officers were changed.
	ErrOtherOfficers = errors.New("signed on before the officers were changed: sign on again")
	// ErrSignedOff: the credential was erased.
	ErrSignedOff = errors.New("the officer has signed off: sign on again")
)
