package device

import (
	"time"

	"marque/device/wire"
)

// Bounds of everything that this package holds or accepts. What stands in PROTOCOL.md cannot be changed by one side alone.
const (
	// MaxPayload is the longest message payload in octets (PROTOCOL.md, section 11).
	MaxPayload = 65536
	// MaxPeers is how many peers' keys are remembered.
	MaxPeers = 64
	// DefaultReplay is how many accepted messages are remembered unless Options says otherwise; 24 octets each on disk, and 17 for each sender.
	DefaultReplay = 65536
	// DefaultListMemory is how much memory the revocation list in force may take, in octets, unless Options says otherwise: enough for a bit
	// for each of sixteen million identities.
	DefaultListMemory = 2 << 20
	// HandshakeTimeout bounds a session handshake whose context has no earlier deadline.
	HandshakeTimeout = 10 * time.Second
	// SessionLifetime is the age of its keys at which a session ends; it gets new ones before, if programs read at both ends.
	SessionLifetime = 24 * time.Hour
	// MaxRecords is the number of records under one session key, the close record included.
	MaxRecords = 1 << 23
	// DefaultShareOctets is how many octets of lists a session takes or gives away unless Options says otherwise.
	DefaultShareOctets = 1 << 20
	// DefaultShareHourly is how many lists are given away in an hour unless Options says otherwise.
	DefaultShareHourly = 600
	// DefaultListRequest is how many octets ListRequest has unless told otherwise: what every IPv6 network carries in one packet.
	DefaultListRequest = 1200
	// DefaultFullEvery is of how many Mixed broadcasts one has the full form unless Options says otherwise.
	DefaultFullEvery = 10
	// DefaultFullAfter is how long Mixed broadcasts are short unless Options says otherwise.
	DefaultFullAfter = 5 * time.Second
	// MaxEarly is how many octets may go with the call that opens a session.
	MaxEarly = wire.MaxEarly
	// MaxRecordData is the number of data octets in one session record.
	MaxRecordData = 16384

	maxTries        = 4   // keys tried per key reference
	fullBurst       = 16  // keys of senders asked for at once
	fullPerSec      = 4   // and per second from then on
	maxTogether     = 64  // signatures verified in one equation
	maxRecipients   = 64  // cached cold recipients
	maxHandshakes   = 256 // handshakes that one Listener runs at a time
	maxPerHost      = 64  // of those, with one host
	maxAlarms       = 32  // about one core; those of the core in force and of the former one are kept
	maxAlarmText    = 512
	maxAlarmsAbroad = 8      // about the cores of all other realms
	maxSpans        = 65_536 // ranges of serials that a list in force says nothing about: it has 4,096 regions at most, but may be cut in several ways
	minReplay       = 4      // a quarter must be one message at least

	maxPacketSessions = 65_536                 // and handshakes of one PacketListener
	maxPerPeer        = 16                     // of these sessions, with one peer
	maxAnswers        = 8                      // to one caller, who repeats its call or its proof
	maxCookies        = 256                    // that a caller tries in one handshake
	maxInbox          = 64                     // datagrams that wait for one handshake, or messages for one session's reader
	maxReadErrors     = 16                     // of a socket, in a row
	retryFirst        = 250 * time.Millisecond // when a datagram of the handshake is sent again; then after twice as long
	retryMost         = 2 * time.Second
	cookieLife        = time.Minute
	windowSize        = 1_024 // records that may come out of order
	callOverhead      = 1 + 8 + 16

	coldBurst  = 64  // cold messages opened at once
	coldPerSec = 128 // and per second from then on: about 15 % of one core

	maxRing = 2 * wire.MaxKeys // epochs with keys, from the first that is not over: two packages of the largest size

	maxStateFile  = 8 << 20           // octets; evidence of doubly issued keys is most of it
	maxListFile   = 20 << 20          // octets; a bundle is 16 MiB at most
	maxTrustFile  = 2 * wire.MaxTrust // octets
	maxReplayFile = 128 << 20         // octets; maxReplay messages, and a floor for twice as many senders
	maxReplay     = 1 << 21           // entries, so that the file stays below its limit
	maxPassphrase = 1024              // octets
	maxKeyFile    = 4096              // octets

	maxCarried     = 16                                    // changes that are kept for others
	maxCarriedFile = (maxCarried+1)*wire.MaxBundle + 1<<10 // octets; of statements no longer than Share.Session
	maxGiven       = 2 * maxCarried                        // statements that a session gives away
	maxAsks        = 4                                     // statements that a session asks its peer for without success
	askTries       = 3                                     // datagrams that ask for a list without an answer
	askPatience    = time.Second                           // for each
	fetchPatience  = 30 * time.Second                      // how long a session that fetches a list may bring nothing before another may
	fetchRate      = 1024                                  // octets that it must bring in a second, on the whole, lest another may

	rekeyTries     = 16                  // of a call for new keys over datagrams, as of a first one; then it is repeated after
	rekeyRetryMost = 30 * time.Second    // each
	rekeyGrace     = 5 * time.Second     // how long records under old keys are taken after the first under new ones
	rekeyReserve   = 1024                // records under a key that are not for asking for another
	rekeyAfter     = SessionLifetime / 2 // the age of a session's keys at which it gets others
	fullPatience   = time.Second         // how often one key is asked for, and the full form given for being asked
	floorInterval  = time.Hour           // how far the clock may run ahead of the saved time floor
	closeGrace     = 2 * time.Second     // how long Close tries to send the close record
)

// Argon2id parameters of a passphrase (OWASP's second recommendation): 19 MiB, two passes, one lane.
const (
	argonTime   = 2
	argonMemory = 19 * 1024 // KiB
	argonLanes  = 1
)
