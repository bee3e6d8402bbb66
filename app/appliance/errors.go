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
	// ErrUsed: the authority is in use, and so not one that came to nothing.
	ErrUsed = errors.New("this authority has issued identities, or its backup was drilled or waived, or it is a copy of one that lives: it is not discarded")
	// ErrInterrupted: the folder does not exist because its founding was interrupted.
	ErrInterrupted = errors.New("the founding of this authority was interrupted and nothing of it was used: found it again")
	// ErrIncomplete: the vault or the database is missing.
	ErrIncomplete = errors.New("a part of the authority is missing: restore the newest backup, or recover from the backup cards; without the newest lists a backup forgets revocations")
	// ErrNoFolder: the folder above a new authority does not exist or cannot be written.
	ErrNoFolder = errors.New("the folder above does not exist or may not be written to: make it first, or choose another place")
	// ErrFounding: what is to be founded contradicts itself.
	ErrFounding = errors.New("such an authority cannot be founded")
	// ErrNotNext: the seed, or the core, is not what the present core committed to.
	ErrNotNext = errors.New("this is not the next core that the present one committed to: gather the cards of the next core, and the statement of the core that is to be replaced")
	// ErrNoOfficers: the authority has no officers.
	ErrNoOfficers = errors.New("this authority has no officers: its passphrase opens it")
	// ErrNoTPMVault: the authority's vault has no TPM.
	ErrNoTPMVault = errors.New("the vault of this authority has no TPM: its passphrase opens it")
	// ErrLockoutForm: a lockout authorisation of another form, which the TPM was not asked about: a wrong one costs a day.
	ErrLockoutForm = errors.New("a lockout authorisation has 32 letters from A to Z and digits from 2 to 7: compare it with the paper; the TPM was not asked")
	// ErrNoCards: no cards of that purpose were made.
	ErrNoCards = errors.New("no such cards were made for this authority: look at the purpose on the card")
	// ErrCards: the file with the cards' commitments is damaged.
	ErrCards = errors.New("the file cards is damaged: move it away, and put back the one from a backup")
	// ErrDatabase: a database that was brought for recovery, or that a backup holds, does not pass the audit.
	ErrDatabase = errors.New("the database contradicts its own log or the backup that it came in: take an older backup")
	// ErrDrill: the cards did not give the master secret back.
	ErrDrill = errors.New("the drill failed: these cards do not give back this authority's master secret; make new cards by founding it anew")
)
