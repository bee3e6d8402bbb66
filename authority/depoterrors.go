package authority

import "errors"

// The errors about depots and receipts, to be told apart with errors.Is.
var (
	// ErrNoDepot: no depot of that name and key was registered.
	ErrNoDepot = errors.New("no such depot is registered: compare its words and have officers register it first")
	// ErrDepotRevoked: the depot's key was revoked, which is for ever.
	ErrDepotRevoked = errors.New("the depot's key is revoked: make a new depot folder, compare every request again, and have that depot registered")
	// ErrDepotLapsed: a reopening ended all registrations of depots.
	ErrDepotLapsed = errors.New("the authority was reopened since the depot was registered: register it again if it was not revoked meanwhile")
	// ErrDepotKnown: that key is registered.
	ErrDepotKnown = errors.New("the depot is registered already")
	// ErrDepotName: another depot has the name.
	ErrDepotName = errors.New("another depot has that name: revoke it first, or make the new one under another name")
	// ErrOldBatch: the depot handed over a later batch before.
	ErrOldBatch = errors.New("a later batch of this depot was taken already: collect again at the depot what is missing, and have it sign a new one")
	// ErrListAhead: a depot tells of a list that is later than all of the log.
	ErrListAhead = errors.New("the depot says that it hands out a later list than any of this authority, and nothing of it was taken: if the database was put back, reopen it with that list; if not, the depot does not tell the truth")

	// ErrOldReceipt: it answers another package than the newest of its device.
	ErrOldReceipt = errors.New("the receipt is not of the newest package of its device: make it again on the device")
	// ErrLaterPackage: it answers a package that this authority does not know of.
	ErrLaterPackage = errors.New("the receipt is of a later package than this authority made: that one was made before the database was put back, and is lost; revoke the identity, and enrol the device anew")
	// ErrNotDue: the keys last as long as those of a package that is made now.
	ErrNotDue = errors.New("the keys last as long as those of a new package would: renew it in the next epoch, or later")
	// ErrRenewed: what the request asked for was given, and a package after it.
	ErrRenewed = errors.New("the identity got a later package than the one for this request: renew it by its newest receipt")
	// ErrUnproved: after a reopening, nobody knows whether a later package was made.
	ErrUnproved = errors.New("the authority was reopened, and may have made a later package before: apply its newest list on the device, and renew by the receipt that it makes then")
	// ErrNoPoints: the package was issued before its points were kept.
	ErrNoPoints = errors.New("the package of that device is from before receipts could be verified: nothing is to be done")
	// ErrTwoReceipts: two receipts for one package bring different keys.
	ErrTwoReceipts = errors.New("another receipt for the same package came before, with other keys for the next one: two devices have these keys, and the identity is suspended; find both, then revoke it for ever, or release it")
	// ErrForeignKey: the receipt verifies under a key that the log does not have.
	ErrForeignKey = errors.New("the receipt was signed with a key of this realm that is not in its log: somebody else issues keys; stop issuing, keep the receipt, and find out who")
)
