package papers

import "errors"

// The errors of papers.
var (
	// ErrNotOurs: the folder, or a file in it, could have been put there by others.
	ErrNotOurs = errors.New("others can reach it, or it is not what it should be; name a folder for papers with --ceremony-folder that only you can read")
	// ErrUsed: the folder belongs to another founding.
	ErrUsed = errors.New("it holds the papers of another founding; name a new folder for papers with --ceremony-folder")
	// ErrApprovalKey: the file is not an approval key.
	ErrApprovalKey = errors.New("the approval key is not a P-256 key in PKCS #8 and PEM; bring the right file, or move this one away to have a new key made")
	// ErrTypedLockout: what was typed cannot be a lockout authorisation.
	ErrTypedLockout = errors.New("the lockout authorisation has 32 letters and digits, A to Z and 2 to 7; compare it with the paper; the TPM was not asked")
	// ErrLockout: the file is not a lockout authorisation.
	ErrLockout = errors.New("the lockout authorisation does not have 32 letters and digits; bring the right file, or move this one away")
)
