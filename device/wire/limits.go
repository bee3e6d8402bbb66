package wire

import "time"

// Bounds of section 11 of the protocol, in octets. A parser compares with them before it looks at anything else.
const (
	MaxAddress    = 255          // an address as text
	MaxName       = 48           // the name inside an address
	MaxSPID       = 253          // a service provider's domain name
	MaxLabel      = 63           // one label of it
	MaxSPIDOctets = 2_048        // all domain names of a realm together, so that a core fits its statement
	MaxRequest    = 220          // an enrolment request
	MaxPackage    = 65_536       // a key package, and the content sealed in it
	MaxBundle     = 16 << 20     // a revocation bundle
	MaxRegionList = 160 << 10    // a list whose serials stand in regions; the file of a region has MaxBundle
	MaxTrust      = 80 << 10     // a trust list: sixteen cores with all the domains that they may have
	MaxStatement  = 4_096        // any other statement
	MaxCore       = MaxStatement // a core: the statement that publishes it must hold it
	MaxLogEntry   = 1_024        // a log entry
	MaxReceipt    = 536          // a receipt, the longest address; about 285 with one of 25 octets
	MaxBatch      = 8 << 20      // what a depot hands over: requests or receipts
	MaxManifest   = 16 << 20     // a manifest
	MaxFilePath   = 255          // a path in one
	MaxPayload    = 65_536       // what an application sends in one message
	MaxCiphertext = maxPlain + tagSize
	MaxAuth       = 1 + MaxAddress + 4 + 4 + pointSize + signatureSize
	MaxEarly      = 16_384 // what a program says with the call that opens a session
	MinOpening    = openingHeader + minOpeningPlain + tagSize
	MaxOpening    = openingHeader + maxPlain - MaxPayload + earlyOverhead + MaxEarly + tagSize
	MaxListPiece  = 4_096 // of a statement in one record of a session, so that the session's own data never waits long
	MinListQuery  = 1 + refSize + orderSize
	MaxListQuery  = 65_507 // a UDP datagram over IPv4, of a query and of its answer
	// MaxDatagram is what UDP over IPv4 carries.
	MaxDatagram = 65_507
	// ListAnswerOverhead is what an answer has beside its statement.
	ListAnswerOverhead = 1 + refSize
)

// Bounds on counts.
const (
	MaxSPIDs = 16 // domain names of one realm
	MaxKeys  = 64 // epochs in one package
	MaxPath  = 64 // hashes of an inclusion proof

	MaxBatchItems    = 10_000 // requests or receipts in what a depot hands over at once
	MaxManifestFiles = 65_536 // files that one manifest lists

	MinRecipients = 2  // of one message that is sealed to several
	MaxRecipients = 64 // of the same

	MaxRegions = 4_096 // regions of one list

	MaxTrusted = 16 // realms that one realm trusts

	MaxAction = 16 // letters that name what officers decided
)

// Bounds on numbers and times.
const (
	MaxSerials     = 1 << 32   // n of a list: one more than the largest serial
	MinEpochLength = time.Hour // shorter epochs would make packages of minutes
	// maxUnix is the last second of the year 9999. Later times have no RFC 3339 form and would overflow when added to.
	maxUnix = 253_402_300_799
)

// Sizes of the parts that messages are made of, in octets.
const (
	refSize        = 4
	keyRefSize     = 8
	pointSize      = 32 // ristretto255
	signatureSize  = 64
	coldSize       = 48           // U, compressed G1
	warmSize       = 32           // E, ristretto255
	tagSize        = 16           // AES-GCM
	wrapSize       = 32 + tagSize // a key for one of several recipients
	partialKeySize = 160

	datagramOverhead = 1 + 8 + 16 // at most
	orderSize        = 3 * 4      // of a list
	minAddress       = len("//a/Sb~0")

	openingHeader   = 1 + refSize + 4 + coldSize
	earlyOverhead   = 4 + 32 + tagSize // list and Noise message 1
	minOpeningPlain = 1 + 1 + minAddress + pointSize + 8 + signatureSize + earlyOverhead

	maxPlain  = 1 + 1 + MaxAddress + pointSize + 8 + signatureSize + MaxPayload
	minPlain  = 1 + keyRefSize + 8 + signatureSize
	maxHeader = 1 + 2 + 1 + 2 + 2 + MaxSPID + 1 + 3 // protected header of a statement, the longest realm
)
