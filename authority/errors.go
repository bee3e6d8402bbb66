package authority

import (
	"errors"

	"marque/storage"
)

// The errors of this package, to be told apart with errors.Is.
var (
	// ErrUsedName: another identity has the name and was not revoked.
	ErrUsedName = errors.New("the name is taken: give the device another name and make a new request, or revoke the identity that has it first")
	// ErrSeenKey: the enrolment key came with another request before.
	ErrSeenKey = errors.New("the enrolment key was used in another request: make a new request on the device")
	// ErrNotFound: there is no such identity in this realm.
	ErrNotFound = errors.New("this authority has not issued that address: check it against the list of identities")
	// ErrAlreadyRevoked: the identity is revoked, which is for ever.
	ErrAlreadyRevoked = errors.New("the identity is revoked already: to bring the device back, enrol it anew under another name")
	// ErrSuspended: the identity is suspended.
	ErrSuspended = errors.New("the identity is suspended: release it, or revoke it for ever, for another reason")
	// ErrNotSuspended: there is no suspension to release the identity from.
	ErrNotSuspended = errors.New("the identity is not suspended: only a suspension ends by a release; look at it again")
	// ErrNotRevoked: there is no revocation to be taken back.
	ErrNotRevoked = errors.New("the identity is not revoked, so that there is nothing to take back: look at it again")
	// ErrListed: a published list has the revocation, which is for ever.
	ErrListed = errors.New("a list has the revocation already, which stays for ever: enrol the device anew under another name")
	// ErrNameFollowed: the name of a revoked identity was given to another one.
	ErrNameFollowed = errors.New("another identity got the name since it was revoked: the revocation stays; enrol the device anew under another name")
	// ErrUndoTogether: more than one officer decided about the revocation.
	ErrUndoTogether = errors.New("more than one officer decided about the revocation, and as many take it back: propose it again")
	// ErrEffective: a revocation is to take effect at an impossible time.
	ErrEffective = errors.New("a revocation takes effect now or at an earlier time since the realm was founded")
	// ErrClock: the clock is behind the log.
	ErrClock = errors.New("the clock is behind the last entry of the log: set the clock, then try again")
	// ErrClockAhead: the clock is further past the log than a list is good for, and nobody confirmed it.
	ErrClockAhead = errors.New("the clock is so far past the last entry of the log that a mistake could not be undone: compare it with another clock, then set it or confirm it")
	// ErrFounded: the store has an authority already.
	ErrFounded = errors.New("an authority was founded here already: choose another folder")
	// ErrNotFounded: the store has no authority.
	ErrNotFounded = errors.New("no authority was founded here: found one first, or choose another folder")
	// ErrOtherMaster: the master secret belongs to another realm than the store.
	ErrOtherMaster = errors.New("vault and database are of different authorities: put back the vault that belongs to this database")
	// ErrInconsistent: registry, log and newest checkpoint contradict each other.
	ErrInconsistent = errors.New("registry, log and newest checkpoint contradict each other: issue nothing, and run the audit")
	// ErrSelfCheck: what was just made does not verify. Nothing of it was stored.
	ErrSelfCheck = errors.New("the result does not pass its own check and was thrown away: restart, and check the machine's memory if it happens again")
	// ErrRolledBack: the database is older than the counter.
	ErrRolledBack = errors.New("the database is older than the counter against rollback, so that what happened since is missing: put the newest database back, or reopen the authority with the newest published lists")
	// ErrCounterLost: the database is ahead of the counter, or of another one.
	ErrCounterLost = errors.New("the database is not of this counter against rollback, as after the loss of a TPM: reopen the authority with the newest published lists")
	// ErrRestored: the database was put back from a backup.
	ErrRestored = errors.New("the database was restored from a backup and may have forgotten revocations: reopen the authority with the newest published lists")
	// ErrCounter: the counter does not answer. Nothing was changed.
	ErrCounter = errors.New("the counter against rollback does not answer, and nothing is changed without it: see to the TPM, then try again")
	// ErrNotCounted: the change is stored, but the counter did not advance.
	ErrNotCounted = errors.New("the change was made and stays, but the counter against rollback did not advance: see to the TPM before the next change, and look before repeating this one")
	// ErrDrillPending: nobody has tried the backup cards.
	ErrDrillPending = errors.New("nothing is issued before the backup cards were tried: do the restore drill, or waive it for good")
	// ErrDrill: the drill cannot have this outcome now.
	ErrDrill = errors.New("the drill cannot have that outcome: it is passed or waived while it is pending, and passed again later; without cards there is none")
	// ErrOtherLog: a checkpoint is not of this log, nor of a tail of it that was lost.
	ErrOtherLog = errors.New("the checkpoint contradicts the log: two logs were signed under this realm's key; find out by whom before anything else")
	// ErrSerials: no serials are left.
	ErrSerials = errors.New("no serials are left in this realm: rotate to a new core")
	// ErrRegions: a list cannot be cut into that many regions.
	ErrRegions = errors.New("a list is cut into 1 to 4,096 regions, once there is an identity: choose another number")
	// ErrNotTrusted: another realm is not trusted.
	ErrNotTrusted = errors.New("no such realm is trusted: look at the trust list; to trust one, its core is needed")
	// ErrIndexing: the registry is still being read, see [IndexingError].
	ErrIndexing = errors.New("the registry is still being read: try again in a moment")
	// ErrManyIdentities: more than can be searched.
	ErrManyIdentities = errors.New("there are more identities than can be searched: look them up by their addresses")
	// ErrLocked: the operation needs the unlocked store or master.
	ErrLocked = storage.ErrLocked
)
