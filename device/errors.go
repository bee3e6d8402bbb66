package device

import "errors"

// The errors a program can branch on with errors.Is. Each text says what is wrong and what to do next; the errors that wrap them add which
// operation failed and, where it is known and authentic enough to print, for whom.
var (
	// ErrNotInstalled: the device has a request but no keys yet.
	ErrNotInstalled = errors.New("no keys are installed; show the request to the authority and install the package it answers with")
	// ErrInstalled: keys are installed, so the enrolment request is used up.
	ErrInstalled = errors.New("keys are installed already; the enrolment request is used up")
	// ErrInUse: another process holds the folder.
	ErrInUse = errors.New("another process uses this device folder; stop it first")
	// ErrLocked: the passphrase or key file does not open the folder.
	ErrLocked = errors.New("the passphrase or key file does not open this device folder")
	// ErrSealed: the folder's key is sealed, and does not open.
	ErrSealed = errors.New("the sealed key of this device folder cannot be used; it opens only on the machine where it was made, for a program that may use its TPM")
	// ErrCorrupt: a file of the folder is damaged or was altered.
	ErrCorrupt = errors.New("the device folder is damaged; revoke this device and enrol it again in a new folder")
	// ErrCounter: the counter that the folder was made with is missing or does not work. What was saved stays.
	ErrCounter = errors.New("the counter that protects this device folder cannot be used; check the TPM, and that this program may use it")
	// ErrSetBack: the folder is an earlier state of itself, and the list is as old as that may be.
	ErrSetBack = errors.New("this device folder was set back to an earlier moment; apply a list that is not past its next update")
	// ErrMedium: what was written to the folder reads otherwise. The file in question is as it was before.
	ErrMedium = errors.New("the disk does not hold what was written to it; replace it, since the device's keys are on it, too")
	// ErrClosed: the device was closed.
	ErrClosed = errors.New("the device is closed")
	// ErrOptions: Options or Wanted cannot be used as given.
	ErrOptions = errors.New("unusable options")

	// ErrMalformed: the input is not what was expected, in form.
	ErrMalformed = errors.New("malformed input; ask for it again")
	// ErrTampered: a signature or a seal does not hold.
	ErrTampered = errors.New("altered on the way, or not made by who it names; do not use it")
	// ErrUnknownRealm: the message belongs to a realm whose core this device does not have.
	ErrUnknownRealm = errors.New("it belongs to a realm that this device does not know")
	// ErrOverlap: two realms could be taken for each other.
	ErrOverlap = errors.New("the trust list names two realms with a domain in common, or one with a domain of this realm, and is void; nothing changed, tell the authority")
	// ErrOldTrust: the trust list is older than the one in force, or another with its number.
	ErrOldTrust = errors.New("the trust list is older than the one in force, which stays")
	// ErrTrustExpired: the trust list is past its hard expiry.
	ErrTrustExpired = errors.New("the trust list is past its hard expiry, so that no other realm is trusted; apply the newest trust list of this realm")
	// ErrNotForMe: the message or connection is meant for another address.
	ErrNotForMe = errors.New("it is meant for another device")
	// ErrOwnIdentity: the peer would be this device itself.
	ErrOwnIdentity = errors.New("the peer carries this device's own address")
	// ErrTooLong: a payload is longer than 65,536 octets.
	ErrTooLong = errors.New("the payload is longer than 65,536 octets; use a session")

	// ErrWrongPin: the package's core is not the confirmed one.
	ErrWrongPin = errors.New("the package comes from another authority than the one confirmed; compare the eight words again")
	// ErrOtherDevice: the package answers another request.
	ErrOtherDevice = errors.New("the package was made for another device or request; fetch the one for this device")
	// ErrOldPackage: the package's sequence is not above the installed one.
	ErrOldPackage = errors.New("this package, or a newer one, is installed already")
	// ErrBadPackage: the package is authentic but its contents contradict each other or the request.
	ErrBadPackage = errors.New("the package's contents do not fit together; nothing was installed, report it to the authority")

	// ErrNotNext: the core is not the one that the core in force commits to.
	ErrNotNext = errors.New("this is not the next core that the realm committed to; nothing changed, ask the authority where the file comes from")
	// ErrNoNext: the core in force commits to no next one, so there is nothing to rotate to.
	ErrNoNext = errors.New("the core in force commits to no next core, so it cannot be rotated; enrol the device again in a new folder")
	// ErrRotated: it belongs to a core that was given up.
	ErrRotated = errors.New("it belongs to the core that was given up, under which anybody may have signed anything; have its sender rotate, too")
	// ErrRotateFirst: it belongs to the next core, which this device was not shown yet.
	ErrRotateFirst = errors.New("it belongs to the realm's next core, which this device does not have yet; rotate first, with the file of that core")

	// ErrEpoch: there is no key for the epoch in question, or a message names an epoch that its time is not in.
	ErrEpoch = errors.New("wrong key epoch")
	// ErrStaleTime: the message's time is outside the window, or before what the record of seen messages covers.
	ErrStaleTime = errors.New("the message's time is outside the accepted window")
	// ErrReplay: this very message was accepted before.
	ErrReplay = errors.New("this message was received before")
	// ErrBusy: too many cold messages arrive; this one was not looked at.
	ErrBusy = errors.New("too many cold messages at once; the message was not looked at, offer it again later")
	// ErrUnknownSender: the short form names a key that this device does not remember.
	ErrUnknownSender = errors.New("the sender's key is not known here; ask the sender for a message in the full form")
	// ErrTwoKeys: two valid keys exist for one identity and epoch; both are refused.
	ErrTwoKeys = errors.New("two keys were issued for one identity; both are refused, tell the authority")
	// ErrWarmUnknown: warm was required, and the peer's key of this epoch is not known.
	ErrWarmUnknown = errors.New("no signed message of this peer was verified in this epoch, so nothing can be sealed warm to it yet")

	// ErrRevoked: the peer, or this device, is on the revocation list.
	ErrRevoked = errors.New("revoked by the list in force")
	// ErrNoList: no list answers for the identity and epoch.
	ErrNoList = errors.New("no revocation list in force answers for it; apply the newest list")
	// ErrRegionMissing: the list in force is held in regions, and the one in question is not among them.
	ErrRegionMissing = errors.New("not held on this device; fetch that region of the list and apply it with the list, or apply the full list")
	// ErrOtherRegion: a region does not belong to the list that it was given with.
	ErrOtherRegion = errors.New("the region belongs to another list; fetch the one with this list's number, made together with it")
	// ErrListExpired: the list is past its hard expiry.
	ErrListExpired = errors.New("the revocation list is past its hard expiry; apply the newest list")
	// ErrOldList: the list is older than the one in force.
	ErrOldList = errors.New("the list is older than the one in force, which stays")
	// ErrListGap: the change does not continue the list in force.
	ErrListGap = errors.New("the change does not continue the list in force; apply one that reaches further back, or the full list")
	// ErrForked: the authority signed two different lists under one number.
	ErrForked = errors.New("the authority signed two different lists under one number; whoever is on either counts as revoked, tell the authority")
	// ErrNoAnswer: this device has nothing that would bring the asker's list further, or shares no lists.
	ErrNoAnswer = errors.New("there is no list to hand on that would bring the asker further; stay silent")
	// ErrUnanswered: a request for lists was not answered: nobody is there, or nobody has a later list that fits.
	ErrUnanswered = errors.New("nobody answered with a later list; the one in force may be the newest there, else ask another or by longer requests")

	// ErrHybrid: this device or its realm's policy demands hybrid sessions, and the peer offered another.
	ErrHybrid = errors.New("sessions must be hybrid here (ML-KEM beside X25519), and the peer offered another; give it the realm's newest policy, or switch it on there")
	// ErrEarly: a session was to begin with data where none may.
	ErrEarly = errors.New("no session begins with data here; dial without, and send it then")
	// ErrHandshake: the session's handshake failed before the peer was known.
	ErrHandshake = errors.New("the session handshake failed")
	// ErrCrowded: a Listener turned a connection away, since its host has too many handshakes under way.
	ErrCrowded = errors.New("too many handshakes with this host at once; let it finish some, then dial again")
	// ErrTruncated: the stream ended without the peer's close record. It also matches io.ErrUnexpectedEOF.
	ErrTruncated = errors.New("the connection ended before the peer closed the session, and data may be missing")
	// ErrSessionEnded: the session reached 24 hours or 2²³ records.
	ErrSessionEnded = errors.New("the session reached its age or record limit; dial again")
)
