package flow

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"marque/app/batch"
	"marque/app/depot"
	"marque/app/scan"
	"marque/app/usb"
	"marque/authority"
	"marque/device/wire"
)

// The errors of the service, beside those of authority and wire.
var (
	// ErrGone: the service ended, or does not answer any more.
	ErrGone = errors.New("the service is gone")
	// ErrNoService: no service runs, and none can be started from here.
	ErrNoService = errors.New("no service")
	// ErrSelfTest: the service ended because its algorithms or its random numbers are wrong.
	ErrSelfTest = errors.New("self-test failed")
	// ErrStranger: the socket belongs to somebody else.
	ErrStranger = errors.New("the socket of another account")
	// ErrSocket: something else stands where the socket would.
	ErrSocket = errors.New("no place for the socket")
	// ErrVersions: service and console do not understand each other.
	ErrVersions = errors.New("different versions")
	// ErrService: the service made a mistake.
	ErrService = errors.New("mistake of the service")
	// ErrSession: nobody is signed on here any more.
	ErrSession = errors.New("nobody is signed on")
	// ErrVerifying: the log is being verified for somebody else.
	ErrVerifying = errors.New("the log is being verified")
	// ErrManySessions: too many people are signed on.
	ErrManySessions = errors.New("too many sessions")
	// ErrTooManyTries: others try passphrases at the same time.
	ErrTooManyTries = errors.New("too many tries at once")
	// ErrBusy: another program has the authority open.
	ErrBusy = errors.New("authority in use")
	// ErrDamaged: vault or database are damaged.
	ErrDamaged = errors.New("authority damaged")
	// ErrOccupied: the folder for a new authority is not empty.
	ErrOccupied = errors.New("folder not empty")
	// ErrNoFolder: the folder for a new authority cannot be made.
	ErrNoFolder = errors.New("no place for the folder")
)

// The errors of vaults and officers.
var (
	// ErrPassphrase: the passphrase does not open the vault.
	ErrPassphrase = errors.New("wrong passphrase")
	// ErrWeakPassphrase: the passphrase is too short or too long for a new vault.
	ErrWeakPassphrase = errors.New("unsuitable passphrase")
	// ErrOfficerPassphrase: the passphrase is not the officer's.
	ErrOfficerPassphrase = errors.New("wrong passphrase of an officer")
	// ErrNoOfficer: there is no such officer any more.
	ErrNoOfficer = errors.New("no such officer")
	// ErrQuorum: too few security officers are signed on.
	ErrQuorum = errors.New("too few officers")
	// ErrOtherOfficers: somebody signed on before the officers were changed.
	ErrOtherOfficers = errors.New("the officers were changed")
	// ErrOfficersFile: the officers' file is not the one that belongs to the vault.
	ErrOfficersFile = errors.New("another officers' file")
	// ErrOfficersDamaged: the officers' file is damaged.
	ErrOfficersDamaged = errors.New("officers' file damaged")
	// ErrOldVault: the vault's file is an old copy.
	ErrOldVault = errors.New("old vault")
	// ErrNoTPM: no TPM answers.
	ErrNoTPM = errors.New("no TPM")
	// ErrOtherTPM: the vault was made with another TPM.
	ErrOtherTPM = errors.New("another TPM")
	// ErrTPMBusy: the TPM does not take commands now.
	ErrTPMBusy = errors.New("TPM busy")
	// ErrPlatform: no approval fits the firmware and boot loader that run.
	ErrPlatform = errors.New("platform changed")
	// ErrRetired: the approval of the platform that runs was withdrawn.
	ErrRetired = errors.New("approval retired")
	// ErrCounter: the TPM's counter is not there, or is not the one that was made.
	ErrCounter = errors.New("counter missing")
)

// The errors of the machine side.
var (
	// ErrNoFile: the file to read does not exist or may not be read.
	ErrNoFile = errors.New("no such file")
	// ErrNotPicture: the file is neither a PNG or JPEG picture nor a request.
	ErrNotPicture = errors.New("not a picture")
	// ErrLargePicture: the picture is beyond the limits.
	ErrLargePicture = errors.New("picture too large")
	// ErrDepotPaper: it is neither a depot's registration nor receipts.
	ErrDepotPaper = errors.New("not of a depot")
	// ErrNoClipboard: there is no picture in the clipboard, or no program to read it with.
	ErrNoClipboard = errors.New("no picture in the clipboard")
	// ErrNoCode: the picture shows no readable code.
	ErrNoCode = errors.New("no code in the picture")
	// ErrSeries: the parts of several codes contradict each other.
	ErrSeries = errors.New("contradicting parts")
	// ErrFileExists: another file has the name of the one to be written.
	ErrFileExists = errors.New("another file has the name")
	// ErrWrite: the file could not be written.
	ErrWrite = errors.New("not written")
)

// PINError says that the PIN is wrong.
type PINError struct {
	Left int // tries until the TPM locks itself
}

// Error implements error.
func (e *PINError) Error() string { return fmt.Sprintf("wrong PIN, %d tries left", e.Left) }

// LockoutError says that the TPM takes no PIN.
type LockoutError struct {
	Until time.Time // at the latest, if it stays switched on
}

// Error implements error.
func (*LockoutError) Error() string { return "the TPM takes no PIN" }

// ForeignError says that a code was read and is not what is asked for.
type ForeignError struct {
	Seems string // what it seems to be, in English: "a web link"; never a part of it
}

// Error implements error.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("the code is not a request, but %s", e.Seems)
}

// Problem is what went wrong, why, and what to do next.
type Problem struct{ What, Why, Next Text }

// knownError is an error that has texts.
type knownError struct {
	err error
	key string
}

// known lists the errors that have texts of their own: problem.KEY.what, .why and .next. The first match counts.
var known = []knownError{
	{ErrGone, "gone"},
	{ErrNoService, "noservice"},
	{ErrSelfTest, "selftest"},
	{ErrStranger, "stranger"},
	{ErrSocket, "socket"},
	{ErrVersions, "versions"},
	{ErrService, "service"},
	{ErrSession, "session"},
	{ErrManySessions, "sessions"},
	{ErrTooManyTries, "tries"},
	{ErrPassphrase, "passphrase"},
	{ErrWeakPassphrase, "weak"},
	{ErrOfficerPassphrase, "officer"},
	{ErrNoOfficer, "noofficer"},
	{ErrQuorum, "quorum"},
	{ErrOtherOfficers, "otherofficers"},
	{ErrOfficersFile, "officersfile"},
	{ErrOfficersDamaged, "officersdamaged"},
	{ErrOldVault, "oldvault"},
	{ErrNoTPM, "notpm"},
	{ErrOtherTPM, "othertpm"},
	{ErrTPMBusy, "tpmbusy"},
	{ErrRetired, "retired"},
	{ErrPlatform, "platform"},
	{ErrCounter, "counter"},
	{ErrBusy, "busy"},
	{ErrDamaged, "damaged"},
	{ErrOccupied, "occupied"},
	{ErrNoFolder, "nofolder"},
	{ErrNoFile, "nofile"},
	{ErrNotPicture, "notpicture"},
	{ErrLargePicture, "large"},
	{ErrDepotPaper, "depotpaper"},
	{ErrNoCamera, "nocamera"},
	{ErrCameraBusy, "camerabusy"},
	{ErrCameraRight, "cameraright"},
	{ErrNoClipboard, "noclipboard"},
	{ErrNoCode, "nocode"},
	{ErrSeries, "series"},
	{ErrFileExists, "exists"},
	{ErrWrite, "write"},
	{scan.ErrHotkey, "hotkey"},
	{scan.ErrLong, "scanlong"},
	{scan.ErrCut, "scancut"},
	{scan.ErrFlood, "flood"},
	{scan.ErrLayout, "layout"},
	{scan.ErrNone, "noscanner"},
	{scan.ErrBusy, "scannerbusy"},
	{scan.ErrNoRight, "scannerright"},
	{scan.ErrDevice, "noscanner"},
	{usb.ErrNotMounted, "usbunmounted"},
	{usb.ErrNoInbox, "usbinbox"},
	{usb.ErrTooMany, "usbmany"},
	{usb.ErrGone, "usbgone"},
	{usb.ErrReadBack, "usbbad"},
	{usb.ErrReadOnly, "usblocked"},
	{usb.ErrFull, "usbfull"},
	{usb.ErrDenied, "usbdenied"},
	{usb.ErrTaken, "usbtaken"},
	{usb.ErrBusy, "usbbusy"},
	{batch.ErrTable, "batchtable"},
	{batch.ErrTooMany, "batchmany"},
	{batch.ErrEmpty, "batchempty"},
	{depot.ErrPassphrase, "depotpass"},
	{depot.ErrFile, "depotfile"},
	{depot.ErrInUse, "depotbusy"},
	{depot.ErrFull, "depotfull"},
	{depot.ErrNothing, "depotnothing"},
	{depot.ErrSigned, "depotsigned"},
	{depot.ErrNotOurs, "notours"},
	{depot.ErrOtherReceipt, "otherreceipt"},
	{depot.ErrNoManifest, "nomanifest"},
	{depot.ErrManifest, "manifest"},
	{authority.ErrDecided, "decided"},
	{authority.ErrRefused, "refusedalready"},
	{authority.ErrProposalTime, "proposalover"},
	{authority.ErrPayload, "otherpayload"},
	{authority.ErrApprovedAlready, "approvedalready"},
	{ErrVerifying, "verifying"},
	{authority.ErrNotCounted, "notcounted"},
	{authority.ErrCounter, "uncounted"},
	{authority.ErrRolledBack, "readonly"},
	{authority.ErrCounterLost, "readonly"},
	{authority.ErrRestored, "readonly"},
	{authority.ErrDrillPending, "drillpending"},
	{authority.ErrSerials, "serials"},
	{authority.ErrWrongRole, "role"},
	{authority.ErrOldReceipt, "oldreceipt"},
	{authority.ErrNotDue, "notdue"},
	{authority.ErrRenewed, "renewed"},
	{authority.ErrUnproved, "unproved"},
	{authority.ErrLaterPackage, "laterpackage"},
	{authority.ErrNoPoints, "nopoints"},
	{authority.ErrTwoReceipts, "tworeceipts"},
	{authority.ErrForeignKey, "foreignkey"},
	{authority.ErrUsedName, "usedname"},
	{authority.ErrSeenKey, "seenkey"},
	{authority.ErrDepotKnown, "depotknown"},
	{authority.ErrDepotName, "depotname"},
	{authority.ErrDepotRevoked, "depotrevoked"},
	{authority.ErrDepotLapsed, "depotlapsed"},
	{authority.ErrNoDepot, "nodepot"},
	{authority.ErrDeskFull, "deskfull"},
	{authority.ErrRoster, "roster"},
	{authority.ErrAlreadyRevoked, "revoked"},
	{authority.ErrSuspended, "suspended"},
	{authority.ErrNotSuspended, "notsuspended"},
	{authority.ErrListed, "listed"},
	{authority.ErrNotRevoked, "notrevoked"},
	{authority.ErrNameFollowed, "namefollowed"},
	{authority.ErrUndoTogether, "undotogether"},
	{authority.ErrEffective, "effective"},
	{authority.ErrClock, "clock"},
	{authority.ErrClockAhead, "clockahead"},
	{authority.ErrLocked, "locked"},
	{authority.ErrOtherMaster, "othermaster"},
	{authority.ErrInconsistent, "inconsistent"},
	{authority.ErrSelfCheck, "selfcheck"},
	{wire.ErrProof, "proof"},
	{wire.ErrChecksum, "misread"},
	{wire.ErrSPID, "realm"},
	{wire.ErrRealm, "otherrealm"},
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
	var pin *PINError
	var lockout *LockoutError
	switch {
	case errors.As(err, &foreign):
		return problem("foreign", "Seems", foreign.Seems)
	case errors.As(err, &pin):
		p := problem("pin")
		p.What = Say("problem.pin.what", "Count", pin.Left)
		return p
	case errors.As(err, &lockout):
		return problem("lockedout", "Until", lockout.Until)
	}
	for _, k := range slices.Concat(known, knownCeremony) {
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

// wrongSecret reports that what was typed is not the passphrase or the PIN.
func wrongSecret(err error) bool {
	var pin *PINError
	return errors.Is(err, ErrPassphrase) || errors.Is(err, depot.ErrPassphrase) || errors.Is(err, ErrOfficerPassphrase) || errors.As(err, &pin)
}

// cutOff reports that an error is not about what was asked for, but that nobody was there to answer, or that nobody may ask any more.
func cutOff(err error) bool {
	return errors.Is(err, ErrGone) || errors.Is(err, ErrSession) || errors.Is(err, authority.ErrLocked)
}
