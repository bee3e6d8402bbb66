package wire

import "errors"

// What can be wrong with an input. Every error of this package wraps one of these; the text around it says which part of
// which object it was, and never repeats the input.
var (
	// ErrTooLong means more octets than limits.go allows; nothing of the input was looked at.
	ErrTooLong = errors.New("longer than the protocol allows")
	// ErrEncoding means octets that are not the one encoding of any object: cut off, altered, or written by something else.
	ErrEncoding = errors.New("not the encoding the protocol prescribes")
	// ErrValue means a well-formed object one of whose values is out of its range.
	ErrValue = errors.New("value out of range")
	// ErrTime means a time before 1970, after 9999, or finer than the format holds.
	ErrTime = errors.New("time cannot be represented")
	// ErrAddress means text that is not an absolute canonical address.
	ErrAddress = errors.New("not a canonical address")
	// ErrName means a name with characters or a length that no address can hold.
	ErrName = errors.New("not a valid name")
	// ErrSPID means text that is not a lower-case domain name.
	ErrSPID = errors.New("not a valid service provider domain")
	// ErrForeignAddress means an address whose domain the core does not list.
	ErrForeignAddress = errors.New("address belongs to another realm")
	// ErrNoEpoch means a time outside the epochs of a realm.
	ErrNoEpoch = errors.New("time outside the realm's epochs")
	// ErrStatementKey means an Ed25519 key under which signatures prove nothing.
	ErrStatementKey = errors.New("unusable statement key")
	// ErrType means a statement, or a message, of another type than the one asked for.
	ErrType = errors.New("of another type")
	// ErrRealm means a statement of another realm.
	ErrRealm = errors.New("of another realm")
	// ErrSignature means a statement that its realm's authority did not sign.
	ErrSignature = errors.New("signature does not hold")
	// ErrProof means a request whose sender does not know the enrolment key it asks for.
	ErrProof = errors.New("proof of possession does not hold")
	// ErrLog means content that the realm's log does not confirm.
	ErrLog = errors.New("not confirmed by the log")
	// ErrRegion means a region's file that belongs to another list.
	ErrRegion = errors.New("not a region of this list")
	// ErrOverlap means realms that could be taken for each other, so that none of them is trusted.
	ErrOverlap = errors.New("realms overlap")
	// ErrChecksum means request text that was mistyped or misread.
	ErrChecksum = errors.New("checksum does not match")
)
