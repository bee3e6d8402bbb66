package device

import (
	"time"

	"marque/device/wire"
)

// Mode is how a message was protected: the first octet of its encoding.
type Mode byte

// The modes of PROTOCOL.md, section 7.
const (
	ModeBroadcast      = Mode(wire.ModeBroadcast)      // signed, readable by anyone
	ModeBroadcastShort = Mode(wire.ModeBroadcastShort) // the same, for those who know the sender
	ModeCold           = Mode(wire.ModeCold)           // sealed to an address; whoever holds the authority's master secret can read it
	ModeWarm           = Mode(wire.ModeWarm)           // sealed to a peer's verified key; nobody but the peer can read it
)

// The same two to several recipients at once.
const (
	ModeColdSeveral = Mode(wire.ModeColdSeveral)
	ModeWarmSeveral = Mode(wire.ModeWarmSeveral)
)

// modeOpening is of a call that opens a session. No Message that a program gets has it.
const modeOpening = Mode(wire.ModeOpening)

// warm says whether nobody but the recipients can read it, not even the authority.
func (m Mode) warm() bool { return m == ModeWarm || m == ModeWarmSeveral }

// String returns the mode in words.
func (m Mode) String() string {
	switch m {
	case ModeBroadcast:
		return "broadcast"
	case ModeBroadcastShort:
		return "short broadcast"
	case ModeCold:
		return "cold"
	case ModeWarm:
		return "warm"
	case ModeColdSeveral:
		return "cold, to several"
	case ModeWarmSeveral:
		return "warm, to several"
	case modeOpening:
		return "opening"
	}
	return "unknown mode"
}

// Message is a verified message: its sender signed it, is not revoked, and sent it just now, and it was not received before.
type Message struct {
	Sender        wire.Address
	Time          time.Time // by the sender's clock, whole milliseconds
	Payload       []byte    // at most 65,536 octets
	Mode          Mode
	Stale         bool // the revocation list is past its next update: the sender may have been revoked since
	NewerThanList bool // the sender is newer than the list, which therefore says nothing about it
}
