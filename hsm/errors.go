package hsm

import "errors"

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
	// ErrLocked: the operation needs an unlocked vault.
	ErrLocked = errors.New("the vault is locked: unlock it with its passphrase first")
	// ErrExists: a vault is never overwritten.
	ErrExists = errors.New("a file of that name exists already: a vault is never overwritten, choose another folder")
)
