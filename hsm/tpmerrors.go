package hsm

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/go-tpm/tpm2"
)

// The errors of TPM vaults, to be told apart with errors.Is.
var (
	// ErrNoTPM: there is no TPM, or it stopped answering.
	ErrNoTPM = errors.New("no TPM answers: switch it on in the firmware's setup, let this account use the device, " +
		"or, if it is broken, recover the realm from its backup shares onto another TPM")
	// ErrTPMBusy: the TPM asked for a later try too often.
	ErrTPMBusy = errors.New("the TPM is busy and did not take the command: end other programs that use it, and try again")
	// ErrTPMNotReady: the TPM lacks something, or somebody else took ownership of it.
	ErrTPMNotReady = errors.New("the TPM cannot hold a new vault as it is; clearing it in the firmware's setup would make room, and would destroy every vault, disk key and realm that it guards: use another computer unless you know that there are none")
	// ErrOtherTPM: the vault was made with another TPM, or this one was cleared since.
	ErrOtherTPM = errors.New("this is not the TPM that the vault was made with, or it was cleared since: " +
		"put the disk back into its appliance, or recover the realm from its backup shares")
	// ErrPlatformChanged: no approval fits what the computer started.
	ErrPlatformChanged = errors.New("the firmware or the boot loader is not one that the officers approved: " +
		"if it was updated on purpose, let the officers approve the new state; if not, do not go on, and look for tampering")
	// ErrApprovalRetired: the officers approved this state once, and withdrew that.
	ErrApprovalRetired = errors.New("the approval of this firmware and boot loader was retired: " +
		"start the approved version, or let the officers approve this one again")
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
	// ErrQuorumSecret: what the officers' shares yielded does not open the vault.
	ErrQuorumSecret = errors.New("the officers' shares do not open this vault: check that they are of this vault and of its newest set")
	// ErrCredentials: the vault wants other means to be opened than it was given.
	ErrCredentials = errors.New("the vault is opened by other means")
	// ErrCounter: a counter of the TPM is not there or is not the one that was made.
	ErrCounter = errors.New("the TPM's counter is missing or was made anew: compare the database with the newest published list, " +
		"and recover with the officers")
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

// failed says which operation of the TPM failed. Response codes hold nothing secret.
func failed(operation string, err error) error {
	if err == nil || errors.Is(err, ErrNoTPM) || errors.Is(err, ErrTPMBusy) {
		return err
	}
	return fmt.Errorf("%s: %w", operation, err)
}

// one of the response codes?
func responded(err error, codes ...tpm2.TPMRC) bool {
	for _, c := range codes {
		if errors.Is(err, c) {
			return true
		}
	}
	return false
}
