package flow

import (
	"errors"
	"fmt"

	"marque/authority"
	"marque/device/wire"
)

// The errors that the machine side reports, beside those of authority and wire.
var (
	// ErrPassphrase: the passphrase does not open the vault.
	ErrPassphrase = errors.New("wrong passphrase")
	// ErrWeakPassphrase: the passphrase is too short or too long for a new vault.
	ErrWeakPassphrase = errors.New("unsuitable passphrase")
	// ErrOtherVault: the vault needs more than a passphrase: a TPM and its PIN.
	ErrOtherVault = errors.New("vault under a TPM")
	// ErrBusy: another program has the authority open.
	ErrBusy = errors.New("authority in use")
	// ErrDamaged: vault or database are damaged.
	ErrDamaged = errors.New("authority damaged")
	// ErrOccupied: the folder for a new authority is not empty.
	ErrOccupied = errors.New("folder not empty")
	// ErrNoFolder: the folder for a new authority cannot be made.
	ErrNoFolder = errors.New("no place for the folder")
	// ErrNoFile: the file to read does not exist or may not be read.
	ErrNoFile = errors.New("no such file")
	// ErrNotPicture: the file is neither a PNG or JPEG picture nor a request.
	ErrNotPicture = errors.New("not a picture")
	// ErrLargePicture: the picture is beyond the limits.
	ErrLargePicture = errors.New("picture too large")
	// ErrNoCode: the picture shows no readable code.
	ErrNoCode = errors.New("no code in the picture")
	// ErrFileExists: another file has the name of the one to be written.
	ErrFileExists = errors.New("another file has the name")
	// ErrWrite: the file could not be written.
	ErrWrite = errors.New("not written")
)

// ForeignError says that a code was read and is no request.
type ForeignError struct {
	Seems string // what it seems to be, in English: "a web link"; never a part of it
}

// Error implements error.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("the code is not a request, but %s", e.Seems)
}

// Problem is what went wrong, why, and what to do next.
type Problem struct{ What, Why, Next Text }

// known lists the errors that have texts of their own: problem.KEY.what, .why and .next. The first match counts.
var known = []struct {
	err error
	key string
}{
	{ErrPassphrase, "passphrase"},
	{ErrWeakPassphrase, "weak"},
	{ErrOtherVault, "othervault"},
	{ErrBusy, "busy"},
	{ErrDamaged, "damaged"},
	{ErrOccupied, "occupied"},
	{ErrNoFolder, "nofolder"},
	{ErrNoFile, "nofile"},
	{ErrNotPicture, "notpicture"},
	{ErrLargePicture, "large"},
	{ErrNoCode, "nocode"},
	{ErrFileExists, "exists"},
	{ErrWrite, "write"},
	{authority.ErrUsedName, "usedname"},
	{authority.ErrSeenKey, "seenkey"},
	{authority.ErrAlreadyRevoked, "revoked"},
	{authority.ErrClock, "clock"},
	{authority.ErrClockAhead, "clockahead"},
	{authority.ErrLocked, "locked"},
	{authority.ErrOtherMaster, "othermaster"},
	{authority.ErrInconsistent, "inconsistent"},
	{authority.ErrSelfCheck, "selfcheck"},
	{wire.ErrProof, "proof"},
	{wire.ErrChecksum, "misread"},
	{wire.ErrSPID, "realm"},
	{wire.ErrTooLong, "notrequest"},
	{wire.ErrEncoding, "notrequest"},
	{wire.ErrType, "notrequest"},
	{wire.ErrValue, "notrequest"},
	{wire.ErrName, "notrequest"},
}

// explain puts an error into words. fallback is what to say of one that has no words of its own; its text is then the reason.
func explain(err error, fallback string) *Problem {
	if err == nil {
		return nil
	}
	var foreign *ForeignError
	if errors.As(err, &foreign) {
		return problem("foreign", "Seems", foreign.Seems)
	}
	for _, k := range known {
		if errors.Is(err, k.err) {
			return problem(k.key)
		}
	}
	return &Problem{What: Say(fallback), Why: Say("problem.other.why", "Reason", err.Error()), Next: Say("problem.other.next")}
}

func problem(key string, args ...any) *Problem {
	key = "problem." + key
	return &Problem{What: Say(key+".what", args...), Why: Say(key+".why", args...), Next: Say(key+".next", args...)}
}
