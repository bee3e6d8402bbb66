package hsm

import (
	"errors"
	"fmt"
	"time"
)

// The errors of this package, to be told apart with errors.Is.
var (
	// ErrPassphrase: the passphrase does not open the vault.
	ErrPassphrase = errors.New("the passphrase does not open this vault: type it again, and check the keyboard layout")
	// ErrWeakPassphrase: a new vault needs another passphrase.
	ErrWeakPassphrase = errors.New("a passphrase has 8 to 1024 octets: choose another, such as six random words")
	// ErrVaultCorrupt: the file is not a vault, or was damaged.
	ErrVaultCorrupt = errors.New("the vault file is damaged or not a vault: restore it from a backup")
	// ErrCost: the Argon2id parameters are out of bounds.
	ErrCost = errors.New("the vault asks for Argon2id parameters that are refused")
	// ErrWeakCost: the Argon2id parameters are valid, but guesses would be too cheap for anything but a test.
	ErrWeakCost = errors.New("the Argon2id parameters make guesses too cheap: take at least 2 passes over 19 MiB")
	// ErrLocked: the operation needs an unlocked vault.
	ErrLocked = errors.New("the vault is locked: unlock it with its passphrase first")
	// ErrExists: a vault is never overwritten.
	ErrExists = errors.New("a file of that name exists already: a vault is never overwritten, choose another folder")
)

// The errors of TPM vaults, to be told apart with errors.Is.
var (
	// ErrNoTPM: there is no TPM, or it stopped answering.
	ErrNoTPM = errors.New("no TPM answers: switch it on in the firmware's setup, let this account use the device, " +
		"or, if it is broken, recover the realm from its backup shares onto another TPM")
	// ErrTPMBusy: the TPM asked for a later try too often.
	ErrTPMBusy = errors.New("the TPM is busy and did not take the command: end other programs that use it, and try again")
	// ErrTPMNotReady: the TPM lacks something that a new vault needs. It comes as one of the five errors below, which say what.
	ErrTPMNotReady = errors.New("the TPM cannot hold a new vault as it is")
	// ErrTPMOwned: somebody else took ownership of the TPM.
	ErrTPMOwned = fmt.Errorf("%w: its owner hierarchy has an authorisation value; whoever set it can take it back (tpm2_changeauth -c owner); "+
		"clearing the TPM in the firmware's setup does so too, and destroys every vault, disk key and realm that it guards", ErrTPMNotReady)
	// ErrTPMFull: the TPM's memory for counters is used up.
	ErrTPMFull = fmt.Errorf("%w: its memory that survives a power cut is full; remove what is not used any more (tpm2_nvreadpublic lists it), "+
		"or use another computer", ErrTPMNotReady)
	// ErrTPMCounters: the places at which vaults keep their counters are taken.
	ErrTPMCounters = fmt.Errorf("%w: all places for the counters of vaults are taken; discard the vaults of foundings that were cut off, "+
		"or use another computer", ErrTPMNotReady)
	// ErrTPMUnprotected: the TPM does not limit guesses at a PIN.
	ErrTPMUnprotected = fmt.Errorf("%w: it does not lock itself after 10 wrong PINs; "+
		"set its lockout authorisation at the ceremony, or give the one that it has", ErrTPMNotReady)
	// ErrTPMBank: the TPM does not measure under SHA-256.
	ErrTPMBank = fmt.Errorf("%w: it has no PCRs of SHA-256; switch that bank on in the firmware's setup", ErrTPMNotReady)
	// ErrOtherTPM: the vault was made with another TPM, or this one was cleared since.
	ErrOtherTPM = errors.New("this is not the TPM that the vault was made with, or it was cleared since: " +
		"put the disk back into its appliance, or recover the realm from its backup shares")
	// ErrPlatformChanged: no approval fits what the computer started.
	ErrPlatformChanged = errors.New("the firmware or the boot loader is not one that the officers approved: " +
		"if it was updated on purpose, let the officers approve the new state; if not, do not go on, and look for tampering")
	// ErrApprovalRetired: the officers approved this state once, and withdrew that.
	ErrApprovalRetired = errors.New("the approval of this firmware and boot loader was retired: " +
		"start the approved version, or let the officers approve this one again")
	// ErrOldVault: the file is a copy from before the last change of PIN, officers or approval key.
	ErrOldVault = errors.New("this is an old copy of the vault's file, from before its PIN, officers or approval key were changed: " +
		"put the newest one in its place")
	// ErrVaultBegun: a founding was cut off before the vault held anything.
	ErrVaultBegun = errors.New("the founding of this vault was cut off, and it holds nothing: found again, which clears it away")
	// ErrApproval: an approval that the officers' key did not sign for this vault, or that cannot be one.
	ErrApproval = errors.New("the approval is not valid for this vault: let the officers sign the state that this vault shows")
	// ErrWrongPIN: the PIN does not open the vault. The error is a [PINError].
	ErrWrongPIN = errors.New("the PIN is wrong")
	// ErrLockedOut: there were too many wrong PINs. The error is a [LockoutError].
	ErrLockedOut = errors.New("the TPM is locked after too many wrong PINs")
	// ErrLockoutAuth: the lockout authorisation is not that of the TPM.
	ErrLockoutAuth = errors.New("the TPM refused the lockout authorisation, and takes no other for a day: " +
		"look for the envelope of this appliance's ceremony, and type it exactly")
	// ErrWeakPIN: a new vault needs another PIN.
	ErrWeakPIN = errors.New("a PIN has 6 to 1024 octets: choose another")
	// ErrSamePIN: the PIN is a passphrase as well.
	ErrSamePIN = errors.New("the PIN is also a passphrase, so that whoever sees one of them typed knows both: choose another PIN")
	// ErrQuorumSecret: what the officers' shares yielded does not open the vault.
	ErrQuorumSecret = errors.New("the officers' shares do not open this vault: check that they are of this vault and of its newest set")
	// ErrCredentials: the vault wants other means to be opened than it was given.
	ErrCredentials = errors.New("the vault is opened by other means")
	// ErrCounter: a counter of the TPM is not there or is not the one that was made.
	ErrCounter = errors.New("the TPM's counter is missing or was made anew: compare the database with the newest published list, " +
		"and recover with the officers")
)

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

// The errors of share cards, to be told apart with errors.Is.
var (
	// ErrShareNumbers: m or n is out of bounds.
	ErrShareNumbers = errors.New("impossible numbers of shares: at least 1 is needed, no more than there are, and there are at most 32")
	// ErrShareText: the text is not a card, or was mistyped or misread.
	ErrShareText = errors.New("this is no share card, or it was mistyped: compare it with the card, group by group")
	// ErrShare: a share does not fit the commitments of its set.
	ErrShare = errors.New("the card is wrong: it was altered, or its holder gave another; take another holder's card, and find out why")
	// ErrOtherSet: cards of several sets lie together.
	ErrOtherSet = errors.New("the card belongs to another set: gather cards with the same set number")
	// ErrTooFewShares: more cards are needed.
	ErrTooFewShares = errors.New("too few cards: ask more holders for theirs")
	// ErrTooManyShares: a combination takes exactly as many cards as are needed.
	ErrTooManyShares = errors.New("more cards than are needed: put the others away, unread")
	// ErrSameShare: one card was given twice.
	ErrSameShare = errors.New("the same card was given twice: take the card of another holder")
)

// PINError is [ErrWrongPIN] with the number of tries that are left.
type PINError struct {
	Left int // tries until the TPM locks itself
}

// Error implements error.
func (e *PINError) Error() string {
	return fmt.Sprintf("%v, and tries left before the TPM locks itself: %d; type it again, and check the keyboard layout", ErrWrongPIN, e.Left)
}

// Unwrap returns [ErrWrongPIN].
func (*PINError) Unwrap() error { return ErrWrongPIN }

// LockoutError is [ErrLockedOut] with the time at which the TPM takes the next PIN.
type LockoutError struct {
	Until time.Time // at the latest, if the TPM stays powered
}

// Error implements error.
func (e *LockoutError) Error() string {
	return fmt.Sprintf("%v, and takes no PIN until %s at the latest: leave the appliance switched on until then, "+
		"or let an officer reset the lock with the lockout authorisation from the ceremony's envelope",
		ErrLockedOut, e.Until.UTC().Format("2006-01-02 15:04 MST"))
}

// Unwrap returns [ErrLockedOut].
func (*LockoutError) Unwrap() error { return ErrLockedOut }
