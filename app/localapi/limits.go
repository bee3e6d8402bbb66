package localapi

import "time"

// Bounds on what crosses the socket.
const (
	maxHeader      = 16 << 10  // octets of an HTTP header, of which 64 tokens take 6 KiB
	maxBody        = 256 << 10 // octets of a request, where the table says nothing else
	maxLists       = 96 << 20  // octets of a reopening: the newest lists of several media
	maxReply       = 96 << 20  // octets of a reply that is no stream
	maxArchive     = 1 << 40   // octets of a backup on its way in
	maxProblem     = 16 << 10  // octets of an error
	maxText        = 4 << 10   // octets of an error's text
	maxSessions    = 64        // at once, of all clients together
	maxOwnSessions = 8         // at once, of one officer from one account
	maxPeers       = 64        // connections at once
	maxOwnPeers    = 32        // connections at once of one account
	maxStderr      = 8 << 10   // octets kept of what a child says before it dies
	maxSocketName  = 80        // octets: /proc/self/fd/NNNNN/ and this fit a socket's address
)

// MaxFindings is how many findings of a verification cross the socket.
const MaxFindings = 1000

// Waiting.
const (
	headerWait = 10 * time.Second // for a whole header
	bodyWait   = time.Minute      // for a whole request that is no stream
	replyWait  = 20 * time.Minute // for a whole reply that is no stream: a founding with many officers and a slow TPM
	stallWait  = 2 * time.Minute  // for the next octets of a stream
	leaveWait  = 5 * time.Second  // for a client's sessions to end with it
	dialWait   = 5 * time.Second  // for a socket to take a connection
	startWait  = 2 * time.Minute  // for a child to answer
	lockWait   = 10 * time.Second // for another program that starts or stops a service beside the same folder
	lockPause  = 20 * time.Millisecond
	maxHungUp  = 50                     // times lockPause
	closeGrace = 300 * time.Millisecond // for a client's last connection to be gone after its pipe
	stopWait   = 30 * time.Second       // for calls under way when the service ends

	// DefaultIdle is after which idleness sessions end and the vault locks.
	DefaultIdle = 15 * time.Minute
	minIdle     = 10 * time.Second
	idleLook    = 5 * time.Second // how often somebody looks whether it is time

	firstDelay = 250 * time.Millisecond // after the first wrong passphrase of an officer
	lastDelay  = 4 * time.Second        // after many
	maxWaiting = 4                      // tries of one account at the same officer's passphrase at once
	maxStretch = 4                      // passphrases that are stretched at once, each in 64 MiB as a rule
)
