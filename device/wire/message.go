package wire

import (
	"crypto/sha256"
	"fmt"
)

// The first octet of a message says its mode (section 7 of the protocol).
const (
	ModeBroadcast      byte = 0x11 // signed for all, the sender's R with it
	ModeBroadcastShort byte = 0x12 // signed for those who know the sender's key
	ModeCold           byte = 0x13 // sealed to an address
	ModeWarm           byte = 0x14 // sealed to a peer whose key is known
	ModeColdSeveral    byte = 0x15 // sealed to several addresses
	ModeWarmSeveral    byte = 0x16 // sealed to several peers whose keys are known
	ModeFullRequest    byte = 0x17 // asks for a broadcast in the full form
	ModeOpening        byte = 0x18 // sealed to an address, and opens a session
	ModeHello          byte = 0x21 // opens a session
	ModeHelloHybrid    byte = 0x22 // opens a session whose keys come of ML-KEM-768, too
	ModeListQuery      byte = 0x31 // asks for a later revocation list
	ModeListAnswer     byte = 0x32 // carries one
	ModeCall           byte = 0x41 // datagram: opens a session
	ModeCookie         byte = 0x42 // datagram: has the caller show that it hears
	ModeAnswer         byte = 0x43 // datagram: the responder's part of the handshake
	ModeProof          byte = 0x44 // datagram: who calls
	ModeRecord         byte = 0x45 // datagram: a record of a session
)

// MessageID returns SHA-256(mode ‖ x)[:16], where x is U or E of a sealed message and A of a broadcast.
func MessageID(mode byte, x []byte) [16]byte {
	var in [1 + coldSize]byte
	h := sha256.Sum256(append(append(in[:0], mode), x...))
	return [16]byte(h[:16])
}

func checkPayload(b []byte) error {
	if len(b) > MaxPayload {
		return fmt.Errorf("payload: %w: %d octets, at most %d", ErrTooLong, len(b), MaxPayload)
	}
	return nil
}
